//! Deel, `JumpCloud`, or both are away while people come, change and go.

use std::time::{Duration, Instant};

use e2e::{World, id_of, somebody};
use harness::{Deelsync, eventually};
use serde_json::{Value, json};
use test_redis::TestRedis;

/// The longest cool-down; see the head of this file's parent.
const PROBE: Duration = Duration::from_secs(1);
const OUTAGE: Duration = Duration::from_secs(12);
/// After the end of an outage everything is done within this.
const RECOVERY: Duration = Duration::from_secs(40);
const HIRES: usize = 24;

struct Outage {
    world: World,
    processes: [Deelsync; 2],
    /// Somebody with an account, who leaves meanwhile.
    leaver: String,
    /// Somebody with an account, whose job title changes meanwhile.
    mover: String,
    /// Somebody with an account, about whom nothing happens in Deel.
    bystander: String,
}

impl Outage {
    async fn prepared() -> Self {
        let mut world = World::on(TestRedis::start().await, &[], &[]).await;
        world.settings.file("[queue]\nprobe_seconds = 1\n");
        let first = world.run().await;
        world.settings.other_ports();
        let second = world.settings.start("work").await;
        let mut people = Vec::new();
        for (given, family) in [("Lea", "Leaver"), ("Max", "Mover"), ("Ben", "Stander")] {
            let (person, account) = world.hired(somebody(given, family)).await;
            world.jumpcloud.edit(&id_of(&account), json!({"state": "ACTIVATED"})).await;
            people.push(person);
        }
        world.settled().await;
        let [leaver, mover, bystander] = people.try_into().unwrap();
        Self { world, processes: [first, second], leaver, mover, bystander }
    }

    async fn status(&self) -> Value {
        self.world.settings.cli(&["queue", "status", "--format", "json"]).await.expect_code(0).json()
    }

    async fn is_away(&self, vendor: &str) -> bool {
        let status = self.status().await;
        status["away"].as_array().unwrap().iter().any(|away| away["vendor"] == vendor)
    }

    /// People come, change and go; their webhooks are all accepted.
    async fn meanwhile(&self) -> Vec<String> {
        let mut hired = Vec::new();
        for n in 0..HIRES {
            let hire = somebody(&format!("New{n}"), &format!("Comer{n}"));
            hired.push(id_of(&self.world.deel.hire(hire).await));
        }
        self.world.deel.change(&self.mover, json!({"job_title": "Moved"})).await;
        self.world.deel.terminate(&self.leaver, json!({})).await;
        hired
    }

    async fn requests(&self, vendor: &str) -> u64 {
        let report = match vendor {
            "deel" => self.world.deel.call("GET", "/_sim/requests", None).await,
            _ => self.world.jumpcloud.call("GET", "/_sim/requests", None).await,
        };
        report["total"].as_u64().unwrap()
    }

    /// The outage lasts; says how many requests the vendor got meanwhile, over both processes.
    async fn lasts(&self, vendor: &str) -> u64 {
        let before = self.requests(vendor).await;
        tokio::time::sleep(OUTAGE).await;
        let tries = self.requests(vendor).await - before;
        // Cool-downs are between four and five fifths of the longest.
        let most = 2 + OUTAGE.as_millis() as u64 * 5 / 4 / PROBE.as_millis() as u64;
        assert!(tries >= 1 && tries <= most, "{tries} requests to {vendor} in {OUTAGE:?}");
        tries
    }

    /// Nothing is used up, given up, or forgotten.
    async fn all_wait(&self, hired: &[String]) {
        let status = self.status().await;
        assert_eq!(status["dead"], 0, "{status}");
        for person in hired.iter().chain([&self.leaver, &self.mover]) {
            let job = self.world.settings.cli(&["queue", "show", person, "--format", "json"]).await;
            let job = job.expect_code(0).json();
            assert!(job["attempts"] == 0 || job["state"] == "running", "{job}");
        }
    }

    async fn said(&self, vendor: &str) {
        for process in &self.processes {
            eventually("readiness says so", Duration::from_secs(5), async || {
                let ready = reqwest::get(format!("{}/readyz", process.admin())).await.unwrap();
                assert_eq!(ready.status(), 200, "webhooks are stored all the same");
                let ready: Value = serde_json::from_str(&ready.text().await.unwrap()).unwrap();
                let away = ready["away"].as_array()?;
                away.iter()
                    .any(|one| {
                        one["vendor"] == vendor && one["reason"] == "unavailable" && one["since"].is_string()
                    })
                    .then_some(())
            })
            .await;
            let sample = format!("deelsync_breaker_open{{vendor=\"{vendor}\"}}");
            eventually("the metrics say so", Duration::from_secs(5), async || {
                (process.metric(&sample).await == Some(1.0)).then_some(())
            })
            .await;
        }
        let table = self.world.settings.cli(&["queue", "status"]).await.expect_code(0).stdout;
        assert!(table.contains("AWAY") && table.contains("has not answered since"), "{table}");
    }

    /// After the end: everything has had its effect, the leaver's first.
    async fn recovers(&mut self, hired: &[String], what: &str, tries: u64) {
        let ended = Instant::now();
        let world = &self.world;
        let suspended = eventually("the leaver is suspended", RECOVERY, async || {
            let account = world.jumpcloud.account_of(&self.leaver).await?;
            (account["state"] == "SUSPENDED").then(|| ended.elapsed())
        })
        .await;
        for person in hired {
            eventually("the account of a hire", RECOVERY, async || world.jumpcloud.account_of(person).await)
                .await;
        }
        eventually("the change arrives", RECOVERY, async || {
            let account = world.jumpcloud.account_of(&self.mover).await?;
            (account["jobTitle"] == "Moved").then_some(())
        })
        .await;
        let all = ended.elapsed();
        println!(
            "{what}: {tries} tries in {OUTAGE:?}; after the end the leaver was suspended in {suspended:.1?}, \
             everything was done in {all:.1?}"
        );
        assert!(all < RECOVERY, "{all:?}");
        world.settled().await;
        let status = self.status().await;
        assert_eq!((&status["dead"], &status["away"]), (&json!(0), &json!([])), "{status}");
        assert_eq!(world.jumpcloud.accounts().await.len(), HIRES + 3, "one account each");
        let opened: usize = self.processes.iter().map(|one| count(one, "work waits in line")).sum();
        let closed: usize = self.processes.iter().map(|one| count(one, "the vendor answers again")).sum();
        assert!((1..=2).contains(&opened) && opened == closed, "said once: {opened}, {closed}");
        for process in &mut self.processes {
            assert_eq!(process.stop().await, Some(0));
        }
    }
}

fn count(process: &Deelsync, words: &str) -> usize {
    process.process.log().lines().filter(|line| line.contains(words)).count()
}

#[tokio::test]
async fn jumpcloud_is_away_for_long() {
    let mut outage = Outage::prepared().await;
    outage.world.jumpcloud.faults(json!({"status_5xx": {"status": 503}})).await;
    let hired = outage.meanwhile().await;
    eventually("it is known", Duration::from_secs(20), async || {
        outage.is_away("jumpcloud").await.then_some(())
    })
    .await;
    outage.said("jumpcloud").await;
    let tries = outage.lasts("jumpcloud").await;
    outage.all_wait(&hired).await;
    let synced = outage.world.settings.cli(&["sync", "--person", &outage.bystander]).await.expect_code(1);
    assert!(synced.stderr.contains("JumpCloud has not answered since"), "{}", synced.stderr);
    let checked = outage.world.settings.cli(&["check"]).await.expect_code(1);
    assert!(checked.stdout.contains("JumpCloud has not answered since"), "{}", checked.stdout);
    outage.world.jumpcloud.no_faults().await;
    outage.recovers(&hired, "JumpCloud away", tries).await;
}

#[tokio::test]
async fn deel_is_away_for_long_and_an_order_to_suspend_does_not_wait() {
    let mut outage = Outage::prepared().await;
    outage.world.deel.faults(json!({"lost_answers": {"when": "before"}})).await;
    let hired = outage.meanwhile().await;
    eventually("it is known", Duration::from_secs(20), async || outage.is_away("deel").await.then_some(()))
        .await;
    outage.said("deel").await;
    let tries = outage.lasts("deel").await;
    outage.all_wait(&hired).await;
    let person = outage.bystander.clone();
    let ordered = Instant::now();
    let order = outage.world.settings.cli(&["suspend", &person, "--reason", "lost laptop"]).await;
    assert!(order.code == Some(0), "{}\n{}", order.stdout, order.stderr);
    let account = outage.world.jumpcloud.account_of(&person).await.unwrap();
    assert_eq!(account["state"], "SUSPENDED", "without Deel");
    println!("an order was carried out in {:.1?} while Deel was away", ordered.elapsed());
    let synced = outage.world.settings.cli(&["sync", "--person", &outage.mover]).await.expect_code(1);
    assert!(synced.stderr.contains("Deel has not answered since"), "{}", synced.stderr);
    outage.world.deel.no_faults().await;
    outage.recovers(&hired, "Deel away", tries).await;
}

#[tokio::test]
async fn both_are_away_and_come_back_one_after_the_other() {
    let mut outage = Outage::prepared().await;
    outage.world.deel.faults(json!({"status_5xx": {"status": 502, "html": true}})).await;
    outage.world.jumpcloud.faults(json!({"status_5xx": {"status": 503}})).await;
    let hired = outage.meanwhile().await;
    eventually("it is known", Duration::from_secs(20), async || outage.is_away("deel").await.then_some(()))
        .await;
    let tries = outage.lasts("deel").await;
    outage.world.deel.no_faults().await;
    eventually("now the other one is", Duration::from_secs(20), async || {
        (outage.is_away("jumpcloud").await && !outage.is_away("deel").await).then_some(())
    })
    .await;
    outage.all_wait(&hired).await;
    outage.world.jumpcloud.no_faults().await;
    outage.recovers(&hired, "both away", tries).await;
}

/// A vendor that takes a write and says nothing is given up after the configured time; the account is found at the next try.
#[tokio::test]
async fn a_vendor_that_never_answers_is_given_up_in_the_configured_time() {
    for when in ["before", "after"] {
        let mut world = World::on(TestRedis::start().await, &[], &[]).await;
        world.settings.file("[deel]\ntimeout_seconds = 1\n[jumpcloud]\ntimeout_seconds = 1\n");
        let _running = world.run().await;
        let lost = json!({"when": when, "hold_ms": 60_000, "count": 1});
        world
            .jumpcloud
            .faults(json!({"methods": ["POST"], "path": "/systemusers", "lost_answers": lost}))
            .await;
        let began = Instant::now();
        let _ = world.hired(somebody("Sid", "Silent")).await;
        world.settled().await;
        let took = began.elapsed();
        assert!(took > Duration::from_millis(900) && took < Duration::from_secs(10), "{when}: {took:?}");
        assert_eq!(world.jumpcloud.accounts().await.len(), 1, "{when}");
    }
}
