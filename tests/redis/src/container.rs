//! Redis in a container, where a Docker daemon answers and has the image.

use testcontainers::ContainerAsync;
use testcontainers::runners::AsyncRunner;

use crate::{RedisImage, agree_with_docker};

/// The image, unless `DEELSYNC_TEST_REDIS_IMAGE` names another as `name:tag`.
pub(crate) const IMAGE: &str = "redis:7";

pub(crate) struct Container {
    url: String,
    image: String,
    _running: ContainerAsync<RedisImage>,
}

impl Container {
    /// `None` where no daemon answers or it lacks the image: then the next kind of Redis is tried.
    ///
    /// # Panics
    /// If daemon and image are there and the container still does not start, or an image was asked for by name and
    /// cannot be had: that is worth knowing.
    pub(crate) async fn start() -> Option<Self> {
        #[allow(clippy::disallowed_methods)] // see TestRedis::start
        let named = std::env::var("DEELSYNC_TEST_REDIS_IMAGE").ok().filter(|name| !name.is_empty());
        let image = named.clone().unwrap_or_else(|| IMAGE.to_owned());
        if let Err(error) = is_there(&image).await {
            assert!(named.is_none(), "DEELSYNC_TEST_REDIS_IMAGE is {image}: {error}");
            return None;
        }
        // Whoever can reach the container may: it is gone with the test.
        let arguments = ["--protected-mode", "no", "--save", ""];
        let running = RedisImage::new(&image, &arguments, "Ready to accept connections")
            .exposing(6379)
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

async fn is_there(image: &str) -> Result<(), String> {
    let docker = agree_with_docker().await?;
    docker.inspect_image(image).await.map(drop).map_err(|error| error.to_string())
}
