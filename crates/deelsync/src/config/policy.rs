//! The part of the configuration that the planner obeys.

use super::read::{Read, Unfit, printable};
use provisioning::{
    Activation, Adopt, Attribute, AttributePolicy, ChangeKind, CreateState, EmailChange, Limit, Limits,
    LinkField, Names, Policy, ProfileId, Scope, TimeZoneName,
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const POLICIES: &[(&str, AttributePolicy)] = &[
    ("enforce", AttributePolicy::Enforce),
    ("enforce-and-clear", AttributePolicy::EnforceAndClear),
    ("initial", AttributePolicy::Initial),
    ("report", AttributePolicy::Report),
    ("off", AttributePolicy::Off),
];

const ATTRIBUTES: &[(&str, Attribute)] = &[
    ("attributes.email", Attribute::Email),
    ("attributes.firstname", Attribute::Firstname),
    ("attributes.lastname", Attribute::Lastname),
    ("attributes.displayname", Attribute::Displayname),
    ("attributes.jobTitle", Attribute::JobTitle),
    ("attributes.department", Attribute::Department),
    ("attributes.location", Attribute::Location),
    ("attributes.costCenter", Attribute::CostCenter),
    ("attributes.employeeType", Attribute::EmployeeType),
    ("attributes.company", Attribute::Company),
];

const LIMITS: &[(ChangeKind, &str, &str)] = &[
    (ChangeKind::Suspension, "limits.suspension.count", "limits.suspension.percent"),
    (ChangeKind::Reactivation, "limits.reactivation.count", "limits.reactivation.percent"),
    (ChangeKind::EmailChange, "limits.email_change.count", "limits.email_change.percent"),
    (ChangeKind::Link, "limits.link.count", "limits.link.percent"),
    (ChangeKind::Creation, "limits.creation.count", "limits.creation.percent"),
    (ChangeKind::GroupRemove, "limits.group_removal.count", "limits.group_removal.percent"),
];

pub(super) fn policy(read: &mut Read<'_>) -> Policy {
    let attributes = ATTRIBUTES
        .iter()
        .filter_map(|(key, attribute)| {
            let policy = read.choice(key, POLICIES, AttributePolicy::Enforce);
            // A name that the configuration does not mention is not overwritten on adopted accounts.
            read.value(key).is_some().then_some((*attribute, policy))
        })
        .collect();
    Policy {
        attributes,
        names: read.choice(
            "sync.names",
            &[("legal", Names::Legal), ("preferred", Names::Preferred)],
            Names::Legal,
        ),
        worker_type_names: worker_type_names(read),
        create_state: read.choice(
            "sync.create_state",
            &[("staged", CreateState::Staged), ("activated", CreateState::Activated)],
            CreateState::Staged,
        ),
        activation: read.choice(
            "sync.activation",
            &[
                ("manual", Activation::Manual),
                ("on-start-date", Activation::OnStartDate),
                ("scheduled", Activation::Scheduled),
            ],
            Activation::Manual,
        ),
        adopt: read.choice(
            "sync.adopt",
            &[("review", Adopt::Review), ("automatic", Adopt::Automatic)],
            Adopt::Review,
        ),
        email_change: read.choice(
            "sync.email_change",
            &[("hold", EmailChange::Hold), ("apply", EmailChange::Apply)],
            EmailChange::Hold,
        ),
        username_max: read.number("sync.username_max", 8, 64, 30),
        organization_zone: read.parse("sync.organization_zone", |text| {
            TimeZoneName::parse(text).map_err(|_| super::build::no_zone(text))
        }),
        link: read.parse("sync.link_field", link).unwrap_or(LinkField::EmployeeIdentifier),
        scope: scope(read),
        grace_days: read.number("sync.grace_days", 0, 90, 0),
        excluded_accounts: read.list("sync.excluded_accounts").into_iter().collect(),
        ..Policy::default()
    }
}

/// The custom attributes that hold what we write about accounts.
const OUR_ATTRIBUTES: [&str; 3] =
    [provisioning::MARK_ATTRIBUTE, provisioning::HOLD_ATTRIBUTE, provisioning::ADOPTED_ATTRIBUTE];

fn link(text: &str) -> Result<LinkField, Unfit> {
    if text == "employeeIdentifier" {
        return Ok(LinkField::EmployeeIdentifier);
    }
    let hint = "employeeIdentifier, or attribute:NAME with letters and digits, under 32";
    let Some(name) = text.strip_prefix("attribute:") else {
        return Err(Unfit::new(format!("\"{}\" is not possible", printable(text)), hint));
    };
    if name.is_empty() || name.len() > 31 || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Unfit::new(format!("\"{}\" is not a custom attribute's name", printable(name)), hint));
    }
    if OUR_ATTRIBUTES.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
        let what =
            format!("the attribute {name} is one of ours: marks of suspensions, manual holds and adoptions");
        return Err(Unfit::new(what, "take another name, for example attribute:deelid"));
    }
    Ok(LinkField::CustomAttribute(name.to_owned()))
}

fn worker_type_names(read: &mut Read<'_>) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (name, value) in read.free("sync.worker_type_names") {
        if value.text.trim().is_empty() || value.text.chars().count() > 1024 {
            read.problem(
                value.origin.clone(),
                format!("sync.worker_type_names.{}: the name has 1 to 1024 characters", printable(name)),
                "remove the line to keep Deel's spelling",
            );
        } else {
            names.insert(name.to_owned(), value.text.trim().to_owned());
        }
    }
    names
}

pub(super) fn limits(read: &mut Read<'_>) -> Limits {
    let mut limits = Limits { kinds: BTreeMap::new(), ..Limits::default() };
    for (kind, count, percent) in LIMITS {
        limits.kinds.insert(*kind, limit(read, count, percent));
    }
    limits.attribute = limit(read, "limits.attribute.count", "limits.attribute.percent");
    limits
}

fn scope(read: &mut Read<'_>) -> Scope {
    let countries = read.list("sync.scope.countries");
    for country in &countries {
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            read.problem_at(
                "sync.scope.countries",
                format!("sync.scope.countries: \"{}\" is not a country", printable(country)),
                "two letters as in ISO 3166, for example \"DE\"",
            );
        }
    }
    let set = |key| read.list(key).into_iter().collect();
    Scope {
        worker_types: set("sync.scope.worker_types"),
        entities: set("sync.scope.entities"),
        countries: countries.into_iter().collect(),
        departments: set("sync.scope.departments"),
    }
}

fn limit(read: &mut Read<'_>, count: &'static str, percent: &'static str) -> Limit {
    let limit =
        Limit { count: read.number(count, 0, u32::MAX, 1), percent: read.number(percent, 0.0, 100.0, 1.0) };
    if limit.count == 0 && limit.percent == 0.0 {
        let section = count.trim_end_matches(".count");
        read.problem_at(
            count,
            format!("{section}: count = 0 with percent = 0 holds every change of this kind, for ever"),
            format!("write count = 1, or remove both lines of [{section}]"),
        );
    }
    limit
}

pub(super) fn excluded(read: &mut Read<'_>) -> BTreeSet<ProfileId> {
    let mut excluded = BTreeSet::new();
    for id in read.list("sync.excluded") {
        match ProfileId::parse(&id) {
            Ok(id) => drop(excluded.insert(id)),
            Err(_) => read.problem_at(
                "sync.excluded",
                format!("sync.excluded: \"{}\" is not a Deel profile id", printable(&id)),
                "letters, digits, - and _, as in the address of the person's page in Deel",
            ),
        }
    }
    excluded
}
