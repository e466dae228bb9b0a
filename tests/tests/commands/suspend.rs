//! `suspend`, and `pause` over two processes.

use std::time::Duration;

use e2e::{SOON, World, id_of, mark, somebody};
use harness::{eventually, holds_for};
use serde_json::json;

#[tokio::test]
async fn an_order_goes_past_the_guard_and_holds_until_it_is_released() {
    let mut world = World::empty().await;
    world.settings.file("[limits.suspension]\ncount = 0\npercent = 1\n");
    let (person, _) = world.active(somebody("Lost", "Laptop")).await;
    let (leaver, _) = world.active(somebody("Plain", "Leaver")).await;
    // The guard lets no suspension through …
    world.terminated_silently(&leaver, json!({"at_once": true})).await;
    assert_eq!(world.synced(&leaver).await["held"][0]["kind"], "limit");
    // … but an order.
    let ordered = world.json(&["suspend", &person, "--reason", "laptop stolen"], 0).await;
    let hold = ordered["hold"].as_str().expect("a hold").to_owned();
    let account = world.account_now(&person).await;
    assert_eq!(account["state"], "SUSPENDED");
    assert!(mark(&account).is_some_and(|mark| mark.contains("by=operator")), "{account:#}");

    // Whatever Deel tells later, the account stays so.
    let _running = world.run().await;
    world.deel.change(&person, json!({"job_title": "Still Here"})).await;
    world.account(&person, "the later change", |account| account["jobTitle"] == "Still Here").await;
    world.settled().await;
    assert_eq!(world.synced(&person).await["outcome"], "in-sync");
    assert_eq!(world.state(&person).await, "SUSPENDED");
    let shown = world.cli(&["holds", "show", &hold]).await.expect_code(0).stdout;
    assert!(shown.contains("laptop stolen") && shown.contains(&format!("holds release {hold}")), "{shown}");

    let _ = world.cli(&["holds", "release", &hold, "--note", "found again"]).await.expect_code(0);
    let account = world.account(&person, "the return", |account| account["state"] == "ACTIVATED").await;
    assert_eq!(mark(&account), None);
    let why = world.cli(&["why", &person]).await.expect_code(0).stdout;
    for word in ["ordered a suspension", "laptop stolen", "took the order back", "found again"] {
        assert!(why.contains(word), "{word}:\n{why}");
    }
    assert_eq!(world.state(&leaver).await, "ACTIVATED", "the limit held all the time");
}

#[tokio::test]
async fn an_order_needs_no_deel() {
    let world = World::empty().await;
    let (person, _) = world.active(somebody("Deel", "Down")).await;
    world.deel.faults(json!({"status_5xx": {"ratio": 1.0}})).await;
    let ordered = world.cli(&["suspend", "deel.down", "--reason", "at once"]).await.expect_code(0);
    assert!(ordered.stdout.contains("stays suspended until"), "{}", ordered.stdout);
    assert_eq!(world.state(&person).await, "SUSPENDED");
    world.deel.no_faults().await;
    assert_eq!(world.synced(&person).await["outcome"], "in-sync");
    assert_eq!(world.state(&person).await, "SUSPENDED");
}

#[tokio::test]
async fn an_order_is_neither_approved_nor_rejected() {
    let world = World::empty().await;
    let (person, _) = world.active(somebody("Strict", "Order")).await;
    let hold = world.json(&["suspend", &person, "--reason", "audit"], 0).await["hold"].clone();
    let hold = hold.as_str().expect("a hold");
    for verb in ["approve", "reject"] {
        let refused = world.cli(&["holds", verb, hold]).await.expect_code(1);
        assert!(refused.stderr.contains("release it"), "{}", refused.stderr);
    }
    assert_eq!(world.state(&person).await, "SUSPENDED");
    // A second order is the same one with another reason.
    let again = world.json(&["suspend", &person, "--reason", "second thoughts"], 0).await;
    assert_eq!(again["hold"], hold);
    assert_eq!(world.holds().await.len(), 1);
}

#[tokio::test]
async fn an_order_during_a_pause_is_carried_out_afterwards() {
    let world = World::empty().await;
    let (person, _) = world.active(somebody("Not", "Yet")).await;
    let _ = world.cli(&["pause"]).await.expect_code(0);
    let refused = world.cli(&["suspend", &person, "--reason", "soon"]).await.expect_code(1);
    assert!(refused.stderr.contains("deelsync resume"), "{}", refused.stderr);
    assert!(refused.stderr.contains("No worker runs: nothing will happen"), "{}", refused.stderr);
    assert_eq!(world.state(&person).await, "ACTIVATED");
    let resumed = world.cli(&["resume"]).await.expect_code(0);
    assert!(resumed.stderr.contains("No worker runs: nothing will happen"), "{}", resumed.stderr);
    let _running = world.run().await;
    world.account(&person, "the order", |account| account["state"] == "SUSPENDED").await;
}

#[tokio::test]
async fn a_pause_holds_for_every_process() {
    let mut world = World::empty().await;
    let _one = world.run().await;
    world.settings.other_ports();
    let _two = world.settings.start("work").await;
    let _ = world.cli(&["pause", "--reason", "two of them"]).await.expect_code(0);
    let mut people = Vec::new();
    for name in ["First", "Second", "Third", "Fourth"] {
        people.push(id_of(&world.deel.hire(somebody(name, "Waiting")).await));
    }
    eventually("all four wait", SOON, async || {
        let waiting = world.job_keys("waiting").await;
        people.iter().all(|person| waiting.contains(&format!("person:{person}"))).then_some(())
    })
    .await;
    holds_for("nobody writes", Duration::from_millis(500), async || {
        world.jumpcloud.journal().await.is_empty()
    })
    .await;
    let resumed = world.cli(&["resume"]).await.expect_code(0);
    assert!(!resumed.stderr.contains("No worker"), "{}", resumed.stderr);
    for person in &people {
        world.account(person, "the account", |_| true).await;
    }
    assert_eq!(world.jumpcloud.accounts().await.len(), 4);
    assert_eq!(world.cli(&["resume"]).await.expect_code(0).stdout, "Writes were not paused.\n");
}

#[tokio::test]
async fn an_id_that_nobody_has_is_an_error_and_leaves_nothing_behind() {
    let world = World::empty().await;
    let nobody = "0a1b2c3d-0000-4000-8000-00000000000a";
    let words = format!("Deel does not know person {nobody}, and no JumpCloud account is linked to that id");
    for command in [&["suspend", nobody, "--reason", "a slip"][..], &["sync", "--person", nobody]] {
        let refused = world.cli(command).await.expect_code(1);
        assert!(refused.stderr.contains(&words), "{}", refused.stderr);
    }
    assert!(world.holds().await.is_empty(), "no order is kept");
    assert_eq!(world.json(&["queue", "list"], 0).await["total"], 0, "nothing waits for them");
    // Whoever gets that id later gets an account.
    let mut fields = somebody("Late", "Comer");
    fields["id"] = nobody.into();
    assert_eq!(world.created(fields).await.0, nobody);
}
