//! What makes two proposals the same one.

use std::fmt::Write;

use crate::change::Change;
use crate::ids::{AccountId, ProfileId};
use crate::plan::Step;
use crate::reason::Why;

impl Step {
    /// A canonical text that is the same for as long as the same change is proposed on the same grounds, however often it is
    /// planned anew: what people ruled about a step is found by it. Why the step is held is no part of it, so that a
    /// rejected change stays rejected when the configuration changes; that an active person has the email is.
    ///
    /// It holds values. Hash it before it becomes a key or a log field.
    #[must_use]
    pub fn fingerprint(&self, subject: &ProfileId) -> String {
        let mut text = Canonical(String::from("1"));
        text.part(subject.as_str());
        text.part(self.account.as_ref().map_or("", AccountId::as_str));
        text.part(self.change.kind().as_str());
        match &self.change {
            // The rest of a new account may change while it waits; who it is for may not.
            Change::Create(account) => text.part(account.email.to_send()),
            Change::Link { before, after } => {
                text.option(before.as_ref().map(|before| before.0.as_str()));
                text.part(after.as_str());
            }
            Change::Update(changes) => {
                for (attribute, change) in changes {
                    text.part(attribute.as_str());
                    text.option(change.before.as_deref());
                    text.part(&change.after);
                }
            }
            Change::ChangeEmail { before, after } => {
                text.part(&before.0);
                text.part(after.to_send());
            }
            // Not the mark: its time and run are those of the plan.
            Change::Suspend { evidence, .. } => {
                text.part(&evidence.to_string());
                if let Why::SharedEmail { claimants, .. } = &self.why {
                    claimants.iter().for_each(|claimant| text.part(claimant.as_str()));
                }
            }
            // The mark it would lift: a ruling on one suspension is none on the next.
            Change::Reactivate { to, mark } => {
                text.part(to.as_str());
                text.option(mark.as_ref().map(ToString::to_string).as_deref());
            }
            Change::ScheduleActivation { at, .. } | Change::CancelActivation { at } => {
                text.part(&at.to_string());
            }
            Change::Activate | Change::ClearMark => {}
            Change::GroupAdd(groups) | Change::GroupRemove(groups) => {
                groups.keys().for_each(|group| text.part(group.as_str()));
            }
            Change::Nothing => {
                text.part(self.hold.map_or("", |hold| hold.as_str()));
                text.part(&self.why.to_string());
            }
        }
        text.0
    }
}

/// Parts with their lengths, so that no two lists of parts give one text.
struct Canonical(String);

impl Canonical {
    fn part(&mut self, part: &str) {
        let _ = write!(self.0, "|{}:{part}", part.len());
    }

    fn option(&mut self, part: Option<&str>) {
        match part {
            Some(part) => self.part(part),
            None => self.0.push_str("|-"),
        }
    }
}
