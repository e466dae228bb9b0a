//! The Redis that a test talks to.
//!
//! In this order: the server named by `DEELSYNC_TEST_REDIS`; a container, where a Docker daemon answers and already has
//! the image (nothing is pulled: a test must not depend on a registry), or always if `DEELSYNC_TEST_REDIS_IMAGE` names one; a
//! private `redis-server` child. If none of
//! these is to be had the test fails and says what to install: a skipped test proves nothing.
//!
//! A server may be shared, so every [`TestRedis`] has a key prefix of its own and removes its keys when it is dropped.
//! A test that stops, freezes or kills its server asks for [`TestRedis::private`].

#![allow(clippy::expect_used, clippy::panic)] // test support: a failure here is the test's failure

mod container;
mod image;
mod private;

pub use harness::free_port;
pub use image::{RedisImage, agree_with_docker};
pub use private::{Persistence, Server};

use container::Container;

/// Where the server of a [`TestRedis`] came from.
enum Source {
    Given,
    Container(Box<Container>),
    Private(Server),
}

/// A Redis for one test, gone with its keys when it is dropped.
pub struct TestRedis {
    url: String,
    prefix: String,
    source: Source,
}

impl TestRedis {
    /// A Redis that answers, by the order in the crate's documentation.
    ///
    /// # Panics
    /// If there is none, with what to install.
    pub async fn start() -> Self {
        // Read here and not in a configuration: it is the interface between the person who runs the tests and us.
        #[allow(clippy::disallowed_methods)]
        if let Ok(url) = std::env::var("DEELSYNC_TEST_REDIS") {
            return Self::with(url, Source::Given);
        }
        if let Some(container) = Container::start().await {
            return Self::with(container.url().to_owned(), Source::Container(Box::new(container)));
        }
        Self::private(Persistence::EverySecond).await
    }

    /// A `redis-server` of this test's own, which it may freeze, kill and restart.
    ///
    /// # Panics
    /// If `redis-server` is not installed or does not answer within ten seconds.
    pub async fn private(persistence: Persistence) -> Self {
        let server = Server::start(persistence).await;
        Self::with(server.url(), Source::Private(server))
    }

    fn with(url: String, source: Source) -> Self {
        Self { url, prefix: format!("t{}", ulid::Ulid::generate().to_string().to_lowercase()), source }
    }

    /// Its `redis://` address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The key prefix that is this test's alone.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What kind of server this is, for the first line of a test's output.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.source {
            Source::Given => format!("{} (DEELSYNC_TEST_REDIS)", self.url),
            Source::Container(container) => format!("{} (container of {})", self.url, container.image()),
            Source::Private(_) => format!("{} (private redis-server)", self.url),
        }
    }

    /// The private server, to be frozen or killed.
    ///
    /// # Panics
    /// If this Redis was not made by [`TestRedis::private`].
    pub fn server(&mut self) -> &mut Server {
        match &mut self.source {
            Source::Private(server) => server,
            Source::Given | Source::Container(_) => panic!("only a private server may be frozen or killed"),
        }
    }

    /// A connection of its own.
    ///
    /// # Panics
    /// If the server does not answer.
    pub async fn connection(&self) -> redis::aio::MultiplexedConnection {
        redis::Client::open(self.url.as_str())
            .expect("a valid Redis URL")
            .get_multiplexed_async_connection()
            .await
            .expect("the test's Redis answers")
    }

    /// The names of all keys with this test's prefix, sorted.
    ///
    /// # Panics
    /// If the server does not answer.
    pub async fn keys(&self) -> Vec<String> {
        let mut connection = self.connection().await;
        let mut keys: Vec<String> = redis::cmd("KEYS")
            .arg(format!("{{{}}}*", self.prefix))
            .query_async(&mut connection)
            .await
            .expect("KEYS answers");
        keys.sort();
        keys
    }
}

impl Drop for TestRedis {
    fn drop(&mut self) {
        // A private server and a container take their keys with them.
        if matches!(self.source, Source::Given) {
            let removed = redis::Client::open(self.url.as_str()).and_then(|client| {
                let mut connection = client.get_connection()?;
                let keys: Vec<String> =
                    redis::cmd("KEYS").arg(format!("{{{}}}*", self.prefix)).query(&mut connection)?;
                if keys.is_empty() {
                    return Ok(());
                }
                redis::cmd("DEL").arg(keys).query::<()>(&mut connection)
            });
            if let Err(error) = removed {
                eprintln_once(&format!("keys of {} were left behind: {error}", self.prefix));
            }
        }
    }
}

#[allow(clippy::print_stderr)]
fn eprintln_once(message: &str) {
    eprintln!("{message}");
}
