//! Each row of "a request to `/webhooks/deel` gets".

use serde_json::json;

use crate::rig::{KEY, OTHER_KEY, PERSON, Rig, event, sign, until, updated};

#[tokio::test]
async fn a_known_event_is_stored_when_it_is_answered() {
    let rig = Rig::start().await;
    let answer = rig.deliver(updated(PERSON, 1)).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, r#"{"outcome":"stored"}"#));
    assert_eq!(answer.headers["content-type"], "application/json");
    let jobs = rig.waiting().await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].key, format!("person:{PERSON}"));
    assert_eq!(jobs[0].line, queue::Line::Events);
    assert_eq!(jobs[0].trigger, "webhook:worker.v2.updated");
    assert_eq!(jobs[0].look, Some(0), "the read may be stale, so it is looked at again");
}

#[tokio::test]
async fn what_may_take_access_away_is_urgent() {
    let rig = Rig::start().await;
    let body = event("worker.v2.deleted", &json!({ "id": PERSON }), 1).to_string();
    assert_eq!(rig.deliver(body).await.status, 200);
    assert_eq!(rig.waiting().await[0].line, queue::Line::Urgent);
}

#[tokio::test]
async fn a_delivery_seen_before_is_a_duplicate_and_another_for_the_same_person_is_covered() {
    let rig = Rig::start().await;
    assert_eq!(rig.deliver(updated(PERSON, 1)).await.outcome(), "stored");
    let again = rig.deliver(updated(PERSON, 1)).await;
    assert_eq!((again.status, again.outcome().as_str()), (200, "duplicate"));
    assert_eq!(rig.deliver(updated(PERSON, 2)).await.outcome(), "stored");
    assert_eq!(rig.waiting().await.len(), 1);
    assert_eq!(rig.metric(r#"deelsync_webhooks_total{outcome="stored"}"#).await, 1.0);
    assert_eq!(rig.metric(r#"deelsync_webhooks_total{outcome="duplicate"}"#).await, 1.0);
    assert_eq!(rig.metric(r#"deelsync_webhooks_total{outcome="coalesced"}"#).await, 1.0);
}

#[tokio::test]
async fn a_contract_is_resolved_by_the_index_or_asks_for_a_reconcile() {
    let rig = Rig::start().await;
    rig.queue.learn_contracts(PERSON, &["3072cm7".to_owned()]).await.unwrap();
    let known = event("contract.amended", &json!({ "id": "3072cm7" }), 1).to_string();
    assert_eq!(rig.deliver(known).await.outcome(), "stored");
    assert_eq!(rig.waiting_keys().await, [format!("person:{PERSON}")]);
    let unknown = event("contract.amended", &json!({ "id": "mx952ev" }), 2).to_string();
    let answer = rig.deliver(unknown).await;
    assert_eq!((answer.status, answer.outcome().as_str()), (200, "reconcile_requested"));
    assert!(rig.waiting_keys().await.contains(&"reconcile".to_owned()));
}

#[tokio::test]
async fn an_event_about_nobody_in_particular_asks_for_a_reconcile() {
    let rig = Rig::start().await;
    let body = event("worker.v2.updated", &json!({ "reason": "unsaid" }), 1).to_string();
    assert_eq!(rig.deliver(body).await.outcome(), "reconcile_requested");
    assert_eq!(rig.waiting_keys().await, ["reconcile"]);
}

#[tokio::test]
async fn an_array_of_persons_is_a_job_for_each() {
    let rig = Rig::start().await;
    let body =
        event("worker.v2.updated", &json!([{ "id": PERSON }, { "id": "second-person" }]), 1).to_string();
    assert_eq!(rig.deliver(body).await.outcome(), "stored");
    let mut keys = rig.waiting_keys().await;
    keys.sort();
    assert_eq!(keys, [format!("person:{PERSON}"), "person:second-person".to_owned()]);
}

#[tokio::test]
async fn what_concerns_nobodys_account_is_counted_and_leaves_nothing_in_redis() {
    let rig = Rig::start().await;
    let mut simulated = event("worker.v2.updated", &json!({ "id": PERSON }), 1);
    simulated["data"]["meta"]["is_simulation"] = json!(true);
    for (body, reason) in [
        (event("brand.new.event", &json!({ "id": PERSON }), 1), "unknown_event"),
        (event("time-off.reviewed", &json!({ "id": "7" }), 1), "irrelevant_event"),
        (simulated, "simulation"),
        (json!({}), "missing_meta"),
        (json!({ "data": null }), "missing_meta"),
        (json!({ "data": { "resource": { "id": PERSON } } }), "missing_meta"),
        (json!({ "data": { "meta": 3 }, "more": [1, 2] }), "missing_meta"),
    ] {
        let before = rig.metric(&format!("deelsync_webhooks_total{{outcome=\"{reason}\"}}")).await;
        let answer = rig.deliver(body.to_string()).await;
        assert_eq!((answer.status, answer.outcome()), (200, format!("ignored: {reason}")), "{body}");
        let after = rig.metric(&format!("deelsync_webhooks_total{{outcome=\"{reason}\"}}")).await;
        assert_eq!(after, before + 1.0);
    }
    assert_eq!(rig.redis.keys().await, Vec::<String>::new());
}

#[tokio::test]
async fn numbers_where_strings_belong_are_taken() {
    let rig = Rig::start().await;
    let body = json!({
        "data": {
            "meta": { "event_type": "worker.v2.updated", "event_type_id": 7, "organization_id": 4711, "tracking_id": 1 },
            "resource": { "id": PERSON },
        },
        "timestamp": 17,
    });
    assert_eq!(rig.deliver(body.to_string()).await.outcome(), "stored");
    assert_eq!(rig.waiting().await.len(), 1);
}

#[tokio::test]
async fn another_organization_is_ignored_once_ours_is_known() {
    let rig = Rig::start().await;
    assert_eq!(rig.deliver(updated(PERSON, 0)).await.outcome(), "stored", "nothing is known yet");
    rig.queue.organization_set("deel", "9a9a9a9a-1111-4a4a-8b8b-0123456789ab").await.unwrap();
    let mut nonce = 0;
    until("the organization is known", async || {
        nonce += 1;
        rig.deliver(updated(PERSON, nonce)).await.outcome() == "ignored: other_organization"
    })
    .await;
    let mut ours = event("worker.v2.updated", &json!({ "id": "ours" }), 1);
    ours["data"]["meta"]["organization_id"] = json!("9A9A9A9A-1111-4a4a-8b8b-0123456789ab");
    assert_eq!(rig.deliver(ours.to_string()).await.outcome(), "stored");
    let mut v1 = event("worker.v2.updated", &json!({ "id": "numbered" }), 1);
    v1["data"]["meta"]["organization_id"] = json!(4711);
    assert_eq!(rig.deliver(v1.to_string()).await.outcome(), "stored", "a number says nothing against a UUID");
    // Ours may change, and a restart of Redis may forget it: the last that was known counts.
    rig.queue.organization_set("deel", "3e214829-1111-4a4a-8b8b-0123456789ab").await.unwrap();
    until("the new organization is known", async || {
        nonce += 1;
        rig.deliver(updated(PERSON, nonce)).await.outcome() == "stored"
    })
    .await;
}

#[tokio::test]
async fn a_signature_that_is_not_right_gets_401_whatever_the_body() {
    let rig = Rig::start().await;
    let body = updated(PERSON, 1);
    let right = sign(KEY, body.as_bytes());
    let without_method = {
        use hmac::{KeyInit, Mac};
        let mut mac = <hmac::Hmac<sha2::Sha256> as KeyInit>::new_from_slice(KEY.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    };
    let cases = [
        (None, "signature_missing"),
        (Some(String::new()), "signature_missing"),
        (Some("0".repeat(63)), "signature_malformed"),
        (Some("x".repeat(64)), "signature_malformed"),
        (Some(format!("sha256={right}")), "signature_malformed"),
        (Some("0".repeat(64)), "signature_wrong"),
        (Some(sign("no-key-of-ours", body.as_bytes())), "signature_wrong"),
        (Some(sign(KEY, b"{}")), "signature_wrong"),
        (Some(without_method), "signature_wrong"),
    ];
    let mut answers = Vec::new();
    for (signature, label) in cases {
        for body in [body.as_str(), "no JSON at all"] {
            let line = format!("deelsync_webhooks_total{{outcome=\"{label}\"}}");
            let before = rig.metric(&line).await;
            let mut request = rig.post(body);
            if let Some(signature) = &signature {
                request = request.header("x-deel-signature", signature);
            }
            let answer = rig.send(request).await;
            assert_eq!(answer.status, 401, "{signature:?}");
            assert_eq!(rig.metric(&line).await, before + 1.0, "{signature:?}");
            answers.push(answer.text);
        }
    }
    answers.dedup();
    assert_eq!(answers, [r#"{"outcome":"unauthorized"}"#]);
    assert!(rig.redis.keys().await.is_empty());
}

#[tokio::test]
async fn any_of_the_keys_will_do_whatever_the_label_says() {
    let rig = Rig::start().await;
    for (nonce, key) in [KEY, OTHER_KEY].into_iter().enumerate() {
        let body = updated(PERSON, nonce);
        let signature = sign(key, body.as_bytes());
        let request =
            rig.post(body).header("x-deel-signature", signature).header("x-deel-hmac-label", "anything");
        assert_eq!(rig.send(request).await.outcome(), "stored");
    }
}

#[tokio::test]
async fn a_signed_body_that_is_no_object_is_told_what_is_wrong_and_nothing_of_itself() {
    let rig = Rig::start().await;
    for (body, says) in [
        ("", "JSON"),
        ("Zaphod", "JSON"),
        ("[\"Zaphod\"]", "object"),
        ("\"Zaphod\"", "object"),
        ("null", "object"),
        ("7", "object"),
        ("{\"Zaphod\":", "JSON"),
        ("{} Zaphod", "JSON"),
        ("{\n\"a\": Zaphod}", "line 2"),
    ] {
        let answer = rig.deliver(body).await;
        assert_eq!((answer.status, answer.outcome().as_str()), (400, "refused"), "{body}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(says), "{body}: {error}");
        assert!(!answer.text.contains("Zaphod"), "{error}");
    }
    assert_eq!(rig.deliver(&b"\xff\xfe{}"[..]).await.status, 400);
    assert_eq!(rig.metric(r#"deelsync_webhooks_total{outcome="not_an_object"}"#).await, 10.0);
    assert!(rig.redis.keys().await.is_empty());
}

#[tokio::test]
async fn depth_is_no_reason_to_refuse_and_no_danger() {
    let rig = Rig::start().await;
    let deep = |open: &str, close: &str| format!("{}0{}", open.repeat(10_000), close.repeat(10_000));
    assert_eq!(rig.deliver(deep("[", "]")).await.status, 400);
    let object = rig.deliver(deep("{\"a\":", "}")).await;
    assert_eq!((object.status, object.outcome().as_str()), (200, "ignored: missing_meta"));
    let body = updated(PERSON, 1).replacen('{', &format!("{{\"more\":{},", deep("[", "]")), 1);
    assert_eq!(rig.deliver(body).await.outcome(), "stored");
    assert_eq!(rig.deliver("[".repeat(500_000)).await.status, 400, "and it still answers");
    assert_eq!(rig.waiting().await.len(), 1);
}

#[tokio::test]
async fn only_post_and_only_there() {
    let rig = Rig::start().await;
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let answer = rig.send(rig.request(method, rig.public, "/webhooks/deel")).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.headers["allow"], "POST");
    }
    assert_eq!(rig.metric(r#"deelsync_webhooks_total{outcome="method_not_allowed"}"#).await, 6.0);
    for path in
        ["/", "/webhooks", "/webhooks/deel/", "/webhooks/other", "/metrics", "/api/v1/holds", "/console"]
    {
        assert_eq!(rig.get(rig.public, path).await.status, 404, "{path}");
        assert_eq!(rig.send(rig.request("POST", rig.public, path).body("{}")).await.status, 404, "{path}");
    }
    for path in ["/", "/webhooks/deel", "/api/v1/holds", "/api/v1/openapi.json", "/console"] {
        assert_eq!(rig.get(rig.admin, path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_revoked_token_is_counted_for_whoever_watches() {
    let rig = Rig::start().await;
    assert_eq!(rig.deliver(event("oauth2.token.revoked", &json!({}), 1).to_string()).await.status, 200);
    assert_eq!(rig.metric("deelsync_deel_tokens_revoked_total").await, 1.0);
    assert!(rig.waiting().await.is_empty());
}

#[tokio::test]
async fn whether_genuine_webhooks_come_is_told_to_the_others() {
    let rig = Rig::telling().await;
    let wrong = || rig.post(updated(PERSON, 1)).header("x-deel-signature", "0".repeat(64));
    for _ in 0..3 {
        assert_eq!(rig.send(wrong()).await.status, 401);
    }
    until("the refused are counted", async || rig.queue.ingress_seen().await.unwrap().refused == 3).await;
    assert_eq!(rig.queue.ingress_seen().await.unwrap().accepted_ms, None);
    assert_eq!(rig.deliver(updated(PERSON, 2)).await.status, 200);
    until("the accepted one is known", async || {
        let seen = rig.queue.ingress_seen().await.unwrap();
        seen.accepted_ms.is_some() && seen.refused == 0
    })
    .await;
}
