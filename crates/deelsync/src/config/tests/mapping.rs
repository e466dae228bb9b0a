//! What an organization says of its people and their attributes.

use super::*;

#[test]
fn what_an_organization_adds_to_the_mapping_is_read() {
    let text = r#"
[attributes]
manager = "enforce"
[attributes.custom]
shirtSize = "T-shirt size"
[attributes.custom_policy]
shirtSize = "report"
badge = "initial"
[templates]
displayname = "{{ last_name|upper }} {{ first_name }}"
[templates.custom]
badge = "{{ entity }}-{{ custom.Badge }}"
[[groups]]
name = "Engineering"
department = "Engineering"
country = "DE"
[[groups]]
name = "Engineering"
id = "5f0c0f0c0f0c0f0c0f0c0f0c"
worker_type = "eor"
"#;
    let differing = said(&file(text));
    assert!(differing.contains("different ids"), "{differing}");
    let policy = good(&file(&text.replace("id = \"5f0c0f0c0f0c0f0c0f0c0f0c\"\n", ""))).policy;
    let attribute = |name: &str| name.parse::<provisioning::Attribute>().unwrap();
    let of = |name: &str| policy.attribute(attribute(name));
    assert_eq!(of("manager"), provisioning::AttributePolicy::Enforce);
    assert_eq!(of("custom.shirtSize"), provisioning::AttributePolicy::Report);
    assert_eq!(of("custom.badge"), provisioning::AttributePolicy::Initial);
    assert_eq!(of("custom.other"), provisioning::AttributePolicy::Off);
    assert_eq!(
        policy.templates[&attribute("displayname")].as_str(),
        "{{ last_name|upper }} {{ first_name }}"
    );
    assert_eq!(policy.groups.len(), 2);
    assert_eq!(policy.groups[0].country.as_deref(), Some("DE"));
    assert!(policy.validate().is_ok() && policy.reads_custom_fields());
}

#[test]
fn what_cannot_be_added_to_the_mapping_is_named_with_line_and_hint() {
    let text = r#"
[sync]
link_field = "attribute:deelId"
[attributes.custom]
"shirt size" = "T-shirt size"
deelsyncHold = "Hold"
deelid = "Id"
empty = " "
[attributes.custom_policy]
nowhere = "report"
[templates]
displayname = """
{{ last_name }}
{{ frist_name }}"""
jobTitle = "{{ job_title"
costCenter = "{{ team|shout }}"
email = "x"
username = "{{ first_name }}"
[[groups]]
name = "All"
[[groups]]
departement = "x"
[[groups]]
id = "!"
country = "DE"
"#;
    insta::assert_snapshot!(said(&file(text)), @r#"
    deelsync.toml:5: attributes.custom.shirt size: "shirt size" is not possible: a custom attribute's name has 1 to 31 letters and digits
      hint: letters and digits, under 32, and not beginning with deelsync
    deelsync.toml:6: attributes.custom.deelsyncHold: "deelsyncHold" is not possible: custom attributes whose names begin with deelsync are this program's own
      hint: letters and digits, under 32, and not beginning with deelsync
    deelsync.toml:7: attributes.custom.deelid: deelid holds the link (sync.link_field)
      hint: take another name
    deelsync.toml:8: attributes.custom.empty: no custom field is named
      hint: the field's name in Deel, exactly
    deelsync.toml:10: attributes.custom_policy.nowhere: such an attribute comes from nowhere
      hint: name it under [attributes.custom] or [templates.custom] as well
    deelsync.toml:12: templates.displayname: there is no variable frist_name
      hint: did you mean first_name?
    deelsync.toml:15: templates.jobTitle: line 1 of the template: syntax error: unexpected end of input, expected end of variable block
      hint: values stand in {{ … }} and may go through filters, as in {{ last_name|upper }}
    deelsync.toml:16: templates.costCenter: line 1 of the template: unknown filter: filter shout is unknown
      hint: values stand in {{ … }} and may go through filters, as in {{ last_name|upper }}
    deelsync.toml:17: templates.email: there is no template for this
      hint: possible: firstname, lastname, displayname, jobTitle, department, location, costCenter, employeeType, company, and custom attributes under [templates.custom]
    deelsync.toml:18: templates.username: there is no template for this
      hint: possible: firstname, lastname, displayname, jobTitle, department, location, costCenter, employeeType, company, and custom attributes under [templates.custom]
    deelsync.toml:20: [[groups]]: the group "All" has no condition, and would take in everybody
      hint: give it a department, entity, worker_type or country
    deelsync.toml:22: departement is not a setting of [[groups]]
      hint: did you mean department?
    deelsync.toml:24: id of [[groups]]: the id contains a character that such an id never has
      hint: JumpCloud shows it in the group's address
    deelsync.toml:24: [[groups]]: a group without a name
      hint: name = "…", the group's name in JumpCloud, exactly
    "#);
    insta::assert_snapshot!(said(&file("[groups]\nname = \"x\"\n")), @r"
    deelsync.toml:1: groups is a list of sections
      hint: write [[groups]] on a line of its own, once for each
    ");
}

#[test]
fn who_is_kept_in_step_is_read_from_lists() {
    let text = "\
[sync]
grace_days = 14
excluded_accounts = [\"svc.build\", \"5f0c0f0c0f0c0f0c0f0c0f0c\"]
[sync.scope]
worker_types = [\"direct_employee\", \"eor\"]
entities = [\"Nimbus, Inc.\"]
countries = [\"DE\", \"at\"]
[limits.attribute]
count = 7
";
    let config = good(&file(text));
    let policy = &config.policy;
    assert_eq!((policy.grace_days, policy.excluded_accounts.len()), (14, 2));
    assert!(policy.scope.entities.contains("Nimbus, Inc."), "a comma is part of the name");
    assert_eq!((policy.scope.worker_types.len(), policy.scope.countries.len()), (2, 2));
    assert!(policy.scope.departments.is_empty());
    assert_eq!((config.limits.attribute.count, config.limits.attribute.percent), (7, 10.0));
    let told = said(&file("[sync]\ngrace_days = 91\n[sync.scope]\ncountries = [\"Germany\"]\n"));
    assert!(
        told.contains("sync.grace_days: 91 is out of range") && told.contains("is not a country"),
        "{told}"
    );
    let env =
        Sources { env: env(&[("DEELSYNC_SYNC_SCOPE_DEPARTMENTS", "Sales,Legal")]), ..Sources::default() };
    assert_eq!(good(&env).policy.scope.departments.len(), 2);
}

#[test]
fn names_that_the_configuration_says_nothing_of_are_left_on_adopted_accounts() {
    use provisioning::{Attribute, AttributePolicy};
    let policy = good(&Sources::default()).policy;
    assert_eq!(policy.attribute_of(Attribute::Firstname, true), AttributePolicy::Report);
    assert_eq!(policy.attribute_of(Attribute::JobTitle, true), AttributePolicy::Enforce);
    let policy = good(&file("[attributes]\nfirstname = \"enforce\"\n")).policy;
    assert_eq!(policy.attribute_of(Attribute::Firstname, true), AttributePolicy::Enforce);
}
