//! A plan of everyone as a person reads it: counts first, then what cannot be taken back, then the rest.

use super::plan::Wanted;
use super::{in_sync, number, table};
use crate::commands::person::field;
use jiff::civil::Date;
use provisioning::{ChangeKind, KeptBy, LinkField, Plain, ProfileId, Quoted, Step, Why};
use reconciler::{EveryonePlanned, Mode, PersonPlanned, PlannedHold, fields_of};
use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;

/// Rows of one section, unless everyone is asked for: all of it is read in a minute.
const ROWS: usize = 12;

/// How people know a person, with the id that commands take.
pub(super) struct Who {
    name: Option<String>,
    username: Option<String>,
    person: ProfileId,
}

pub(super) fn who(person: &ProfileId, name: Option<&str>, username: Option<&str>) -> Who {
    Who { name: name.map(str::to_owned), username: username.map(str::to_owned), person: person.clone() }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{}, ", Plain(name))?;
        }
        if let Some(username) = &self.username {
            write!(f, "{}, ", Plain(username))?;
        }
        write!(f, "{}", self.person)
    }
}

/// One entry of a section: its line, and what stands below it.
struct Row {
    line: String,
    below: Vec<String>,
}

struct Text<'a> {
    out: String,
    /// Usernames of accounts that nobody owns, by the name on them in small letters: whoever gets one more may have one.
    namesakes: BTreeMap<String, &'a str>,
    link: &'a LinkField,
    rows: usize,
}

/// How many suspensions only a limit keeps back: a saved plan has them made.
pub(super) fn held_suspensions(planned: &EveryonePlanned) -> u64 {
    let held = planned.people.iter().flat_map(|person| &person.held);
    held.filter(|held| held.is_suspension_over_limit()).count() as u64
}

/// So many of them in words.
pub(super) fn suspensions_over_limit(n: u64) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} suspension{plural} that only a limit holds", number(n))
}

/// The whole table.
pub(super) fn plan(planned: &EveryonePlanned, link: &LinkField, wanted: &Wanted<'_>) -> String {
    let rows = if wanted.all { usize::MAX } else { ROWS };
    let named = |account: &'_ provisioning::Unowned| account.name.as_ref().map(|name| name.to_lowercase());
    let namesakes =
        planned.unowned.iter().filter_map(|account| Some((named(account)?, account.username.as_str())));
    let mut text = Text { out: String::new(), namesakes: namesakes.collect(), link, rows };
    if let Some(refused) = &planned.refused {
        let _ = writeln!(text.out, "REFUSED: a sync would change nothing.\n  {refused}\n");
    }
    text.counts(planned);
    for note in &planned.notes {
        let _ = writeln!(text.out, "  note: {note}");
    }
    text.changes("Suspensions", planned, |kind| kind == ChangeKind::Suspension);
    text.changes("Creations", planned, |kind| kind == ChangeKind::Creation);
    text.changes("Changes", planned, |kind| !matches!(kind, ChangeKind::Suspension | ChangeKind::Creation));
    text.held(planned);
    text.skipped(planned);
    text.differs(planned);
    text.leavers(planned);
    text.unowned(planned);
    text.gone(planned);
    text.unreadable(planned);
    text.end(planned, wanted);
    text.out
}

impl Text<'_> {
    fn counts(&mut self, planned: &EveryonePlanned) {
        let counts = &planned.counts;
        let mut kinds: BTreeMap<ChangeKind, u64> = BTreeMap::new();
        let mut attributes: BTreeMap<String, u64> = BTreeMap::new();
        for step in planned.people.iter().flat_map(|person| &person.apply) {
            *kinds.entry(step.change.kind()).or_default() += 1;
            if step.change.kind() == ChangeKind::Update {
                for field in fields_of(step, self.link) {
                    *attributes.entry(field.field).or_default() += 1;
                }
            }
        }
        let mut rows = vec![(counts.in_sync, in_sync(counts).to_owned())];
        for (kind, n) in kinds {
            let detail =
                if kind == ChangeKind::Update { format!(" ({})", tally(&attributes)) } else { String::new() };
            let plural = if n == 1 { "" } else { "s" };
            rows.push((n, format!("{}{plural}{detail}", kind.words())));
        }
        let kinds = |approvable: bool| {
            let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
            for held in
                planned.people.iter().flat_map(|one| &one.held).filter(|held| held.approvable == approvable)
            {
                *kinds.entry(held.kind.to_string()).or_default() += 1;
            }
            tally(&kinds)
        };
        let has = |wanted: bool| {
            let people = planned.people.iter();
            people.filter(|one| one.held.iter().any(|held| held.approvable == wanted)).count() as u64
        };
        rows.push((has(true), format!("held for a decision ({})", kinds(true))));
        rows.push((has(false), format!("left alone ({})", kinds(false))));
        rows.push((counts.rejected, "rejected".to_owned()));
        rows.push((counts.skipped, "skipped".to_owned()));
        let drift = planned.people.iter().filter(|person| !person.plan.drift.is_empty()).count() as u64;
        rows.push((drift, "differ in what is only reported".to_owned()));
        rows.push((planned.leavers_active.len() as u64, "leavers who keep access".to_owned()));
        rows.push((planned.unowned.len() as u64, "accounts that nobody in Deel owns".to_owned()));
        rows.push((planned.gone.len() as u64, "linked, but missing in Deel".to_owned()));
        rows.push((planned.unreadable.len() as u64, "cannot be read".to_owned()));
        self.out += &table(counts, rows);
    }

    fn section(&mut self, title: &str, rows: Vec<Row>) {
        if rows.is_empty() {
            return;
        }
        let total = rows.len();
        let _ = writeln!(self.out, "\n{title} ({})", number(total as u64));
        for row in rows.into_iter().take(self.rows) {
            let _ = writeln!(self.out, "  {}", row.line);
            for line in row.below {
                let _ = writeln!(self.out, "      {line}");
            }
        }
        if total > self.rows {
            let more = (total - self.rows) as u64;
            let _ = writeln!(self.out, "  … and {} more; --all shows them", number(more));
        }
    }

    fn changes(&mut self, title: &str, planned: &EveryonePlanned, wanted: impl Fn(ChangeKind) -> bool) {
        let mut rows = Vec::new();
        for person in &planned.people {
            for step in person.apply.iter().filter(|step| wanted(step.change.kind())) {
                rows.push(self.row(person, step, None));
            }
        }
        self.section(title, rows);
    }

    fn row(&self, person: &PersonPlanned, step: &Step, held: Option<&PlannedHold>) -> Row {
        let who = who(&person.person, person.name.as_deref(), person.username.as_deref());
        let kind = step.change.kind();
        let fields = fields_of(step, self.link);
        let hold = match held {
            Some(held) if held.on_record => format!(" [deelsync holds show {}]", held.id),
            _ => String::new(),
        };
        match kind {
            ChangeKind::Suspension => {
                let day = person.last_day.map_or_else(String::new, |day: Date| format!(", last day {day}"));
                Row { line: format!("{who}{day}{hold}"), below: Vec::new() }
            }
            ChangeKind::Creation => {
                let value = |name: &str| {
                    fields.iter().find(|field| field.field == name).and_then(|field| field.after.clone())
                };
                let new = ["email", "state"].into_iter().filter_map(value).collect::<Vec<_>>().join(", ");
                let again = match &step.why {
                    Why::Recreated { account } => {
                        format!("; again, since account {account} was deleted in JumpCloud")
                    }
                    _ => String::new(),
                };
                let namesake = person.name.as_ref().and_then(|name| self.namesakes.get(&name.to_lowercase()));
                let below = namesake.map(|username| {
                    format!("an account with this name exists and is not linked: {}", Plain(username))
                });
                Row { line: format!("{who}: {new}{again}{hold}"), below: below.into_iter().collect() }
            }
            // The id that is linked is the person's, which is there already; whose account it is, is not.
            ChangeKind::Link => {
                let email = person.email.as_deref().unwrap_or_default();
                let before = fields.iter().find_map(|field| field.before.as_deref());
                let before =
                    before.map_or_else(String::new, |before| format!(", linked to {} now", Quoted(before)));
                Row { line: format!("{who}: account {email}{before}{hold}"), below: Vec::new() }
            }
            ChangeKind::None => Row { line: format!("{who}: {}{hold}", step.why), below: Vec::new() },
            _ => {
                let mut below: Vec<String> = fields.iter().map(field).collect();
                let first = if below.len() == 1 { below.pop() } else { None };
                let what = first.map_or_else(String::new, |field| format!(" {field}"));
                Row { line: format!("{who}: {}{what}{hold}", kind.words()), below }
            }
        }
    }

    /// By the kind of hold, and what is held: what somebody can decide first, and of that the suspensions.
    fn held(&mut self, planned: &EveryonePlanned) {
        let mut groups: BTreeMap<(bool, bool, String), Vec<Row>> = BTreeMap::new();
        for person in &planned.people {
            for held in &person.held {
                let kind = held.step.change.kind();
                let word = if held.approvable { "Held" } else { "Left alone" };
                let title = match kind {
                    ChangeKind::None => format!("{word} as {}", held.kind),
                    _ => format!("{word}: {} as {}", kind.words(), held.kind),
                };
                let row = self.row(person, &held.step, Some(held));
                let place = (!held.approvable, kind != ChangeKind::Suspension, title);
                groups.entry(place).or_default().push(row);
            }
        }
        for ((_, _, title), rows) in groups {
            self.section(&title, rows);
        }
    }

    fn skipped(&mut self, planned: &EveryonePlanned) {
        let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for person in &planned.people {
            if let Some(reason) = &person.plan.skipped {
                let who = who(&person.person, person.name.as_deref(), person.username.as_deref());
                reasons.entry(reason.to_string()).or_default().push(who.to_string());
            }
        }
        for (reason, people) in reasons {
            let rows = people.into_iter().map(|line| Row { line, below: Vec::new() }).collect();
            self.section(&format!("Skipped: {reason}"), rows);
        }
    }

    /// What the configuration only reports.
    fn differs(&mut self, planned: &EveryonePlanned) {
        let mut rows = Vec::new();
        for person in planned.people.iter().filter(|person| !person.plan.drift.is_empty()) {
            let who = who(&person.person, person.name.as_deref(), person.username.as_deref());
            let below = person.plan.drift.iter().map(|drift| {
                let before = drift.change.before.as_deref().unwrap_or_default();
                format!(
                    "{}: {} in JumpCloud, {} in Deel",
                    drift.attribute,
                    Quoted(before),
                    Quoted(&drift.change.after)
                )
            });
            rows.push(Row { line: who.to_string(), below: below.collect() });
        }
        self.section("Differs, and is only reported", rows);
    }

    fn leavers(&mut self, planned: &EveryonePlanned) {
        let rows = planned.leavers_active.iter().map(|leaver| {
            let because = match &leaver.because {
                KeptBy::Hold(kind) => format!("held as {kind}"),
                KeptBy::Skip(reason) => reason.to_string(),
                KeptBy::Rejected => leaver.because.to_string(),
            };
            let day = leaver.last_day.map_or_else(String::new, |day| format!(", last day {day}"));
            Row {
                line: format!("{}, {}{day}: {because}", Plain(&leaver.username), leaver.person),
                below: Vec::new(),
            }
        });
        self.section("Leavers who keep access", rows.collect());
    }

    fn unowned(&mut self, planned: &EveryonePlanned) {
        let rows = planned.unowned.iter().map(|account| {
            let admin = if account.admin { ", an administrator's" } else { "" };
            Row { line: format!("{}, {}{admin}", Plain(&account.username), account.state), below: Vec::new() }
        });
        self.section("Accounts that nobody in Deel owns; they are left alone", rows.collect());
    }

    fn gone(&mut self, planned: &EveryonePlanned) {
        let rows = planned.gone.iter().map(|gone| {
            let suspended = if gone.suspended { ", suspended" } else { "" };
            Row { line: format!("{}, {}{suspended}", Plain(&gone.username), gone.person), below: Vec::new() }
        });
        self.section("Linked, but missing in Deel; nobody is suspended for that", rows.collect());
    }

    fn unreadable(&mut self, planned: &EveryonePlanned) {
        let row = |id: &ProfileId| Row {
            line: format!("{id}: `deelsync plan --person {id}` says why"),
            below: Vec::new(),
        };
        self.section("Cannot be read in Deel, and left alone", planned.unreadable.iter().map(row).collect());
    }

    fn end(&mut self, planned: &EveryonePlanned, wanted: &Wanted<'_>) {
        let apply = planned.people.iter().any(|person| !person.apply.is_empty());
        let held = planned.people.iter().any(|one| one.held.iter().any(|held| held.approvable));
        let alone = planned.people.iter().any(|person| !person.held.is_empty());
        let rejected = planned.counts.rejected > 0;
        let words = match (planned.refused.is_some(), apply, held, planned.mode) {
            (true, ..) => "Nothing would be written: see the first lines.",
            (_, false, false, _) if alone => {
                "There is nothing to do, and nothing to decide: what is left alone is mended in Deel or JumpCloud."
            }
            (_, false, false, _) if rejected => "There is nothing to do: what is left was rejected.",
            (_, false, false, _) if planned.counts.linked == 0 => {
                "There is nothing to do: no account is linked to anybody in Deel."
            }
            (_, false, false, _) if !planned.unreadable.is_empty() => {
                "There is nothing to do for those who can be read."
            }
            (_, false, false, _) => "In sync: there is nothing to do.",
            (_, _, _, Mode::Observe) => "Observe mode: nothing is written until mode = \"enforce\".",
            (_, false, true, Mode::Enforce) => "A sync would write nothing: it waits for a decision.",
            (_, true, _, Mode::Enforce) => {
                "`deelsync sync` makes these changes now; `deelsync plan --out FILE` and `deelsync apply FILE` make \
                 exactly these."
            }
        };
        let _ = writeln!(self.out, "\n{words}");
        let over = held_suspensions(planned);
        if over > 0 && planned.refused.is_none() && planned.mode == Mode::Enforce {
            let file = wanted.out.map_or_else(|| "FILE".into(), |path| path.display().to_string());
            let over = suspensions_over_limit(over);
            let _ =
                writeln!(self.out, "`deelsync apply {file}` counts as approval, and also makes the {over}.");
        }
    }
}

fn tally(counts: &BTreeMap<String, u64>) -> String {
    counts.iter().map(|(name, n)| format!("{} {name}", number(*n))).collect::<Vec<_>>().join(", ")
}
