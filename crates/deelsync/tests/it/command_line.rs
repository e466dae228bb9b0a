//! Usage, exit codes, and commands that need no vendor.

use crate::support::Place;

#[test]
fn wrong_usage_exits_64_and_help_0() {
    let place = Place::new();
    for wrong in [
        &[][..],
        &["nonsense"],
        &["plan", "--person"],
        &["apply"],
        &["suspend", "x"],
        &["run", "--nonsense"],
        &["queue", "list", "odd"],
    ] {
        let output = place.run(wrong).expect(64);
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
    let help = place.run(&["--help"]).expect(0);
    for command in [
        "run", "serve", "work", "check", "plan", "apply", "sync", "runs", "suspend", "activate", "undo",
        "pause", "resume", "holds", "why", "queue", "config",
    ] {
        assert!(help.stdout.contains(&format!("\n  {command}")), "{command}:\n{}", help.stdout);
    }
    place.run(&["--version"]).expect(0);
}

#[test]
fn the_example_passes_the_check_and_a_slip_does_not() {
    let place = Place::new();
    place.file(&place.run(&["config", "example"]).expect(0).stdout);
    let checked = place.run(&["config", "check"]).expect(0);
    assert!(checked.stdout.contains("deelsync.toml and the environment: no errors"), "{}", checked.stdout);
    place.file("[sync]\nmood = \"enforce\"\nnames = \"perferred\"\n");
    let checked = place.run(&["config", "check"]).expect(1);
    insta::assert_snapshot!(
        checked.stdout.lines().filter(|line| !line.starts_with("warning")).collect::<Vec<_>>().join("\n"),
        @r#"
    deelsync.toml:2: sync.mood is not a setting
      hint: did you mean sync.mode?
    deelsync.toml:3: sync.names: "perferred" is not possible
      hint: did you mean "preferred"? Possible: legal, preferred
    deelsync.toml and the environment: 2 errors
    "#
    );
    place.file("[sync]\nexcluded = [\"a\"\n");
    let unclosed = place.run(&["config", "check"]).expect(1);
    assert!(unclosed.stdout.contains("a list is in brackets"), "{}", unclosed.stdout);
    place.file("[sync]\nmode = enforce\n");
    let unquoted = place.run(&["config", "check"]).expect(1);
    assert!(unquoted.stdout.contains("text values need quotes"), "{}", unquoted.stdout);
    place.file("[sync]\nmood = \"enforce\"\nnames = \"perferred\"\n");
    let json = place.run(&["config", "check", "--format", "json"]).expect(1).json();
    assert_eq!(json["errors"][0]["where"], "deelsync.toml:2");
    // No command runs on a configuration with errors.
    let refused = place.run(&["queue", "status"]).expect(1);
    assert!(refused.stderr.contains("sync.mood is not a setting"), "{}", refused.stderr);
}

#[test]
fn the_effective_configuration_masks_secrets_and_names_origins() {
    let mut place = Place::complete();
    place.set("DEEL_API_TOKEN", "hunter2").set("REDIS_URL", "redis://:hunter2@localhost:1/0");
    place.file("[sync]\nusername_max = 20\n");
    let shown = place.run(&["config", "show", "--set", "sync.mode=enforce", "--format", "json"]).expect(0);
    assert!(!shown.stdout.contains("hunter2") && !shown.stderr.contains("hunter2"));
    let json = shown.json();
    let find = |key: &str| {
        let all = json["settings"].as_array().unwrap();
        all.iter().find(|one| one["key"] == key).unwrap_or_else(|| panic!("{key}")).clone()
    };
    assert_eq!(find("sync.username_max")["origin"], "deelsync.toml:2");
    assert_eq!(find("sync.mode")["origin"], "--set sync.mode");
    assert_eq!(find("DEEL_API_TOKEN")["value"], "********");
    assert_eq!(find("sync.adopt")["origin"], "default");
}

#[test]
fn a_file_that_was_named_has_to_be_there() {
    let mut place = Place::new();
    place.set("DEELSYNC_CONFIG", "elsewhere.toml");
    let output = place.run(&["config", "check"]).expect(1);
    assert!(output.stderr.contains("elsewhere.toml cannot be read"), "{}", output.stderr);
}

#[test]
fn what_is_missing_is_named() {
    let place = Place::new();
    let output = place.run(&["run"]).expect(1);
    assert!(output.stderr.contains("DEEL_SIGNING_KEYS is not set"), "{}", output.stderr);
    let output = place.begun().run(&["plan", "--person", "abc"]).expect(1);
    assert!(output.stderr.contains("JUMPCLOUD_API_KEY is not set"), "{}", output.stderr);
}

#[test]
fn a_redis_that_is_not_there_is_an_error_with_its_address_and_no_password() {
    let mut place = Place::new();
    place.set("REDIS_URL", &format!("redis://:hunter2@127.0.0.1:{}", crate::support::free_port()));
    let output = place.run(&["queue", "status"]).expect(1);
    assert!(output.stderr.contains("Redis at redis://127.0.0.1:"), "{}", output.stderr);
    assert!(!output.stderr.contains("hunter2"), "{}", output.stderr);
}

#[test]
fn a_missing_redis_server_says_what_to_install() {
    let mut place = Place::new();
    place.set("DEELSYNC_REDIS_SERVER_PROGRAM", "no-such-redis-server");
    let checked = place.run(&["check"]).expect(1);
    assert!(checked.stdout.contains("apt-get install redis-server"), "{}", checked.stdout);
    let output = place.begun().run(&["queue", "status"]).expect(1);
    assert!(output.stderr.contains("apt-get install redis-server"), "{}", output.stderr);
}

#[test]
fn a_command_in_the_wrong_directory_says_where_it_looked() {
    let place = Place::new();
    let data = place.folder.path().canonicalize().unwrap().join("data");
    let checked = place.run(&["check"]).expect(1);
    assert!(
        checked.stdout.contains("! Redis      REDIS_URL is not set, and there are no data"),
        "{}",
        checked.stdout
    );
    assert!(!data.exists(), "check reads only");
    let first = place.run(&["queue", "status"]).expect(0);
    assert!(first.stderr.contains(data.to_str().unwrap()), "{}", first.stderr);
    assert!(first.stderr.contains("DEELSYNC_DATA_DIR"), "{}", first.stderr);
    let second = place.run(&["queue", "status"]).expect(0);
    assert!(!second.stderr.contains("DEELSYNC_DATA_DIR"), "{}", second.stderr);
}

#[test]
fn pause_is_seen_and_ends() {
    let place = Place::complete();
    let paused = place.run(&["pause", "--reason", "payroll"]).expect(0);
    assert!(paused.stdout.starts_with("Paused at 2"), "{}", paused.stdout);
    assert_eq!(
        place.run(&["queue", "status", "--format", "json"]).expect(0).json()["paused"]["reason"],
        "payroll"
    );
    let refused = place.run(&["sync"]).expect(1);
    assert!(refused.stderr.contains("writes are paused"), "{}", refused.stderr);
    let again = place.run(&["pause", "--format", "json"]).expect(0).json();
    assert_eq!((&again["already"], &again["reason"]), (&true.into(), &"payroll".into()), "the first one's");
    assert_eq!(place.run(&["resume", "--format", "json"]).expect(0).json()["resumed"], true);
    place.run(&["resume"]).expect(0);
    assert!(place.run(&["queue", "status", "--format", "json"]).expect(0).json()["paused"].is_null());
    assert!(place.servers().is_empty());
}

#[test]
fn jobs_are_listed_shown_and_discarded() {
    let place = Place::complete();
    let asked = place.run(&["sync", "--no-wait"]).expect(0);
    assert!(asked.stdout.contains("No worker runs"), "{}", asked.stdout);
    let listed = place.run(&["queue", "list", "--format", "json"]).expect(0).json();
    assert_eq!(listed["total"], 1);
    assert_eq!(listed["items"][0]["key"], "reconcile");
    let shown = place.run(&["queue", "show", "reconcile"]).expect(0);
    assert!(shown.stdout.contains("operator:sync"), "{}", shown.stdout);
    let discarded =
        place.run(&["queue", "discard", "reconcile", "nobody", "--format", "json"]).expect(1).json();
    assert_eq!(discarded["done"], serde_json::json!(["reconcile"]));
    assert_eq!(discarded["refused"][0]["key"], "person:nobody");
    place.run(&["queue", "show", "reconcile"]).expect(1);
    place.run(&["queue", "retry", "nobody"]).expect(1);
    assert_eq!(place.run(&["queue", "list", "dead", "--format", "json"]).expect(0).json()["total"], 0);
}

#[test]
fn holds_and_stories_of_nobody() {
    let place = Place::complete();
    let holds = place.run(&["holds", "list"]).expect(0);
    assert_eq!(holds.stdout, "Nothing waits for a decision.\n");
    assert_eq!(place.run(&["holds", "list", "--format", "json"]).expect(0).json(), serde_json::json!([]));
    let approved = place.run(&["holds", "approve", "0123456789ab", "--format", "json"]).expect(1).json();
    assert_eq!(approved["refused"][0]["id"], "0123456789ab");
    place.run(&["holds", "show", "odd"]).expect(1);
    let person = "0a1b2c3d-0000-4000-8000-00000000000a";
    let why = place.run(&["why", person]).expect(0);
    assert!(why.stdout.contains(person), "{}", why.stdout);
    place.run(&["why", person, "--format", "json"]).expect(0).json();
    assert_eq!(place.run(&["why"]).expect(0).stdout, "Nothing was changed or held lately.\n");
}
