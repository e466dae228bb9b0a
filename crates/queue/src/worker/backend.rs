//! apalis's `Backend`: a channel that the pump fills. It never errs, since an error ends an apalis worker.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use apalis_core::{
    backend::{Backend, BackendConfig, finalize::Ephemeral},
    task::{Task, builder::TaskBuilder},
    worker::context::WorkerContext,
};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    lease::Lease,
    worker::{
        Shared,
        layer::Ack,
        pump::{give_back, pump},
    },
};

type Closing = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where apalis gets its tasks.
pub(super) struct Source {
    shared: Arc<Shared>,
    state: State,
}

enum State {
    Idle,
    Pumping {
        leases: mpsc::Receiver<Lease>,
        pump: Option<JoinHandle<()>>,
    },
    /// The mutex only makes it `Sync`, as apalis asks for.
    Closing(Mutex<Closing>),
}

impl Source {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, state: State::Idle }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let State::Pumping { pump: Some(pump), .. } = &self.state {
            pump.abort();
        }
    }
}

impl Backend for Source {
    type Task = Task<Lease>;
    type Error = Infallible;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        if matches!(self.state, State::Idle) {
            // The pump claims only what there is room for, so that sending never waits.
            let (sender, leases) = mpsc::channel(1024);
            self.state =
                State::Pumping { leases, pump: Some(tokio::spawn(pump(self.shared.clone(), sender))) };
        }
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Option<Result<Task<Lease>, Infallible>>> {
        let State::Pumping { leases, .. } = &mut self.state else { return Poll::Ready(None) };
        let lease = ready!(leases.poll_recv(cx));
        Poll::Ready(lease.map(|lease| {
            let attempt = usize::try_from(lease.attempt.saturating_sub(1)).unwrap_or(0);
            Ok(TaskBuilder::new(lease).attempt(attempt).build())
        }))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        if let State::Pumping { leases, pump } = &mut self.state {
            let (_, nothing) = mpsc::channel(1);
            let leases = std::mem::replace(leases, nothing);
            self.state =
                State::Closing(Mutex::new(Box::pin(close(self.shared.clone(), leases, pump.take()))));
        }
        match &mut self.state {
            State::Closing(closing) => {
                let closing = closing.get_mut().unwrap_or_else(PoisonError::into_inner);
                closing.as_mut().poll(cx).map(Ok)
            }
            State::Idle | State::Pumping { .. } => Poll::Ready(Ok(())),
        }
    }
}

/// No more claims; what was claimed and has not begun goes back.
async fn close(shared: Arc<Shared>, mut leases: mpsc::Receiver<Lease>, pump: Option<JoinHandle<()>>) {
    shared.stop.send_replace(true);
    leases.close();
    while let Some(lease) = leases.recv().await {
        give_back(&shared, &lease).await;
    }
    if let Some(pump) = pump {
        let _ = pump.await;
    }
}

impl BackendConfig for Source {
    type Args = Lease;
    type Id = u64;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = Ack;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Ack {
        Ack::new(self.shared.clone())
    }
}
