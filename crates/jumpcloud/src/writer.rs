//! Everything that changes something.

use std::fmt;

use jiff::Timestamp;
use reqwest::Method;
use serde::Serialize;
use serde_json::json;

use crate::attribute::CustomAttribute;
use crate::connection::Connection;
use crate::create::{CreateError, NewUser};
use crate::error::Error;
use crate::http::{Call, Failure, checked_id};
use crate::profile::Patch;
use crate::reader::record;
use crate::record::{State, UserRecord};
use crate::schedule::ScheduledState;
use crate::status::Scope;

/// Who gets mail about an activation (JumpCloud API 1.0, systemusers_state_activate).
#[derive(Clone, PartialEq, Eq)]
pub enum Mail {
    /// Nobody.
    None,
    /// Whom JumpCloud chooses: with a password the primary address gets a welcome; without one the alternate, else the
    /// primary address, gets an activation link.
    Default,
    /// This address.
    To(String),
}

/// The choice, not the address.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Default => "Default",
            Self::To(_) => "To(redacted)",
        })
    }
}

/// Writes. There is no method that deletes a user, renames one, or touches passwords, sudo, MFA or `unix_*`.
///
/// After [`Error::Unavailable`] or [`Error::Unexpected`] from a write it is open whether the write was done: read the
/// user again. All writes but [`Writer::create`] can be repeated without harm.
#[derive(Clone, Debug)]
pub struct Writer {
    pub(crate) connection: Connection,
}

/// A change of state with the attributes that explain it, in one PUT: a crash between the two is impossible.
#[derive(Serialize)]
struct StateChange<'a> {
    state: &'static str,
    attributes: &'a [CustomAttribute],
}

impl Writer {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// Creates a user. Not repeatable: if the error has a [`doubt`](CreateError::doubt), settle it first.
    ///
    /// # Errors
    /// [`CreateError`].
    pub async fn create(&self, user: &NewUser) -> Result<UserRecord, CreateError> {
        let call =
            Call::new(Method::POST, "/systemusers", &[], Scope::Body).map_err(CreateError::Other)?.json(user);
        let answer = match self.connection.inner.send(call).await {
            Ok(answer) => answer,
            Err(Failure { error, maybe_done: true }) => {
                return Err(CreateError::LostAnswer { status: status(&error), source: error });
            }
            Err(Failure { error: Error::Rejected { status, fields }, .. }) => {
                return Err(match status {
                    400 | 409 => CreateError::Conflict { status, fields },
                    _ => CreateError::Rejected { status, fields },
                });
            }
            Err(Failure { error, .. }) => return Err(CreateError::Other(error)),
        };
        record(&answer, None).map_err(|source| CreateError::LostAnswer { status: None, source })
    }

    /// Writes the keys of `patch` and no other, and returns the user as JumpCloud then has it. An empty patch writes
    /// nothing and reads the user. As after all writes, a success whose answer does not show the user or their state costs
    /// one more request, to read them.
    ///
    /// # Errors
    /// As [`Error`] says; [`Error::Rejected`] with 400 or 409 if a unique value is taken.
    pub async fn update(&self, id: &str, patch: &Patch) -> Result<UserRecord, Error> {
        if patch.is_empty() {
            return self.connection.reader().account(id).await;
        }
        self.put(id, patch).await
    }

    /// Suspends: one PUT with the state and the merged attributes (see [`merge_attribute`](crate::merge_attribute)),
    /// among them the mark that tells our suspensions from others'.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn suspend(&self, id: &str, attributes: &[CustomAttribute]) -> Result<UserRecord, Error> {
        self.put(id, &StateChange { state: "SUSPENDED", attributes }).await
    }

    /// Takes a suspension back: one PUT with the state and the merged attributes, without the mark. The PUT's schema
    /// has no way back to `STAGED` (JumpCloud API 1.0, systemuserput).
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn reactivate(&self, id: &str, attributes: &[CustomAttribute]) -> Result<UserRecord, Error> {
        self.put(id, &StateChange { state: "ACTIVATED", attributes }).await
    }

    /// Replaces the custom attributes by the merged ones; to clear a mark that is stale, for example.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn set_attributes(
        &self,
        id: &str,
        attributes: &[CustomAttribute],
    ) -> Result<UserRecord, Error> {
        self.put(id, &Patch::new().attributes(attributes.to_vec())).await
    }

    /// Activates a staged user, with an explicit choice about mail, which a PUT of the state would leave open.
    ///
    /// # Errors
    /// As [`Error`] says; [`Error::Rejected`] if the user is not staged.
    pub async fn activate(&self, id: &str, mail: &Mail) -> Result<(), Error> {
        let email = match mail {
            Mail::None => json!(false),
            Mail::Default => json!(true),
            Mail::To(address) => json!(address),
        };
        let call = Call::new(Method::POST, "/systemusers/{}/state/activate", &[id], Scope::Record)?
            .json(&json!({ "email": email }))
            .ignore_answer();
        self.connection.inner.send(call).await?;
        Ok(())
    }

    /// Has JumpCloud activate a staged user at a time, at least an hour ahead (JumpCloud API 2.0,
    /// bulk_userStatesCreate; the hour is from its guide to scheduled activation). Not repeatable: a second call is a
    /// second job.
    ///
    /// # Errors
    /// As [`Error`] says; [`Error::Unexpected`] if the answer does not name the job, which then exists all the same.
    pub async fn schedule_activation(
        &self,
        id: &str,
        at: Timestamp,
        mail: &Mail,
    ) -> Result<ScheduledState, Error> {
        let id = checked_id(id)?;
        let mut body = json!({
            "user_ids": [id],
            "state": "ACTIVATED",
            "start_date": at.to_string(),
            "send_activation_emails": !matches!(mail, Mail::None),
        });
        if let Mail::To(address) = mail {
            body["activation_email_override"] = json!(address);
        }
        let call = Call::new(Method::POST, "/v2/bulk/userstates", &[], Scope::Body)?.json(&body);
        let answer = self.connection.inner.send(call).await?;
        let jobs = answer.get("results").unwrap_or(&answer).as_array();
        jobs.into_iter()
            .flatten()
            .filter_map(ScheduledState::from_wire)
            .find(|job| job.user_id == id)
            .ok_or(Error::unexpected("the scheduled job is not in the answer"))
    }

    /// Cancels a scheduled change of state (JumpCloud API 2.0, bulk_userStatesDelete; answers 204).
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is no longer scheduled: it was cancelled, or it has happened. Others as [`Error`]
    /// says.
    pub async fn cancel_scheduled(&self, job_id: &str) -> Result<(), Error> {
        let call =
            Call::new(Method::DELETE, "/v2/bulk/userstates/{}", &[job_id], Scope::Record)?.ignore_answer();
        self.connection.inner.send(call).await?;
        Ok(())
    }

    async fn put(&self, id: &str, body: &impl Serialize) -> Result<UserRecord, Error> {
        let call =
            Call::new(Method::PUT, "/systemusers/{}", &[id], Scope::Record)?.json(body).answer_may_be_empty();
        let answer = self.connection.inner.send(call).await?;
        match UserRecord::from_json(&answer) {
            Some(user) if user.state != State::Unknown(String::new()) => record(&answer, Some(id)),
            // A success that does not show the user: what became of them is read.
            _ => self.connection.reader().account(id).await,
        }
    }
}

fn status(error: &Error) -> Option<u16> {
    match error {
        Error::Unavailable { status, .. } | Error::Unexpected { status, .. } => *status,
        _ => None,
    }
}
