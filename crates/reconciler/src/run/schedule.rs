//! A later look at activations that could not be cancelled when their account was suspended.

use super::Run;
use crate::observe::Observed;
use crate::stop::Stop;
use jumpcloud::Writer;
use provisioning::{AccountId, Standing};
use queue::{Again, Lease, Line, Trigger, Verdict, When};
use std::time::Duration;

/// What such a look is asked for by. It is asked for once: an endpoint that is away for longer is noted instead.
const TRIGGER: &str = "recheck:schedule";
const LATER: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks for the look, unless the job comes again anyway or this was it.
pub(super) fn look_again(verdict: Verdict, lease: &Lease) -> Verdict {
    match verdict {
        Verdict::Done { again: None } if lease.trigger.as_str() != TRIGGER => {
            let trigger = Trigger::new(TRIGGER);
            let again = Again { when: When::After(LATER), line: Line::Urgent, trigger, look: lease.look };
            Verdict::Done { again: Some(again) }
        }
        verdict => verdict,
    }
}

impl Run<'_> {
    /// Takes that look, if this run was asked for by it: at the accounts that stay suspended.
    pub(super) async fn cancel_leftovers(
        &mut self,
        writer: &Writer,
        observed: &Observed,
    ) -> Result<(), Stop> {
        let left = observed
            .plan
            .standing
            .as_ref()
            .is_some_and(|life| matches!(life.standing, Standing::Left { .. }));
        if self.lease.trigger.as_str() != TRIGGER || !(left || observed.desired.order.is_some()) {
            return Ok(());
        }
        let suspended: Vec<AccountId> = observed
            .actual
            .linked
            .iter()
            .filter(|account| account.is_suspended() && !account.admin && !account.externally_managed)
            .map(|account| account.id.clone())
            .collect();
        for id in suspended {
            let mut applier = self.applier(writer, None, observed.read_at);
            if let Some(left) = applier.cancel_scheduled(&id, PATIENCE).await? {
                applier.note_leftover(&id, &left);
            }
        }
        Ok(())
    }
}
