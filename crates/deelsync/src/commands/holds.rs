//! `holds list|show|approve|reject|release`.

use super::by_hand;
use super::everyone::count;
use super::person::field;
use super::release::released_in_use;
use super::startup::Env;
use super::tally::tally;
use super::workers;
use crate::backend;
use crate::cli::{Decision, Format, FormatArg, HoldsCommand, Release, Ruling};
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use anyhow::Context as _;
use provisioning::{ChangeKind, HoldKind, ProfileId, Quoted, RunId};
use reconciler::holds::HoldError;
use reconciler::{Hold, HoldFilter, HoldId, HoldStatus, Holds, Wide, WideTable};
use serde_json::json;
use std::io::IsTerminal as _;

pub(crate) async fn run(config: &Config, env: &Env, command: HoldsCommand) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        let holds = backend::holds(config, &queue);
        match command {
            HoldsCommand::List { all, person, kind, format } => {
                list(&holds, all, person.as_deref(), kind.as_deref(), format).await
            }
            HoldsCommand::Show { id, all, format } => show(&holds, &id, all, format).await,
            HoldsCommand::Put { person, reason, until, format } => {
                by_hand::put(config, env, &queue, &person, &reason, until, format.format).await
            }
            HoldsCommand::Lift { person, format } => {
                by_hand::lift(config, env, &queue, &person, format.format).await
            }
            HoldsCommand::Approve(ruling) => {
                let Some(decision) = select(&holds, ruling, "approve").await? else {
                    return Ok(Exit::Failure);
                };
                let exit = decide(
                    &decision,
                    "approved; the change is made by the next run, which is asked for",
                    async |id, note| holds.approve(id, &backend::operator(env), note).await,
                )
                .await?;
                workers::note_if_none(&queue).await?;
                Ok(exit)
            }
            HoldsCommand::Reject(ruling) => {
                let Some(decision) = select(&holds, ruling, "reject").await? else {
                    return Ok(Exit::Failure);
                };
                decide(&decision, "rejected, until a value on either side changes", async |id, note| {
                    holds.reject(id, &backend::operator(env), note).await
                })
                .await
            }
            HoldsCommand::Release(Release { decision, yes }) => {
                if !yes && !released_in_use(&holds, &backend::trail(config, &queue), &decision).await? {
                    return Ok(Exit::Failure);
                }
                let exit = decide(
                    &decision,
                    "released; a run that may reactivate the account is asked for",
                    async |id, note| holds.release(id, &backend::operator(env), note).await,
                )
                .await?;
                workers::note_if_none(&queue).await?;
                Ok(exit)
            }
        }
    })
    .await
}

async fn list(
    holds: &Holds,
    all: bool,
    person: Option<&str>,
    kind: Option<&str>,
    format: FormatArg,
) -> anyhow::Result<Exit> {
    let kind = kind.map(parse_kind).transpose()?;
    let person = person
        .map(|id| ProfileId::parse(id).map_err(|_| anyhow::anyhow!("--person wants a Deel profile id")))
        .transpose()?;
    let statuses = if all { HoldStatus::ALL.to_vec() } else { Vec::new() };
    let found = holds.list(&HoldFilter { statuses, person, kind, run: None }).await?;
    match format.format {
        Format::Json => out::json(&found.iter().map(hold_json).collect::<Vec<_>>())?,
        Format::Table if found.is_empty() => out::line("Nothing waits for a decision."),
        Format::Table => {
            let rows = found.iter().map(|hold| {
                [
                    hold.id.to_string(),
                    hold.kind.to_string(),
                    hold.change().to_string(),
                    who(hold),
                    shown(hold.person_name.as_ref()),
                    shown(hold.account_username.as_ref()),
                    shown(hold.account_email.as_ref()),
                    hold.status.to_string(),
                    format!("{:.0}", hold.created_at),
                ]
            });
            let head = ["HOLD", "KIND", "CHANGE", "PERSON", "NAME", "USERNAME", "EMAIL", "STATUS", "SINCE"];
            out::line(out::table(head, rows));
            if found.iter().any(|hold| !hold.is_order()) {
                out::note("`deelsync holds show ID` shows both values; approve or reject it.");
            }
            if found.iter().any(|hold| hold.kind == HoldKind::Operator && hold.status.is_live()) {
                out::note("An operator's order: `deelsync holds release ID` takes it back.");
            }
        }
    }
    Ok(Exit::Success)
}

/// Whom a hold is about: a person, or so many.
fn who(hold: &Hold) -> String {
    match (&hold.person, &hold.wide) {
        (Some(person), _) => person.to_string(),
        (None, Some(wide)) => format!("{}: {}", count(wide.people, "person", "people"), wide.attribute),
        (None, None) => "-".to_owned(),
    }
}

fn people(wide: &Wide) -> String {
    if wide.left == wide.people {
        wide.people.to_string()
    } else {
        format!("{}, of whom {} {} left", wide.people, wide.left, if wide.left == 1 { "is" } else { "are" })
    }
}

fn shown(value: Option<&String>) -> String {
    value.map_or_else(|| "-".to_owned(), Clone::clone)
}

async fn show(holds: &Holds, id: &str, all: bool, format: FormatArg) -> anyhow::Result<Exit> {
    let hold = holds.show(&parse(id)?).await?;
    let table = match &hold.wide {
        Some(_) => Some(holds.table(&hold.id, if all { usize::MAX } else { ROWS }).await?),
        None => None,
    };
    match (format.format, table) {
        (Format::Json, table) => {
            let mut value = hold_json(&hold);
            if let (Some(object), Some(table)) = (value.as_object_mut(), table) {
                object.insert("table".to_owned(), json!(table));
            }
            out::json(&value)?;
        }
        (Format::Table, Some(table)) => out::line(format!("{}\n\n{}", text(&hold), listed(&table))),
        (Format::Table, None) => out::line(text(&hold)),
    }
    Ok(Exit::Success)
}

fn text(hold: &Hold) -> String {
    let mut lines = vec![
        format!("hold       {}", hold.id),
        format!("kind       {}", hold.kind),
        format!("status     {}", hold.status),
    ];
    let more = [
        ("person     ", hold.person.as_ref().map(ToString::to_string)),
        ("attribute  ", hold.wide.as_ref().map(|wide| wide.attribute.clone())),
        ("people     ", hold.wide.as_ref().map(people)),
        ("name       ", hold.person_name.clone()),
        ("account    ", hold.account.as_ref().map(ToString::to_string)),
        ("username   ", hold.account_username.clone()),
        ("email      ", hold.account_email.clone()),
        ("since      ", Some(format!("{:.0}", hold.created_at))),
        ("run        ", Some(hold.run.to_string())),
        (
            "leaver     ",
            hold.leaver.then(|| "has left, and the account stays in use because of this hold".to_owned()),
        ),
        ("decided    ", hold.decided_at.map(|at| format!("{at:.0}"))),
        ("by         ", hold.decided_by.clone()),
        ("note       ", hold.note.clone()),
        ("change     ", hold.step.as_ref().map(|step| step.to_string().replace('\n', "\n           "))),
    ];
    lines.extend(more.into_iter().filter_map(|(name, value)| Some(format!("{name}{}", value?))));
    for (title, rows) in
        [("overwrites", &hold.with_it.written), ("only reported, since it differs", &hold.with_it.differs)]
    {
        if !rows.is_empty() {
            lines.push(format!("{title}:"));
            lines.extend(rows.iter().map(|row| format!("           {}", field(row))));
        }
    }
    lines.push(if !hold.status.is_live() {
        String::new()
    } else if hold.approvable() {
        let with_it = match hold.change() {
            ChangeKind::Link if hold.leaver => {
                " The person has left: once the account is linked to them, it is suspended too."
            }
            _ => "",
        };
        format!(
            "`deelsync holds approve {0}` makes the change, `deelsync holds reject {0}` does not.{with_it}",
            hold.id
        )
    } else if hold.kind == HoldKind::Operator {
        format!("`deelsync holds release {}` takes the order back.", hold.id)
    } else {
        "Its cause has to be mended in Deel or JumpCloud; it goes by itself then.".to_owned()
    });
    lines.join("\n")
}

/// Rows of an item that `show` prints.
const ROWS: usize = 20;
/// More holds decided at once than this are counted, not told one by one.
const LINES: usize = 20;
/// Pairs of values that `show` prints.
const PAIRS: usize = 20;

/// What an item lists: first which values change into which, then the first people.
fn listed(table: &WideTable) -> String {
    let value = |text: Option<&String>| match text.map(String::as_str) {
        None | Some("") => "(nothing)".to_owned(),
        Some(text) => text.to_owned(),
    };
    let pairs = table
        .transitions
        .iter()
        .take(PAIRS)
        .map(|pair| [pair.people.to_string(), value(pair.before.as_ref()), value(Some(&pair.after))]);
    let mut text = out::table(["PEOPLE", "BEFORE", "AFTER"], pairs);
    let more: u64 = table.transitions.iter().skip(PAIRS).map(|pair| pair.people).sum::<u64>() + table.others;
    if more > 0 {
        text.push_str(&format!("and other values for {}\n", count(more, "person", "people")));
    }
    text.push('\n');
    let rows = table
        .rows
        .iter()
        .map(|row| [row.person.to_string(), value(row.before.as_ref()), value(Some(&row.after))]);
    text.push_str(&out::table(["PERSON", "BEFORE", "AFTER"], rows));
    let shown = table.rows.len() as u64;
    if table.people > shown {
        text.push_str(&format!(
            "and {} more; --all shows them\n",
            count(table.people - shown, "person", "people")
        ));
    }
    text
}

/// Finds what is meant, and asks if that is more than one and somebody is there to answer. None: they said no.
async fn select(holds: &Holds, ruling: Ruling, verb: &str) -> anyhow::Result<Option<Decision>> {
    let Ruling { mut ids, kind, run, yes, note, format } = ruling;
    // Ids were chosen one by one; what holds have in common was not.
    let chosen = !ids.is_empty();
    let mut meant = Vec::new();
    if !chosen {
        let kind = kind.as_deref().map(parse_kind).transpose()?;
        let run =
            run.map(|run| RunId::parse(&run).map_err(|_| anyhow::anyhow!("--run wants the id of a run")));
        let filter = HoldFilter { kind, run: run.transpose()?, ..HoldFilter::default() };
        let mut found = holds.list(&filter).await?;
        let all = found.len();
        // Rejecting is possible for all but orders; approving only where that changes something.
        found.retain(|hold| {
            if verb == "approve" { hold.approvable() && !hold.is_order() } else { !hold.is_order() }
        });
        if found.len() < all {
            out::note(format!("{} are left out: nobody can {verb} them.", all - found.len()));
        }
        // Leavers must not wait behind the others.
        found.sort_by_key(|hold| hold.change() != ChangeKind::Suspension);
        ids = found.iter().map(|hold| hold.id.to_string()).collect();
        if ids.is_empty() {
            out::note("No open hold is meant by that.");
        }
        meant = found;
    }
    let decision = |ids| Decision { ids, note: note.clone(), format };
    if ids.len() <= 1 || yes {
        return Ok(Some(decision(ids)));
    }
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if !terminal {
        if chosen {
            return Ok(Some(decision(ids)));
        }
        let tally = tally(&meant);
        anyhow::bail!("that would {verb} {} holds: {tally}; add --yes if they are meant", ids.len());
    }
    if chosen {
        // What cannot be shown is refused when it is its turn.
        for id in ids.iter().filter_map(|text| HoldId::parse(text)) {
            meant.extend(holds.show(&id).await.ok());
        }
    }
    let question = format!("{verb} {} holds: {}? [y/N] ", ids.len(), tally(&meant));
    Ok(out::ask(question).await?.then(|| decision(ids)))
}

fn parse_kind(text: &str) -> anyhow::Result<HoldKind> {
    HoldKind::ALL.into_iter().find(|kind| kind.as_str() == text).with_context(|| {
        let kinds: Vec<&str> = HoldKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("{} is not a kind of hold; there are {}", Quoted(text), kinds.join(", "))
    })
}

fn hold_json(hold: &Hold) -> serde_json::Value {
    let mut value = json!(hold);
    if let Some(object) = value.as_object_mut() {
        object.insert("approvable".to_owned(), json!(hold.approvable()));
    }
    value
}

pub(super) fn parse(id: &str) -> anyhow::Result<HoldId> {
    HoldId::parse(id).with_context(|| {
        format!("{} is not a hold's id: twelve digits of 0-9 a-f, see `deelsync holds list`", Quoted(id))
    })
}

async fn decide(
    decision: &Decision,
    done: &str,
    act: impl AsyncFn(&HoldId, Option<&str>) -> Result<Hold, HoldError>,
) -> anyhow::Result<Exit> {
    // A slip in one id must not leave the others half decided.
    let ids = decision.ids.iter().map(|text| parse(text)).collect::<anyhow::Result<Vec<_>>>()?;
    let (mut decided, mut refused) = (Vec::new(), Vec::new());
    let table = decision.format.format == Format::Table;
    let each = ids.len() <= LINES;
    for id in ids {
        match act(&id, decision.note.as_deref()).await {
            Ok(hold) => {
                if table && each {
                    out::line(format!("{} is {done}.", hold.id));
                }
                decided.push(hold);
            }
            Err(error @ HoldError::Queue(_)) => {
                if !decided.is_empty() {
                    out::note(format!("Decided before that: {}.", tally(&decided)));
                }
                return Err(error.into());
            }
            Err(error) => {
                out::note(error.to_string());
                refused.push(json!({ "id": id, "problem": error.to_string() }));
            }
        }
    }
    if table && !each && !decided.is_empty() {
        out::line(format!("{}: {done}.", tally(&decided)));
    }
    if table && decided.len() + refused.len() > 1 {
        out::line(format!("{} decided, {} refused.", decided.len(), refused.len()));
    }
    let exit = if refused.is_empty() { Exit::Success } else { Exit::Failure };
    if decision.format.format == Format::Json {
        let decided: Vec<_> = decided.iter().map(hold_json).collect();
        out::json(&json!({ "decided": decided, "refused": refused }))?;
    }
    Ok(exit)
}
