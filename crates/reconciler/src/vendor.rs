//! What each vendor's errors mean for a run.

use crate::session::{Failure, Heard};
use crate::stop::Stop;
use queue::Vendor;
use std::time::Duration;

impl Failure for deel::Error {
    fn label(&self) -> &'static str {
        self.kind()
    }

    fn limited(&self) -> Option<Option<Duration>> {
        match self {
            Self::RateLimited { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    fn heard(&self) -> Heard {
        match self {
            Self::Unavailable { retry_after, .. } => Heard::Away(*retry_after),
            Self::Unexpected { what, .. } if is_somebody_else(*what) => Heard::Away(None),
            Self::Unauthorized { .. }
            | Self::MissingScope { .. }
            | Self::TokenType { .. }
            | Self::SensitiveDataWithheld => Heard::Denied,
            Self::NotFound { .. } | Self::RateLimited { .. } | Self::Unexpected { .. } => Heard::Answer,
        }
    }
}

/// Whether such an answer is that of a proxy, a firewall or a page of maintenance, and says nothing about the person.
fn is_somebody_else(what: deel::Surprise) -> bool {
    matches!(what, deel::Surprise::Redirect | deel::Surprise::Html | deel::Surprise::NotJson)
}

impl Failure for deel::ListError {
    fn label(&self) -> &'static str {
        match self {
            Self::Fetch { source, .. } => source.kind(),
            Self::TooMany { .. } => "too_many",
            _ => "incomplete",
        }
    }

    fn limited(&self) -> Option<Option<Duration>> {
        match self {
            Self::Fetch { source, .. } => source.limited(),
            _ => None,
        }
    }

    fn heard(&self) -> Heard {
        match self {
            Self::Fetch { source, .. } => source.heard(),
            Self::SensitiveDataWithheld { .. } => Heard::Denied,
            Self::Pace(_) => Heard::Nothing,
            _ => Heard::Answer,
        }
    }
}

impl Failure for jumpcloud::ListError<queue::QueueError> {
    fn label(&self) -> &'static str {
        match self {
            Self::Client(error) => error.kind(),
            Self::Pace(_) => "pace",
            Self::Incomplete(_) => "incomplete",
        }
    }

    fn limited(&self) -> Option<Option<Duration>> {
        match self {
            Self::Client(error) => error.limited(),
            _ => None,
        }
    }

    fn heard(&self) -> Heard {
        match self {
            Self::Client(error) => error.heard(),
            Self::Pace(_) => Heard::Nothing,
            Self::Incomplete(_) => Heard::Answer,
        }
    }
}

impl Failure for jumpcloud::Error {
    fn label(&self) -> &'static str {
        self.kind()
    }

    fn limited(&self) -> Option<Option<Duration>> {
        match self {
            Self::RateLimited { retry_after } | Self::Blocked { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    fn heard(&self) -> Heard {
        match self {
            Self::Unavailable { retry_after, .. } => Heard::Away(*retry_after),
            Self::NotTheApi { .. } => Heard::Away(None),
            Self::Unauthorized | Self::Forbidden | Self::WrongOrganization { .. } => Heard::Denied,
            _ => Heard::Answer,
        }
    }
}

impl Failure for jumpcloud::CreateError {
    fn label(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::LostAnswer { .. } => "lost_answer",
            Self::Rejected { .. } => "rejected",
            Self::Other(error) => error.kind(),
        }
    }

    fn limited(&self) -> Option<Option<Duration>> {
        match self {
            Self::LostAnswer { source, .. } | Self::Other(source) => source.limited(),
            Self::Conflict { .. } | Self::Rejected { .. } => None,
        }
    }

    fn heard(&self) -> Heard {
        match self {
            Self::LostAnswer { source, .. } | Self::Other(source) => source.heard(),
            Self::Conflict { .. } | Self::Rejected { .. } => Heard::Answer,
        }
    }
}

/// What a failed call to Deel does to the run. A 404 is for the caller to judge before this.
pub(crate) fn deel_stop(error: deel::Error) -> Stop {
    let vendor = Vendor::Deel;
    match error {
        deel::Error::RateLimited { retry_after } => Stop::Limited { vendor, after: retry_after },
        deel::Error::Unavailable { retry_after, .. } => {
            Stop::Unavailable { vendor, after: retry_after, source: Box::new(error) }
        }
        deel::Error::Unexpected { what, .. } if is_somebody_else(what) => {
            Stop::Unavailable { vendor, after: None, source: Box::new(error) }
        }
        deel::Error::Unauthorized { .. }
        | deel::Error::MissingScope { .. }
        | deel::Error::TokenType { .. }
        | deel::Error::SensitiveDataWithheld => {
            let remedy = error.remedy();
            Stop::Denied { vendor, remedy, source: Box::new(error) }
        }
        deel::Error::NotFound { .. } | deel::Error::Unexpected { .. } => {
            Stop::Unexpected { vendor, source: Box::new(error) }
        }
    }
}

/// The same for a listing of Deel's. An incomplete one is tried again as a whole.
pub(crate) fn listing_stop(error: deel::ListError) -> Stop {
    match error {
        deel::ListError::Fetch { source, .. } => deel_stop(source),
        deel::ListError::SensitiveDataWithheld { .. } => Stop::Denied {
            vendor: Vendor::Deel,
            remedy: deel::Error::SensitiveDataWithheld.remedy(),
            source: Box::new(error),
        },
        deel::ListError::Pace(source) => match source.downcast::<queue::QueueError>() {
            Ok(source) => Stop::Queue(*source),
            Err(source) => Stop::Incomplete { source },
        },
        other => Stop::Incomplete { source: Box::new(other) },
    }
}

/// What a listing or search that is only one of several means does to the run: what another try, or a new token, may
/// mend ends it; anything else only rules this means out, and the word says how.
pub(crate) fn means(error: deel::ListError) -> Result<&'static str, Stop> {
    let ends = match &error {
        deel::ListError::Fetch { source, .. } => {
            source.is_transient() || matches!(source, deel::Error::Unauthorized { .. })
        }
        deel::ListError::Pace(_) => true,
        _ => false,
    };
    if ends { Err(listing_stop(error)) } else { Ok(error.kind()) }
}

/// The same for a search in `JumpCloud` that may have taken several requests.
pub(crate) fn found_stop(error: jumpcloud::ListError<queue::QueueError>) -> Stop {
    match error {
        jumpcloud::ListError::Client(error) => jumpcloud_stop(error),
        jumpcloud::ListError::Pace(error) => Stop::Queue(error),
        incomplete @ jumpcloud::ListError::Incomplete(_) => {
            Stop::Unexpected { vendor: Vendor::JumpCloud, source: Box::new(incomplete) }
        }
    }
}

/// What a failed call to `JumpCloud` does to the run. A 404 of one account is for the caller to judge before this.
pub(crate) fn jumpcloud_stop(error: jumpcloud::Error) -> Stop {
    use jumpcloud::Error as E;
    let vendor = Vendor::JumpCloud;
    match error {
        E::RateLimited { retry_after } | E::Blocked { retry_after } => {
            Stop::Limited { vendor, after: retry_after }
        }
        E::Unavailable { retry_after, .. } => {
            Stop::Unavailable { vendor, after: retry_after, source: Box::new(error) }
        }
        // A page of a proxy or of maintenance, most of the time; `check` finds a wrong address.
        E::NotTheApi { .. } => Stop::Unavailable { vendor, after: None, source: Box::new(error) },
        E::Unauthorized | E::Forbidden | E::WrongOrganization { .. } => {
            let remedy = error.remedy();
            Stop::Denied { vendor, remedy, source: Box::new(error) }
        }
        _ => Stop::Unexpected { vendor, source: Box::new(error) },
    }
}
