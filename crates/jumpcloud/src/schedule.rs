//! Scheduled changes of a user's state (JumpCloud API 2.0, bulk/userstates).

use jiff::Timestamp;
use serde_json::Value;

use crate::State;
use crate::lenient;

/// A change of state that JumpCloud will do by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledState {
    /// The job's id, for [`Writer::cancel_scheduled`](crate::Writer::cancel_scheduled).
    pub job_id: String,
    /// The user.
    pub user_id: String,
    /// When, if the answer says so readably.
    pub at: Option<Timestamp>,
    /// The state the user will have.
    pub state: State,
}

impl ScheduledState {
    /// `None` without a usable job id and user id.
    pub(crate) fn from_wire(value: &Value) -> Option<Self> {
        Some(Self {
            job_id: lenient::text(value.get("scheduledJobId")).filter(|id| crate::http::is_id(id))?,
            user_id: lenient::text(value.get("systemUserId"))?,
            at: lenient::text(value.get("scheduledDate")).and_then(|date| date.parse().ok()),
            state: State::parse(&lenient::text(value.get("state")).unwrap_or_default()),
        })
    }
}
