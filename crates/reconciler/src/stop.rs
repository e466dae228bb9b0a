//! Why a run ended before its plan was carried out, and what becomes of the job then.

use crate::convert::ConvertError;
use queue::Vendor;
use std::time::Duration;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// One variant per thing that becomes of the job.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// The vendor limits requests.
    #[error("{vendor} limits requests")]
    Limited { vendor: Vendor, after: Option<Duration> },
    /// The vendor does not answer, or answers 5xx.
    #[error("{vendor} is unavailable")]
    Unavailable {
        vendor: Vendor,
        after: Option<Duration>,
        #[source]
        source: Source,
    },
    /// The vendor refuses us altogether: somebody has to mend a credential, a scope or a setting.
    #[error("{vendor} refuses access; nobody is changed. {remedy}")]
    Denied {
        vendor: Vendor,
        remedy: &'static str,
        #[source]
        source: Source,
    },
    /// The vendor answered something this program does not understand.
    #[error("{vendor} answered something unexpected")]
    Unexpected {
        vendor: Vendor,
        #[source]
        source: Source,
    },
    /// A listing could not be proved complete.
    #[error("the listing of people is not complete")]
    Incomplete {
        #[source]
        source: Source,
    },
    /// A record cannot be read; the error says which field of which id.
    #[error("a record cannot be read")]
    Unreadable(#[from] ConvertError),
    /// Redis did not answer.
    #[error("Redis did not answer")]
    Queue(#[from] queue::QueueError),
    /// Another worker may have the person now.
    #[error("the lease was lost")]
    LeaseLost,
    /// Somebody paused all writes.
    #[error("writes are paused")]
    Paused,
    /// The reads behind a change of access kept growing too old, or the account or the person kept changing, while we waited to write.
    #[error(
        "somebody kept changing the account or the person, or the vendors answer too slowly to write on a fresh read"
    )]
    Moved,
}

impl Stop {
    /// Whether somebody who was asked has no answer at the moment, for anyone.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(self, Self::Limited { .. } | Self::Unavailable { .. } | Self::Denied { .. } | Self::Queue(_))
    }
}

impl From<queue::LeaseLost> for Stop {
    fn from(lost: queue::LeaseLost) -> Self {
        match lost {
            queue::LeaseLost::Paused => Self::Paused,
            queue::LeaseLost::Unavailable(source) => Self::Queue(source),
            _ => Self::LeaseLost,
        }
    }
}

/// The message with its causes, for logs, the trail and dead letters. Sources carry no values by the house rules.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    let mut last = 0;
    while let Some(cause) = source {
        let words = cause.to_string();
        // A client's error often says the same once more, with the status.
        if words.starts_with(&text[last..]) {
            text.truncate(last);
        } else {
            text.push_str(": ");
            last = text.len();
        }
        text.push_str(&words);
        source = cause.source();
    }
    text
}
