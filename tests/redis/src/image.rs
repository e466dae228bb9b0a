//! The image of a Redis, or of whatever is as good, for `testcontainers`.

use std::borrow::Cow;

use testcontainers::Image;
use testcontainers::core::{ContainerPort, WaitFor, client::docker_client_instance};

/// An image whose command is a `redis-server` with these arguments.
#[derive(Clone, Debug)]
pub struct RedisImage {
    name: String,
    tag: String,
    arguments: Vec<String>,
    ready: &'static str,
    ports: Vec<ContainerPort>,
}

impl RedisImage {
    /// `image` is `name:tag`. It is up once it has written `ready`.
    #[must_use]
    pub fn new(image: &str, arguments: &[&str], ready: &'static str) -> Self {
        let (name, tag) = image.rsplit_once(':').unwrap_or((image, "latest"));
        let arguments = std::iter::once("redis-server").chain(arguments.iter().copied());
        Self {
            name: name.to_owned(),
            tag: tag.to_owned(),
            arguments: arguments.map(str::to_owned).collect(),
            ready,
            ports: Vec::new(),
        }
    }

    /// Has this port published.
    #[must_use]
    pub fn exposing(mut self, port: u16) -> Self {
        self.ports.push(ContainerPort::Tcp(port));
        self
    }
}

impl Image for RedisImage {
    fn name(&self) -> &str {
        // The first thing that the library asks an image for, before it asks the daemon for anything.
        agree_aside();
        &self.name
    }

    fn tag(&self) -> &str {
        &self.tag
    }

    fn ready_conditions(&self) -> Vec<WaitFor> {
        vec![WaitFor::message_on_stdout(self.ready)]
    }

    fn cmd(&self) -> impl IntoIterator<Item = impl Into<Cow<'_, str>>> {
        &self.arguments
    }

    fn expose_ports(&self) -> &[ContainerPort] {
        &self.ports
    }
}

/// A client that speaks the daemon's version of Docker's API.
///
/// `testcontainers` speaks the newest it knows, which a daemon of Debian 12 or Ubuntu 24.04 refuses. Its client is shared
/// as long as somebody holds it, and so is the version that is agreed upon here.
///
/// # Errors
/// If no daemon answers.
pub async fn agree_with_docker() -> Result<testcontainers::bollard::Docker, String> {
    let docker = docker_client_instance().await.map_err(|error| error.to_string())?;
    docker.negotiate_version().await.map_err(|error| error.to_string())
}

/// The same from within a runtime that cannot wait.
fn agree_aside() {
    let agree = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // What fails here fails again, with words, in what the library does next.
        runtime.map(|runtime| runtime.block_on(agree_with_docker()).is_ok())
    };
    std::thread::scope(|scope| drop(scope.spawn(agree).join()));
}
