//! Redis in a container, where a Docker daemon answers and has the image.

use testcontainers::core::{ContainerPort, WaitFor, client::docker_client_instance};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage};

/// The image, unless `DEELSYNC_TEST_REDIS_IMAGE` names another as `name:tag`.
pub(crate) const IMAGE: &str = "redis:7";

pub(crate) struct Container {
    url: String,
    image: String,
    _running: ContainerAsync<GenericImage>,
}

impl Container {
    /// `None` where no daemon answers or it lacks the image: then the next kind of Redis is tried.
    ///
    /// # Panics
    /// If daemon and image are there and the container still does not start: that is worth knowing.
    pub(crate) async fn start() -> Option<Self> {
        #[allow(clippy::disallowed_methods)] // see TestRedis::start
        let image = std::env::var("DEELSYNC_TEST_REDIS_IMAGE").unwrap_or_else(|_| IMAGE.to_owned());
        let docker = docker_client_instance().await.ok()?;
        docker.inspect_image(&image).await.ok()?;
        let (name, tag) = image.rsplit_once(':').unwrap_or((&image, "latest"));
        let running = GenericImage::new(name, tag)
            .with_exposed_port(ContainerPort::Tcp(6379))
            .with_wait_for(WaitFor::message_on_stdout("Ready to accept connections"))
            .start()
            .await
            .expect("the container of the image that is there starts");
        let host = running.get_host().await.expect("the container has an address");
        let port = running.get_host_port_ipv4(6379).await.expect("the container publishes its port");
        Some(Self { url: format!("redis://{host}:{port}"), image, _running: running })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn image(&self) -> &str {
        &self.image
    }
}
