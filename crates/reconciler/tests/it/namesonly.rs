//! A Deel whose search matches names only, as its document says, or is of no use at all.

use crate::support::{World, ada, run_with};
use provisioning::{HoldKind, ProfileId};
use reconciler::{HoldFilter, Outcome, Reconciler, Settings};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// What is wrong with the lists.
#[derive(Clone, Copy, PartialEq)]
enum Lists {
    Fine,
    /// As if there were this many people more than can be seen.
    Short(usize),
    /// Refused with this status.
    Status(u16),
}

/// People, answered as documented.
#[derive(Clone)]
struct FakeDeel {
    people: Arc<Mutex<Vec<Value>>>,
    lists: Lists,
}

impl Respond for FakeDeel {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let people = self.people.lock().unwrap();
        let path = request.url.path();
        if let Some(id) = path.strip_prefix("/rest/v2/people/") {
            return match people.iter().find(|person| person["id"] == id) {
                Some(person) => ResponseTemplate::new(200).set_body_json(json!({ "data": person })),
                None => ResponseTemplate::new(404).set_body_json(json!({ "errors": [] })),
            };
        }
        if let Lists::Status(status) = self.lists {
            return ResponseTemplate::new(status).set_body_json(json!({ "errors": [] }));
        }
        let query =
            |name: &str| request.url.query_pairs().find(|(key, _)| key == name).map(|(_, v)| v.into_owned());
        let number = |name: &str| query(name).and_then(|text| text.parse::<usize>().ok());
        let term = query("search").unwrap_or_default().to_lowercase();
        let named = |person: &&Value| person["full_name"].as_str().unwrap().to_lowercase().contains(&term);
        let found: Vec<&Value> = people.iter().filter(named).collect();
        let rows: Vec<_> =
            found.iter().skip(number("offset").unwrap_or(0)).take(number("limit").unwrap_or(50)).collect();
        let hidden = if let Lists::Short(more) = self.lists { more } else { 0 };
        let page = json!({ "total_rows": found.len() + hidden, "items_per_page": rows.len(), "offset": 0 });
        ResponseTemplate::new(200).set_body_json(json!({ "data": rows, "page": page }))
    }
}

struct Names {
    world: World,
    deel: MockServer,
    fake: FakeDeel,
    reconciler: Reconciler,
}

fn person(n: u32, name: &str, email: &str, left: bool) -> Value {
    let (first, last) = name.split_once(' ').unwrap();
    json!({
        "id": format!("00000000-0000-4000-8000-{n:012}"),
        "first_name": first, "last_name": last, "full_name": name,
        "emails": [{ "type": "work", "value": email }],
        "hiring_status": if left { "inactive" } else { "active" },
        "start_date": "2020-01-01",
        "employments": [{ "id": format!("c{n}"), "is_ended": left, "start_date": "2020-01-01" }],
    })
}

impl Names {
    async fn with(people: Vec<Value>, lists: Lists) -> Self {
        let world = World::start().await;
        let deel = MockServer::start().await;
        let fake = FakeDeel { people: Arc::new(Mutex::new(people)), lists };
        Mock::given(method("GET")).and(path("/rest/v2/people")).respond_with(fake.clone()).mount(&deel).await;
        Mock::given(method("GET"))
            .and(path_regex("^/rest/v2/people/.+$"))
            .respond_with(fake.clone())
            .mount(&deel)
            .await;
        let reconciler = world.against(&deel.uri(), Settings::default());
        Self { world, deel, fake, reconciler }
    }

    fn id(&self, n: usize) -> ProfileId {
        ProfileId::parse(self.fake.people.lock().unwrap()[n]["id"].as_str().unwrap()).unwrap()
    }

    /// The account of one of the people, linked.
    async fn account(&self, n: usize) {
        let email = self.fake.people.lock().unwrap()[n]["emails"][0]["value"].clone();
        let account = json!({
            "username": format!("user{n}"), "email": email, "state": "ACTIVATED",
            "employeeIdentifier": self.id(n).as_str(),
        });
        self.world.seed(account).await;
    }

    async fn run(&self, n: usize) -> reconciler::Report {
        run_with(&self.reconciler, &self.world.queue, &self.id(n), None).await
    }

    async fn state(&self, n: usize) -> Value {
        self.world.account_of(&self.id(n)).await["state"].clone()
    }

    async fn kinds(&self) -> Vec<HoldKind> {
        let holds = self.world.reconciler.holds().list(&HoldFilter::default()).await.unwrap();
        holds.into_iter().map(|hold| hold.kind).collect()
    }

    async fn requests(&self, of: impl Fn(&Request) -> bool) -> usize {
        self.deel.received_requests().await.unwrap().iter().filter(|request| of(request)).count()
    }
}

fn is_listing(request: &Request) -> bool {
    request.url.path().ends_with("/people") && !request.url.query_pairs().any(|(key, _)| key == "search")
}

fn crowd(from: u32, count: u32) -> impl Iterator<Item = Value> {
    (from..from + count).map(|n| person(n, &format!("Some Body{n}"), &format!("body{n}@example.com"), false))
}

#[tokio::test]
async fn an_active_person_of_another_name_protects_the_account_they_share() {
    let people = vec![
        person(1, "Ada Lovelace", "desk@example.com", true),
        person(2, "Grace Hopper", "Desk@Example.com", false),
    ];
    let names = Names::with(people.into_iter().chain(crowd(10, 150)).collect(), Lists::Fine).await;
    names.account(0).await;
    let report = names.run(0).await;
    assert_eq!(names.kinds().await, [HoldKind::SharedEmail]);
    assert_eq!(names.state(0).await, "ACTIVATED");
    assert!(report.record.notes.is_empty(), "{:?}", report.record.notes);
    let learned = names.world.queue.person_of_contract("c2").await.unwrap();
    assert_eq!(learned.as_deref(), Some(names.id(1).as_str()), "every person read is learned");

    // Found through the remembered listing, and read again: once the other has left, too, nothing protects the account.
    let listings = names.requests(is_listing).await;
    names.fake.people.lock().unwrap()[1] = person(2, "Grace Hopper", "desk@example.com", true);
    assert_eq!(names.run(0).await.outcome, Outcome::Applied);
    assert_eq!(names.state(0).await, "SUSPENDED");
    assert_eq!(names.requests(is_listing).await, listings);
}

#[tokio::test]
async fn several_leavers_cost_one_listing_and_are_suspended() {
    let leavers = (0..3).map(|n| person(n, &format!("Leaver N{n}"), &format!("n{n}@example.com"), true));
    let names = Names::with(leavers.chain(crowd(10, 150)).collect(), Lists::Fine).await;
    for n in 0..3 {
        names.account(n).await;
    }
    let runs = futures::future::join_all((0..3).map(|n| names.run(n))).await;
    for (n, run) in runs.iter().enumerate() {
        assert_eq!(run.outcome, Outcome::Applied, "{:?}", run.record.problem);
        assert_eq!(names.state(n).await, "SUSPENDED");
    }
    assert_eq!(names.requests(is_listing).await, 2, "one listing of two pages");
}

#[tokio::test]
async fn lists_that_lie_or_are_refused_do_not_keep_a_leaver_in() {
    for lists in [Lists::Short(1), Lists::Status(400), Lists::Status(403), Lists::Status(404)] {
        let names = Names::with(vec![person(1, "Ada Lovelace", "ada@example.com", true)], lists).await;
        names.account(0).await;
        let report = names.run(0).await;
        assert_eq!(report.outcome, Outcome::Applied, "{:?}", report.record.problem);
        assert_eq!(names.state(0).await, "SUSPENDED");
        let story = names.world.reconciler.trail().why(&names.id(0), 5).await.unwrap().to_string();
        assert!(story.contains("note: ") && story.contains("only searched for"), "{story}");
        assert!(!report.record.notes.concat().contains('@'), "{:?}", report.record.notes);
    }
}

#[tokio::test]
async fn a_deel_that_limits_or_fails_is_waited_for() {
    for status in [429, 503] {
        let one = vec![person(1, "Ada Lovelace", "ada@example.com", true)];
        let names = Names::with(one, Lists::Status(status)).await;
        names.account(0).await;
        let report = names.run(0).await;
        assert!(
            matches!(report.verdict, queue::Verdict::Retry { counts: false, .. }),
            "{:?}",
            report.verdict
        );
        assert_eq!(names.state(0).await, "ACTIVATED");
    }
}

#[tokio::test]
async fn beyond_a_thousand_people_a_second_profile_of_the_same_name_is_searched_for() {
    let people = vec![
        person(1, "Ada Lovelace", "ada@example.com", true),
        person(2, "Ada Lovelace", "ada@example.com", false),
        person(3, "Leaver Alone", "alone@example.com", true),
    ];
    let names = Names::with(people.into_iter().chain(crowd(10, 998)).collect(), Lists::Fine).await;
    names.account(0).await;
    names.account(2).await;
    names.run(0).await;
    assert_eq!(names.kinds().await, [HoldKind::SharedEmail]);
    let alone = names.run(2).await;
    assert_eq!(alone.outcome, Outcome::Applied);
    assert!(alone.record.notes.concat().contains("only searched for"), "{:?}", alone.record.notes);
    assert_eq!(names.requests(is_listing).await, 1, "the first page says how many there are");
}

#[tokio::test]
async fn a_minimal_record_of_a_leaver_is_enough() {
    let minimal = json!({
        "id": "00000000-0000-4000-8000-000000000001", "emails": [], "first_name": null,
        "hiring_status": "inactive", "termination_last_day": "2024-05-31",
        "employments": [{ "id": "c1" }], "unheard_of": { "x": [1] },
    });
    let minimal =
        json!({ "full_name": "Ada Lovelace" }).as_object().unwrap().iter().fold(minimal, |mut m, (k, v)| {
            m[k] = v.clone();
            m
        });
    let names = Names::with(vec![minimal], Lists::Fine).await;
    let id = names.id(0);
    let account = json!({
        "username": "ada", "email": "ada@example.com", "state": "ACTIVATED",
        "employeeIdentifier": id.as_str().to_uppercase(),
    });
    names.world.seed(account).await;
    let report = names.run(0).await;
    assert_eq!(report.outcome, Outcome::Applied, "{:?}", report.record.problem);
    let states: Vec<_> =
        names.world.accounts().await.iter().map(|account| account["state"].clone()).collect();
    assert_eq!(states, ["SUSPENDED"]);
}

#[tokio::test]
async fn a_search_that_covers_addresses_needs_no_listing() {
    let world = World::start().await;
    let leaver = world.hire(ada()).await;
    world.run(&leaver).await;
    world.terminate(&leaver, json!({})).await;
    let report = world.run(&leaver).await;
    assert_eq!(report.outcome, Outcome::Applied);
    assert!(report.record.calls.iter().all(|call| call.operation != "people"), "{:?}", report.record.calls);
}

/// Above a thousand people nobody lists everyone for one leaver; the run over everyone has done so, and says whom it found.
#[tokio::test]
async fn in_a_large_company_a_run_over_everyone_names_who_shares_the_account() {
    let mut leaver = person(1, "Ada Lovelace", "desk@example.com", true);
    leaver["job_title"] = json!("Analyst");
    let people = vec![leaver, person(2, "Grace Hopper", "Desk@Example.com", false)];
    let names = Names::with(people.into_iter().chain(crowd(10, 1100)).collect(), Lists::Fine).await;
    names.account(0).await;
    let trigger = queue::Trigger::new("operator:sync");
    let synced = names.reconciler.sync_everyone("test", &trigger, &reconciler::full::silent).await.unwrap();
    assert_eq!(synced.report().ended, reconciler::FullEnd::Done, "{synced:?}");
    assert_eq!(names.state(0).await, "ACTIVATED", "while the same run did what else there was");

    // A webhook cannot list them, and reads again whom the hold names.
    assert!(names.kinds().await.contains(&HoldKind::SharedEmail));
    names.run(0).await;
    assert_eq!(names.state(0).await, "ACTIVATED");
    names.fake.people.lock().unwrap()[1] = person(2, "Grace Hopper", "desk@example.com", true);
    assert_eq!(names.run(0).await.outcome, Outcome::Applied);
    assert_eq!(names.state(0).await, "SUSPENDED");
}
