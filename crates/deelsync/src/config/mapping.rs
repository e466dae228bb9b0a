//! The part of the mapping that an organization adds: custom attributes, templates, the manager, and groups by rule.

use super::policy::POLICIES;
use super::problem::{Origin, nearest};
use super::read::{Read, Unfit, printable};
use provisioning::{
    Attribute, AttributePolicy, CustomName, GroupId, GroupRule, InvalidTemplate, LinkField, Policy,
    TEMPLATE_VARIABLES, Template,
};
use std::collections::BTreeMap;

/// The policy with what the organization adds to it.
pub(super) fn extended(read: &mut Read<'_>, mut policy: Policy) -> Policy {
    let manager = read.choice("attributes.manager", POLICIES, AttributePolicy::Off);
    policy.attributes.insert(Attribute::Manager, manager);
    custom(read, &mut policy);
    templates(read, &mut policy);
    custom_policies(read, &mut policy);
    policy.groups = groups(read);
    policy
}

/// A custom attribute's name, if it may be written.
fn name(policy: &Policy, text: &str) -> Result<CustomName, Unfit> {
    let hint = "letters and digits, under 32, and not beginning with deelsync";
    let name = CustomName::parse(text)
        .map_err(|error| Unfit::new(format!("\"{}\" is not possible: {error}", printable(text)), hint))?;
    match &policy.link {
        LinkField::CustomAttribute(link) if link.eq_ignore_ascii_case(text) => {
            Err(Unfit::new(format!("{text} holds the link (sync.link_field)"), "take another name"))
        }
        _ => Ok(name),
    }
}

fn custom(read: &mut Read<'_>, policy: &mut Policy) {
    for (key, value) in read.free("attributes.custom") {
        let field = value.text.trim();
        let fits = name(policy, key).and_then(|name| match field.is_empty() {
            true => Err(Unfit::new("no custom field is named", "the field's name in Deel, exactly")),
            false => Ok(name),
        });
        match fits {
            Ok(name) => drop(policy.custom.insert(name, field.to_owned())),
            Err(unfit) => refuse(read, &value.origin, &format!("attributes.custom.{key}"), unfit),
        }
    }
}

fn custom_policies(read: &mut Read<'_>, policy: &mut Policy) {
    for (key, value) in read.free("attributes.custom_policy") {
        let attribute = name(policy, key).and_then(|name| {
            let attribute = Attribute::Custom(name);
            let known = policy.written().any(|known| known == attribute);
            let hint = "name it under [attributes.custom] or [templates.custom] as well";
            known.then_some(attribute).ok_or_else(|| Unfit::new("such an attribute comes from nowhere", hint))
        });
        let words: Vec<&str> = POLICIES.iter().map(|(word, _)| *word).collect();
        let chosen = POLICIES.iter().find(|(word, _)| *word == value.text).map(|(_, policy)| *policy);
        let chosen = chosen.ok_or_else(|| {
            let what = format!("\"{}\" is not possible", printable(&value.text));
            Unfit::new(what, format!("possible: {}", words.join(", ")))
        });
        match attribute.and_then(|attribute| Ok((attribute, chosen?))) {
            Ok((attribute, chosen)) => drop(policy.attributes.insert(attribute, chosen)),
            Err(unfit) => refuse(read, &value.origin, &format!("attributes.custom_policy.{key}"), unfit),
        }
    }
}

fn templates(read: &mut Read<'_>, policy: &mut Policy) {
    for (key, value) in read.free("templates") {
        let parsed = attribute(policy, key).and_then(|attribute| Ok((attribute, template(&value.text)?)));
        match parsed {
            Ok((attribute, template)) => drop(policy.templates.insert(attribute, template)),
            Err(unfit) => refuse(read, &value.origin, &format!("templates.{key}"), unfit),
        }
    }
}

/// The attribute that a template is for.
fn attribute(policy: &Policy, key: &str) -> Result<Attribute, Unfit> {
    if let Some(custom) = key.strip_prefix(CustomName::PREFIX) {
        let name = name(policy, custom)?;
        return match policy.custom.contains_key(&name) {
            true => Err(Unfit::new(
                "the attribute comes from a custom field already",
                "keep it here or under [attributes.custom]; a template reads custom fields, too",
            )),
            false => Ok(Attribute::Custom(name)),
        };
    }
    let composed =
        || Attribute::ALL.into_iter().filter(|a| !matches!(a, Attribute::Email | Attribute::Manager));
    composed().find(|attribute| attribute.as_str() == key).ok_or_else(|| {
        let hint = match nearest(key, composed().map(Attribute::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => format!(
                "possible: {}, and custom attributes under [templates.custom]",
                composed().map(Attribute::as_str).collect::<Vec<_>>().join(", ")
            ),
        };
        Unfit::new("there is no template for this", hint)
    })
}

fn template(text: &str) -> Result<Template, Unfit> {
    Template::parse(text).map_err(|error| match &error {
        InvalidTemplate::Wrong { line, what } => Unfit::new(
            format!("line {line} of the template: {what}"),
            "values stand in {{ … }} and may go through filters, as in {{ last_name|upper }}",
        ),
        InvalidTemplate::UnknownVariable { name } => {
            let hint = match nearest(name, TEMPLATE_VARIABLES.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("possible: {}", TEMPLATE_VARIABLES.join(", ")),
            };
            Unfit::new(error.to_string(), hint)
        }
        _ => Unfit::new(error.to_string(), "remove the line to use Deel's value as it is"),
    })
}

fn groups(read: &mut Read<'_>) -> Vec<GroupRule> {
    let mut rules: BTreeMap<usize, (GroupRule, Origin)> = BTreeMap::new();
    for (key, value) in read.free("groups") {
        let Some((number, field)) = key.split_once('.') else { continue };
        let Ok(number) = number.parse::<usize>() else { continue };
        let (rule, origin) =
            rules.entry(number).or_insert_with(|| (GroupRule::default(), value.origin.clone()));
        if line(&value.origin) < line(origin) {
            *origin = value.origin.clone();
        }
        let text = value.text.trim();
        if text.is_empty() || text.chars().count() > 1024 {
            let unfit = Unfit::new("it has 1 to 1024 characters", "remove the line");
            refuse(read, &value.origin, &format!("{field} of [[groups]]"), unfit);
            continue;
        }
        let text = text.to_owned();
        match field {
            "name" => rule.name = text,
            "department" => rule.department = Some(text),
            "entity" => rule.entity = Some(text),
            "worker_type" => rule.worker_type = Some(text),
            "country" => rule.country = Some(text),
            _ => match GroupId::parse(&text) {
                Ok(id) => rule.id = Some(id),
                Err(error) => {
                    let unfit =
                        Unfit::new(format!("the id {error}"), "JumpCloud shows it in the group's address");
                    refuse(read, &value.origin, "id of [[groups]]", unfit);
                }
            },
        }
    }
    let mut ids: BTreeMap<String, Option<GroupId>> = BTreeMap::new();
    for (rule, origin) in rules.values() {
        let unfit = if rule.name.is_empty() {
            Unfit::new("a group without a name", "name = \"…\", the group's name in JumpCloud, exactly")
        } else if !rule.has_condition() {
            Unfit::new(
                format!(
                    "the group \"{}\" has no condition, and would take in everybody",
                    printable(&rule.name)
                ),
                "give it a department, entity, worker_type or country",
            )
        } else if ids.get(&rule.name).is_some_and(|id| *id != rule.id) {
            Unfit::new(
                format!("the rules of the group \"{}\" have different ids", printable(&rule.name)),
                "one name means one group: give each of its rules the same id",
            )
        } else {
            ids.insert(rule.name.clone(), rule.id.clone());
            continue;
        };
        refuse(read, origin, "[[groups]]", unfit);
    }
    rules.into_values().map(|(rule, _)| rule).collect()
}

fn line(origin: &Origin) -> usize {
    match origin {
        Origin::File { line, .. } => *line,
        _ => 0,
    }
}

fn refuse(read: &mut Read<'_>, origin: &Origin, key: &str, unfit: Unfit) {
    read.problem(origin.clone(), format!("{key}: {}", unfit.what), unfit.hint);
}
