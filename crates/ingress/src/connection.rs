//! Ending connections that neither ask nor leave.
//!
//! actix-http 3.20 gives the head of a connection's first request a deadline and an idle connection another, but a
//! second request whose head never ends has none (`h1/dispatcher.rs`: "head timer only applies to first request on
//! connection"), nor has a chunked body that is sent on after its answer. Such a connection would be held for ever; so
//! each one is watched, and shut down when it asked nothing for longer than an idle connection and a slow head may take.
//! Who has to make room for others is told by [`crate::crowd`].

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::net::{Shutdown, TcpStream as Socket};
use std::os::fd::AsFd;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use actix_web::rt::task::JoinHandle;

use crate::crowd;

/// What is known about a connection. All of it stays on the thread that serves the connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// A second handle on the socket: actix owns the first and lends it only now.
    socket: Socket,
    accepted: Instant,
    /// Whether a request was ever handled.
    used: Cell<bool>,
    /// Since when no request is handled.
    quiet_since: Cell<Option<Instant>>,
    /// Since when the request that is handled arrives; none once it is there.
    arriving_since: Cell<Option<Instant>>,
    /// Whether a signed webhook ever came by it.
    proven: Cell<bool>,
    /// Whether it was shut down by us.
    ended: Cell<bool>,
    watch: RefCell<Option<JoinHandle<()>>>,
}

impl Connection {
    /// To be called for each new connection, on the thread that serves it.
    ///
    /// `most`: how many this thread may serve.
    pub(crate) fn watch(io: &dyn Any, data: &mut Extensions, patience: Duration, most: usize) {
        let Some(stream) = io.downcast_ref::<TcpStream>() else { return };
        let Ok(socket) = stream.as_fd().try_clone_to_owned() else { return };
        let now = Instant::now();
        let connection = Rc::new(Self {
            socket: Socket::from(socket),
            accepted: now,
            used: Cell::new(false),
            quiet_since: Cell::new(Some(now)),
            arriving_since: Cell::new(None),
            proven: Cell::new(false),
            ended: Cell::new(false),
            watch: RefCell::new(None),
        });
        let watch = actix_web::rt::spawn(end_when_quiet(Rc::downgrade(&connection), patience));
        *connection.watch.borrow_mut() = Some(watch);
        crowd::enter(&connection, most);
        data.insert(connection);
    }

    /// A request is handled until the result is dropped.
    pub(crate) fn busy(self: Rc<Self>) -> Busy {
        self.quiet_since.set(None);
        Busy(self)
    }

    /// When the request that is now handled began to arrive, as far as that is known: with the connection if it is
    /// the first. From now on its body arrives.
    pub(crate) fn began(&self) -> Instant {
        let began = if self.used.replace(true) { Instant::now() } else { self.accepted };
        self.arriving_since.set(Some(began));
        began
    }

    /// Nothing more is awaited of the request.
    pub(crate) fn arrived(&self) {
        self.arriving_since.set(None);
    }

    /// A signed webhook came.
    pub(crate) fn prove(&self) {
        self.proven.set(true);
    }

    pub(crate) fn is_proven(&self) -> bool {
        self.proven.get()
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.ended.get()
    }

    /// How long the request takes that is arriving.
    pub(crate) fn arriving_for(&self) -> Option<Duration> {
        Some(self.arriving_since.get()?.elapsed())
    }

    /// Ends it, whatever it is at.
    pub(crate) fn end(&self) {
        if !self.ended.replace(true) {
            self.arrived();
            crowd::leave();
            // It may be gone already, which is what was wanted.
            let _ = self.socket.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !self.ended.get() {
            crowd::leave();
        }
        if let Some(watch) = self.watch.get_mut().take() {
            watch.abort();
        }
    }
}

/// While this lives a request is being handled.
#[derive(Debug)]
pub(crate) struct Busy(Rc<Connection>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.used.set(true);
        self.0.arrived();
        self.0.quiet_since.set(Some(Instant::now()));
    }
}

async fn end_when_quiet(connection: Weak<Connection>, patience: Duration) {
    loop {
        let Some(connection) = connection.upgrade() else { return };
        let left = match connection.quiet_since.get() {
            None => patience,
            Some(since) => patience.saturating_sub(since.elapsed()),
        };
        if left.is_zero() {
            connection.end();
            return;
        }
        drop(connection);
        actix_web::rt::time::sleep(left).await;
    }
}
