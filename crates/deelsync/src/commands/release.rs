//! `holds release`, before it is done: what it means for an account that was never in use.

use super::holds::parse;
use crate::cli::Decision;
use crate::out;
use provisioning::{ChangeKind, HoldKind, MARK_ATTRIBUTE, Mark, PriorState};
use reconciler::Holds;
use reconciler::trail::{ChangeResult, Record, Story, Trail};
use std::io::IsTerminal as _;

/// Whether the orders may be released: an account that was staged when it was suspended will be in use, which somebody has
/// to want. The trail tells what it was.
pub(super) async fn released_in_use(
    holds: &Holds,
    trail: &Trail,
    decision: &Decision,
) -> anyhow::Result<bool> {
    let mut staged = Vec::new();
    for id in &decision.ids {
        // What cannot be released is said when it is tried.
        let Ok(hold) = holds.show(&parse(id)?).await else { continue };
        let Some(person) = hold.person.filter(|_| hold.kind == HoldKind::Operator) else { continue };
        if suspended_from(&trail.why(&person, usize::MAX).await?) == Some(PriorState::Staged) {
            staged.push(person);
        }
    }
    if staged.is_empty() {
        return Ok(true);
    }
    for person in staged {
        out::note(format!(
            "The account of person {person} was STAGED when it was suspended. JumpCloud has no way back there: if Deel says \
             that the person works here, it will be ACTIVATED."
        ));
    }
    if std::io::stdin().is_terminal() && out::ask("Release it? [y/N] ".to_owned()).await? {
        return Ok(true);
    }
    out::note("Nothing is released. `--yes` releases it without asking.");
    Ok(false)
}

/// What the account was when it was last suspended, as far as the trail tells.
fn suspended_from(story: &Story) -> Option<PriorState> {
    let runs = story.entries.iter().rev().filter_map(|entry| match &entry.record {
        Record::Run(run) => Some(run),
        _ => None,
    });
    let mut suspensions = runs
        .flat_map(|run| &run.changes)
        .filter(|change| change.kind == ChangeKind::Suspension && change.result == ChangeResult::Done);
    let mark = suspensions.next()?.fields.iter().find(|row| row.field == MARK_ATTRIBUTE)?;
    Mark::parse(mark.after.as_deref()?).ok().map(|mark| mark.was)
}
