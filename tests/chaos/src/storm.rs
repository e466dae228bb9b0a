//! Doing what the plan says, and noting what was done.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Result;
use harness::{SIGNING_KEY, post_webhook};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::clock::{now_ms, parse_ms};
use crate::evidence::{Done, Kill, Restart, Struck};
use crate::look;
use crate::plan::{Act, Deed, Fault, Field, HOLD, Kind, LONGER, Place, Plan};
use crate::stage::{Stage, hire, id_of, letters};
use crate::timeline::Timeline;

/// The one who does it.
pub struct Storm<'a> {
    stage: &'a mut Stage,
    timeline: &'a Timeline,
    done: Done,
    /// Faults in force: since when.
    begun: BTreeMap<usize, i64>,
    probes: Vec<JoinHandle<Restart>>,
    syncs: Vec<JoinHandle<Option<Struck>>>,
}

impl<'a> Storm<'a> {
    /// Everything is up, and these people are there.
    pub fn new(stage: &'a mut Stage, timeline: &'a Timeline, people: Vec<String>) -> Self {
        let done = Done { people, ..Done::default() };
        Self { stage, timeline, done, begun: BTreeMap::new(), probes: Vec::new(), syncs: Vec::new() }
    }

    /// Does everything in its time; gives what was done. Afterwards no fault is in force.
    ///
    /// # Errors
    /// If a simulator does not do as it is told.
    pub async fn rage(mut self, plan: &Plan) -> Result<Done> {
        self.done.activated = plan.activated;
        let start = Instant::now();
        for step in &plan.steps {
            tokio::time::sleep_until(start + step.at).await;
            self.supervise();
            self.timeline.note(step.act.to_string());
            match &step.act {
                Act::Deed(deed) => self.deed(deed).await?,
                Act::Begin(number, fault) => self.begin(*number, fault).await,
                Act::End(number, fault) => self.end(*number, fault).await,
                Act::Sync(killed) => self.sync(*killed)?,
            }
        }
        for probe in std::mem::take(&mut self.probes) {
            self.done.restarts.push(probe.await?);
        }
        for sync in std::mem::take(&mut self.syncs) {
            self.done.faults.extend(sync.await?);
        }
        self.supervise();
        Ok(self.done)
    }

    fn supervise(&mut self) {
        let ended = self.stage.supervise(self.timeline);
        self.done.ended.extend(ended.into_iter().map(|name| (name, now_ms())));
    }

    async fn deed(&mut self, deed: &Deed) -> Result<()> {
        let deel = &self.stage.deel;
        let person = |who: usize| self.done.people[who].clone();
        match *deed {
            Deed::Hire(number) => {
                let hired = deel.hire(hire(number)).await;
                self.done.people.push(id_of(&hired)?);
            }
            Deed::Change(who, field, number) => {
                let value = match field {
                    Field::Title => json!({"job_title": format!("Title {number}")}),
                    Field::Department => {
                        json!({"department": {"name": format!("Department {}", number % 5)}})
                    }
                    Field::Team => json!({"team": format!("Team {}", number % 7)}),
                    Field::Name => json!({"last_name": format!("Renamed{}", letters(number))}),
                    Field::Email => json!({"work_email": format!("renamed{number}@example.com")}),
                };
                deel.change(&person(who), value).await;
            }
            Deed::Terminate(who) => {
                let left = deel.terminate(&person(who), json!({})).await;
                self.done.terminations.push((person(who), moment(&left)?));
            }
            Deed::Rehire(who) => {
                let back = deel.rehire(&person(who)).await;
                self.done.rehires.push((person(who), moment(&back)?));
            }
            Deed::Replay(back) => {
                let last = deel.call("GET", "/_sim/deliveries", None).await;
                let last =
                    last["deliveries"].as_array().and_then(|all| all.iter().rev().nth(back)?["id"].as_u64());
                if let Some(id) = last {
                    deel.call("POST", "/_sim/deliver", Some(json!({"replay": id}))).await;
                }
            }
            Deed::Foreign(who) => {
                if let Some(account) = self.stage.jumpcloud.account_of(&person(who)).await {
                    let id = id_of(&account)?;
                    self.stage.jumpcloud.edit(&id, json!({"state": "SUSPENDED"})).await;
                    self.done.foreign.push((id, now_ms()));
                }
            }
        }
        Ok(())
    }

    async fn begin(&mut self, number: usize, fault: &Fault) {
        self.begun.insert(number, now_ms());
        match fault.kind {
            Kind::KillWorker(worker) => {
                let id = self.stage.process_id(worker + 1);
                self.stage.kill(worker + 1);
                let at = now_ms();
                // What it still had sent is in Redis a moment later.
                tokio::time::sleep(Duration::from_millis(20)).await;
                let held = match id {
                    Some(id) => look::leased_by(self.stage.redis.url(), self.stage.redis.prefix(), id).await,
                    None => Ok(Vec::new()),
                };
                match held {
                    Ok(persons) => {
                        self.timeline.note(format!("it had {persons:?}"));
                        self.done.kills.push(Kill { at, persons });
                    }
                    // Redis is down or frozen, too.
                    Err(_) => self.timeline.note("whom it had cannot be asked"),
                }
            }
            Kind::KillIngress => self.stage.kill(0),
            Kind::KillRedis => self.stage.redis.server().kill(),
            Kind::FreezeWorker(worker) => self.stage.freeze(worker + 1, true),
            Kind::FreezeIngress => self.stage.freeze(0, true),
            Kind::FreezeRedis => self.stage.redis.server().freeze(),
            Kind::Cut(place) => self.stage.proxy(place).cut(),
            Kind::Refuse(place) => self.stage.proxy(place).refuse(true),
            Kind::Stall(place) => self.stage.proxy(place).stall(true),
            Kind::Limited(place, wait) => {
                let strike = json!({"rate_429": {"ratio": 0.4, "retry_after": wait}});
                self.stage.strike(place, strike).await;
            }
            Kind::Broken(place) => {
                let strike = json!({"status_5xx": {"ratio": 0.5, "status": 500 + (number % 4)}});
                self.stage.strike(place, strike).await;
            }
            Kind::Slow(place) => {
                self.stage.strike(place, json!({"latency_ms": 600, "jitter_ms": 1200})).await;
            }
            Kind::HangBefore(place) => self.lose(place, "before", HOLD).await,
            Kind::HangAfter(place) => self.lose(place, "after", HOLD).await,
            Kind::SilentBefore(place) => self.lose(place, "before", LONGER).await,
            Kind::SilentAfter(place) => self.lose(place, "after", LONGER).await,
            Kind::Stale => {
                let ms = u64::try_from(fault.lasts.as_millis()).unwrap_or_default();
                self.stage.strike(Place::Deel, json!({"stale_reads_ms": ms})).await;
            }
        }
    }

    /// A vendor that holds a part of its answers back for so long and then cuts, before or after their requests took effect.
    async fn lose(&self, vendor: Place, when: &str, hold: Duration) {
        let hold = hold.as_millis();
        let lost = json!({"lost_answers": {"ratio": 0.4, "when": when, "hold_ms": hold}});
        self.stage.strike(vendor, lost).await;
    }

    async fn end(&mut self, number: usize, fault: &Fault) {
        // Before it is started again: it answers somebody else sooner than it answers us.
        let back = now_ms();
        match fault.kind {
            Kind::KillWorker(worker) => self.stage.restart(worker + 1),
            Kind::KillIngress => self.stage.restart(0),
            Kind::KillRedis => {
                self.stage.redis.server().restart().await;
                let down = self.begun.get(&number).copied().unwrap_or_default();
                self.probe(number, down);
            }
            Kind::FreezeWorker(worker) => self.stage.freeze(worker + 1, false),
            Kind::FreezeIngress => self.stage.freeze(0, false),
            Kind::FreezeRedis => self.stage.redis.server().thaw(),
            Kind::Cut(_) => {}
            Kind::Refuse(place) => self.stage.proxy(place).refuse(false),
            Kind::Stall(place) => self.stage.proxy(place).stall(false),
            kind => self.stage.usual(kind.place()).await,
        }
        if let Some(from) = self.begun.remove(&number) {
            let deaf = matches!(fault.place(), Place::Worker(_) | Place::Ingress | Place::Redis);
            let to = if fault.kind == Kind::KillRedis { back } else { now_ms() };
            let what = fault.to_string();
            let felt = to + i64::try_from(fault.kind.lingers().as_millis()).unwrap_or_default();
            self.done.faults.push(Struck { what, deaf, from, to, felt });
        }
    }

    /// Redis is back: a webhook about somebody, sent until it is taken, shows how long everything else needs.
    fn probe(&mut self, number: usize, down: i64) {
        let (person, url) = (self.done.people[0].clone(), self.stage.webhook_url());
        let body = json!({
            "data": {
                "meta": {"event_type": "worker.v2.updated", "tracking_id": format!("probe-{number}")},
                "resource": {"id": person},
            },
            "timestamp": "2026-05-04T09:15:00.000Z",
        });
        let mut restart = Restart { down, up: now_ms(), person, accepted: None };
        let body = body.to_string();
        self.probes.push(tokio::spawn(async move {
            let http = reqwest::Client::new();
            let deadline = Instant::now() + Duration::from_secs(20);
            while Instant::now() < deadline {
                let sent = now_ms();
                let post = post_webhook(&http, &url, SIGNING_KEY, body.clone());
                let answer = tokio::time::timeout(Duration::from_secs(5), post).await;
                if answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status().is_success())) {
                    restart.accepted = Some((sent, now_ms()));
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            restart
        }));
    }

    /// A run over everyone, which may well fail just now, or be killed.
    fn sync(&mut self, killed: Option<Duration>) -> Result<()> {
        let mut command = tokio::process::Command::from(self.stage.command(&["sync"]));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let timeline = self.timeline.clone();
        self.syncs.push(tokio::spawn(async move {
            if let Some(after) = killed
                && tokio::time::timeout(after, child.wait()).await.is_err()
            {
                let from = now_ms();
                let killed = child.kill().await;
                timeline.note(format!("deelsync sync is killed: {killed:?}"));
                // What it was just told it told nobody.
                let (what, to) = ("SyncKilled".to_owned(), now_ms());
                return Some(Struck { what, deaf: true, from, to: to + 1, felt: to + 1 });
            }
            let words = match child.wait().await {
                Ok(status) => format!("deelsync sync ended: {status}"),
                Err(error) => format!("deelsync sync cannot be waited for: {error}"),
            };
            timeline.note(words);
            None
        }));
        Ok(())
    }
}

/// When the simulator says that it happened.
fn moment(answer: &Value) -> Result<i64> {
    parse_ms(answer["_sim"]["at"].as_str().unwrap_or_default())
}
