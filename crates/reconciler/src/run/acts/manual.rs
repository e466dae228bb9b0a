//! A manual hold: everybody's paths leave the person alone, because the account says so.

use super::{NotDone, refused};
use crate::HOLD_ATTRIBUTE;
use crate::fields::field;
use crate::run::Run;
use crate::schedules;
use jiff::Timestamp;
use jumpcloud::Writer;
use provisioning::{Account, ChangeKind};
use queue::{Add, JobKey, Line, Trigger, When};
use std::time::Instant;

/// What is to become of a manual hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Manual {
    /// Put this on the account, or in place of what is there.
    Put {
        /// The attribute's value.
        text: String,
        /// When it ends, if it does.
        until: Option<Timestamp>,
    },
    /// Take it away.
    Lift,
}

impl Run<'_> {
    /// Writes or removes the attribute. Needs no Deel.
    pub(crate) async fn manual(&mut self, writer: &Writer, what: &Manual, why: &str) -> Result<(), NotDone> {
        if let Manual::Put { until: Some(until), .. } = what
            && *until <= self.stamp.now
        {
            return refused(format!("{until} is past"));
        }
        let account = self.only_account().await?;
        self.record.account = Some(account.id.clone());
        let before = self.hand(writer).attribute(&account.id, HOLD_ATTRIBUTE).await?;
        let (after, until) = match what {
            Manual::Put { text, until } => (Some(text.as_str()), *until),
            Manual::Lift if before.is_none() => return refused("there is no manual hold on the account"),
            Manual::Lift => (None, None),
        };
        if before.as_deref() != after {
            let began = Instant::now();
            let end = self.hand(writer).set_attribute(&account.id, HOLD_ATTRIBUTE, after).await;
            let rows = vec![field(HOLD_ATTRIBUTE, before.as_deref(), after)];
            self.note_change(ChangeKind::ManualHold, rows, why, began, end)?;
        }
        if let Some(until) = until {
            let add = Add {
                key: JobKey::Person(self.subject.to_string()),
                line: Line::Events,
                trigger: Trigger::new("timer"),
                look: None,
            };
            let at = u64::try_from(until.as_millisecond()).unwrap_or_default();
            self.parts.queue.delay(&add, When::At(at)).await?;
        }
        if matches!(what, Manual::Put { .. }) {
            // What we scheduled within the hold's time would be an access that we gave.
            let known = schedules::get(&self.parts.queue, self.subject).await?;
            match known.map(|known| known.activation.at).filter(|at| *at > self.stamp.now) {
                Some(at) if until.is_none_or(|until| until > at) => {
                    self.delete_schedule(writer, &account).await?;
                    self.session.note(format!(
                        "the activation scheduled for {at} is deleted; after the hold it is scheduled again only where \
                         `sync.activation` is \"scheduled\""
                    ));
                }
                Some(at) => self.session.note(format!(
                    "the hold ends before {at}, when JumpCloud activates the account as scheduled; `deelsync activate PERSON \
                     --cancel` deletes that"
                )),
                None => {}
            }
        }
        Ok(())
    }

    async fn only_account(&mut self) -> Result<Account, NotDone> {
        let (mut linked, _) = self.observer().linked().await?;
        match (linked.pop(), linked.is_empty()) {
            (None, _) => refused(
                "the person has no account to put it on; `sync.excluded` in the configuration leaves a person alone",
            ),
            (Some(_), false) => refused("more than one account is linked to the person"),
            (Some(account), true) if account.admin || account.externally_managed => refused(
                "the account is an administrator's or managed elsewhere: nothing is written to it, this neither",
            ),
            (Some(account), true) => Ok(account),
        }
    }
}
