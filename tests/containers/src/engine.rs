/// A server that speaks Redis's protocol.
#[derive(Clone, Copy, Debug)]
pub struct Engine {
    /// For people.
    pub name: &'static str,
    variable: &'static str,
    image: &'static str,
}

/// Redis 7.
pub const REDIS: Engine = Engine { name: "Redis", variable: "DEELSYNC_TEST_REDIS_IMAGE", image: "redis:7" };
/// Valkey 8.
pub const VALKEY: Engine =
    Engine { name: "Valkey", variable: "DEELSYNC_TEST_VALKEY_IMAGE", image: "valkey/valkey:8" };

impl Engine {
    /// The image as `name:tag`.
    #[must_use]
    pub fn image(self) -> String {
        // Read here: it is the interface between the person who runs the tests and us.
        #[allow(clippy::disallowed_methods)]
        let named = std::env::var(self.variable).ok();
        named.filter(|name| !name.is_empty()).unwrap_or_else(|| self.image.to_owned())
    }
}
