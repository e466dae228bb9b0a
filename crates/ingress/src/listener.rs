//! An HTTP listener with the limits of [`Limits`], and its end.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use actix_web::dev::{ServerHandle, Service};
use actix_web::{App, HttpServer, web};
use tokio::task::JoinHandle;

use crate::config::Limits;
use crate::connection::Connection;

/// How long actix waits for running requests; whoever stops a [`Listener`] decides how long that really is.
const DRAIN_SECONDS: u64 = 3600;
/// Files that are left for Redis, vendors, logs and the other listener.
const FILES_FOR_OTHERS: usize = 256;
/// Each connection takes two files ([`Connection`]), and half as many again are on their way out ([`leaving`]).
const FILES_EACH: usize = 3;

/// A listener that could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is taken, not ours, or not allowed. Stop what listens there, or configure another address.
    #[error("cannot listen on {addr}")]
    Bind {
        /// The address that was asked for.
        addr: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// A running HTTP server.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) addr: SocketAddr,
    handle: ServerHandle,
    task: JoinHandle<io::Result<()>>,
}

impl Listener {
    /// Opens the socket and serves `routes` on it. Needs a running tokio runtime.
    pub(crate) fn open<F>(
        addr: SocketAddr,
        workers: usize,
        limits: &Limits,
        routes: F,
    ) -> Result<Self, StartError>
    where
        F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        let failed = |source| StartError::Bind { addr, source };
        let workers = workers.max(1);
        let patience = limits.keep_alive + limits.request_time;
        let most = (connections(limits.connections) / workers).max(1);
        let server = HttpServer::new(move || {
            App::new()
                .wrap_fn(|request, service| {
                    let busy = request.conn_data::<Rc<Connection>>().cloned().map(Connection::busy);
                    let answer = service.call(request);
                    async move {
                        let answer = answer.await;
                        drop(busy);
                        answer
                    }
                })
                .configure(routes.clone())
        })
        .workers(workers)
        .worker_max_blocking_threads(1)
        .max_connections(most + leaving(most))
        .keep_alive(limits.keep_alive)
        .tcp_nodelay(true)
        .client_request_timeout(limits.request_time)
        .client_disconnect_timeout(limits.linger)
        .shutdown_timeout(DRAIN_SECONDS)
        .disable_signals()
        .on_connect(move |io, data| Connection::watch(io, data, patience, most))
        .bind(addr)
        .map_err(failed)?;
        let bound = server.addrs().first().copied().unwrap_or(addr);
        let server = server.run();
        let handle = server.handle();
        Ok(Self { addr: bound, handle, task: tokio::spawn(server) })
    }

    /// Accepts no more connections, lets running requests finish for at most `budget`, and closes what is left.
    /// Returns whether everything finished.
    pub(crate) async fn stop(mut self, budget: Duration) -> bool {
        // The result comes from the task itself, which has also joined the accepting thread by then.
        drop(self.handle.stop(true));
        let finished = tokio::time::timeout(budget, &mut self.task).await.is_ok();
        if !finished {
            // Dropping the server closes its connections.
            self.task.abort();
            let _ = (&mut self.task).await;
        }
        finished
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Connections that were told to end and have not yet: only so many more are accepted meanwhile.
fn leaving(most: usize) -> usize {
    (most / 2).max(1)
}

/// At most `wanted`, at most what the process may open.
fn connections(wanted: usize) -> usize {
    let room = (allow_files(wanted * FILES_EACH + FILES_FOR_OTHERS).saturating_sub(FILES_FOR_OTHERS)
        / FILES_EACH)
        .max(16);
    if room < wanted {
        tracing::warn!(
            connections.wanted = wanted,
            connections.limit = room,
            "the limit of open files allows fewer connections than configured; raise it (ulimit -n)"
        );
    }
    wanted.min(room)
}

/// How many files the process may open, raised towards `wanted` where that needs nobody's permission: many systems
/// begin with 1024 and allow far more.
fn allow_files(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let count =
        |files: Option<u64>| files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    let now = getrlimit(Resource::Nofile);
    if count(now.current) < wanted {
        let raised = (wanted as u64).min(now.maximum.unwrap_or(u64::MAX));
        // Refused: then it stays as it is, and there are fewer connections.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: now.maximum });
    }
    count(getrlimit(Resource::Nofile).current)
}
