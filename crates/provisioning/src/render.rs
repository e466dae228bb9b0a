//! A plan for people to read. It shows values: for the command line and the audit trail only.

use std::collections::BTreeMap;
use std::fmt;

use crate::change::Change;
use crate::ids::GroupId;
use crate::lifecycle::{Lifecycle, Standing};
use crate::plan::{Plan, Step};
use crate::quoted::{Plain, Quoted};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "person {}", self.subject)?;
        if let Some(account) = &self.account {
            write!(f, ", account {account}")?;
        }
        if let Some(lifecycle) = &self.standing {
            write!(f, ": {lifecycle}")?;
        }
        for step in &self.steps {
            write!(f, "\n  {step}")?;
        }
        if let Some(reason) = &self.skipped {
            write!(f, "\n  skipped: {reason}")?;
        } else if self.steps.is_empty() {
            f.write_str("\n  in sync")?;
        }
        for drift in &self.drift {
            write!(f, "\n  differs: {} ", drift.attribute)?;
            field(f, drift.change.before.as_deref(), &drift.change.after)?;
        }
        for note in &self.notes {
            write!(f, "\n  note: {note}")?;
        }
        if let Some(alarm) = &self.alarm {
            write!(f, "\n  ALARM: a leaver keeps access ({})", alarm.reason)?;
        }
        if self.needs_claimants {
            f.write_str("\n  first: look who else has this email")?;
        }
        if let Some(at) = self.next_look {
            write!(f, "\n  next look: {at}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.standing {
            Standing::Active { until: None } => f.write_str("active"),
            Standing::Active { until: Some(until) } => write!(f, "active until {until} ({})", self.zone),
            Standing::NotStarted { starts: None } => f.write_str("not started"),
            Standing::NotStarted { starts: Some(starts) } => write!(f, "starts {starts} ({})", self.zone),
            Standing::Between { until } => {
                write!(f, "between employments, the next starts {until} ({})", self.zone)
            }
            Standing::Left { .. } => self.ended(f, "left"),
            Standing::Contradiction { .. } => self.ended(f, "contradictory"),
            Standing::Undecided(_) => f.write_str("undecided"),
        }
    }
}

impl Lifecycle {
    fn ended(&self, f: &mut fmt::Formatter<'_>, word: &str) -> fmt::Result {
        match self.ends {
            Some(ends) => write!(f, "{word}, last day ended {ends} ({})", self.zone),
            None => f.write_str(word),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(hold) = self.hold {
            write!(f, "held as {hold}: ")?;
        }
        if self.past_guard {
            f.write_str("past the guard: ")?;
        }
        write!(f, "{}\n    because: {}", Shown(&self.change), self.why)?;
        match self.needs {
            Some(kind) => write!(f, "\n    only after the {kind}"),
            None => Ok(()),
        }
    }
}

struct Shown<'a>(&'a Change);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Change::Create(new) => {
                let (username, email) = (new.username.as_str(), Plain(new.email.to_send()));
                write!(f, "create {username} <{email}>, {}, link {}", new.state, new.link)?;
                for (attribute, value) in &new.values {
                    write!(f, "\n    {attribute}: {}", Quoted(value))?;
                }
                Ok(())
            }
            Change::Link { before, after } => {
                f.write_str("link ")?;
                field(f, before.as_ref().map(|before| before.0.as_str()), after.as_str())
            }
            Change::Update(changes) => {
                f.write_str("update")?;
                for (attribute, change) in changes {
                    write!(f, "\n    {attribute}: ")?;
                    field(f, change.before.as_deref(), &change.after)?;
                }
                Ok(())
            }
            Change::ChangeEmail { before, after } => {
                f.write_str("change email ")?;
                field(f, Some(&before.0), after.to_send())
            }
            Change::Suspend { mark, .. } => write!(f, "suspend, mark \"{mark}\""),
            Change::Reactivate { to, mark: Some(_) } => write!(f, "reactivate to {to}, mark removed"),
            Change::Reactivate { to, mark: None } => write!(f, "reactivate to {to}"),
            Change::Activate => f.write_str("activate, without mail"),
            Change::ScheduleActivation { at, replaces: None } => {
                write!(f, "have JumpCloud activate it at {at}, without mail")
            }
            Change::ScheduleActivation { at, replaces: Some(old) } => {
                write!(f, "have JumpCloud activate it at {at} instead of {old}, without mail")
            }
            Change::CancelActivation { at } => write!(f, "delete the activation scheduled for {at}"),
            Change::ClearMark => f.write_str("remove the mark"),
            Change::GroupAdd(groups) => write!(f, "add to {}", names(groups)),
            Change::GroupRemove(groups) => write!(f, "remove from {}", names(groups)),
            Change::Nothing => f.write_str("nothing can be done from here"),
        }
    }
}

fn names(groups: &BTreeMap<GroupId, String>) -> String {
    let names: Vec<String> =
        groups.iter().map(|(id, name)| format!("group {} ({id})", Quoted(name))).collect();
    names.join(", ")
}

fn field(f: &mut fmt::Formatter<'_>, before: Option<&str>, after: &str) -> fmt::Result {
    write!(f, "{} -> {}", Quoted(before.unwrap_or_default()), Quoted(after))
}
