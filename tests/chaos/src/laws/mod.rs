//! What must hold afterwards, whatever was done. Each law is a function of the evidence and nothing else, so that made-up
//! evidence shows that it can fail.

mod end;

use std::fmt;

use crate::evidence::Evidence;

/// A law that does not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The law, in words.
    pub law: &'static str,
    /// Where it does not hold: ids and times.
    pub how: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.law, self.how)
    }
}

/// A law.
pub type Law = fn(&Evidence) -> Vec<Broken>;

/// Those that become true with time; whoever waits for the end waits for these.
pub const IN_THE_END: &[Law] = &[end::as_deel_demands];

/// All of them.
pub const ALL: &[Law] = &[end::as_deel_demands];

/// Everything that does not hold.
#[must_use]
pub fn broken(laws: &[Law], evidence: &Evidence) -> Vec<Broken> {
    laws.iter().flat_map(|law| law(evidence)).collect()
}
