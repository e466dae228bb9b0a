//! What must hold of each parser that meets the outside, whatever it is given.
//!
//! Each function takes any bytes and panics if a law is broken. The same functions serve three: `fuzz/` feeds them with
//! what libFuzzer invents (`make fuzz`), `tests/properties.rs` with documents that are nearly right, and
//! `tests/corpus.rs` with the samples in `fuzz/corpus`, so that nothing of it can rot.
//!
//! Where it can be, the law is an agreement with a second reading that shares no code with the parser.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // a broken law is a panic

mod accounts;
mod configuration;
mod envelope;
mod people;
mod planfile;
mod signature;

pub use accounts::accounts;
pub use configuration::{configuration, configured};
pub use envelope::envelope;
pub use people::people;
pub use planfile::{edited, made, planfile, sample};
pub use signature::signature;

// The program is no library; its configuration and what that needs are read where they are.
#[allow(dead_code, unused_imports)]
#[path = "../../../crates/deelsync/src/config/mod.rs"]
mod config;

#[allow(dead_code)]
#[path = "../../../crates/deelsync/src/clock.rs"]
mod clock;

mod telemetry {
    use std::error::Error;
    use std::fmt;

    /// An error; the program's own names its causes, too.
    pub(crate) struct Chain<'a>(pub(crate) &'a (dyn Error + 'static));

    impl fmt::Display for Chain<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            fmt::Display::fmt(self.0, f)
        }
    }
}

/// A target by the name of its folder in `fuzz/corpus`.
#[must_use]
pub fn target(name: &str) -> Option<fn(&[u8])> {
    Some(match name {
        "accounts" => accounts,
        "configuration" => configuration,
        "envelope" => envelope,
        "people" => people,
        "planfile" => planfile,
        "signature" => signature,
        _ => return None,
    })
}

/// Takes a piece off the front: a byte for its length, then so many bytes, or as many as there are.
fn piece<'a>(data: &mut &'a [u8]) -> &'a [u8] {
    let Some((&length, rest)) = data.split_first() else { return &[] };
    let (piece, rest) = rest.split_at(usize::from(length).min(rest.len()));
    *data = rest;
    piece
}
