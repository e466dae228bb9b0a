//! A server on a thread of its own, so that it can be started from any test, with or without a runtime.

use std::{
    future::Future,
    net::{SocketAddr, TcpListener},
    thread::JoinHandle,
};

use actix_web::{
    App, HttpServer,
    middleware::from_fn,
    rt::{System, net::TcpStream},
    web::{Data, PayloadConfig, ServiceConfig},
};
use anyhow::Context as _;
use tokio::sync::oneshot;

use crate::gate::{self, Gate, Line};

/// Enough to hand the fake Deel a webhook that is too large for anyone.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// A simulator that serves until [`Running::stop`] or drop.
#[derive(Debug)]
pub struct Running {
    /// Scheme, address and port, without a path: `http://127.0.0.1:43211`.
    pub base_url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Stops serving and closes all connections; returns when the port is free again.
    pub fn stop(mut self) {
        self.halt();
    }

    fn halt(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic on that thread was already reported there.
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.halt();
    }
}

/// Serves `routes` behind `gate`, and runs `background` beside it.
pub(crate) fn serve<R, B>(listen: SocketAddr, gate: Gate, routes: R, background: B) -> anyhow::Result<Running>
where
    R: Fn(&mut ServiceConfig) + Clone + Send + 'static,
    B: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr().context("the listener has no address")?;
    let (stop, stopped) = oneshot::channel::<()>();
    let gate = Data::new(gate);
    let server = move || -> std::io::Result<()> {
        System::new().block_on(async move {
            let server = HttpServer::new(move || {
                App::new()
                    .app_data(gate.clone())
                    .app_data(PayloadConfig::new(LARGEST_BODY))
                    .wrap(from_fn(gate::pass))
                    .configure(routes.clone())
            })
            .on_connect(|connection, data| {
                if let Some(line) = connection.downcast_ref::<TcpStream>().and_then(Line::of) {
                    data.insert(line);
                }
            })
            .workers(1)
            .max_connections(65_536)
            .disable_signals()
            .shutdown_timeout(1)
            .listen(listener)?
            .run();
            let handle = server.handle();
            actix_web::rt::spawn(background);
            actix_web::rt::spawn(async move {
                let _ = stopped.await;
                handle.stop(false).await;
            });
            server.await
        })
    };
    let thread = std::thread::Builder::new()
        .name("simulator".to_owned())
        .spawn(move || {
            if let Err(error) = server() {
                tracing::error!(error = %error, "the simulator ended");
            }
        })
        .context("cannot start a thread")?;
    Ok(Running { base_url: format!("http://{address}"), stop: Some(stop), thread: Some(thread) })
}
