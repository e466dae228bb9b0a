//! Activations scheduled at `JumpCloud`, which would undo a suspension later. Cancelling them is worth a try before and
//! after a suspension, and never worth a delay of it: an endpoint that refuses, fails or hangs must not keep a leaver in.

use super::Applier;
use crate::schedules::{self, Known};
use crate::stop::Stop;
use jumpcloud::State;
use provisioning::AccountId;
use queue::Vendor;
use std::time::Duration;

/// How many scheduled activations are cancelled; `JumpCloud` tells of one at a time.
const MOST_SCHEDULED: usize = 5;

/// Why an activation may still be scheduled.
pub(crate) struct Leftover {
    /// In words.
    pub(crate) problem: &'static str,
    /// Whether another try may help.
    pub(crate) again: bool,
}

impl Leftover {
    fn of(error: &jumpcloud::Error, problem: &'static str) -> Self {
        use jumpcloud::Error as E;
        Self {
            problem,
            again: matches!(error, E::RateLimited { .. } | E::Blocked { .. } | E::Unavailable { .. }),
        }
    }
}

impl Applier<'_> {
    /// Cancels what is scheduled, within `patience`; what could not be done comes back.
    ///
    /// # Errors
    /// Only for what ends every run: a pause, a lost lease, Redis.
    pub(crate) async fn cancel_scheduled(
        &mut self,
        id: &AccountId,
        patience: Duration,
    ) -> Result<Option<Leftover>, Stop> {
        match tokio::time::timeout(patience, self.cancel_each(id)).await {
            Ok(end) => end,
            Err(_) => Ok(Some(Leftover {
                problem: "JumpCloud took too long to tell of scheduled activations",
                again: true,
            })),
        }
    }

    async fn cancel_each(&mut self, id: &AccountId) -> Result<Option<Leftover>, Stop> {
        let ours = schedules::get(&self.parts.queue, self.subject).await?;
        let ours = ours.filter(|known| known.activation.account == *id);
        // What we scheduled needs nobody to tell of it.
        for job in ours.into_iter().flat_map(Known::jobs) {
            if let Some(left) = self.cancel_one(&job).await? {
                return Ok(Some(left));
            }
        }
        for _ in 0..MOST_SCHEDULED {
            self.session.slot(Vendor::JumpCloud).await?;
            // Without a word to the budget: a 429 here would hold up the suspension, which is tried all the same.
            let read = self.parts.jumpcloud.scheduled_states(id.as_str());
            let scheduled = match self.session.counted(Vendor::JumpCloud, "scheduled_states", read).await {
                Ok(scheduled) => scheduled,
                Err(error) => {
                    return Ok(Some(Leftover::of(&error, "JumpCloud did not tell of scheduled activations")));
                }
            };
            let Some(next) = scheduled.into_iter().find(|next| next.state == State::Activated) else {
                return Ok(None);
            };
            if let Some(left) = self.cancel_one(&next.job_id).await? {
                return Ok(Some(left));
            }
        }
        Ok(Some(Leftover { problem: "more activations are scheduled than were cancelled", again: true }))
    }

    async fn cancel_one(&mut self, job: &str) -> Result<Option<Leftover>, Stop> {
        self.gate().await?;
        let write = self.writer.cancel_scheduled(job);
        match self.session.counted(Vendor::JumpCloud, "cancel_scheduled", write).await {
            Ok(()) | Err(jumpcloud::Error::NotFound) => Ok(None),
            Err(error) => Ok(Some(Leftover::of(&error, "a scheduled activation could not be cancelled"))),
        }
    }

    /// Notes what is left, for whoever has to look after it.
    pub(crate) fn note_leftover(&mut self, id: &AccountId, left: &Leftover) {
        tracing::warn!(
            person.id = %self.subject, account.id = %id,
            "suspended, but {}; see that no activation is scheduled in JumpCloud", left.problem
        );
        self.session.note(format!(
            "suspended, but {}; see that no activation is scheduled in JumpCloud",
            left.problem
        ));
    }
}
