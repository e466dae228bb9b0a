//! What the configuration decides about runs.

use provisioning::{Limits, Policy, ProfileId};
use std::collections::BTreeSet;
use std::time::Duration;

/// The `JumpCloud` write side of a run, or its absence.
///
/// There is no `dry_run` flag: in [`Apply::Observe`] no [`jumpcloud::Writer`] exists, so nothing can be written.
#[derive(Debug)]
pub enum Apply {
    /// Plan everything and put it on the trail as what would be done; write nothing, hold nothing, reserve nothing.
    Observe,
    /// Write what the guard lets through.
    Enforce(jumpcloud::Writer),
}

impl Apply {
    /// The mode's name, as in `DEELSYNC_MODE`.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match self {
            Self::Observe => Mode::Observe,
            Self::Enforce(_) => Mode::Enforce,
        }
    }
}

/// Whether a run may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Nothing is written.
    Observe,
    /// What the guard lets through is written.
    Enforce,
}

impl Mode {
    /// `observe` or `enforce`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Enforce => "enforce",
        }
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the configuration decides about runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Attribute policies, names, creation state, link field.
    pub policy: Policy,
    /// How many changes of each kind may happen in any 24 hours, over all paths.
    pub limits: Limits,
    /// People that are left alone.
    pub excluded: BTreeSet<ProfileId>,
    /// Whether runs and decisions are put on the audit trail. Off means no entries at all.
    pub trail: bool,
    /// How old the reads behind a suspension may be when it is written. Five seconds unless a test says otherwise.
    pub freshness: Duration,
    /// How long a vendor may fail to answer before a run over everyone gives up. A minute unless a test says otherwise.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            limits: Limits::default(),
            excluded: BTreeSet::new(),
            trail: true,
            freshness: Duration::from_secs(5),
            patience: Duration::from_secs(60),
        }
    }
}
