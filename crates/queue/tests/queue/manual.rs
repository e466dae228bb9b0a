//! `docs/redis.md`: every key is documented with its type, and every command in it works.

use std::collections::BTreeMap;

use queue::{Delivery, JobKey, Line, NewHold, Subject, Vendor, Verdict, When};

use crate::common::{Fixture, add, person, retry};

const MANUAL: &str = include_str!("../../../../docs/redis.md");

/// Something in each place that the manual speaks of.
async fn populate(f: &Fixture) {
    let q = &f.queue;
    for line in Line::ALL {
        q.add(&add(&format!("waits-{line}"), line)).await.unwrap();
    }
    q.add(&add("p5", Line::Events)).await.unwrap();
    let claim = q.claim_one(&person("p1"), "w", &"t".into()).await.unwrap().unwrap();
    claim.finish(Verdict::Dead { error: "the reason".to_owned() }).await.unwrap();
    let claim = q.claim_one(&person("p2"), "w", &"t".into()).await.unwrap().unwrap();
    claim.finish(retry("again")).await.unwrap();
    q.delay(&add("p3", Line::Urgent), When::After(std::time::Duration::from_secs(60))).await.unwrap();
    std::mem::forget(q.claim_one(&person("p4"), "w", &"t".into()).await.unwrap().unwrap());
    let subjects = vec![Subject::Unresolved];
    let delivery = Delivery { hash: [7; 32], line: Line::Events, trigger: "t".into(), look: None, subjects };
    q.accept(&[delivery]).await.unwrap();
    q.tick("nightly", 1, &queue::Add { key: JobKey::Reconcile, ..add("x", Line::Bulk) }).await.unwrap();
    q.pause("op", "because").await.unwrap();
    q.epoch().await.unwrap();
    for vendor in [Vendor::Deel, Vendor::JumpCloud] {
        let budget = q.budget(vendor, Some(5.0));
        budget.acquire(Line::Urgent).await.unwrap();
        budget.limited(Some(std::time::Duration::from_secs(60))).await.unwrap();
        let reason = queue::Reason::Unavailable;
        let away = queue::Away { reason, after: None, job: Some("person:p1"), words: "no answer" };
        budget.away(&away).await.unwrap();
        tokio::time::timeout(std::time::Duration::from_millis(200), budget.acquire(Line::Urgent))
            .await
            .unwrap_err();
        // A waiter whose process was killed leaves its place.
        f.raw::<()>(&format!("ZADD P:budget:{}:waiting:urgent 1 ghost", vendor.as_str())).await;
        f.raw::<()>(&format!("HSET P:budget:{}:alive ghost 1", vendor.as_str())).await;
    }
    for id in ["h1", "h2"] {
        let hold = NewHold { id: id.to_owned(), person: "p1".to_owned(), json: "{}".to_owned() };
        q.hold_open(&hold).await.unwrap();
    }
    q.hold_replace("h2", "{}", "{}", false).await.unwrap();
    q.audit_append(Some("p1"), "{}").await.unwrap();
    q.window_take("suspension", "p1", 3).await.unwrap();
    q.window_take("attribute:department", "p1", 3).await.unwrap();
    q.windows_restored().await.unwrap();
    q.links_listed().await.unwrap();
    let row = [("p1".to_owned(), "{}".to_owned())];
    q.wide_join("department", "wide-1", "{}", &row).await.unwrap();
    q.written_set("p1", &row).await.unwrap();
    assert!(q.notice_turn("mail", std::time::Duration::from_secs(60)).await.unwrap());
    q.notices_told("mail", &["h1".to_owned()]).await.unwrap();
    q.link_set("p1", "acc").await.unwrap();
    q.link_deleted("p2", "acc").await.unwrap();
    q.learn_contracts("p1", &["c1".to_owned()]).await.unwrap();
    q.order_set("p1", "{}").await.unwrap();
    q.schedule_set("p1", "{}").await.unwrap();
    q.organization_set("deel", "org").await.unwrap();
    q.heartbeat("w", "{}").await.unwrap();
    assert!(q.subscription_set(None, "{}", None).await.unwrap());
    assert!(q.subscription_turn(std::time::Duration::from_secs(60)).await.unwrap());
    q.ingress_saw(true, 0).await.unwrap();
    q.progress_end("{}").await.unwrap();
    q.progress_set("{}", std::time::Duration::from_secs(60)).await.unwrap();
}

/// The documented keys and their types, from the first two columns of the tables: `P:dead` → `sorted set`.
fn documented() -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    for row in MANUAL.lines().filter(|line| line.starts_with("| `P:")) {
        let mut columns = row.split('|').skip(1);
        let (names, types) = (columns.next().unwrap(), columns.next().unwrap().trim());
        let types: Vec<_> =
            types.split(',').map(|t| t.split('(').next().unwrap().trim().to_owned()).collect();
        for (i, name) in names.split(',').enumerate() {
            let kind = types.get(i).unwrap_or(&types[0]).clone();
            keys.insert(name.trim().trim_matches('`').trim_start_matches("P:").to_owned(), kind);
        }
    }
    keys
}

/// Whether a key is of a documented form, where `<…>` stands for anything.
fn is_of(form: &str, key: &str) -> bool {
    let mut parts = form.split(['<', '>']).enumerate();
    let mut rest = key;
    let ends_open = form.ends_with('>');
    parts.all(|(i, part)| {
        if i % 2 == 1 || part.is_empty() {
            return true;
        }
        match if i == 0 { rest.starts_with(part).then_some(0) } else { rest.find(part) } {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        }
    }) && (ends_open != rest.is_empty())
}

#[tokio::test]
async fn every_key_is_documented_with_its_type() {
    let f = Fixture::start().await;
    populate(&f).await;
    let documented = documented();
    let mut unseen: Vec<_> = documented.keys().cloned().collect();
    for key in f.keys().await {
        let kind: String = f.raw(&format!("TYPE P:{key}")).await;
        let kind = if kind == "zset" { "sorted set" } else { &kind };
        // The form that says most: `holds:wide:live` is also of the form `holds:wide:<item>`.
        let forms = documented.iter().filter(|(form, documented)| is_of(form, &key) && *documented == kind);
        let form = forms.max_by_key(|(form, _)| (!form.contains('<'), form.len()));
        let (form, _) = form.unwrap_or_else(|| panic!("docs/redis.md does not know {key} ({kind})"));
        unseen.retain(|other| other != form);
    }
    assert!(unseen.is_empty(), "documented, and not to be found: {unseen:?}");
}

#[tokio::test]
async fn every_command_works_as_written() {
    let f = Fixture::start().await;
    populate(&f).await;
    let tag = format!("{{{}}}", f.redis.prefix());
    let mut answers = BTreeMap::new();
    for line in MANUAL.lines().filter(|line| line.starts_with("redis-cli ")) {
        let mut command = redis::Cmd::new();
        for word in words(line).iter().skip(1).filter(|word| *word != "--raw") {
            command.arg(word.replace("{deelsync}", &tag));
        }
        let answer: redis::Value = command.query_async(&mut f.redis.connection().await).await.unwrap();
        answers.insert(line, format!("{answer:?}"));
    }
    assert!(answers.len() >= 25, "{}", answers.len());
    let nothing = ["int(0)", "nil", "array([])", "bulk-string(\"\")"];
    let empty: Vec<_> = answers.iter().filter(|(_, answer)| nothing.contains(&answer.as_str())).collect();
    // p1 is dead here and not leased; nothing else answers emptily.
    assert!(empty.is_empty(), "{empty:?}");
    assert!(answers.iter().any(|(line, answer)| line.contains("SORT") && answer.contains("the reason")));
}

/// Splits as a shell does, as far as the manual needs it.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}
