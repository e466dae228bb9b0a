//! Laws: they hold for every person, directory and policy.

use std::collections::BTreeSet;

use proptest::prelude::*;
use provisioning::{
    Account, AccountState, Actual, Change, ChangeKind, Claimant, Desired, EmailState, HoldKind, Person, Plan,
    Policy, Scope, Status, applied, apply_steps, check, plan,
};

use crate::support::{
    account, account_id, leaver, mark, person, profile, stamp, stamp_at, suspended, wanted,
};
use crate::world;

fn planned(desired: &Desired, actual: &Actual, policy: &Policy) -> Plan {
    plan(desired, actual, policy, &stamp())
}

/// Looks who else has the email, where the plan asks for it.
fn looked(desired: Desired) -> Desired {
    Desired { email_claimants: desired.email_claimants.or(Some(Vec::new())), ..desired }
}

fn suspends(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| step.change.kind() == ChangeKind::Suspension)
}

fn held(plan: &Plan) -> BTreeSet<String> {
    plan.steps.iter().filter(|s| s.hold.is_some()).map(|s| s.fingerprint(&plan.subject)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_checker_agrees_with_the_planner((desired, actual, policy) in world::case()) {
        let desired = looked(desired);
        let plan = planned(&desired, &actual, &policy);
        prop_assert_eq!(check(&plan, &desired, &actual, &policy, stamp().now), Ok(()), "{}", plan);
    }

    #[test]
    fn planning_again_after_applying_is_empty((desired, actual, policy) in world::case()) {
        let desired = looked(desired);
        let first = planned(&desired, &actual, &policy);
        let after = applied(&actual, &first, &account_id("new"));
        let second = plan(&desired, &after, &policy, &stamp_at("2026-11-23T12:00:10Z"));
        prop_assert_eq!(second.unheld().count(), 0, "{}\nthen {}", first, second);
        prop_assert_eq!(held(&first), held(&second), "{}\nthen {}", first, second);
        prop_assert_eq!(second.is_empty(), first.counts().held.is_empty());
    }

    #[test]
    fn approving_everything_ends_in_sync((desired, actual, policy) in world::case()) {
        let desired = looked(desired);
        let (mut actual, mut rounds) = (actual, 0);
        loop {
            let next = planned(&desired, &actual, &policy);
            let doable: Vec<_> = next.steps.iter().filter(|step| step.approvable()).collect();
            if doable.is_empty() {
                break;
            }
            rounds += 1;
            prop_assert!(rounds <= 2, "still {}", next);
            actual = apply_steps(&actual, doable, &account_id("new"));
        }
    }

    #[test]
    fn the_order_of_inputs_does_not_matter(
        (desired, actual, policy) in world::case(), seed in proptest::collection::vec(any::<u32>(), 8)
    ) {
        fn shuffle<T>(items: &mut [T], seed: &[u32]) {
            for i in (1..items.len()).rev() {
                items.swap(i, seed[i % seed.len()] as usize % (i + 1));
            }
        }
        let plan = planned(&desired, &actual, &policy);
        let (mut desired, mut actual) = (desired, actual);
        if let Some(person) = &mut desired.person {
            shuffle(&mut person.employments, &seed);
        }
        if let Some(claimants) = &mut desired.email_claimants {
            shuffle(claimants, &seed);
        }
        shuffle(&mut actual.linked, &seed);
        shuffle(&mut actual.by_email, &seed);
        prop_assert_eq!(&plan, &planned(&desired, &actual, &policy));
        // Nor does it matter in which list an account is, or that it is in both.
        let both: Vec<_> = actual.accounts().cloned().collect();
        let everywhere = Actual { linked: both.clone(), by_email: both, ..actual };
        prop_assert_eq!(plan, planned(&desired, &everywhere, &policy));
    }

    /// `Change` has no variant for it; this reads what is stored, shown and sent.
    #[test]
    fn no_plan_deletes_an_account_or_changes_a_username((desired, actual, policy) in world::case()) {
        let plan = planned(&desired, &actual, &policy);
        let steps = serde_json::to_value(&plan.steps).unwrap();
        for step in steps.as_array().unwrap() {
            let change = &step["change"];
            let name = change.as_str().map(str::to_owned)
                .or_else(|| change.as_object().and_then(|change| change.keys().next().cloned())).unwrap();
            let known = ["create", "link", "update", "change_email", "suspend", "reactivate", "activate", "clear_mark", "group_add", "group_remove", "schedule_activation", "cancel_activation", "nothing"];
            prop_assert!(known.contains(&name.as_str()), "{name}");
            for word in ["username", "password", "sudo", "mfa", "unix"] {
                let key = format!("\"{word}");
                prop_assert!(!change.to_string().contains(&key) || (name == "create" && word == "username"));
            }
        }
        let after = applied(&actual, &plan, &account_id("new"));
        for account in actual.accounts() {
            let mut still = after.accounts().filter(|a| a.id == account.id);
            prop_assert!(still.next().is_some() && still.all(|a| a.username == account.username));
        }
    }

    #[test]
    fn an_unknown_status_or_none_never_suspends((desired, actual, policy) in world::case(), known in any::<bool>()) {
        let mut desired = Desired { order: None, ..desired };
        if let Some(person) = &mut desired.person {
            person.status = if known { Status::Missing } else { Status::Unknown("sabbatical".to_owned()) };
        }
        let plan = planned(&desired, &actual, &policy);
        prop_assert!(desired.person.is_none() || !suspends(&plan), "{}", plan);
    }

    #[test]
    fn missing_fields_alone_never_suspend(
        mut subject in world::person("p1"), policy in world::policy(), missing in proptest::array::uniform12(any::<bool>())
    ) {
        subject.status = Status::Active;
        subject.last_day = None;
        subject.employments.iter_mut().for_each(|employment| employment.last_day = None);
        let mut drop = missing.into_iter();
        let mut gone = || drop.next().unwrap_or(false);
        if gone() { subject.status = Status::Missing; }
        if gone() { subject.work_email = EmailState::Absent; }
        if gone() { subject.employments.clear(); }
        if gone() { subject.employments.iter_mut().for_each(|e| e.ended = None); }
        if gone() { subject.start_date = None; }
        if gone() { (subject.first_name, subject.last_name, subject.full_name) = (None, None, None); }
        if gone() { (subject.timezone, subject.country) = (None, None); }
        let plan = planned(&wanted(subject), &crate::support::directory(&[account()]), &policy);
        prop_assert!(!suspends(&plan), "{}", plan);
    }

    #[test]
    fn a_missing_email_changes_nothing_about_a_linked_leaver(policy in world::policy(), subject in world::person("p1")) {
        let without = Person { work_email: EmailState::Absent, ..subject.clone() };
        let actual = crate::support::directory(&[account()]);
        let (with, without) = (planned(&wanted(subject), &actual, &policy), planned(&wanted(without), &actual, &policy));
        prop_assert_eq!(with.standing, without.standing);
        let access = |plan: &[provisioning::Step]| {
            let state = |s: &&provisioning::Step| matches!(s.change.kind(), ChangeKind::Suspension | ChangeKind::Reactivation);
            plan.iter().filter(state).cloned().collect::<Vec<_>>()
        };
        prop_assert_eq!(access(&with.steps), access(&without.steps));
    }

    #[test]
    fn only_positive_evidence_suspends_without_asking((desired, actual, policy) in world::case()) {
        let plan = planned(&desired, &actual, &policy);
        let unasked = plan.unheld().any(|step| step.change.kind() == ChangeKind::Suspension);
        if unasked && desired.order.is_none() {
            let person = desired.person.as_ref().unwrap();
            prop_assert!(matches!(person.status, Status::Inactive | Status::Offboarding));
            let ended = person.employments.iter().any(|e| e.ended == Some(true));
            let last_day = person.last_day.is_some() || person.employments.iter().any(|e| e.last_day.is_some());
            prop_assert!(ended || last_day);
        }
    }

    #[test]
    fn a_stale_mark_never_reactivates((desired, actual, policy) in world::case()) {
        let reactivates = |plan: &Plan, id| {
            plan.steps.iter().any(|s| s.account.as_ref() == Some(id) && matches!(s.change, Change::Reactivate { .. }))
        };
        let plan = planned(&desired, &actual, &policy);
        for account in actual.accounts().filter(|account| !account.is_suspended()) {
            prop_assert!(!reactivates(&plan, &account.id));
        }
        // Here and below, with nobody left alone.
        let policy = Policy { scope: Scope::default(), excluded_accounts: BTreeSet::new(), ..policy };
        // Somebody takes our suspension back by hand; we look; somebody suspends by hand: not ours any more.
        let by_hand = |state: AccountState, account: &mut Account| account.state = state;
        let mut mine = suspended(Some(mark(provisioning::PriorState::Activated, provisioning::MarkedBy::Deel)));
        by_hand(AccountState::Activated, &mut mine);
        let mut directory = crate::support::directory(&[mine]);
        let look = planned(&wanted(person()), &directory, &policy);
        directory = applied(&directory, &look, &account_id("new"));
        directory.linked.iter_mut().chain(&mut directory.by_email).for_each(|a| by_hand(AccountState::Suspended, a));
        let look = planned(&wanted(person()), &directory, &policy);
        let unasked = look.unheld().any(|step| step.change.kind() == ChangeKind::Reactivation);
        prop_assert!(!unasked);
        prop_assert!(look.steps.iter().any(|step| step.hold == Some(HoldKind::ForeignSuspension)));
    }

    #[test]
    fn two_persons_never_get_one_account(
        one in world::person("p1"), two in world::person("p2"), directory in world::directory(),
        policy in world::policy(), turns in proptest::collection::vec(any::<bool>(), 2..6), approve in any::<bool>()
    ) {
        let mut world = World { people: [one, two], accounts: directory.clone() };
        for (turn, first) in turns.into_iter().enumerate() {
            world.run(usize::from(first), turn, &policy, approve)?;
            world.is_consistent()?;
        }
        if !approve {
            for before in directory.iter().filter(|account| account.link_value().is_some()) {
                let after = world.accounts.iter().find(|account| account.id == before.id);
                prop_assert_eq!(&before.link, &after.unwrap().link, "nobody's account is taken unasked");
            }
        }
    }

    #[test]
    fn namesakes_get_names_of_their_own(names in (world::word(), world::word()), policy in world::policy()) {
        let mut world = World { people: [person(), person()], accounts: Vec::new() };
        for (i, person) in world.people.iter_mut().enumerate() {
            person.id = profile(&format!("p{}", i + 1));
            (person.first_name, person.last_name) = (names.0.clone(), names.1.clone());
            person.work_email = EmailState::parse(Some(&format!("{i}@example.com")));
        }
        world.run(0, 0, &policy, false)?;
        world.run(1, 1, &policy, false)?;
        world.is_consistent()?;
        // None where nothing of the name can be written.
        prop_assert!([0, 2].contains(&world.accounts.len()));
    }
}

/// Two people and one directory.
struct World {
    people: [Person; 2],
    accounts: Vec<Account>,
}

impl World {
    fn run(&mut self, who: usize, turn: usize, policy: &Policy, approve: bool) -> Result<(), TestCaseError> {
        let (me, other) = (&self.people[who], &self.people[1 - who]);
        let actual = world::observed(&self.accounts, &me.id, Some(me));
        let my_emails: Vec<_> = actual.accounts().map(|a| a.email.clone()).collect();
        let theirs = other.work_email.present();
        let claims = theirs.is_some_and(|theirs| my_emails.iter().any(|mine| theirs.is_same(mine)));
        let active = matches!(other.status, Status::Active | Status::Offboarding);
        let claimants = claims.then(|| Claimant { id: other.id.clone(), active }).into_iter().collect();
        let desired = Desired { email_claimants: Some(claimants), ..Desired::of(me.clone()) };
        let plan = planned(&desired, &actual, policy);
        prop_assert_eq!(check(&plan, &desired, &actual, policy, stamp().now), Ok(()), "{}", plan);
        let steps = plan.steps.iter().filter(|step| step.hold.is_none() || (approve && step.approvable()));
        let after = apply_steps(&actual, steps, &account_id(&format!("new{turn}")));
        for account in after.linked.into_iter().chain(after.by_email) {
            match self.accounts.iter_mut().find(|known| known.id == account.id) {
                Some(known) => *known = account,
                None => self.accounts.push(account),
            }
        }
        Ok(())
    }

    fn is_consistent(&self) -> Result<(), TestCaseError> {
        let unique = |values: Vec<String>| values.iter().collect::<BTreeSet<_>>().len() == values.len();
        let all = |value: fn(&Account) -> String| unique(self.accounts.iter().map(value).collect());
        prop_assert!(all(|a| a.username.to_lowercase()), "usernames");
        prop_assert!(all(|a| a.email.to_lowercase()), "emails");
        let links = self.accounts.iter().filter_map(|a| a.link.clone()).collect();
        prop_assert!(unique(links), "one person, one account");
        Ok(())
    }
}

#[test]
fn a_plan_shows_no_name_or_address_in_its_debug_output_or_its_reasons() {
    let mut subject = leaver();
    subject.job_title = Some("Zephyr".into());
    let plan = planned(&wanted(subject), &crate::support::directory(&[account()]), &Policy::default());
    let debug = format!("{plan:?}");
    let why: String = plan.steps.iter().map(|step| step.why.to_string()).collect();
    for secret in ["Zephyr", "Alpha", "example.com"] {
        assert!(!debug.contains(secret) && !why.contains(secret), "{secret}");
    }
    assert!(plan.to_string().contains("Zephyr"), "what people read shows the change");
}
