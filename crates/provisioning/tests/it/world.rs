//! Arbitrary people, accounts and policies, from pools so small that they collide.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use provisioning::{
    Account, AccountState, Activation, Actual, Adopt, Attribute, AttributePolicy, Claimant, CreateState,
    CustomName, Desired, EmailChange, EmailState, Employment, GroupId, GroupRule, LinkField, ManualHold,
    MarkedBy, Membership, Names, OperatorOrder, Person, Policy, PriorState, ProfileId, ScheduledActivation,
    ScheduledBy, Scope, Status, Template, Text, TimeZoneName, Values,
};

use crate::support::{account_id, mark, profile};

const EMAILS: [&str; 4] = ["a@example.com", "B@Example.com", "c@example.com", "d@example.com"];

pub(crate) fn word() -> impl Strategy<Value = Option<String>> {
    option::of(prop_oneof![
        select(vec!["Alpha", "Zed", "Ólafur", "Root", "王", "محمد", "-", "", "☃", "Engineer", "Intern\u{7}"])
            .prop_map(str::to_owned),
        ".{0,12}",
    ])
}

fn date() -> impl Strategy<Value = Option<Date>> {
    option::of((18_i8..=28).prop_map(|day| Date::constant(2026, 11, day)))
}

fn status() -> impl Strategy<Value = Status> {
    let known = [
        "active",
        "active",
        "active",
        "offboarding",
        "offboarding",
        "onboarding",
        "inactive",
        "inactive",
        "inactive",
        "",
        "sabbatical",
    ];
    select(known.to_vec()).prop_map(|text| Status::parse(Some(text)))
}

fn email() -> impl Strategy<Value = EmailState> {
    let texts = [EMAILS[0], EMAILS[1], "A@example.COM", EMAILS[2], "", "no address"];
    select(texts.to_vec()).prop_map(|text| EmailState::parse(Some(text)))
}

fn zone() -> impl Strategy<Value = Option<Text>> {
    option::of(select(vec!["Europe/Madrid", "PST", "Pacific/Kiritimati", "nowhere", ""]).prop_map(Text::from))
}

fn country() -> impl Strategy<Value = Option<Text>> {
    option::of(select(vec!["JP", "US", "xx"]).prop_map(Text::from))
}

fn employment() -> impl Strategy<Value = Employment> {
    let dates = (date(), date());
    (select(vec!["c0", "c1", "c2", "c3"]), dates, option::of(any::<bool>()), word(), zone(), country())
        .prop_map(|(id, (start_date, last_day), ended, job_title, timezone, country)| Employment {
            id: id.to_owned(),
            start_date,
            last_day,
            ended,
            job_title: job_title.map(Text::from),
            timezone,
            country,
            ..Employment::default()
        })
}

pub(crate) fn person(id: &'static str) -> impl Strategy<Value = Person> {
    let names = (word(), word(), word(), word(), word());
    let life = (status(), date(), date(), proptest::collection::vec(employment(), 0..4));
    (names, email(), life, word(), word(), zone(), country()).prop_map(
        move |(
            names,
            work_email,
            (status, start_date, last_day, employments),
            job_title,
            team,
            timezone,
            country,
        )| {
            // Deel gives every employment its own id.
            let mut seen = BTreeSet::new();
            let employments = employments.into_iter().filter(|e| seen.insert(e.id.clone())).collect();
            Person {
                first_name: names.0,
                last_name: names.1,
                full_name: names.2,
                preferred_first_name: names.3,
                preferred_last_name: names.4,
                work_email,
                status,
                start_date,
                last_day,
                employments,
                job_title: job_title.map(Text::from),
                team: team.map(Text::from),
                timezone,
                country,
                ..Person::new(profile(id))
            }
        },
    )
}

fn state() -> impl Strategy<Value = AccountState> {
    select(vec!["STAGED", "ACTIVATED", "ACTIVATED", "SUSPENDED", "SUSPENDED", "ODD"])
        .prop_map(AccountState::parse)
}

fn account() -> impl Strategy<Value = Account> {
    let marks = vec![
        None,
        Some(mark(PriorState::Activated, MarkedBy::Deel)),
        Some(mark(PriorState::Staged, MarkedBy::Deel)),
        Some(mark(PriorState::Activated, MarkedBy::Operator)),
    ];
    let flags = (proptest::bool::weighted(0.1), proptest::bool::weighted(0.1), proptest::bool::weighted(0.1));
    let until = |text: &str| Some(ManualHold { until: text.parse().ok(), reason: "x".to_owned() });
    let hold = prop_oneof![
        8 => Just(None),
        1 => select(vec![until("2026-12-01T00:00:00Z"), until("2026-11-01T00:00:00Z"), until("")])
    ];
    let restricted = prop_oneof![
        4 => Just(Vec::new()),
        1 => subsequence(vec!["state", "attributes", "employeeIdentifier", "email", "jobTitle"], 0..3)
    ];
    let ours = (hold, proptest::bool::weighted(0.2));
    (state(), select(marks), flags, restricted, word(), word(), ours).prop_map(
        |(state, mark, (raw_mark, admin, externally_managed), restricted, first, title, (hold, adopted))| {
            let mut values = Values::default();
            values.extend(first.map(|value| (Attribute::Firstname, value)));
            values.extend(title.map(|value| (Attribute::JobTitle, value)));
            Account {
                id: account_id("x"),
                username: String::new(),
                email: String::new(),
                state,
                link: None,
                values,
                mark,
                raw_mark,
                admin,
                externally_managed,
                restricted: restricted.into_iter().map(str::to_owned).collect(),
                hold,
                adopted,
            }
        },
    )
}

/// Accounts as JumpCloud could hold them: ids, usernames, emails and links are unique.
pub(crate) fn directory() -> impl Strategy<Value = Vec<Account>> {
    let links = select(vec![
        [Some("p1"), None, Some("p2"), None],
        [None, None, None, None],
        [Some("p2"), Some("p1"), Some("payroll 17"), None],
        [Some("payroll 17"), None, Some("p9"), Some("p1")],
        [Some("p9"), Some("p9x"), None, Some("p2")],
    ]);
    let usernames = ["alpha.zed", "Zed", "root1", "d"];
    (proptest::collection::vec(account(), 0..=4), links, Just(EMAILS.to_vec()).prop_shuffle()).prop_map(
        move |(accounts, links, emails)| {
            let place = |(i, account): (usize, Account)| Account {
                id: account_id(&format!("a{i}")),
                username: usernames[i].to_owned(),
                email: emails[i].to_owned(),
                link: links[i].map(str::to_owned),
                ..account
            };
            accounts.into_iter().enumerate().map(place).collect()
        },
    )
}

pub(crate) fn policy() -> impl Strategy<Value = Policy> {
    let attribute_policy = select(vec![
        AttributePolicy::Enforce,
        AttributePolicy::EnforceAndClear,
        AttributePolicy::Initial,
        AttributePolicy::Report,
        AttributePolicy::Off,
    ]);
    let attributes = proptest::collection::btree_map(select(Attribute::ALL.to_vec()), attribute_policy, 0..6);
    let choices = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let scope = prop_oneof![
        4 => Just(Scope::default()),
        1 => Just(Scope { countries: ["jp".to_owned()].into(), ..Scope::default() })
    ];
    let excluded = prop_oneof![9 => Just(None), 1 => select(vec!["a0", "ZED"]).prop_map(Some)];
    let bounds = (scope, select(vec![0, 0, 3]), excluded);
    (attributes, choices, 8_usize..=64, bounds).prop_map(|(attributes, choices, username_max, bounds)| {
        Policy {
            scope: bounds.0,
            grace_days: bounds.1,
            excluded_accounts: bounds.2.map(str::to_owned).into_iter().collect(),
            attributes,
            templates: BTreeMap::new(),
            custom: BTreeMap::new(),
            groups: Vec::new(),
            names: if choices.0 { Names::Legal } else { Names::Preferred },
            create_state: if choices.1 { CreateState::Staged } else { CreateState::Activated },
            activation: if choices.2 { Activation::Manual } else { Activation::OnStartDate },
            adopt: if choices.3 { Adopt::Review } else { Adopt::Automatic },
            email_change: if choices.4 { EmailChange::Hold } else { EmailChange::Apply },
            organization_zone: choices.5.then(|| TimeZoneName::parse("America/New_York").unwrap()),
            username_max,
            link: LinkField::EmployeeIdentifier,
            worker_type_names: BTreeMap::new(),
        }
    })
}

/// What is wanted for `p1`, with everything an operator or the shell may add.
pub(crate) fn desired() -> impl Strategy<Value = Desired> {
    let claimants = proptest::collection::vec(
        (select(vec!["p1", "p2", "p3"]), any::<bool>())
            .prop_map(|(id, active)| Claimant { id: profile(id), active }),
        0..3,
    );
    let person = prop_oneof![19 => person("p1").prop_map(Some), 1 => Just(None)];
    let rarely = || proptest::bool::weighted(0.1);
    let flags = (rarely(), any::<bool>(), proptest::bool::weighted(0.03), rarely(), rarely());
    (person, option::weighted(0.9, claimants), flags).prop_map(
        |(person, email_claimants, (ordered, operator_released, excluded, known, shared))| {
            let order = OperatorOrder { at: "2026-11-20T10:00:00Z".parse().unwrap(), hold: "h1".to_owned() };
            Desired {
                person,
                email_claimants,
                order: ordered.then_some(order),
                operator_released,
                excluded,
                remembered: known.then(|| account_id("old")),
                same_email: shared
                    .then(|| Claimant { id: profile("p2"), active: true })
                    .into_iter()
                    .collect(),
                ..Desired::gone(profile("p1"))
            }
        },
    )
}

/// What a careful shell finds in the directory for one person.
pub(crate) fn observed(directory: &[Account], subject: &ProfileId, person: Option<&Person>) -> Actual {
    let email = person.and_then(|person| person.work_email.present());
    let listed = |fits: &dyn Fn(&Account) -> bool| directory.iter().filter(|a| fits(a)).cloned().collect();
    Actual {
        linked: listed(&|a| a.is_linked_to(subject)),
        by_email: listed(&|a| email.is_some_and(|email| email.is_same(&a.email))),
        scheduled: None,
        taken_usernames: directory.iter().map(|a| a.username.to_lowercase()).collect(),
        membership: None,
    }
}

/// What every law quantifies over.
pub(crate) fn case() -> impl Strategy<Value = (Desired, Actual, Policy)> {
    let all = (desired(), directory(), policy(), added(), option::of(scheduled()), any::<bool>());
    all.prop_map(|(desired, directory, mut policy, added, scheduled, by_jumpcloud)| {
        let mut actual = observed(&directory, &desired.subject, desired.person.as_ref());
        let account = actual.linked.first().map(|account| account.id.clone());
        actual.scheduled =
            scheduled.zip(account).map(|(known, account)| ScheduledActivation { account, ..known });
        if by_jumpcloud {
            policy.activation = Activation::Scheduled;
        }
        added.to(desired, actual, policy)
    })
}

/// An activation that we scheduled: past, too near to be moved, or far ahead.
fn scheduled() -> impl Strategy<Value = ScheduledActivation> {
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let times = ["2026-11-20T08:00:00Z", "2026-11-23T12:30:00Z", "2026-12-05T08:00:00Z"].map(at);
    let by = select(vec![ScheduledBy::Policy, ScheduledBy::Operator]);
    (select(times.to_vec()), by, any::<bool>()).prop_map(|(at, by, unconfirmed)| {
        // By policy the time is the start of the first day as it was then.
        let starts = (by == ScheduledBy::Policy).then_some(at);
        ScheduledActivation { account: account_id("x"), at, starts, by, unconfirmed }
    })
}

/// What an organization adds to the mapping, and what is seen of it.
#[derive(Debug, Clone)]
struct Added {
    person: [Option<&'static str>; 4],
    manager: Option<&'static str>,
    has_account: bool,
    composed: Option<&'static str>,
    rules: Vec<GroupRule>,
    membership: Option<Membership>,
}

fn added() -> impl Strategy<Value = Added> {
    let value = || option::of(select(vec!["A", "b "]));
    let condition = || option::of(select(vec!["a", "B"]).prop_map(str::to_owned));
    let rule = (select(vec!["G1", "G2", "Alias", "Gone"]), condition(), condition()).prop_map(
        |(name, department, country)| GroupRule {
            name: name.to_owned(),
            department,
            country,
            ..GroupRule::default()
        },
    );
    let membership = subsequence(vec!["g1", "g2", "g3"], 0..3).prop_map(|member_of| Membership {
        groups: [("G1", "g1"), ("G2", "g2"), ("Alias", "g1")]
            .map(|(name, id)| (name.to_owned(), GroupId::parse(id).unwrap()))
            .into(),
        member_of: member_of.into_iter().map(|id| GroupId::parse(id).unwrap()).collect(),
    });
    let templates =
        vec!["{{ first_name }}-{{ custom.A }}", "{{ custom.A|upper }}", "{% if team %}x{% endif %}"];
    (
        [value(), value(), value(), value()],
        option::of(select(vec!["p1", "p7"])),
        any::<bool>(),
        option::of(select(templates)),
        proptest::collection::vec(rule, 0..4),
        option::of(membership),
    )
        .prop_map(|(person, manager, has_account, composed, rules, membership)| Added {
            person,
            manager,
            has_account,
            composed,
            rules,
            membership,
        })
}

impl Added {
    fn to(self, mut desired: Desired, mut actual: Actual, mut policy: Policy) -> (Desired, Actual, Policy) {
        let shared = |value: Option<&str>| value.map(Text::from);
        if let Some(person) = &mut desired.person {
            (person.department, person.entity) = (shared(self.person[0]), shared(self.person[1]));
            let fields = self.person[2].map(|value| ("A".to_owned(), value.to_owned()));
            person.custom = self.person[3].map(|_| fields.into_iter().collect());
            person.manager = self.manager.map(profile);
        }
        desired.manager = self.has_account.then(|| account_id("a7"));
        let custom = |name: &str| CustomName::parse(name).unwrap();
        if let Some(template) = self.composed.map(|source| Template::parse(source).unwrap()) {
            policy.templates.insert(Attribute::Custom(custom("badge")), template.clone());
            policy.templates.insert(Attribute::JobTitle, template);
            policy.custom.insert(custom("shirt"), "A".to_owned());
        }
        policy.groups = self.rules;
        policy.groups.retain(GroupRule::has_condition);
        actual.membership = self.membership;
        if let (Some(membership), true) =
            (&mut actual.membership, actual.linked.is_empty() && actual.by_email.is_empty())
        {
            // Who has no account is in no group.
            membership.member_of.clear();
        }
        (desired, actual, policy)
    }
}
