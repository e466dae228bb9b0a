//! Which value wins, how it is written, and where secrets come from.

use super::*;

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
fn toml_times_and_lists_are_understood() {
    let config = good(&file("[sync]\nnightly_at = 03:30\nexcluded = [\"abc\", \"def\"]\n"));
    assert_eq!(config.nightly.map(|nightly| nightly.at), Some(jiff::civil::time(3, 30, 0, 0)));
    assert_eq!(config.excluded.len(), 2);
    assert!(good(&file("[sync]\nnightly_at = \"off\"\n")).nightly.is_none());
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
