use harness::{eventually, free_port};
use test_redis::{RedisImage, agree_with_docker};
use testcontainers::bollard::Docker;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, ContainerRequest, CopyTargetOptions, ImageExt};

use crate::{Engine, SOON};

/// What an answered write is on disk with.
const DURABLE: &[&str] = &["--appendonly", "yes", "--appendfsync", "always", "--save", ""];

/// A server in a container, on the host's network: its port stays the same over a restart, and the addresses that Sentinel
/// and Cluster give away are right for everybody.
pub struct Node {
    /// On 127.0.0.1.
    pub port: u16,
    container: ContainerAsync<RedisImage>,
}

impl Node {
    /// A server on a free port that writes what it is told to disk before it answers, with these further arguments.
    pub async fn start(engine: Engine, further: &[&str]) -> Self {
        Self::start_on(engine, free_port(), further).await
    }

    /// The same on this port.
    ///
    /// # Panics
    /// If the image is missing or the container does not start.
    pub async fn start_on(engine: Engine, port: u16, further: &[&str]) -> Self {
        let text = port.to_string();
        let own = ["--port", &text, "--bind", "127.0.0.1"];
        let arguments = [&own[..], DURABLE, further].concat();
        let image = RedisImage::new(&engine.image(), &arguments, "Ready to accept connections");
        Self::run(engine, port, image.with_network("host")).await
    }

    /// A sentinel with this configuration, to which its port is added.
    pub async fn sentinel(engine: Engine, configuration: &str) -> Self {
        let port = free_port();
        let text = format!("port {port}\nbind 127.0.0.1\n{configuration}");
        // A sentinel writes what it learns into its own file, as a user that is not root.
        let file = CopyTargetOptions::new("/data/sentinel.conf").with_mode(0o666);
        let image = RedisImage::new(&engine.image(), &["/data/sentinel.conf", "--sentinel"], "+monitor");
        Self::run(engine, port, image.with_network("host").with_copy_to(file, text.into_bytes())).await
    }

    async fn run(engine: Engine, port: u16, request: ContainerRequest<RedisImage>) -> Self {
        let started = request.start().await;
        let container = started.unwrap_or_else(|error| {
            panic!("no container of {} starts ({error}): see scripts/image", engine.image())
        });
        Self { port, container }
    }

    /// `docker kill`.
    ///
    /// # Panics
    /// If the daemon refuses.
    pub async fn kill(&self) {
        docker().await.kill_container(self.container.id(), None).await.expect("it runs");
    }

    /// `docker start` after [`Node::kill`]: with what it left on disk.
    ///
    /// # Panics
    /// If it does not answer.
    pub async fn restart(&self) {
        self.container.start().await.expect("the container starts again");
        self.answers("PING", "PONG").await;
    }

    /// `docker pause`: connections stay open, nothing is answered.
    ///
    /// # Panics
    /// If the daemon refuses.
    pub async fn pause(&self) {
        self.container.pause().await.expect("it runs");
    }

    /// `docker unpause`.
    ///
    /// # Panics
    /// If the daemon refuses.
    pub async fn unpause(&self) {
        self.container.unpause().await.expect("it is paused");
    }

    /// Removes the container with its data, as `docker rm --force --volumes` does.
    ///
    /// # Panics
    /// If the daemon refuses.
    pub async fn remove(self) {
        self.container.rm().await.expect("it can be removed");
    }

    /// A connection of its own.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn connection(&self) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port))?;
        client.get_multiplexed_async_connection().await
    }

    /// Sends a command, its words separated by spaces; gives the answer as text.
    ///
    /// # Errors
    /// If it does not answer, or with an error.
    pub async fn tell(&self, line: &str) -> redis::RedisResult<String> {
        let mut connection = self.connection().await?;
        let mut command = redis::Cmd::new();
        for word in line.split(' ') {
            command.arg(word);
        }
        let answer: redis::Value = command.query_async(&mut connection).await?;
        Ok(match answer {
            redis::Value::BulkString(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            other => format!("{other:?}"),
        })
    }

    /// Waits until the answer contains this.
    pub async fn answers(&self, line: &str, wanted: &str) {
        eventually(&format!("{line} says {wanted}"), SOON, async || {
            self.tell(line).await.is_ok_and(|answer| answer.contains(wanted)).then_some(())
        })
        .await;
    }
}

async fn docker() -> Docker {
    agree_with_docker().await.expect("the Docker daemon answers")
}
