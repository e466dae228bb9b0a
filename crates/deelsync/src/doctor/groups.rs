//! User groups in JumpCloud: those that the configuration names, and dynamic ones that follow what we write.

use super::{Findings, slot};
use crate::config::Config;
use crate::telemetry::Chain;
use jumpcloud::{Reader, UserGroup};
use provisioning::{Attribute, AttributePolicy, GroupRule, Policy, Quoted};
use queue::Budget;
use reconciler::{UnusableGroup, usable};
use std::collections::BTreeSet;
use std::convert::Infallible;

const ABOUT: &str = "Groups";

pub(super) async fn check(
    config: &Config,
    reader: &Reader,
    budget: Option<&Budget>,
    findings: &mut Findings,
) {
    let rules = &config.policy.groups;
    let pace = || async {
        slot(budget).await;
        Ok::<(), Infallible>(())
    };
    match reader.user_groups(pace).await {
        Ok(groups) => {
            named(rules, &groups, findings);
            dynamic(&config.policy, &groups, findings);
        }
        Err(error) if rules.is_empty() => findings.warn(
            ABOUT,
            format!("groups cannot be read: {}", Chain(&error)),
            "whether dynamic groups follow attributes that are written here is not known; give the role or service \
             account groups.readonly to learn it",
        ),
        Err(error) => findings.missing(
            ABOUT,
            format!("groups cannot be read, and {} rules are configured: {}", rules.len(), Chain(&error)),
            "give the role or service account access to groups, or remove [[groups]]",
        ),
    }
}

/// Whether each configured name means one group that can be written.
fn named(rules: &[GroupRule], groups: &[UserGroup], findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for rule in rules.iter().filter(|rule| seen.insert(&rule.name)) {
        let name = &rule.name;
        match usable(rule, groups) {
            Ok(group) => findings.ok(ABOUT, format!("{} is kept by rule ({})", Quoted(name), group.id)),
            Err(error @ UnusableGroup::Missing) => {
                let remedy = "make the group in JumpCloud, or write its name exactly as it stands there";
                findings.missing(ABOUT, format!("{} of [[groups]]: {error}", Quoted(name)), remedy);
            }
            Err(error @ UnusableGroup::Ambiguous) => {
                let ids = groups.iter().filter(|group| group.name == *name).map(|group| group.id.as_str());
                let remedy = format!("give each of its rules the id of the one that is meant: {}", list(ids));
                findings.missing(ABOUT, format!("{} of [[groups]]: {error}", Quoted(name)), remedy);
            }
            Err(error @ UnusableGroup::Dynamic) => {
                let remedy = "remove its rules here, or make its membership static in JumpCloud";
                findings.missing(ABOUT, format!("{} of [[groups]]: {error}", Quoted(name)), remedy);
            }
        }
    }
}

/// Writing an attribute that a dynamic group asks for changes who is in it, and what they may use.
fn dynamic(policy: &Policy, groups: &[UserGroup], findings: &mut Findings) {
    let ours = written(policy);
    for group in groups.iter().filter(|group| group.dynamic) {
        let read = |name: &&String| group.reads.iter().any(|field| reads(field, name));
        let attributes: Vec<&str> = ours.iter().filter(read).map(String::as_str).collect();
        if !attributes.is_empty() {
            findings.warn(
                ABOUT,
                format!(
                    "the dynamic group {} ({}) asks for {}, which {} written here: who is in it changes with Deel",
                    Quoted(&group.name),
                    group.id,
                    attributes.join(", "),
                    if attributes.len() == 1 { "is" } else { "are" }
                ),
                "see that its query takes Deel's spelling, or set the attribute to report under [attributes]",
            );
        }
    }
}

/// JumpCloud's names of what is written; those of custom attributes without what stands before them.
fn written(policy: &Policy) -> BTreeSet<String> {
    let writes = |attribute: &Attribute| {
        !matches!(policy.attribute(*attribute), AttributePolicy::Off | AttributePolicy::Report)
    };
    let name = |attribute: Attribute| match attribute {
        Attribute::Custom(name) => name.as_str(),
        other => other.as_str(),
    };
    let attributes = policy.written().filter(writes).map(name);
    attributes.chain([policy.link.name(), "state", "suspended"]).map(str::to_owned).collect()
}

/// Whether a query's field is this attribute, also as a part of a longer name, as in `attributes.badge`.
fn reads(field: &str, name: &str) -> bool {
    field.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case(name))
}

fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(id: &str, name: &str, reads: &[&str]) -> UserGroup {
        UserGroup {
            id: id.to_owned(),
            name: name.to_owned(),
            dynamic: !reads.is_empty(),
            reads: reads.iter().map(|field| (*field).to_owned()).collect(),
        }
    }

    #[test]
    fn groups_that_cannot_be_kept_and_groups_that_follow_are_named() {
        let groups = [
            group("g1", "Engineering", &[]),
            group("g2", "Sales", &[]),
            group("g3", "Sales", &[]),
            group("g4", "Berlin", &["location", "jobTitle"]),
            group("g5", "Badges", &["attributes.badge", "$eq"]),
            group("g6", "Nicknames", &["attributes.nickname"]),
        ];
        let rule = |name: &str| GroupRule {
            name: name.to_owned(),
            country: Some("DE".to_owned()),
            ..GroupRule::default()
        };
        let rules = ["Engineering", "Engineering", "Sales", "Berlin", "Nowhere"].map(rule);
        let badge = provisioning::CustomName::parse("badge").unwrap();
        let attributes = [(Attribute::Location, AttributePolicy::Report)].into();
        let policy = Policy { custom: [(badge, "Badge".to_owned())].into(), attributes, ..Policy::default() };
        let mut findings = Findings { list: Vec::new(), print: false };
        named(&rules, &groups, &mut findings);
        dynamic(&policy, &groups, &mut findings);
        let text: Vec<String> = findings.list.iter().map(super::super::shown).collect();
        insta::assert_snapshot!(text.join("\n"), @r#"
        ✓ Groups     "Engineering" is kept by rule (g1)
        ✗ Groups     "Sales" of [[groups]]: JumpCloud has several groups of this name
                     → give each of its rules the id of the one that is meant: g2, g3
        ✗ Groups     "Berlin" of [[groups]]: the group is dynamic: JumpCloud decides by itself who is in it
                     → remove its rules here, or make its membership static in JumpCloud
        ✗ Groups     "Nowhere" of [[groups]]: JumpCloud has no such group
                     → make the group in JumpCloud, or write its name exactly as it stands there
        ! Groups     the dynamic group "Berlin" (g4) asks for jobTitle, which is written here: who is in it changes with Deel
                     → see that its query takes Deel's spelling, or set the attribute to report under [attributes]
        ! Groups     the dynamic group "Badges" (g5) asks for badge, which is written here: who is in it changes with Deel
                     → see that its query takes Deel's spelling, or set the attribute to report under [attributes]
        "#);
    }
}
