//! Each law, given evidence that breaks it, says so; the good evidence that all of them start from breaks none.

use serde_json::{Value, json};

use super::*;
use crate::evidence::{Attempt, Change, Delivery, Done, Kill, List, Read, Restart, Struck, Write};
use crate::proxy::Traffic;

const HIRED: &str = "p-hired";
const LEFT: &str = "p-left";

fn person(id: &str, at_work: bool) -> Value {
    let status = if at_work { "active" } else { "inactive" };
    json!({
        "id": id, "first_name": "A", "last_name": id, "full_name": format!("A {id}"), "job_title": "T",
        "department": {"name": "D"}, "hiring_status": status,
        "emails": [{"type": "work", "value": format!("{id}@example.com")}],
        "employments": [{"id": format!("c-{id}"), "is_ended": !at_work, "start_date": "2026-01-05", "team": {"name": "Team"}}],
    })
}

fn account(person: &str, state: &str) -> Value {
    json!({
        "_id": format!("a-{person}"), "employeeIdentifier": person, "state": state, "firstname": "A", "lastname": person,
        "displayname": format!("A {person}"), "email": format!("{person}@example.com"), "jobTitle": "T",
        "department": "D", "costCenter": "Team",
    })
}

fn read(at: i64, id: &str, at_work: bool) -> Read {
    Read {
        at,
        id: id.to_owned(),
        hiring_status: Some(if at_work { "active" } else { "inactive" }.to_owned()),
        termination_last_day: None,
        running: Some(usize::from(at_work)),
        contracts: Some(vec![format!("c-{id}")]),
    }
}

fn write(at: i64, person: &str, before: &str, after: &str) -> Write {
    let change = Change { field: "state".to_owned(), before: json!(before), after: json!(after) };
    Write { at, account: Some(format!("a-{person}")), changes: vec![change] }
}

fn delivery(id: u64, at: i64, person: &str, status: u16) -> Delivery {
    Delivery {
        id,
        event_type: "worker.v2.updated".to_owned(),
        status: if status == 200 { "delivered" } else { "pending" }.to_owned(),
        body: json!({"data": {"resource": {"id": person}}, "number": id}).to_string(),
        attempts: vec![Attempt { at, status: Some(status), duration_ms: 5 }],
    }
}

fn struck(what: &str, deaf: bool, from: i64, to: i64) -> Struck {
    Struck { what: what.to_owned(), deaf, from, to, felt: to }
}

/// One person was hired, another one left at 1000, which was told at 1010 and done by 1200.
fn good() -> Evidence {
    Evidence {
        people: vec![person(HIRED, true), person(LEFT, false)],
        accounts: vec![account(HIRED, "ACTIVATED"), account(LEFT, "SUSPENDED")],
        journal: vec![write(1200, LEFT, "ACTIVATED", "SUSPENDED")],
        reads: vec![read(500, HIRED, true), read(1100, LEFT, false)],
        deliveries: vec![delivery(1, 400, HIRED, 200), delivery(2, 1010, LEFT, 200)],
        vendors: [("Deel", (2, Traffic { requests: vec![0, 500, 1100, 1600], ..Traffic::default() }))].into(),
        done: Done { terminations: vec![(LEFT.to_owned(), 1000)], activated: true, ..Done::default() },
        ..Evidence::default()
    }
}

#[track_caller]
fn breaks(law: &str, change: impl FnOnce(&mut Evidence)) {
    let mut evidence = good();
    change(&mut evidence);
    let laws: Vec<&str> = broken(ALL, &evidence).iter().map(|broken| broken.law).collect();
    assert!(laws.iter().any(|broken| broken.contains(law)), "{laws:?}");
}

#[track_caller]
fn allows(change: impl FnOnce(&mut Evidence)) {
    let mut evidence = good();
    change(&mut evidence);
    assert_eq!(broken(ALL, &evidence), []);
}

#[test]
fn what_is_good_breaks_no_law() {
    allows(|_| {});
}

#[test]
fn an_account_that_is_not_as_in_deel() {
    breaks("Deel's final state", |e| e.accounts[0]["jobTitle"] = json!("Old"));
    breaks("Deel's final state", |e| e.accounts[0]["state"] = json!("SUSPENDED"));
    breaks("Deel's final state", |e| e.accounts[1]["state"] = json!("ACTIVATED"));
    breaks("Deel's final state", |e| drop(e.accounts.remove(0)));
    breaks("Deel's final state", |e| e.accounts[0]["state"] = json!("STAGED"));
    let staged = |e: &mut Evidence| {
        e.done.activated = false;
        e.accounts[0]["state"] = json!("STAGED");
    };
    allows(staged);
    breaks("Deel's final state", |e| e.done.activated = false);
    // Whom we suspended and brought back cannot be staged again.
    breaks("Deel's final state", |e| {
        staged(e);
        e.journal.push(write(50, HIRED, "STAGED", "SUSPENDED"));
    });
    // Who left before anybody looked needs no account.
    allows(|e| {
        drop(e.accounts.remove(1));
        e.journal.clear();
    });
}

#[test]
fn a_second_account_and_one_of_nobody() {
    breaks("one account per person", |e| e.accounts.push(account(HIRED, "STAGED")));
    breaks("one account per person", |e| e.accounts.push(json!({"_id": "a-nobody"})));
}

#[test]
fn a_webhook_without_effect() {
    breaks("had its effect", |e| e.reads.retain(|read| read.id != HIRED));
    breaks("had its effect", |e| e.reads[0].at = 399);
    breaks("taken in the end", |e| e.deliveries.push(delivery(3, 1300, HIRED, 503)));
    // The same body again is known, and needs no further look.
    allows(|e| {
        let again =
            Delivery { id: 3, attempts: delivery(3, 9000, HIRED, 200).attempts, ..e.deliveries[0].clone() };
        e.deliveries.push(again);
    });
    // While nobody was there to store it, or nowhere to, it was not stored: the look before does not count.
    let again = |e: &mut Evidence, answer| {
        e.deliveries[0].attempts[0].status = answer;
        e.deliveries[0].attempts.push(Attempt { at: 600, status: Some(200), duration_ms: 5 });
    };
    allows(|e| again(e, Some(503)));
    // What was answered 2xx was stored, whenever Redis seemed to be down.
    breaks("had its effect", |e| {
        e.reads.retain(|read| read.id != HIRED);
        e.done.faults.push(struck("KillRedis for 200 ms", true, 390, 590));
    });
    for (what, answer) in [
        ("KillIngress for 200 ms", None),
        ("KillRedis for 200 ms", Some(503)),
        ("Refuse(Redis) for", Some(503)),
    ] {
        breaks("had its effect", |e| {
            again(e, answer);
            e.done.faults.push(struck(what, true, 390, 590));
        });
    }
}

#[test]
fn a_webhook_that_names_a_contract_or_nobody() {
    let told = |at, kind: &str, resource: Value| Delivery {
        event_type: kind.to_owned(),
        body: json!({"data": {"resource": resource}}).to_string(),
        ..delivery(3, at, LEFT, 200)
    };
    let contract = |at| told(at, "contract.terminated", json!({"id": format!("c-{LEFT}")}));
    let somebody = |at| told(at, "onboarding.status.updated", json!({"status": "ONBOARDING"}));
    let list = |at| List { at, contracts: vec![format!("c-{LEFT}")] };
    allows(|e| e.deliveries.push(contract(1050)));
    for event in [contract(1300), somebody(1300)] {
        breaks("had its effect", |e| e.deliveries.push(event.clone()));
        breaks("had its effect", |e| {
            e.deliveries.push(event.clone());
            e.lists.push(list(1250));
        });
        allows(|e| {
            e.deliveries.push(event.clone());
            e.lists.push(list(1350));
        });
        allows(|e| {
            e.deliveries.push(event.clone());
            e.redis.delayed.insert("reconcile".to_owned(), 600_000);
        });
    }
    // Whose contract it is was known: they have to be asked for by name.
    let known = |e: &mut Evidence| {
        e.deliveries.push(contract(4000));
        e.lists.extend([list(1500), list(4100)]);
    };
    breaks("had its effect", known);
    allows(|e| {
        known(e);
        e.reads.push(read(4200, LEFT, false));
    });
    // The worker that learned it was killed just then.
    allows(|e| {
        known(e);
        e.done.faults.push(struck("KillWorker(0) for 100 ms", true, 1150, 1600));
    });
}

#[test]
fn a_suspension_without_evidence() {
    breaks("nobody is suspended", |e| e.reads.retain(|read| read.id != LEFT));
    breaks("nobody is suspended", |e| e.reads[1] = read(1100, LEFT, true));
    let late = |e: &mut Evidence| e.journal[0].at = 1100 + 6001;
    breaks("nobody is suspended", late);
    let frozen = struck("FreezeWorker(0) for 4000 ms", true, 1150, 5150);
    // Whoever was frozen in between is no older for it; what is before the decision changes nothing.
    allows(|e| {
        late(e);
        e.done.faults.push(frozen.clone());
    });
    breaks("nobody is suspended", |e| {
        late(e);
        e.done.faults.push(struck("Slow(Deel) for 4000 ms", false, 1150, 5150));
    });
    // Hired again, and somebody saw it; only whoever was frozen meanwhile could not know.
    let seen_again = |e: &mut Evidence| e.reads.push(read(1190, LEFT, true));
    breaks("nobody is suspended", seen_again);
    allows(|e| {
        seen_again(e);
        e.done.faults.push(frozen.clone());
    });
}

#[test]
fn somebody_let_in_without_evidence() {
    for before in ["SUSPENDED", "STAGED"] {
        let back = |e: &mut Evidence| e.journal.push(write(700, HIRED, before, "ACTIVATED"));
        allows(back);
        breaks("nobody is let in", |e| {
            back(e);
            e.reads.insert(1, read(600, HIRED, false));
        });
        breaks("nobody is let in", |e| {
            back(e);
            e.reads[0].hiring_status = Some("offboarding".to_owned());
        });
        breaks("nobody is let in", |e| {
            back(e);
            e.journal[1].at = 500 + 6001;
        });
    }
    // It was suspended without us; who is let in has an account by then.
    allows(|e| e.journal.push(write(100, HIRED, "", "ACTIVATED")));
}

#[test]
fn somebody_else_s_suspension_taken_back() {
    let foreign = |e: &mut Evidence| e.done.foreign.push((format!("a-{HIRED}"), 300));
    allows(|e| {
        foreign(e);
        e.accounts[0]["state"] = json!("SUSPENDED");
    });
    breaks("another hand", foreign);
    breaks("another hand", |e| {
        foreign(e);
        e.journal.push(write(700, HIRED, "SUSPENDED", "ACTIVATED"));
        e.journal.push(write(800, HIRED, "ACTIVATED", "SUSPENDED"));
        e.accounts[0]["state"] = json!("SUSPENDED");
    });
}

#[test]
fn more_suspensions_than_the_limits_allow() {
    breaks("limits on suspensions", |e| e.done.suspensions = Some(0));
    allows(|e| (e.done.suspensions, e.done.approved) = (Some(0), Some(1150)));
    allows(|e| e.done.suspensions = Some(1));
}

#[test]
fn a_vendor_asked_too_often_or_too_soon() {
    fn of_deel(evidence: &mut Evidence) -> &mut Traffic {
        &mut evidence.vendors.get_mut("Deel").expect("it is there").1
    }
    breaks("no vendor's limit", |e| of_deel(e).requests.push(999));
    // The machine was too busy to send the one before in time.
    allows(|e| {
        of_deel(e).requests = vec![0, 500, 980];
        e.done.late.push((400, 450));
    });
    // So busy that hardly any second can be judged; and nobody asked anything.
    breaks("no vendor's limit", |e| e.done.late.push((0, 900)));
    breaks("no vendor's limit", |e| of_deel(e).requests.clear());
    allows(|e| e.done.late.push((0, 400)));
    allows(|e| of_deel(e).limited.push((1601, 3601)));
    let told = |e: &mut Evidence| {
        of_deel(e).limited.push((1601, 3601));
        of_deel(e).requests.push(2200);
    };
    breaks("said to wait", told);
    // A worker that was killed with the answer in its hands told nobody.
    allows(|e| {
        told(e);
        e.done.faults.push(struck("KillWorker(0) for 100 ms", true, 1600, 1700));
    });
}

#[test]
fn something_left_in_redis() {
    breaks("nothing is leased", |e| e.redis.leased = 1);
    breaks("nothing is leased", |e| e.redis.waiting = 1);
    breaks("nothing is leased", |e| e.redis.dead.push(format!("person:{LEFT}")));
    breaks("no more keys", |e| {
        e.redis.names.insert("seen-of:delivery".to_owned(), 110);
    });
}

#[test]
fn slowness() {
    let late = |e: &mut Evidence| {
        e.journal[0].at = 11_100;
        e.reads[1].at = 11_000;
    };
    breaks("within 10 s", late);
    allows(|e| {
        late(e);
        e.done.faults.push(struck("FreezeRedis for 2000 ms", true, 2000, 4000));
    });
    // A stale read costs the minute until the next look, and not more.
    let stale = |e: &mut Evidence, at| {
        e.reads.insert(1, read(1050, LEFT, true));
        (e.reads[2].at, e.journal[0].at) = (at, at + 100);
        e.done.faults.push(struck("Stale for 100 ms", false, 1000, 1100));
    };
    allows(|e| stale(e, 61_060));
    breaks("within 10 s", |e| stale(e, 71_200));
    // Overtaken by a rehire: fine, if there had been time left.
    let rehired = |e: &mut Evidence, at| {
        e.journal.clear();
        e.done.rehires.push((LEFT.to_owned(), at));
        e.people[1] = person(LEFT, true);
        e.accounts[1]["state"] = json!("ACTIVATED");
    };
    allows(|e| rehired(e, 3000));
    breaks("within 10 s", |e| rehired(e, 12_000));

    let kill = |at| Kill { at, persons: vec![HIRED.to_owned()] };
    allows(|e| e.done.kills.push(kill(150)));
    breaks("killed worker", |e| e.done.kills.push(kill(501)));
    // What the killed worker had asked for itself is no look of another one's.
    breaks("killed worker", |e| e.done.kills.push(kill(450)));
    breaks("killed worker", |e| {
        e.done.kills.push(kill(150));
        e.done.faults.push(struck("Slow(Deel) for 100 ms", false, 100, 200));
    });
    breaks("killed worker", |e| e.done.kills.push(kill(500 - 10_001)));
    // Its request was stalled, and came through after it had been killed.
    breaks("killed worker", |e| {
        e.done.kills.push(kill(150));
        e.done.faults.push(struck("Stall(Deel) for 300 ms", false, 100, 400));
    });

    let back = |up, accepted| Restart { down: 0, up, person: HIRED.to_owned(), accepted };
    allows(|e| e.done.restarts.push(back(300, Some((320, 350)))));
    breaks("restart of Redis", |e| e.done.restarts.push(back(300, None)));
    // The read before it was sent was somebody else's.
    breaks("restart of Redis", |e| e.done.restarts.push(back(300, Some((501, 600)))));
    breaks("restart of Redis", |e| e.done.restarts.push(back(499 - 5000, Some((320, 350)))));
}

#[test]
fn a_process_that_gives_up() {
    breaks("no process ends", |e| e.done.ended.push(("worker 0".to_owned(), 700)));
}

#[test]
fn injected_time_counts_once() {
    let mut evidence = good();
    evidence.done.faults =
        vec![struck("a", true, 0, 300), struck("b", false, 200, 600), struck("c", true, 900, 2000)];
    assert_eq!(evidence.injected(100, 1000, |_| true), 500 + 100);
    assert_eq!(evidence.injected(100, 1000, |fault| fault.deaf), 200 + 100);
    assert_eq!(evidence.injected(650, 850, |_| true), 0);
    assert!(evidence.deaf(1500, 1600) && !evidence.deaf(400, 800));
    evidence.done.late.push((600, 700));
    assert_eq!(evidence.injected(100, 1000, |_| true), 500 + 100 + 100);
    // A vendor that was away is tried a while later, one that limits or is slow at once.
    evidence.done.faults = vec![struck("Broken(Deel)", false, 0, 1500), struck("Slow(Deel)", false, 0, 1500)];
    evidence.done.late.clear();
    assert_eq!(evidence.injected_and_after(1000, 9000, |_| true), 500 + 1500);
    evidence.done.faults.remove(0);
    assert_eq!(evidence.injected_and_after(1000, 9000, |_| true), 500);
    // An answer held back is late for longer than the fault lasts.
    evidence.done.faults = vec![Struck { felt: 3000, ..struck("HangBefore(Deel)", false, 0, 1500) }];
    assert_eq!(
        (evidence.injected_for(HIRED, 1000, 9000), evidence.injected(1000, 9000, |_| true)),
        (2000, 2000)
    );
}
