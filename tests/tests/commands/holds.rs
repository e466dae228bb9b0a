//! What is held, by kind.

use e2e::{World, id_of, somebody};
use serde_json::{Value, json};

async fn decided(world: &World, verb: &str, hold: &Value) {
    let _ = world.cli(&["holds", verb, &id_of(hold), "--note", "as discussed"]).await.expect_code(0);
}

#[tokio::test]
async fn an_account_with_the_email_and_no_link_is_adopted_once_somebody_agrees() {
    let world = World::empty().await;
    let seeded = json!({"username": "byhand", "email": "Ad.Opted@example.com", "jobTitle": "By hand"});
    let account = id_of(&world.jumpcloud.seed(seeded).await);
    let person = world.hired_silently(somebody("Ad", "Opted")).await;
    assert_eq!(world.synced(&person).await["outcome"], "held");
    let hold = world.hold().await;
    assert_eq!((&hold["kind"], &hold["account"]), (&json!("adoption"), &json!(account)), "{hold:#}");
    let shown = world.cli(&["holds", "show", &id_of(&hold)]).await.expect_code(0).stdout;
    assert!(
        shown.contains("overwrites:") && shown.contains("jobTitle: \"By hand\" → \"Engineer\""),
        "{shown}"
    );
    assert_eq!(world.jumpcloud.journal().await, Vec::<Value>::new());

    decided(&world, "approve", &hold).await;
    assert_eq!(world.synced(&person).await["outcome"], "applied");
    let adopted = world.account_now(&person).await;
    assert_eq!(adopted["_id"], account.as_str());
    world.synced(&person).await;
    let adopted = world.account_now(&person).await;
    assert_eq!((&adopted["username"], &adopted["jobTitle"]), (&json!("byhand"), &json!("Engineer")));
    assert_eq!(world.jumpcloud.accounts().await.len(), 1, "no second account");
}

#[tokio::test]
async fn adoption_can_be_automatic() {
    let mut world = World::empty().await;
    world.settings.file("[sync]\nadopt = \"automatic\"\n");
    world.jumpcloud.seed(json!({"username": "byhand", "email": "auto.matic@example.com"})).await;
    let person = world.hired_silently(somebody("Auto", "Matic")).await;
    assert_eq!(world.synced(&person).await["outcome"], "applied");
    let account = world.account_now(&person).await;
    assert_eq!((&account["username"], &account["jobTitle"]), (&json!("byhand"), &json!("Engineer")));
}

#[tokio::test]
async fn an_account_linked_elsewhere_is_never_taken_without_a_yes() {
    let world = World::empty().await;
    let seeded =
        json!({"username": "old", "email": "re.linked@example.com", "employeeIdentifier": "staff-17"});
    world.jumpcloud.seed(seeded).await;
    let person = world.hired_silently(somebody("Re", "Linked")).await;
    assert_eq!(world.synced(&person).await["outcome"], "held");
    let hold = world.hold().await;
    assert_eq!(hold["kind"], "relink", "{hold:#}");
    let shown = world.cli(&["holds", "show", &id_of(&hold)]).await.expect_code(0).stdout;
    assert!(shown.contains("staff-17") && shown.contains(&person), "both values: {shown}");

    decided(&world, "reject", &hold).await;
    world.synced(&person).await;
    assert_eq!(world.jumpcloud.journal().await, Vec::<Value>::new(), "no is no");
    assert_eq!(world.holds().await, Vec::<Value>::new());
    // A no can be taken back.
    decided(&world, "approve", &hold).await;
    world.synced(&person).await;
    assert_eq!(world.account_now(&person).await["username"], "old");
}

#[tokio::test]
async fn a_foreign_suspension_is_lifted_only_by_a_yes() {
    let world = World::empty().await;
    let (person, account) = world.active(somebody("Sus", "Pended")).await;
    world.jumpcloud.edit(&id_of(&account), json!({"state": "SUSPENDED"})).await;
    assert_eq!(world.synced(&person).await["outcome"], "held");
    let hold = world.hold().await;
    assert_eq!(hold["kind"], "foreign_suspension", "{hold:#}");
    decided(&world, "approve", &hold).await;
    world.synced(&person).await;
    assert_eq!(world.state(&person).await, "ACTIVATED");
    assert_eq!(world.holds().await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_administrator_who_leaves_is_an_alarm_nobody_can_approve() {
    let world = World::empty().await;
    let (person, account) = world.active(somebody("Ad", "Ministrator")).await;
    world.jumpcloud.edit(&id_of(&account), json!({"admin": {"roleName": "Administrator"}})).await;
    world.terminated_silently(&person, json!({"at_once": true})).await;
    world.synced(&person).await;
    let hold = world.hold().await;
    assert_eq!(
        (&hold["kind"], &hold["leaver"], &hold["approvable"]),
        (&json!("administrator"), &json!(true), &json!(false))
    );
    let refused = world.cli(&["holds", "approve", &id_of(&hold)]).await.expect_code(1);
    assert!(refused.stderr.contains("mended in Deel or JumpCloud"), "{}", refused.stderr);
    assert_eq!(world.state(&person).await, "ACTIVATED");
    // Mended in JumpCloud, the hold goes by itself.
    world.jumpcloud.edit(&id_of(&account), json!({"admin": null})).await;
    world.synced(&person).await;
    assert_eq!(world.state(&person).await, "SUSPENDED");
    assert_eq!(world.holds().await, Vec::<Value>::new());
}

#[tokio::test]
async fn while_somebody_active_has_the_email_the_account_stays_in_use() {
    let world = World::empty().await;
    let (leaver, _) = world.active(somebody("Hand", "Over")).await;
    world.terminated_silently(&leaver, json!({"at_once": true})).await;
    // The same address now is somebody else's.
    let mut heir = somebody("New", "Owner");
    heir["work_email"] = json!("hand.over@example.com");
    world.hired_silently(heir).await;
    world.synced(&leaver).await;
    let hold = world.hold().await;
    assert_eq!((&hold["kind"], &hold["leaver"]), (&json!("shared_email"), &json!(true)), "{hold:#}");
    assert_eq!(world.state(&leaver).await, "ACTIVATED");
}
