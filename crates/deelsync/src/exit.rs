//! Exit codes that scripts may rely on.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; for `plan`: in sync.
    Success,
    /// Something failed, is missing, or was refused; the reason is on stderr.
    Failure,
    /// `plan` found changes.
    Pending,
    /// Wrong usage (`EX_USAGE` of sysexits.h).
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Pending => 2,
            Exit::Usage => 64,
        })
    }
}
