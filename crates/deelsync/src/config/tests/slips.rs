//! What a wrong configuration is told.

use super::*;

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
fn a_variable_that_is_set_but_empty_is_unset() {
    let sources = Sources { env: env(&[("JUMPCLOUD_ORG_ID", ""), ("REDIS_URL", " ")]), ..Sources::default() };
    let config = good(&sources);
    assert!(config.jumpcloud.organization.is_none() && config.redis.url.is_none());
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
fn the_webhooks_settings_are_checked() {
    let text = "\
[webhook]
url = \"http://deelsync.example.com/webhooks/deel\"
check_every = \"2d\"
silence_hours = 0
";
    insta::assert_snapshot!(said(&file(text)), @r#"
    deelsync.toml:2: webhook.url: "http://deelsync.example.com/webhooks/deel" would carry webhooks in the clear
      hint: the public address of this program, for example https://deelsync.example.com/webhooks/deel
    deelsync.toml:3: webhook.check_every: "2d" is not possible
      hint: 1s to 1d, for example 5m or 1h; or off
    deelsync.toml:4: webhook.silence_hours: 0 is out of range
      hint: a number from 0.001 to 8760
    "#);
    let text = "\
[webhook]
url = \"https://deelsync.example.com/webhooks/deel\"
check_every = \"off\"
reenable = false
silence_hours = \"off\"
";
    let webhook = good(&file(text)).webhook;
    assert_eq!((webhook.check_every, webhook.reenable, webhook.silence), (None, false, None));
}
