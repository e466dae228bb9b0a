//! Signals: the first one asks for the drain, the second one does not ask.

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal as listen};
use tokio::sync::watch;

/// Whether the process is to end. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens for SIGTERM and SIGINT from now on.
    pub(super) fn on_signals() -> anyhow::Result<Self> {
        let mut terminate = listen(SignalKind::terminate()).context("SIGTERM cannot be listened for")?;
        let mut interrupt = listen(SignalKind::interrupt()).context("SIGINT cannot be listened for")?;
        let (sender, receiver) = watch::channel(false);
        tokio::spawn(async move {
            let name = either(&mut terminate, &mut interrupt).await;
            tracing::info!(signal = name, "ending; a second signal ends at once");
            let _ = sender.send(true);
            let name = either(&mut terminate, &mut interrupt).await;
            tracing::warn!(signal = name, "ending at once");
            // Whoever signals twice has stopped caring for the drain. Leases run out, and a Redis child is adopted.
            #[allow(clippy::disallowed_methods)]
            std::process::exit(1);
        });
        Ok(Self(receiver))
    }

    /// Returns when the process is to end.
    pub(super) async fn wait(&self) {
        let mut receiver = self.0.clone();
        // The sender lives as long as the process.
        let _ = receiver.wait_for(|stop| *stop).await;
    }
}

async fn either(
    terminate: &mut tokio::signal::unix::Signal,
    interrupt: &mut tokio::signal::unix::Signal,
) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}

/// Returns at the first SIGTERM or SIGINT; for commands that only have to tidy up. Never, if signals cannot be heard.
pub(crate) async fn signal() {
    match (listen(SignalKind::terminate()), listen(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            either(&mut terminate, &mut interrupt).await;
        }
        _ => std::future::pending().await,
    }
}
