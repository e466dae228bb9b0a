//! What a wrong configuration is told, and which value wins.

use super::*;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;

fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn file(text: &str) -> Sources {
    Sources { file: Some(("deelsync.toml".to_owned(), text.to_owned())), ..Sources::default() }
}

fn said(sources: &Sources) -> String {
    let loaded = load(sources);
    assert_eq!(loaded.config.is_none(), !loaded.problems.is_empty());
    loaded.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn good(sources: &Sources) -> Config {
    let loaded = load(sources);
    loaded.config.unwrap_or_else(|| panic!("{}", said(sources)))
}

#[test]
fn nothing_at_all_is_a_configuration() {
    let config = good(&Sources::default());
    assert_eq!(config.mode, reconciler::Mode::Observe);
    assert_eq!(config.deel.base_url, "https://api.letsdeel.com/rest/v2");
    assert_eq!(config.deel.rate, Rate::PerSecond(5.0));
    assert_eq!(config.jumpcloud.base_url, "https://console.jumpcloud.com/api");
    assert_eq!(config.jumpcloud.rate, Rate::PerSecond(20.0));
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(
        config.server.admin_listen.map(|address| address.to_string()).as_deref(),
        Some("127.0.0.1:8081")
    );
    assert!(config.redis.url.is_none() && config.deel.token.is_none());
    assert!(config.nightly.is_some());
}

#[test]
fn the_defaults_are_the_planners() {
    let config = good(&Sources::default());
    let policy = provisioning::Policy::default();
    for attribute in provisioning::Attribute::ALL {
        assert_eq!(config.policy.attribute(attribute), policy.attribute(attribute));
    }
    let attributes = BTreeMap::new();
    assert_eq!(provisioning::Policy { attributes, ..config.policy }, policy);
    assert_eq!(config.limits, provisioning::Limits::default());
}

#[test]
fn the_example_is_a_configuration_and_changes_nothing() {
    let text = example();
    assert_eq!(said(&file(&text)), "");
    let strip = |sources: &Sources| format!("{:?}", good(sources));
    assert_eq!(strip(&file(&text)), strip(&Sources::default()));
}

#[test]
fn the_example_still_passes_with_every_line_switched_on() {
    let text: String = example()
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) => {
                format!("{rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let sources = Sources { env: env(&[("JUMPCLOUD_CLIENT_SECRET", "s")]), ..file(&text) };
    let config = good(&sources);
    assert!(config.redis.url.is_some() && config.policy.organization_zone.is_some());
}

#[test]
fn unknown_keys_are_named_with_line_and_hint() {
    let text = "\
mode = \"enforce\"
[sync]
mod = \"enforce\"
usernamemax = 20
[jumpclod]
region = \"eu\"
[attributes]
displayName = \"enforce\"
[limits]
suspension = 3
";
    insta::assert_snapshot!(said(&file(text)), @r"
    deelsync.toml:1: mode is not a setting
      hint: did you mean sync.mode?
    deelsync.toml:3: sync.mod is not a setting
      hint: did you mean sync.mode?
    deelsync.toml:4: sync.usernamemax is not a setting
      hint: did you mean sync.username_max?
    deelsync.toml:5: jumpclod is not a setting
      hint: did you mean jumpcloud?
    deelsync.toml:8: attributes.displayName is not a setting
      hint: did you mean attributes.displayname?
    deelsync.toml:10: limits.suspension is a section, not a value
      hint: write [limits.suspension] on a line of its own
    ");
}

#[test]
fn wrong_values_are_named_with_line_and_hint() {
    let text = "\
[deel]
base_url = \"http://api.letsdeel.com/rest/v2\"
rate_per_second = \"off\"
[jumpcloud]
region = \"uk\"
oauth_url = \"https://user:hunter2@example.com/token\"
[redis]
prefix = \"a b\"
url = \"redis://:hunter2@localhost:6379\"
[server]
listen = \"localhost:8080\"
[sync]
mode = \"enforced\"
username_max = 100
organization_zone = \"Berlin\"
nightly_at = \"25:00\"
every = \"5 minutes\"
link_field = \"attribute:deelsync\"
excluded = [\"no such id!\"]
create_state = true
[sync.worker_type_names]
eor = \"\"
[attributes]
email = \"sometimes\"
[limits.suspension]
count = \"3\"
percent = 101
[limits.link]
count = 0
percent = 0.0
[log]
filter = \"lots=of=it\"
";
    insta::assert_snapshot!(said(&file(text)), @r#"
    deelsync.toml:2: deel.base_url: "http://api.letsdeel.com/rest/v2" would send credentials in the clear
      hint: use https; http is possible only on loopback (127.0.0.1, ::1, localhost)
    deelsync.toml:3: deel.rate_per_second may be off only for an address on loopback
      hint: the vendors enforce their limits; give a number of requests per second
    deelsync.toml:5: jumpcloud.region: "uk" is not possible
      hint: did you mean "us"? Possible: us, eu, in
    deelsync.toml:6: jumpcloud.oauth_url: "https://********@example.com/token" holds a user or password
      hint: credentials have variables of their own; see `deelsync config example`
    deelsync.toml:8: redis.prefix: "a b" is not possible
      hint: 1 to 64 letters, digits, - and _
    deelsync.toml:9: redis.url holds a password, and secrets do not belong in a file or flag
      hint: remove it here, and set REDIS_URL in the environment, or REDIS_URL_FILE to the path of a file that holds it
    deelsync.toml:11: server.listen: "localhost:8080" is not an address to listen on
      hint: write 127.0.0.1:8080
    deelsync.toml:13: sync.mode: "enforced" is not possible
      hint: did you mean "enforce"? Possible: observe, enforce
    deelsync.toml:14: sync.username_max: 100 is out of range
      hint: a number from 8 to 64
    deelsync.toml:15: sync.organization_zone: "Berlin" is not a time zone
      hint: an IANA name such as Europe/Berlin, America/New_York or UTC
    deelsync.toml:16: sync.nightly_at: "25:00" is not a time of day
      hint: HH:MM, for example 02:00, or off
    deelsync.toml:17: sync.every: "5 minutes" is out of range
      hint: 15m to 7d, for example 30m, 4h or 1d; or off
    deelsync.toml:18: sync.link_field: the attribute deelsync is one of ours: marks of suspensions, manual holds and adoptions
      hint: take another name, for example attribute:deelid
    deelsync.toml:19: sync.excluded: "no such id!" is not a Deel profile id
      hint: letters, digits, - and _, as in the address of the person's page in Deel
    deelsync.toml:20: sync.create_state must be text in quotes
      hint: for example: create_state = "staged"
    deelsync.toml:22: sync.worker_type_names.eor: the name has 1 to 1024 characters
      hint: remove the line to keep Deel's spelling
    deelsync.toml:24: attributes.email: "sometimes" is not possible
      hint: possible: enforce, enforce-and-clear, initial, report, off
    deelsync.toml:26: limits.suspension.count must be a whole number without quotes
      hint: for example: count = 3
    deelsync.toml:27: limits.suspension.percent: 101 is out of range
      hint: a number from 0 to 100
    deelsync.toml:29: limits.link: count = 0 with percent = 0 holds every change of this kind, for ever
      hint: write count = 1, or remove both lines of [limits.link]
    deelsync.toml:32: log.filter: "lots=of=it" is not a log filter
      hint: a level (error, warn, info, debug, trace), or directives such as info,queue=debug
    "#);
}

#[test]
fn secrets_are_refused_in_the_file_and_never_repeated() {
    let text = "[deel]\napi_token = \"hunter2\"\nDEEL_SIGNING_KEYS = \"hunter2\"\n[jumpcloud]\napi_key = \"hunter2\"\n";
    let said = said(&file(text));
    assert!(!said.contains("hunter2"));
    insta::assert_snapshot!(said, @r"
    deelsync.toml:2: deel.api_token is a secret, and secrets do not belong in this file
      hint: remove it here, and set DEEL_API_TOKEN in the environment, or DEEL_API_TOKEN_FILE to the path of a file that holds it; what stood here should be replaced by a new one
    deelsync.toml:3: deel.DEEL_SIGNING_KEYS is a secret, and secrets do not belong in this file
      hint: remove it here, and set DEEL_SIGNING_KEYS in the environment, or DEEL_SIGNING_KEYS_FILE to the path of a file that holds it; what stood here should be replaced by a new one
    deelsync.toml:5: jumpcloud.api_key is a secret, and secrets do not belong in this file
      hint: remove it here, and set JUMPCLOUD_API_KEY in the environment, or JUMPCLOUD_API_KEY_FILE to the path of a file that holds it; what stood here should be replaced by a new one
    ");
}

#[test]
fn what_is_not_toml_is_said_with_its_line() {
    let said = said(&file("[sync]\nmode = enforce\n"));
    assert!(said.starts_with("deelsync.toml:2: not TOML: "), "{said}");
    assert!(said.contains("key = \"value\""), "{said}");
}

#[test]
fn flags_override_the_environment_and_the_environment_the_file() {
    let mut sources = file("[sync]\nmode = \"observe\"\nnames = \"preferred\"\nusername_max = 20\n");
    assert_eq!(good(&sources).policy.username_max, 20);
    sources.env = env(&[("DEELSYNC_MODE", "enforce"), ("DEELSYNC_SYNC_USERNAME_MAX", "25")]);
    let config = good(&sources);
    assert_eq!((config.mode, config.policy.username_max), (reconciler::Mode::Enforce, 25));
    sources.flags =
        vec![("sync.username_max".to_owned(), "26".to_owned(), "--set sync.username_max".to_owned())];
    assert_eq!(good(&sources).policy.username_max, 26);
    assert_eq!(good(&sources).policy.names, provisioning::Names::Preferred);
    let origin =
        |key: &str| load(&sources).shown.into_iter().find(|shown| shown.key == key).map(|shown| shown.origin);
    assert_eq!(origin("sync.username_max").as_deref(), Some("--set sync.username_max"));
    assert_eq!(origin("sync.mode").as_deref(), Some("DEELSYNC_MODE"));
    assert_eq!(origin("sync.names").as_deref(), Some("deelsync.toml:3"));
    assert_eq!(origin("sync.adopt").as_deref(), Some("default"));
}

#[test]
fn a_variable_that_is_set_but_empty_is_unset() {
    let sources = Sources { env: env(&[("JUMPCLOUD_ORG_ID", ""), ("REDIS_URL", " ")]), ..Sources::default() };
    let config = good(&sources);
    assert!(config.jumpcloud.organization.is_none() && config.redis.url.is_none());
}

#[test]
fn the_region_picks_both_addresses_and_each_can_be_set() {
    let at = |pairs: &[(&str, &str)]| {
        let mut all = env(pairs);
        all.extend(env(&[("JUMPCLOUD_CLIENT_ID", "id"), ("JUMPCLOUD_CLIENT_SECRET", "s")]));
        let config = good(&Sources { env: all, ..Sources::default() });
        assert!(matches!(config.jumpcloud.credentials, Some(JumpCloudCredentials::ServiceAccount { .. })));
        (config.jumpcloud.base_url, config.jumpcloud.oauth_url)
    };
    let (api, oauth) = at(&[("JUMPCLOUD_REGION", "eu")]);
    assert_eq!(api, "https://console.eu.jumpcloud.com/api");
    assert_eq!(oauth, "https://admin-oauth.id.eu.jumpcloud.com/oauth2/token");
    let (api, oauth) = at(&[("JUMPCLOUD_REGION", "in"), ("JUMPCLOUD_BASE_URL", "http://127.0.0.1:9/api/")]);
    assert_eq!(api, "http://127.0.0.1:9/api");
    assert_eq!(oauth, "https://admin-oauth.id.in.jumpcloud.com/oauth2/token");
}

#[test]
fn no_limit_is_possible_on_loopback() {
    let sources = Sources {
        env: env(&[("DEEL_BASE_URL", "http://localhost:1/rest/v2"), ("DEEL_RATE_LIMIT", "off")]),
        ..Sources::default()
    };
    assert_eq!(good(&sources).deel.rate, Rate::Off);
}

#[test]
fn one_way_to_identify_to_jumpcloud() {
    let with = |pairs: &[(&str, &str)]| said(&Sources { env: env(pairs), ..Sources::default() });
    insta::assert_snapshot!(
        with(&[("JUMPCLOUD_API_KEY", "k"), ("JUMPCLOUD_CLIENT_ID", "i"), ("JUMPCLOUD_CLIENT_SECRET", "s")]),
        @r"
    JUMPCLOUD_API_KEY: an API key and a service account are both set
      hint: keep JUMPCLOUD_API_KEY, or JUMPCLOUD_CLIENT_ID with JUMPCLOUD_CLIENT_SECRET
    "
    );
    insta::assert_snapshot!(with(&[("JUMPCLOUD_CLIENT_ID", "i")]), @r"
    JUMPCLOUD_CLIENT_ID: the service account has no secret
      hint: set JUMPCLOUD_CLIENT_SECRET, or JUMPCLOUD_CLIENT_SECRET_FILE
    ");
}

#[test]
fn a_secret_can_come_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    std::fs::write(&path, "hunter2\n").unwrap();
    let path = path.display().to_string();
    let sources = Sources { env: env(&[("DEEL_API_TOKEN_FILE", &path)]), ..Sources::default() };
    let token = good(&sources).deel.token.unwrap();
    assert_eq!(token.expose_secret(), "hunter2");
    std::fs::write(&path, "redis://:hunter2@localhost:6379").unwrap();
    let sources = Sources { env: env(&[("REDIS_URL_FILE", &path)]), ..Sources::default() };
    assert!(good(&sources).redis.url.is_some());

    let both = Sources {
        env: env(&[("DEEL_API_TOKEN", "x"), ("DEEL_API_TOKEN_FILE", &path)]),
        ..Sources::default()
    };
    assert!(said(&both).starts_with("DEEL_API_TOKEN: DEEL_API_TOKEN and DEEL_API_TOKEN_FILE are both set"));
    let gone = Sources { env: env(&[("DEEL_API_TOKEN_FILE", "/nowhere/token")]), ..Sources::default() };
    assert!(said(&gone).starts_with("DEEL_API_TOKEN_FILE: the file /nowhere/token cannot be read"));
}

#[test]
fn secrets_are_masked_wherever_a_configuration_is_printed() {
    let sources = Sources {
        env: env(&[
            ("DEEL_API_TOKEN", "hunter2"),
            ("DEEL_SIGNING_KEYS", "hunter2"),
            ("JUMPCLOUD_API_KEY", "hunter2"),
            ("REDIS_URL", "rediss://user:hunter2@redis.internal:6379/0"),
        ]),
        ..Sources::default()
    };
    let loaded = load(&sources);
    let all = format!("{:?} {:?}", loaded, serde_json::to_string(&loaded.shown).unwrap());
    assert!(!all.contains("hunter2"), "{all}");
    let shown =
        |key: &str| loaded.shown.iter().find(|shown| shown.key == key).and_then(|shown| shown.value.clone());
    assert_eq!(shown("redis.url").as_deref(), Some("rediss://********@redis.internal:6379/0"));
    assert_eq!(shown("DEEL_API_TOKEN").as_deref(), Some("********"));
    assert_eq!(shown("JUMPCLOUD_CLIENT_SECRET"), None);
}

#[test]
fn a_slip_in_a_variable_is_a_warning() {
    let sources = Sources {
        env: env(&[("DEELSYNC_MOED", "enforce"), ("DEELSYNC_TEST_REDIS", "x")]),
        ..Sources::default()
    };
    let warnings: Vec<String> = load(&sources).warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"), @r"
    DEELSYNC_MOED: DEELSYNC_MOED is not a variable of deelsync, and ignored
      hint: did you mean DEELSYNC_MODE?
    ");
}

#[test]
fn toml_times_and_lists_are_understood() {
    let config = good(&file("[sync]\nnightly_at = 03:30\nexcluded = [\"abc\", \"def\"]\n"));
    assert_eq!(config.nightly.map(|nightly| nightly.at), Some(jiff::civil::time(3, 30, 0, 0)));
    assert_eq!(config.excluded.len(), 2);
    assert!(good(&file("[sync]\nnightly_at = \"off\"\n")).nightly.is_none());
}

#[test]
fn an_interval_is_optional_and_bounded() {
    let every = |text: &str| good(&file(&format!("[sync]\nevery = \"{text}\"\n"))).every;
    assert_eq!(good(&Sources::default()).every, None);
    assert_eq!(every("off"), None);
    assert_eq!(every("4h").map(|every| every.as_secs()), Some(14_400));
    assert_eq!(every("15m").map(|every| every.as_secs()), Some(900));
    assert_eq!(every("1d 12h").map(|every| every.as_secs()), Some(129_600));
    for text in ["14m", "8d", "-4h", "often", "1 month"] {
        let said = said(&file(&format!("[sync]\nevery = \"{text}\"\n")));
        assert!(said.contains("15m to 7d"), "{text}: {said}");
    }
}

#[test]
fn a_part_of_a_list_may_hold_a_comma_in_the_file() {
    let config = good(&file("[sync]\nexcluded = [\"abc\", \"def\"]\n"));
    assert_eq!(config.excluded.len(), 2);
    let env = Sources { env: env(&[("DEELSYNC_SYNC_EXCLUDED", "abc, def,")]), ..Sources::default() };
    assert_eq!(good(&env).excluded, config.excluded);
    let shown = load(&file("[sync]\nexcluded = [\"abc\", \"def\"]\n")).shown;
    let shown = shown.into_iter().find(|shown| shown.key == "sync.excluded").and_then(|shown| shown.value);
    assert_eq!(shown.as_deref(), Some("abc, def"));
}

#[test]
fn a_bad_value_of_the_file_is_known_although_it_is_overridden() {
    let mut sources = file("[sync]\nmode = \"enforec\"\nnightly_at = \"04:00\"\n");
    sources.env = env(&[("DEELSYNC_MODE", "enforce"), ("DEELSYNC_SYNC_NIGHTLY_AT", "05:00")]);
    let loaded = load(&sources);
    assert!(loaded.problems.is_empty() && loaded.config.is_some());
    let told: Vec<String> = loaded.overridden.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("deelsync.toml:2: sync.mode: \"enforec\" is not possible"), "{told:?}");
}

#[test]
fn no_zone_for_the_night_is_utc_and_known_as_such() {
    let nightly = good(&Sources::default()).nightly.unwrap();
    assert!(!nightly.zone_is_set && nightly.zone == jiff::tz::TimeZone::UTC);
    let nightly = good(&file("[sync]\nnightly_zone = \"UTC\"\n")).nightly.unwrap();
    assert!(nightly.zone_is_set);
}

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
