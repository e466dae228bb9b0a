//! What the webhooks that came, and those that did not, say.

use super::record::{Record, Run, TRIGGER, Unheard};
use queue::Seen;
use reconciler::{Mode, Phase, Progress};
use std::time::Duration;

/// So many wrong signatures at least: one may be a stranger's.
const REFUSED: u64 = 3;
/// What was refused longer ago is no news.
const RECENT: u64 = 86_400_000;

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Since when it is unusually silent. Where nobody is known there is nothing to tell, and who never had a webhook has other
/// reports.
pub(crate) fn silent(seen: &Seen, people: u64, silence: Option<Duration>, now: u64) -> Option<u64> {
    let last = seen.accepted_ms?;
    let silence = ms(silence?);
    (people > 0 && now.saturating_sub(last) > silence).then_some(last)
}

/// Since when webhooks are refused for their signature, for longer than two looks, while none is accepted: a key that is wrong
/// or lost. Those of a moment may be a stranger's, or on their way while a key was rotated.
pub(crate) fn refused(seen: &Seen, every: Duration, now: u64) -> Option<u64> {
    let (first, last) = (seen.refused_first_ms?, seen.refused_last_ms?);
    let lasting = last.saturating_sub(first) >= 2 * ms(every);
    let recent = now.saturating_sub(last) < RECENT;
    (seen.refused >= REFUSED && lasting && recent).then_some(first)
}

/// Takes a full run up that has ended: the run to remember, and what it changed although no webhook had come since the one
/// before. None before `settled` has passed since its start: ingresses report only so often.
pub(super) fn run(
    before: &Record,
    last: Option<&Progress>,
    seen: &Seen,
    settled: Duration,
    now: u64,
) -> Option<(Run, Option<Unheard>)> {
    let last = last.filter(|run| run.phase == Phase::Done)?;
    let id = last.run.to_string();
    let started_ms = u64::try_from(last.started_at.as_millisecond()).unwrap_or_default();
    let known = before.run.as_ref().is_some_and(|run| run.id == id);
    if known || now.saturating_sub(started_ms) < ms(settled) {
        return None;
    }
    // A gap has been told already, and in observe mode the same differences are found every night.
    let odd = last.mode == Mode::Enforce && last.applied > 0 && !last.trigger.starts_with(TRIGGER);
    let heard = before.run.as_ref().is_none_or(|run| seen.accepted_ms >= Some(run.started_ms));
    let unheard = (odd && !heard).then(|| Unheard { run: id.clone(), applied: last.applied });
    Some((Run { id, started_ms }, unheard))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn silence_is_told_where_it_is_unusual() {
        let seen = Seen { accepted_ms: Some(1000), ..Seen::default() };
        assert_eq!(silent(&seen, 1, Some(MINUTE), 61_000), None);
        assert_eq!(silent(&seen, 1, Some(MINUTE), 61_001), Some(1000));
        assert_eq!(silent(&seen, 0, Some(MINUTE), 99_000), None);
        assert_eq!(silent(&seen, 1, None, 99_000), None);
        assert_eq!(silent(&Seen::default(), 1, Some(MINUTE), 99_000), None);
    }

    #[test]
    fn wrong_signatures_are_told_when_they_last() {
        let seen = |refused, first, last| Seen {
            refused,
            refused_first_ms: Some(first),
            refused_last_ms: Some(last),
            ..Seen::default()
        };
        assert_eq!(refused(&seen(3, 1000, 121_000), MINUTE, 130_000), Some(1000));
        assert_eq!(refused(&seen(2, 1000, 121_000), MINUTE, 130_000), None);
        assert_eq!(refused(&seen(9, 1000, 120_999), MINUTE, 130_000), None);
        assert_eq!(refused(&seen(9, 1000, 121_000), MINUTE, 121_000 + RECENT), None);
        assert_eq!(refused(&Seen::default(), MINUTE, 1), None);
    }

    #[test]
    fn a_run_that_changed_people_unheard_is_told_once() {
        let progress = |id: &str, started: i64, applied| {
            let run = provisioning::RunId::parse(id).unwrap();
            let at = jiff::Timestamp::from_millisecond(started).unwrap();
            Progress { phase: Phase::Done, applied, ..Progress::begin(run, "nightly", Mode::Enforce, at) }
        };
        let take = |record: &mut Record, progress: &Progress, accepted_ms, now| {
            let seen = Seen { accepted_ms, ..Seen::default() };
            let (run, unheard) = run(record, Some(progress), &seen, MINUTE, now)?;
            record.run = Some(run);
            Some(unheard.map(|unheard| unheard.applied))
        };
        let mut record = Record::default();
        assert_eq!(take(&mut record, &progress("r1", 1000, 3), Some(500), 2000), None, "too soon to tell");
        assert_eq!(take(&mut record, &progress("r1", 1000, 3), Some(500), 100_000), Some(None), "the first");
        assert_eq!(take(&mut record, &progress("r1", 1000, 3), Some(500), 200_000), None, "known");
        assert_eq!(take(&mut record, &progress("r2", 200_000, 3), Some(500), 300_000), Some(Some(3)));
        assert_eq!(take(&mut record, &progress("r3", 400_000, 0), Some(500), 500_000), Some(None));
        assert_eq!(take(&mut record, &progress("r4", 600_000, 1), Some(500_000), 700_000), Some(None));
    }
}
