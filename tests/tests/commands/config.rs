//! `config example|check|show`, and what every command has in common.

use e2e::{World, somebody};

#[tokio::test]
async fn the_example_is_a_configuration_and_shows_as_one() {
    let mut world = World::empty().await;
    let example = world.cli(&["config", "example"]).await.expect_code(0).stdout;
    assert!(example.contains("organization_zone") && example.contains("# "), "{example}");
    world.settings.file(&example);
    let checked = world.json(&["config", "check"], 0).await;
    assert_eq!(checked["ok"], true, "{checked:#}");
    assert!(checked["file"].as_str().is_some_and(|file| file.ends_with("deelsync.toml")), "{checked}");
    let shown = world.cli(&["config", "show"]).await.expect_code(0).stdout;
    assert!(shown.contains("sync.mode") && shown.contains("DEELSYNC_MODE"), "{shown}");
}

#[tokio::test]
async fn the_environment_overrides_the_file_and_a_flag_both() {
    let mut world = World::empty().await;
    world.settings.unset("DEELSYNC_MODE").file("[sync]\nmode = \"enforce\"\nusername_max = 20\n");
    let from = async |world: &World, arguments: &[&str], key: &str| {
        let shown = world.json(&[&["config", "show"], arguments].concat(), 0).await;
        let settings = shown["settings"].as_array().expect("settings").clone();
        let one = settings.into_iter().find(|setting| setting["key"] == key).expect("the setting");
        [one["value"].as_str().unwrap_or_default(), one["origin"].as_str().unwrap_or_default()].join(" from ")
    };
    let file = from(&world, &[], "sync.mode").await;
    assert!(file.starts_with("enforce from ") && file.ends_with("deelsync.toml:2"), "{file}");
    world.settings.set("DEELSYNC_MODE", "observe");
    assert_eq!(from(&world, &[], "sync.mode").await, "observe from DEELSYNC_MODE");
    let flagged = from(&world, &["--set", "sync.mode=enforce"], "sync.mode").await;
    assert!(flagged.starts_with("enforce from --set"), "{flagged}");
}

#[tokio::test]
async fn what_the_environment_overrides_in_the_file_is_checked_too() {
    let mut world = World::empty().await;
    world.settings.file("[sync]\nmode = \"enforec\"\n[limits.creation]\ncount = 0\npercent = 0\n");
    world.settings.set("DEELSYNC_LIMITS_CREATION_COUNT", "7");
    let checked = world.json(&["config", "check"], 1).await;
    let errors = checked["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 2, "{checked:#}");
    assert!(
        errors[0]["where"].as_str().is_some_and(|place| place.ends_with("deelsync.toml:2")),
        "{checked:#}"
    );
    assert!(
        errors[1]["message"].as_str().is_some_and(|text| text.contains("holds every change")),
        "{checked:#}"
    );
    // Without effect, so everything else goes on.
    let status = world.cli(&["queue", "status"]).await.expect_code(0);
    assert!(!status.stderr.contains("enforec"), "{}", status.stderr);
}

#[tokio::test]
async fn the_token_of_the_operator_api_is_a_variable_like_others() {
    let mut world = World::empty().await;
    world.settings.set("DEELSYNC_ADMIN_TOKEN", "0123456789abcdef0123456789abcdef");
    let checked = world.json(&["config", "check"], 0).await;
    assert_eq!(checked["warnings"], serde_json::json!([]), "{checked:#}");
    let shown = world.cli(&["config", "show"]).await.expect_code(0).stdout;
    assert!(!shown.contains("0123456789abcdef"), "{shown}");
    // A short one is a warning of `check`, and no reason to refuse every command.
    world.settings.set("DEELSYNC_ADMIN_TOKEN", "short");
    let listed = world.cli(&["holds", "list"]).await.expect_code(0);
    assert!(!listed.stderr.contains("TOKEN"), "{}", listed.stderr);
    let checked = world.cli(&["check"]).await;
    assert!(checked.stdout.contains("DEELSYNC_ADMIN_TOKEN is short"), "{}", checked.stdout);
    assert!(!checked.stdout.contains("\"short\""), "{}", checked.stdout);
    world.settings.set("DEELSYNC_ADMIN_TOKEN", "two\nlines");
    let refused = world.cli(&["run"]).await.expect_code(1);
    assert!(refused.stderr.contains("cannot be sent in a header"), "{}", refused.stderr);
}

#[tokio::test]
async fn an_error_has_its_line_and_a_hint_and_no_command_runs() {
    let mut world = World::empty().await;
    world.settings.unset("DEELSYNC_MODE").file("[sync]\nmode = \"enforec\"\nusername_maxx = 20\n");
    let checked = world.json(&["config", "check"], 1).await;
    let errors = checked["errors"].as_array().expect("errors");
    let places: Vec<&str> = errors.iter().filter_map(|error| error["where"].as_str()).collect();
    assert_eq!(places.len(), 2, "{checked:#}");
    assert!(places.iter().any(|place| place.ends_with("deelsync.toml:2")), "{places:?}");
    assert!(places.iter().any(|place| place.ends_with("deelsync.toml:3")), "{places:?}");
    let hints: String = errors.iter().filter_map(|error| error["hint"].as_str()).collect();
    assert!(hints.contains("username_max"), "{hints}");
    for command in [&["queue", "status"][..], &["run"], &["plan", "--person", "x"]] {
        let refused = world.cli(command).await.expect_code(1);
        assert!(refused.stderr.contains("deelsync.toml:2"), "{}", refused.stderr);
        assert_eq!(refused.stdout, "");
    }
}

#[tokio::test]
async fn secrets_never_show() {
    let mut world = World::empty().await;
    let file = world.settings.folder().join("key");
    std::fs::write(&file, "key-from-a-file\n").expect("the file can be written");
    world
        .settings
        .set("DEEL_API_TOKEN", "token-in-the-open")
        .set("DEEL_SIGNING_KEYS", "signing-in-the-open")
        .unset("JUMPCLOUD_API_KEY")
        .set("JUMPCLOUD_API_KEY_FILE", &file.display().to_string())
        .set("REDIS_URL", "redis://user:password-in-the-open@127.0.0.1:1/0");
    for command in [&["config", "show"][..], &["config", "show", "--format", "json"], &["config", "check"]] {
        let shown = world.cli(command).await.expect_code(0);
        let all = shown.stdout + &shown.stderr;
        assert!(!all.contains("in-the-open") && !all.contains("key-from-a-file"), "{all}");
    }
    let shown = world.cli(&["config", "show"]).await.stdout;
    assert!(shown.contains("********") && shown.contains("JUMPCLOUD_API_KEY_FILE"), "{shown}");
}

#[tokio::test]
async fn wrong_usage_exits_64_and_says_so_on_stderr() {
    let world = World::empty().await;
    for wrong in [
        &["nonsense"][..],
        &[],
        &["plan", "--person"],
        &["plan", "--person", "someone", "--out", "file"],
        &["plan", "--force"],
        &["apply"],
        &["sync", "--person", "someone", "--no-wait"],
        &["runs", "show"],
        &["suspend", "someone"],
        &["suspend", "someone", "--reason", "  "],
        &["holds"],
        &["holds", "approve"],
        &["queue", "list", "asleep"],
        &["sync", "--format", "yaml"],
        &["why", "someone", "--limit", "0"],
        &["run", "--no-such-flag"],
        &["webhook"],
        &["webhook", "register", "--show-key", "--key-file", "key"],
    ] {
        let refused = world.cli(wrong).await.expect_code(64);
        assert_eq!(refused.stdout, "", "{wrong:?}");
        assert!(refused.stderr.contains("Usage") || refused.stderr.contains("--help"), "{}", refused.stderr);
    }
    let help = world.cli(&["--help"]).await.expect_code(0);
    for command in [
        "run",
        "serve",
        "work",
        "check",
        "plan",
        "apply",
        "sync",
        "runs",
        "suspend",
        "pause",
        "resume",
        "holds",
        "queue",
        "why",
        "config",
        "webhook",
        "disconnect",
    ] {
        assert!(
            help.stdout.lines().any(|line| line.trim_start().starts_with(command)),
            "{command}:\n{}",
            help.stdout
        );
    }
}

#[tokio::test]
async fn logs_are_on_stderr_and_stdout_is_one_document() {
    let mut world = World::empty().await;
    world.settings.set("DEELSYNC_LOG", "debug");
    let person = world.hired_silently(somebody("Loud", "Talker")).await;
    for (command, code) in [
        (&["plan", "--person", &person][..], 2),
        (&["sync", "--person", &person], 0),
        (&["why", &person], 0),
        (&["holds", "list"], 0),
        (&["queue", "status"], 0),
        (&["queue", "list", "dead"], 0),
        (&["check"], 0),
        (&["plan"], 0),
        (&["sync"], 0),
        (&["runs"], 0),
        (&["sync", "--no-wait"], 0),
        (&["queue", "show", "reconcile"], 0),
        (&["config", "show"], 0),
        (&["webhook", "status"], 0),
        (&["webhook", "register", "--url", &world.settings.webhook_url()], 0),
    ] {
        // `json` insists that stdout is one document and nothing else.
        world.json(command, code).await;
    }
    let loud = world.cli(&["sync", "--person", &person, "--format", "json"]).await.expect_code(0);
    let lines: Vec<&str> = loud.stderr.lines().filter(|line| line.starts_with('{')).collect();
    assert!(!lines.is_empty(), "debug logs are there: {}", loud.stderr);
    for line in lines {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}
