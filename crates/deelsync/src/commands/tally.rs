//! What many holds come down to, for whoever says yes or no to all of them at once.

use provisioning::ChangeKind;
use reconciler::Hold;

/// Usernames that a question names.
const NAMED: usize = 5;

/// Counts per change, suspensions first and with the usernames of some: "12 suspensions (ada, bo, …), 321 links".
pub(crate) fn tally(holds: &[Hold]) -> String {
    let mut parts = Vec::new();
    let suspensions = std::iter::once(ChangeKind::Suspension);
    let others = ChangeKind::ALL.into_iter().filter(|kind| *kind != ChangeKind::Suspension);
    for kind in suspensions.chain(others) {
        let of: Vec<&Hold> = holds.iter().filter(|hold| hold.change() == kind).collect();
        if of.is_empty() {
            continue;
        }
        let mut part = counted(of.len(), kind);
        if kind == ChangeKind::Suspension {
            part.push_str(&format!(" ({})", names(&of)));
        }
        let listed: u64 = of.iter().filter_map(|hold| hold.wide.as_ref()).map(|wide| wide.people).sum();
        if listed > 0 {
            part.push_str(&format!(" (items that list {listed} changes)"));
        }
        parts.push(part);
    }
    parts.join(", ")
}

/// "1 suspension", "2 email changes".
pub(crate) fn counted(count: usize, kind: ChangeKind) -> String {
    let word = match kind {
        // A hold that proposes nothing; nobody reads "none" as that.
        ChangeKind::None => "remark".to_owned(),
        kind => kind.words(),
    };
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {word}{ending}")
}

fn names(holds: &[&Hold]) -> String {
    let name = |hold: &&Hold| {
        let person = || hold.person.as_ref().map(ToString::to_string).unwrap_or_default();
        hold.account_username.clone().unwrap_or_else(person)
    };
    let mut names: Vec<String> = holds.iter().take(NAMED).map(name).collect();
    if holds.len() > NAMED {
        names.push("…".to_owned());
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hold(number: usize, step: &serde_json::Value) -> Hold {
        let hold = json!({
            "id": format!("{number:012x}"), "kind": "adoption", "person": format!("p{number}"), "person_name": null,
            "account": format!("a{number}"), "account_username": format!("user{number}"), "step": step,
            "leaver": false, "status": "open", "run": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "created_at": "2026-01-01T00:00:00Z", "decided_at": null, "decided_by": null, "note": null,
        });
        serde_json::from_value(hold).unwrap()
    }

    #[test]
    fn suspensions_come_first_and_by_name() {
        use provisioning::{Change, Evidence, Mark, MarkedBy, PriorState, ProfileId, RunId, Step, Why};
        let step = |change| {
            let why = Why::ValuesDiffer;
            json!(Step { account: None, change, hold: None, needs: None, past_guard: false, why })
        };
        let link = step(Change::Link { before: None, after: ProfileId::parse("p").unwrap() });
        let mark = Mark {
            at: jiff::Timestamp::UNIX_EPOCH,
            run: RunId::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap(),
            was: PriorState::Activated,
            by: MarkedBy::Deel,
        };
        let suspend = step(Change::Suspend { mark, evidence: Evidence::Gone });
        let mut holds: Vec<Hold> = (0..3).map(|number| hold(number, &link)).collect();
        holds.push(hold(3, &suspend));
        assert_eq!(tally(&holds), "1 suspension (user3), 3 links");
        holds.extend((4..10).map(|number| hold(number, &suspend)));
        assert_eq!(tally(&holds), "7 suspensions (user3, user4, user5, user6, user7, …), 3 links");
        assert_eq!(counted(2, ChangeKind::EmailChange), "2 email changes");
    }
}
