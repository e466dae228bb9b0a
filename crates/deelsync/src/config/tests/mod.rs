//! What a configuration comes to: its defaults and what each setting does.

mod mapping;
mod slips;
mod sources;

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
fn no_zone_for_the_night_is_utc_and_known_as_such() {
    let nightly = good(&Sources::default()).nightly.unwrap();
    assert!(!nightly.zone_is_set && nightly.zone == jiff::tz::TimeZone::UTC);
    let nightly = good(&file("[sync]\nnightly_zone = \"UTC\"\n")).nightly.unwrap();
    assert!(nightly.zone_is_set);
}
