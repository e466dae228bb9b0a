//! Where Redis is. Parsed once, printed without credentials.

use std::fmt;

use crate::error::InvalidAddress;

/// A parsed Redis address. `Display` and `Debug` leave user and password out.
#[derive(Clone)]
pub struct Address {
    shown: String,
}

impl Address {
    /// Parses `redis://`, `rediss://`, `unix://`, `redis-sentinel://` and `redis-cluster://` (with TLS:
    /// `rediss-sentinel://`, `rediss-cluster://`).
    ///
    /// # Errors
    /// What is wrong with it, without repeating it.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let _ = text;
        todo!()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}
