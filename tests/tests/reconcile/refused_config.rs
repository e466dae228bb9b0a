//! A configuration that cannot be meant.

use e2e::World;

#[tokio::test]
async fn it_is_refused_before_anything_is_read() {
    let mut world = World::empty().await;
    world.hired_many(2, serde_json::json!({})).await;
    for (text, words) in [
        ("[sync]\nnightly = \"02:00\"\n", "nightly"),
        ("[sync]\nevery = \"5m\"\n", "every"),
        ("[limits.suspension]\ncount = 0\npercent = 0\n", "holds every change"),
        ("[attributes]\ndisplayname = \"{{ nonsense\"\n", "displayname"),
        ("[sync.scope]\nworker_type = [\"eor\"]\n", "worker_type"),
    ] {
        world.settings.file(text);
        let path = world.settings.folder().join("deelsync.toml").display().to_string();
        for command in [&["config", "check"][..], &["sync"], &["plan"]] {
            let refused = world.cli(command).await;
            assert_ne!(refused.code, Some(0), "{text}");
            let said = refused.stdout + &refused.stderr;
            assert!(
                said.contains(words) && said.contains(&path[path.len() - 13..]),
                "{words:?} is not in:\n{said}"
            );
        }
    }
    let requests = world.deel.call("GET", "/_sim/requests", None).await;
    assert!(requests["total"].as_u64() <= Some(1), "{requests:#}");
    assert_eq!(world.jumpcloud.accounts().await.len(), 0);
}
