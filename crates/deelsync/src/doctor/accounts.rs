//! The accounts that are there already: whether somebody else keeps them in step, and what the first sync will ask.

use super::{Findings, slot};
use crate::config::Config;
use jumpcloud::{Reader, UserRecord};
use provisioning::{Adopt, LinkField};
use queue::{Budget, Queue};
use reconciler::link_of;

const ABOUT: &str = "Accounts";
/// A check is soon over, however many accounts there are.
const PAGES: u64 = 10;
const PAGE: u64 = 100;

/// What the accounts show, as far as they were looked at.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    looked: usize,
    /// With a Deel profile id as their link.
    linked: usize,
    /// With something else in the link field.
    foreign: usize,
    /// With nothing in it, and nobody's who is left alone anyway.
    unlinked: usize,
    externally_managed: usize,
}

pub(super) async fn check(
    config: &Config,
    reader: &Reader,
    queue: Option<&Queue>,
    budget: Option<&Budget>,
    findings: &mut Findings,
) {
    let mut users = Vec::new();
    for page in 0..PAGES {
        slot(budget).await;
        // Whatever keeps users from being read was told before.
        let Ok(found) = reader.users_page(page * PAGE, PAGE).await else { return };
        let last = found.users.is_empty();
        users.extend(found.users);
        if last || found.total.is_some_and(|total| total <= users.len() as u64) {
            break;
        }
    }
    let known = match queue {
        Some(queue) => queue.link_count().await.unwrap_or(1),
        None => 0,
    };
    report(&look(&users, &config.policy.link), known > 0, config, findings);
}

fn look(users: &[UserRecord], link: &LinkField) -> Seen {
    let mut seen = Seen { looked: users.len(), ..Seen::default() };
    for user in users {
        seen.externally_managed += usize::from(user.externally_managed);
        match link_of(user, link) {
            Some(value) if is_profile_id(value) => seen.linked += 1,
            Some(_) => seen.foreign += 1,
            None => seen.unlinked += usize::from(!user.admin && !user.externally_managed),
        }
    }
    seen
}

/// Deel documents its profile ids as UUIDs.
fn is_profile_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `begun`: this program has looked at people before, so links may be its own.
fn report(seen: &Seen, begun: bool, config: &Config, findings: &mut Findings) {
    let of = |n: usize| match seen.looked {
        1 => format!("{n} of the 1 account looked at"),
        looked => format!("{n} of the {looked} accounts looked at"),
    };
    if seen.linked > 0 && !begun {
        findings.warn(
            ABOUT,
            format!(
                "{} carry a Deel profile id already, and this program has not written any yet: Deel's own JumpCloud \
                 connection does that",
                of(seen.linked)
            ),
            "two that write to the same accounts undo each other's changes: see docs/migrate.md for the order in which to \
             switch",
        );
    }
    if seen.foreign > 0 {
        findings.warn(
            ABOUT,
            format!("{} hold something else than a Deel profile id in the link field", of(seen.foreign)),
            "linking these is held as relink; if the field is used for something else, set link_field = \"attribute:deelid\" \
             under [sync]",
        );
    }
    if seen.externally_managed > 0 {
        findings.ok(
            ABOUT,
            format!("{} are managed by another directory, and left alone", of(seen.externally_managed)),
        );
    }
    if seen.unlinked == 0 || begun {
        return;
    }
    let unlinked = of(seen.unlinked);
    match config.policy.adopt {
        Adopt::Review => findings.warn(
            ABOUT,
            format!(
                "{unlinked} have no link to Deel: the first sync holds each that has a person's work email for your \
                 decision, and leaves the others alone (adopt = review)"
            ),
            "`deelsync plan` lists them before, `deelsync holds list` afterwards; new people get their accounts meanwhile",
        ),
        Adopt::Automatic => findings.ok(
            ABOUT,
            format!(
                "{unlinked} have no link to Deel: each that has a person's work email is linked, within the limit of \
                 [limits.link] (adopt = automatic)"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn user(fields: &serde_json::Value) -> UserRecord {
        let mut user = json!({"_id": "5f0c0f0c0f0c0f0c0f0c0f0c", "username": "u", "email": "u@example.com"});
        for (name, value) in fields.as_object().unwrap() {
            user[name] = value.clone();
        }
        UserRecord::from_json(&user).unwrap()
    }

    #[test]
    fn accounts_are_told_apart_by_their_link() {
        let users = [
            user(&json!({"employeeIdentifier": "0a1b2c3d-0000-4000-8000-00000000000a"})),
            user(&json!({"employeeIdentifier": "4711"})),
            user(&json!({"employeeIdentifier": " "})),
            user(&json!({})),
            user(&json!({"externally_managed": true})),
        ];
        let seen = look(&users, &LinkField::EmployeeIdentifier);
        assert_eq!(seen, Seen { looked: 5, linked: 1, foreign: 1, unlinked: 2, externally_managed: 1 });
        let seen = look(&users, &LinkField::CustomAttribute("deelid".to_owned()));
        assert_eq!((seen.linked, seen.foreign, seen.unlinked), (0, 0, 4));
    }
}
