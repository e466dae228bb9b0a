//! `check` says what works, what is missing, and how to mend it.

use e2e::{Stub, World};
use harness::free_port;
use serde_json::Value;

async fn peopled() -> World {
    World::with(&["--people", "12"], &["--accounts", "5"]).await
}

/// The one finding that is missing; `check` has to end with 1, in both formats.
async fn missing(world: &World, about: &str) -> (String, String) {
    let found = world.json(&["check"], 1).await;
    assert_eq!((found["ok"].as_bool(), found["missing"].as_u64()), (Some(false), Some(1)), "{found:#}");
    let findings = found["findings"].as_array().expect("findings");
    let one = findings.iter().find(|finding| finding["level"] == "missing").expect("one is missing");
    assert_eq!(one["about"], about, "{one}");
    let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let shown = world.cli(&["check"]).await.expect_code(1).stdout;
    assert!(shown.contains(&format!("✗ {about}")) && shown.contains("Not ready: 1"), "{shown}");
    assert!(shown.contains(&format!("→ {}", text("remedy"))), "{shown}");
    (text("text"), text("remedy"))
}

#[tokio::test]
async fn what_works_is_said_in_words_and_in_json() {
    let world = peopled().await;
    let shown = world.cli(&["check"]).await.expect_code(0);
    for line in [
        "✓ Settings   enforce mode",
        "✓ Redis      answers",
        "✓ Deel       the token works, for ",
        "✓ Deel       people can be read: 12 in all",
        "✓ Webhook    a signing key is set",
        "✓ Webhook    the subscription ",
        "✓ JumpCloud  the API key works in region us",
        "✓ JumpCloud  users can be read: 5 in all",
        "Everything needed works",
    ] {
        assert!(shown.stdout.contains(line), "{line}:\n{}", shown.stdout);
    }
    let found = world.json(&["check"], 0).await;
    assert_eq!((found["ok"].as_bool(), found["missing"].as_u64()), (Some(true), Some(0)), "{found:#}");
    assert_eq!(found["mode"], "enforce");
    assert_eq!(world.jumpcloud.journal().await, Vec::<Value>::new(), "a check writes nothing");
}

#[tokio::test]
async fn a_wrong_deel_token() {
    let mut world = peopled().await;
    world.settings.set("DEEL_API_TOKEN", "mistyped-token");
    let (text, remedy) = missing(&world, "Deel").await;
    assert!(text.contains("401"), "{text}");
    assert!(remedy.contains("DEEL_API_TOKEN"), "{remedy}");
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    for scope in ["people:read", "organizations:read"] {
        let world = World::with(&["--people", "3", "--missing-scope", scope], &[]).await;
        let (text, remedy) = missing(&world, "Deel").await;
        assert!(text.contains("403") && text.contains(scope), "{text}");
        assert!(remedy.contains(&format!("the scope {scope}")), "{remedy}");
    }
}

#[tokio::test]
async fn a_token_without_sensitive_data() {
    let world = World::with(&["--people", "3", "--withhold-sensitive"], &[]).await;
    let (text, remedy) = missing(&world, "Deel").await;
    assert!(text.contains("names and emails are withheld") && text.contains("nobody is changed"), "{text}");
    assert!(remedy.contains("sensitive data"), "{remedy}");
}

#[tokio::test]
async fn a_wrong_jumpcloud_key_may_be_another_regions() {
    let mut world = peopled().await;
    world.settings.set("JUMPCLOUD_API_KEY", "mistyped-key").set("JUMPCLOUD_REGION", "eu");
    let (text, remedy) = missing(&world, "JumpCloud").await;
    assert!(text.contains("does not accept the credentials"), "{text}");
    assert!(remedy.contains("API key") && remedy.contains("another region (us, eu, in)"), "{remedy}");
    assert!(remedy.contains("The region is eu now (JUMPCLOUD_REGION)"), "{remedy}");
}

#[tokio::test]
async fn no_jumpcloud_key_at_all() {
    let mut world = peopled().await;
    world.settings.unset("JUMPCLOUD_API_KEY");
    let (text, _) = missing(&world, "JumpCloud").await;
    assert!(text.contains("JUMPCLOUD_API_KEY is not set"), "{text}");
}

#[tokio::test]
async fn a_redirect_to_a_login_page_is_not_followed() {
    let elsewhere = Stub::saying("{}").await;
    let login = Stub::answering(format!(
        "HTTP/1.1 302 Found\r\nlocation: {}/login\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        elsewhere.url()
    ))
    .await;
    let mut world = peopled().await;
    world.settings.set("JUMPCLOUD_BASE_URL", &format!("{}/api", login.url()));
    let (text, remedy) = missing(&world, "JumpCloud").await;
    assert!(text.contains("302") && text.contains("not JumpCloud's API"), "{text}");
    assert!(remedy.contains("redirects to its login page") && remedy.contains("region"), "{remedy}");
    assert_eq!(elsewhere.seen(), 0, "the key goes nowhere else");
    assert!(login.seen() > 0);
}

#[tokio::test]
async fn a_base_url_that_is_a_web_site() {
    let page = "<!doctype html><html><body>Log in</body></html>";
    let site = Stub::answering(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
        page.len()
    ))
    .await;
    let mut world = peopled().await;
    world.settings.set("JUMPCLOUD_BASE_URL", &format!("{}/api", site.url()));
    let (text, remedy) = missing(&world, "JumpCloud").await;
    assert!(text.contains("a web page"), "{text}");
    assert!(remedy.contains("https://console.jumpcloud.com/api"), "{remedy}");

    let mut world = peopled().await;
    world.settings.set("DEEL_BASE_URL", &format!("{}/rest/v2", site.url()));
    let (text, remedy) = missing(&world, "Deel").await;
    assert!(text.contains("an HTML page"), "{text}");
    assert!(remedy.contains("DEEL_BASE_URL"), "{remedy}");
}

#[tokio::test]
async fn a_vendor_that_is_not_there() {
    let mut world = peopled().await;
    world.settings.set("JUMPCLOUD_BASE_URL", &format!("http://127.0.0.1:{}/api", free_port()));
    let (text, remedy) = missing(&world, "JumpCloud").await;
    assert!(text.contains("unavailable"), "{text}");
    assert!(remedy.contains("network, proxy and firewall"), "{remedy}");
}

#[tokio::test]
async fn no_redis() {
    let mut world = peopled().await;
    world.settings.set("REDIS_URL", &format!("redis://someone:hunter2@127.0.0.1:{}", free_port()));
    let (text, remedy) = missing(&world, "Redis").await;
    assert!(text.contains("127.0.0.1") && text.contains("cannot be used"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(remedy.contains("check REDIS_URL"), "{remedy}");
}

#[tokio::test]
async fn a_vendor_over_plain_http_is_no_configuration() {
    let mut world = World::empty().await;
    world.settings.set("DEEL_BASE_URL", "http://api.letsdeel.com/rest/v2").unset("DEEL_RATE_LIMIT");
    let refused = world.cli(&["check"]).await.expect_code(1);
    assert!(
        refused.stderr.contains("DEEL_BASE_URL") && refused.stderr.contains("https"),
        "{}",
        refused.stderr
    );
}

/// What is worth reading about the accounts that are there already.
async fn about_accounts(world: &World) -> Vec<String> {
    let found = world.json(&["check"], 0).await;
    let findings = found["findings"].as_array().expect("findings").iter();
    let accounts = findings.filter(|finding| finding["about"] == "Accounts");
    accounts.map(|finding| format!("{}: {}", finding["level"], finding["text"])).collect()
}

#[tokio::test]
async fn what_the_first_sync_will_ask_is_said_before() {
    let mut world = World::with(&["--people", "3"], &["--accounts", "0"]).await;
    assert_eq!(about_accounts(&world).await, Vec::<String>::new());
    world.jumpcloud.seed(serde_json::json!({"username": "one", "email": "one@example.com"})).await;
    world
        .jumpcloud
        .seed(
            serde_json::json!({"username": "two", "email": "two@example.com", "employeeIdentifier": "4711"}),
        )
        .await;
    let said = about_accounts(&world).await.join("\n");
    assert!(said.contains("1 of the 2 accounts looked at have no link to Deel"), "{said}");
    assert!(said.contains("for your decision"), "{said}");
    assert!(said.contains("something else than a Deel profile id"), "{said}");
    world.settings.set("DEELSYNC_SYNC_ADOPT", "automatic");
    let said = about_accounts(&world).await.join("\n");
    assert!(said.contains("(adopt = automatic)") && !said.contains("for your decision"), "{said}");
}

#[tokio::test]
async fn links_that_somebody_else_has_written_are_deels_own_connection() {
    let world = World::with(&["--people", "3"], &["--accounts", "0"]).await;
    let id = "0a1b2c3d-0000-4000-8000-00000000000a";
    let account =
        serde_json::json!({"username": "one", "email": "one@example.com", "employeeIdentifier": id});
    world.jumpcloud.seed(account).await;
    let said = about_accounts(&world).await.join("\n");
    assert!(said.contains("\"warning\"") && said.contains("Deel's own JumpCloud connection"), "{said}");
    // Once links may be our own, nothing can be told from them.
    let person = world.hired_silently(e2e::somebody("Our", "Own")).await;
    world.synced(&person).await;
    assert_eq!(about_accounts(&world).await, Vec::<String>::new());
}
