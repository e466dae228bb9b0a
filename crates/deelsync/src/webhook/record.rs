//! What is known of the subscription, on record in Redis for all processes.

use super::{Found, State};
use queue::{Queue, QueueError, Trigger};
use serde::{Deserialize, Serialize};

/// What asked for the comparison of everyone that serves a gap.
pub(super) const TRIGGER: &str = "subscription";

/// The document. Times in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    /// Deel's id of the subscription that is, or was, ours.
    pub(crate) id: Option<String>,
    pub(crate) state: State,
    /// Since when it is so.
    pub(crate) since_ms: u64,
    /// When Deel was asked last.
    pub(crate) checked_ms: u64,
    /// Needed events that are not in it.
    pub(crate) lacking: Vec<String>,
    /// Since when something was not delivered that nobody has made up for. Everyone is compared when it is again.
    pub(crate) gap_since_ms: Option<u64>,
    /// The latest change for the better.
    pub(crate) mended: Option<Mended>,
    /// Why the latest look, or what it wanted to do, came to nothing.
    pub(crate) problem: Option<String>,
    /// Since when no webhook has come, if that is unusual.
    pub(crate) silent_since_ms: Option<u64>,
    /// Since when webhooks are refused for their signature and none is accepted, if that lasts.
    pub(crate) refused_since_ms: Option<u64>,
    /// The latest full run that was looked at.
    pub(crate) run: Option<Run>,
    /// A full run that changed people although no webhook had come since the one before.
    pub(crate) unheard: Option<Unheard>,
    /// When an operator disconnected us: then nothing is amiss that is missing.
    pub(crate) disconnected_ms: Option<u64>,
}

/// How it came to deliver again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mended {
    /// What it was before.
    pub(crate) was: State,
    /// Whether we enabled it.
    pub(crate) by_us: bool,
    pub(crate) at_ms: u64,
}

/// A full run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) started_ms: u64,
}

/// What a full run changed unheard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unheard {
    pub(crate) run: String,
    /// How many people.
    pub(crate) applied: u64,
}

/// The record, with the text it was read from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored {
    text: Option<String>,
    pub(crate) record: Record,
}

/// Reads it; what cannot be read counts as none.
pub(crate) async fn read(queue: &Queue) -> Result<Stored, QueueError> {
    let text = queue.subscription().await?;
    let record = text.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    Ok(Stored { text, record })
}

impl Stored {
    /// Replaces it, and asks for everyone to be compared if that is owed. None if another process was faster.
    pub(crate) async fn replace(
        &self,
        queue: &Queue,
        record: Record,
        compare: bool,
    ) -> Result<Option<Self>, QueueError> {
        let text = serde_json::to_string(&record)
            .map_err(|_| QueueError::Data("a record that cannot be written"))?;
        let trigger = compare.then(|| Trigger::new(TRIGGER));
        let replaced = queue.subscription_set(self.text.as_deref(), &text, trigger.as_ref()).await?;
        Ok(replaced.then_some(Self { text: Some(text), record }))
    }
}

impl Record {
    /// The gap that begins now, unless one is open: since the last time when all was well.
    pub(super) fn gap_from(&self, now: u64) -> u64 {
        let well = self.state == State::Enabled && self.checked_ms > 0;
        self.gap_since_ms.unwrap_or(if well { self.checked_ms } else { now })
    }

    /// The record after a look, and whether everyone is to be compared now. `by_us`: we enabled it just now.
    pub(super) fn after(&self, found: &Found, by_us: bool, now: u64) -> (Self, bool) {
        let mut after = self.clone();
        let state = found.state;
        after.state = state;
        after.lacking.clone_from(&found.lacking);
        after.checked_ms = now;
        if state != self.state || by_us {
            after.since_ms = now;
        }
        // One of our name at another address may be another installation's.
        if let Some(subscription) = found.subscription.as_ref().filter(|_| state != State::Elsewhere) {
            after.id = Some(subscription.id.clone());
            after.disconnected_ms = None;
        }
        let gone = !self.state.delivers() && self.state != State::Unknown;
        let ends = state == State::Enabled || (state == State::Incomplete && (gone || by_us));
        let compare = ends && self.gap_since_ms.is_some();
        if ends {
            after.gap_since_ms = None;
        }
        if state.is_amiss() && after.gap_since_ms.is_none() && after.disconnected_ms.is_none() {
            // What is incomplete after a worse gap begins with the end of that one.
            after.gap_since_ms = Some(if ends { now } else { self.gap_from(now) });
        }
        let was = if by_us { State::Disabled } else { self.state };
        if state == State::Enabled && was.is_amiss() {
            after.mended = Some(Mended { was, by_us, at_ms: now });
        }
        (after, compare)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(state: State) -> Found {
        let subscription = (state != State::Missing).then(|| deel::Subscription {
            id: "s1".to_owned(),
            name: None,
            description: None,
            status: None,
            url: None,
            events: Vec::new(),
            api_version: None,
        });
        Found { subscription, state, lacking: Vec::new() }
    }

    /// What a sequence of looks comes to: at which of them everyone is compared.
    fn compared(states: &[State]) -> Vec<usize> {
        let mut record = Record::default();
        let mut at = Vec::new();
        for (number, state) in states.iter().enumerate() {
            let (after, compare) = record.after(&found(*state), false, 1000 * (number as u64 + 1));
            record = after;
            if compare {
                at.push(number);
            }
        }
        at
    }

    #[test]
    fn each_gap_is_served_once_when_it_ends() {
        use State::{Disabled, Elsewhere, Enabled, Incomplete, Missing};
        assert_eq!(compared(&[Enabled, Enabled]), [0; 0], "there was none");
        assert_eq!(compared(&[Enabled, Disabled, Disabled, Enabled, Enabled]), [3]);
        assert_eq!(compared(&[Missing, Enabled]), [1], "before the first one nothing was told either");
        assert_eq!(compared(&[Enabled, Missing, Elsewhere, Enabled, Disabled, Enabled]), [3, 5]);
        assert_eq!(compared(&[Incomplete, Incomplete, Enabled, Enabled]), [2]);
        assert_eq!(compared(&[Enabled, Disabled, Incomplete, Incomplete, Enabled]), [2, 4]);
    }

    #[test]
    fn a_gap_begins_when_all_was_well_the_last_time() {
        let (well, _) = Record::default().after(&found(State::Enabled), false, 1000);
        let (still, _) = well.after(&found(State::Enabled), false, 2000);
        assert_eq!((still.since_ms, still.checked_ms), (1000, 2000));
        let (gone, _) = still.after(&found(State::Missing), false, 3000);
        assert_eq!((gone.gap_since_ms, gone.since_ms, gone.id.as_deref()), (Some(2000), 3000, Some("s1")));
        let (other, _) = Record::default().after(&found(State::Elsewhere), false, 1000);
        assert_eq!(other.id, None);
        let (later, _) = gone.after(&found(State::Disabled), false, 4000);
        assert_eq!(later.gap_since_ms, Some(2000));
    }

    #[test]
    fn what_we_enabled_is_said_to_be_ours() {
        let (well, _) = Record::default().after(&found(State::Enabled), false, 1000);
        // As it stands on record before Deel is asked to enable it.
        let open = Record { gap_since_ms: Some(1000), ..well };
        let (after, compare) = open.after(&found(State::Enabled), true, 2000);
        assert!(compare);
        assert_eq!(after.mended, Some(Mended { was: State::Disabled, by_us: true, at_ms: 2000 }));
        // A process that died in between leaves the gap, and the next look serves it.
        assert!(open.after(&found(State::Enabled), false, 2000).1);
    }

    #[test]
    fn who_disconnected_misses_nothing_until_they_connect_again() {
        let disconnected = Record { disconnected_ms: Some(5), gap_since_ms: Some(5), ..Record::default() };
        let (still, compare) = disconnected.after(&found(State::Missing), false, 1000);
        assert!(!compare && still.disconnected_ms.is_some());
        let (again, compare) = still.after(&found(State::Enabled), false, 2000);
        assert!(compare && again.disconnected_ms.is_none() && again.gap_since_ms.is_none());
    }
}
