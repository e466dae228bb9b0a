//! Subscriptions and deliveries: what is due, what was tried, when a subscription is given up.
//!
//! Deel tries a delivery again after 1, 5, 15 and 30 minutes and 1, 2, 4, 8 and 16 hours, and disables the subscription
//! when the tenth attempt fails (developer.deel.com, webhooks). Bodies stay the same over all attempts here.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use actix_web::web::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use crate::clock;

/// Waits before the second, third, … tenth attempt, in minutes.
const RETRIES: [u64; 9] = [1, 5, 15, 30, 60, 120, 240, 480, 960];
/// The log forgets the oldest finished deliveries beyond this many.
const KEPT: usize = 20_000;

/// A webhook subscription.
#[derive(Debug, Clone)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) enabled: bool,
    pub(super) url: String,
    pub(super) signing_key: String,
    pub(super) api_version: String,
    pub(super) events: Vec<String>,
    pub(super) created_at: String,
    pub(super) updated_at: String,
}

impl Subscription {
    /// As the API shows it; the key only when it was just set.
    pub(super) fn shown(&self, with_key: bool) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "status": if self.enabled { "enabled" } else { "disabled" },
            "url": self.url,
            "signing_key": with_key.then_some(&self.signing_key),
            "api_version": self.api_version,
            "events": self.events,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "deleted_at": null,
            "hidden": null,
            "internal": false,
        })
    }
}

/// One event on its way to one subscription.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Delivery {
    pub(super) id: u64,
    pub(super) event_type: String,
    pub(super) subscription_id: String,
    pub(super) status: Status,
    pub(super) created_at: String,
    pub(super) attempts: Vec<Attempt>,
    #[serde(skip)]
    pub(super) body: Bytes,
    #[serde(skip)]
    signature: Signed,
}

/// How a delivery is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Signed {
    #[default]
    Properly,
    Wrongly,
    Not,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// An attempt is due or under way.
    Pending,
    Delivered,
    /// Ten attempts failed.
    Failed,
    /// The subscription was disabled or deleted meanwhile.
    Abandoned,
}

/// One try.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Attempt {
    pub(super) at: String,
    /// The answer's status; none if there was no answer.
    pub(super) status: Option<u16>,
    pub(super) error: Option<String>,
    pub(super) duration_ms: u64,
}

/// What an attempt needs.
#[derive(Debug)]
pub(super) struct Errand {
    pub(super) delivery: u64,
    pub(super) url: String,
    pub(super) key: String,
    pub(super) label: Option<String>,
    pub(super) signed: Signed,
    pub(super) body: Bytes,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Outbox {
    pub(super) subscriptions: Vec<Subscription>,
    /// `POST /_sim/events`: off means that nothing is sent.
    pub(super) on: bool,
    speed: f64,
    due: BTreeMap<(Instant, u64), ()>,
    log: VecDeque<Delivery>,
    last: u64,
}

impl Outbox {
    pub(super) fn new(speed: f64) -> Self {
        Self {
            subscriptions: Vec::new(),
            on: true,
            speed,
            due: BTreeMap::new(),
            log: VecDeque::new(),
            last: 0,
        }
    }

    pub(super) fn subscription(&mut self, id: &str) -> Option<&mut Subscription> {
        self.subscriptions.iter_mut().find(|subscription| subscription.id == id)
    }

    /// Queues `body` for one subscription.
    pub(super) fn send(&mut self, to: &str, kind: &str, body: Bytes, wait: Duration, signed: Signed) -> u64 {
        self.last += 1;
        if self.log.len() >= KEPT && self.log.front().is_some_and(|oldest| oldest.status != Status::Pending) {
            self.log.pop_front();
        }
        self.log.push_back(Delivery {
            id: self.last,
            event_type: kind.to_owned(),
            subscription_id: to.to_owned(),
            status: Status::Pending,
            created_at: clock::now_stamp(),
            attempts: Vec::new(),
            body,
            signature: signed,
        });
        self.due.insert((Instant::now() + wait, self.last), ());
        self.last
    }

    /// Takes what is due by `now`, and says when the next one is.
    pub(super) fn take(&mut self, now: Instant) -> (Vec<Errand>, Option<Instant>) {
        let mut errands = Vec::new();
        while let Some((&(at, id), ())) = self.due.first_key_value()
            && at <= now
        {
            self.due.pop_first();
            errands.extend(self.errand(id));
        }
        (errands, self.due.first_key_value().map(|(&(at, _), ())| at))
    }

    fn errand(&mut self, id: u64) -> Option<Errand> {
        let position = self.position(id)?;
        let target = &self.log[position].subscription_id;
        let subscription = self.subscriptions.iter().find(|s| s.id == *target && s.enabled).cloned();
        let delivery = &mut self.log[position];
        if delivery.status != Status::Pending {
            return None;
        }
        let Some(subscription) = subscription else {
            delivery.status = Status::Abandoned;
            return None;
        };
        Some(Errand {
            delivery: id,
            url: subscription.url,
            key: subscription.signing_key,
            label: subscription.name,
            signed: delivery.signature,
            body: delivery.body.clone(),
        })
    }

    /// Writes down how an attempt went, and decides what follows.
    pub(super) fn settle(&mut self, id: u64, attempt: Attempt) {
        let speed = self.speed;
        let Some(position) = self.position(id) else { return };
        let delivery = &mut self.log[position];
        let delivered = attempt.status.is_some_and(|status| (200..300).contains(&status));
        delivery.attempts.push(attempt);
        if delivered {
            delivery.status = Status::Delivered;
            return;
        }
        match RETRIES.get(delivery.attempts.len() - 1) {
            Some(minutes) if speed > 0.0 => {
                let wait = Duration::from_secs(minutes * 60).div_f64(speed);
                self.due.insert((Instant::now() + wait, id), ());
            }
            // Waits for `POST /_sim/retry`.
            Some(_) => {}
            None => {
                delivery.status = Status::Failed;
                let target = delivery.subscription_id.clone();
                self.disable(&target);
            }
        }
    }

    fn disable(&mut self, id: &str) {
        if let Some(subscription) = self.subscription(id) {
            subscription.enabled = false;
            subscription.updated_at = clock::now_stamp();
        }
        self.abandon(id);
    }

    /// Nothing more is sent to this subscription, not even when it is enabled again.
    pub(super) fn abandon(&mut self, subscription: &str) {
        for delivery in &mut self.log {
            if delivery.subscription_id == subscription && delivery.status == Status::Pending {
                delivery.status = Status::Abandoned;
            }
        }
    }

    /// Makes everything that failed and may be tried again due at once; says how many.
    pub(super) fn retry_now(&mut self) -> usize {
        let now = Instant::now();
        self.due.clear();
        let pending: Vec<u64> =
            self.log.iter().filter(|d| d.status == Status::Pending).map(|d| d.id).collect();
        for &id in &pending {
            self.due.insert((now, id), ());
        }
        pending.len()
    }

    fn position(&self, id: u64) -> Option<usize> {
        self.log.binary_search_by_key(&id, |delivery| delivery.id).ok()
    }

    /// The log, oldest first.
    pub(super) fn log(&self) -> impl Iterator<Item = &Delivery> {
        self.log.iter()
    }
}
