//! `undo RUN`: takes back what a run did. Its plan comes first, then the question.

use super::person::{PATIENCE, fields, named};
use super::startup::Env;
use crate::backend;
use crate::cli::Format;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use provisioning::{ChangeKind, RunId};
use reconciler::trail::ChangeResult;
use reconciler::undo::{Back, Left, TakeBack, UndoPlan, UndoReport};
use reconciler::{Asker, Mode};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(crate) async fn run(
    config: &Config,
    env: &Env,
    run: &RunId,
    all: bool,
    yes: bool,
    format: Format,
) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        let reconciler = backend::reconciler(config, &queue)?;
        if !config.audit.enabled {
            out::note("The audit trail is off (audit.enabled = false); only runs from before are on it.");
        }
        let plan = reconciler.undo_plan(run, &progress("read")).await.map_err(named)?;
        let shown = json!({ "plan": plan, "mode": config.mode, "undone": null });
        let link = config.policy.link.name();
        if format == Format::Table {
            out::line(plan_text(&plan, link, if all { usize::MAX } else { SHOWN }));
        }
        let stays = match (plan.steps(), config.mode) {
            (0, _) => Some("Nothing is taken back."),
            (_, Mode::Observe) => Some("Observe mode: nothing is written."),
            _ => None,
        };
        if let Some(words) = stays {
            match format {
                Format::Json => out::json(&shown)?,
                Format::Table => out::note(words),
            }
            return Ok(Exit::Success);
        }
        if !yes && !out::ask("Take this back? [y/N] ".to_owned()).await? {
            if format == Format::Json {
                out::json(&shown)?;
            }
            out::note("Nothing is written. `--yes` takes it back without asking.");
            return Ok(Exit::Failure);
        }
        let (by, worker) = (backend::operator(env), backend::worker_name());
        let asker = Asker { by: &by, worker: &worker, patience: PATIENCE };
        let report = reconciler.undo(&plan, asker, &progress("done")).await.map_err(named)?;
        match format {
            Format::Json => out::json(&json!({ "plan": plan, "mode": config.mode, "undone": report }))?,
            Format::Table => out::line(report_text(&report)),
        }
        let failed = report.people.iter().any(|person| person.problem.is_some());
        Ok(if failed { Exit::Failure } else { Exit::Success })
    })
    .await
}

/// Every hundredth, for those who wait.
fn progress(word: &'static str) -> impl Fn(usize, usize) + Send + Sync {
    move |count, total| {
        if total > 100 && (count % 100 == 0 || count == total) {
            out::note(format!("{count} of {total} people {word} …"));
        }
    }
}

/// People whose part is shown, unless all are asked for.
const SHOWN: usize = 20;

/// First what it comes to, then whoever can sign in again, then the others.
fn plan_text(plan: &UndoPlan, link: &str, most: usize) -> String {
    let mut text = String::new();
    let left: usize = plan.people.iter().map(|person| person.left.len()).sum();
    let _ = writeln!(
        text,
        "Undo of run {}: {} to take back for {}, {left} left as they are.",
        plan.run,
        changes(plan.steps()),
        people(plan.people.iter().filter(|person| !person.steps.is_empty()).count()),
    );
    counts(&mut text, plan.people.iter().flat_map(|person| &person.steps));
    let (back, others): (Vec<&TakeBack>, Vec<&TakeBack>) = plan.people.iter().partition(|one| returns(one));
    if !back.is_empty() {
        let _ = writeln!(
            text,
            "\nSuspensions that are taken back: these people can sign in again ({}).",
            back.len()
        );
    }
    some(&mut text, &back, link, most);
    if !back.is_empty() && !others.is_empty() {
        let _ = writeln!(text, "\nThe others:");
    }
    some(&mut text, &others, link, most.saturating_sub(back.len()));
    text
}

/// How many of which kind; whoever can sign in again comes first.
fn counts<'a>(text: &mut String, steps: impl Iterator<Item = &'a Back>) {
    let mut counted: BTreeMap<(bool, ChangeKind), usize> = BTreeMap::new();
    for kind in steps.map(Back::kind) {
        *counted.entry((kind != ChangeKind::Reactivation, kind)).or_default() += 1;
    }
    for ((other, kind), count) in counted {
        let meaning = if other { "" } else { ": suspensions taken back, these people can sign in again" };
        let _ = writeln!(text, "{count:>6}  {}{meaning}", kind.words());
    }
}

/// Whether a suspension of theirs would be taken back.
fn returns(person: &TakeBack) -> bool {
    person.steps.iter().any(|step| step.kind() == ChangeKind::Reactivation)
}

fn some(text: &mut String, people: &[&TakeBack], link: &str, most: usize) {
    for person in people.iter().take(most) {
        let account = person.account.as_ref().map_or_else(|| "no account".to_owned(), ToString::to_string);
        let username = person.username.as_deref().unwrap_or("gone");
        let _ = writeln!(text, "\nPerson {}, account {account} ({username})", person.person);
        for step in &person.steps {
            let _ = writeln!(text, "  {}", step.kind().words());
            fields(text, &step.fields(link));
        }
        lefts(text, &person.left);
    }
    let more = people.len().saturating_sub(most);
    if more > 0 {
        let _ = writeln!(text, "\n… and {more} more; `--all` shows them.");
    }
}

fn lefts(text: &mut String, left: &[Left]) {
    for left in left {
        let change = left.change.words();
        let field = left.field.as_ref().map_or_else(String::new, |field| format!(" of {field}"));
        let _ = writeln!(text, "  left: {change}{field}: {}", left.why);
    }
}

fn report_text(report: &UndoReport) -> String {
    let mut text = String::new();
    let done = |count: &usize| format!("{} taken back", changes(*count));
    let rows = report.people.iter().filter_map(|person| person.record.as_ref()).flat_map(|run| &run.changes);
    let count = rows.filter(|change| change.result == ChangeResult::Done).count();
    let _ = writeln!(text, "{} (run {}).", done(&count), report.run);
    for person in &report.people {
        if let Some(problem) = &person.problem {
            let _ = writeln!(text, "  person {}: {problem}", person.person);
        }
    }
    let _ = writeln!(
        text,
        "No run does it again until a value changes; `deelsync holds list --all` shows what is rejected."
    );
    text
}

fn people(count: usize) -> String {
    super::everyone::count(count as u64, "person", "people")
}

fn changes(count: usize) -> String {
    match count {
        1 => "1 change".to_owned(),
        count => format!("{count} changes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provisioning::{Mark, MarkedBy, PriorState, Redacted};

    #[test]
    fn who_can_sign_in_again_is_counted_first() {
        let email = Back::Email { before: Redacted("a".to_owned()), after: Redacted("b".to_owned()) };
        let mark = Mark {
            at: jiff::Timestamp::UNIX_EPOCH,
            run: RunId::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap(),
            was: PriorState::Activated,
            by: MarkedBy::Deel,
        };
        let steps = [email.clone(), email, Back::Reactivate { mark }];
        let mut text = String::new();
        counts(&mut text, steps.iter());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains("1  reactivation") && lines[0].contains("can sign in again"), "{text}");
        assert_eq!((lines[1].trim(), lines.len()), ("2  email change", 2));
    }
}
