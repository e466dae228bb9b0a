//! The full run: list everyone in Deel, and ask for a look at each.
//!
//! Each look reads the person again. That costs a request per person beyond the listing, but keeps the rule that nobody
//! is changed on the word of a list, and it is the one path that webhooks take too.

use crate::metrics;
use crate::reconciler::Reconciler;
use crate::run;
use crate::session::{Session, millis};
use crate::stop::{Stop, Vendor, chain};
use crate::trail::{ReconcileRecord, Record};
use crate::vendor::listing_stop;
use deel::PersonRecord;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use provisioning::ProfileId;
use queue::{Add, JobKey, Lease, Line, QueueError, Verdict};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How many people are put in line at once; each is two short calls to Redis.
const AT_ONCE: usize = 32;

impl Reconciler {
    /// Lists all people as complete, learns their contracts, and puts each in the bulk line. Anything less than a complete
    /// listing asks for nobody: it is tried again later, as a whole.
    pub(crate) async fn reconcile(&self, lease: &Lease) -> Verdict {
        let started = Instant::now();
        let mut record = ReconcileRecord {
            run: None,
            started_at: self.parts().clock.now(),
            duration_ms: 0,
            trigger: lease.trigger.to_string(),
            mode: Some(self.mode()),
            ended: String::new(),
            people: 0,
            counts: crate::full::FullCounts::default(),
            notes: Vec::new(),
            problem: None,
        };
        let end = Box::pin(self.list_and_ask(lease, &mut record)).await;
        record.duration_ms = millis(started.elapsed());
        let verdict = match end {
            Ok(()) => {
                tracing::info!(
                    people = record.people,
                    duration_ms = record.duration_ms,
                    "everyone was listed and put in line"
                );
                Verdict::done()
            }
            Err(stop) => {
                let problem = chain(&stop);
                tracing::error!(problem, duration_ms = record.duration_ms, "the full reconcile was not done");
                record.problem = Some(problem);
                run::of_stop(&stop)
            }
        };
        if let Err(error) = self.trail().put(Record::Reconcile(record)).await {
            tracing::error!(error = %error, "the reconcile is missing on the trail");
        }
        verdict
    }

    async fn list_and_ask(&self, lease: &Lease, record: &mut ReconcileRecord) -> Result<(), Stop> {
        let parts = self.parts();
        // The listing itself takes bulk slots, whoever asked for it: it must not keep a leaver waiting.
        let mut session = Session::new(Line::Bulk, parts.deel_budget.clone(), parts.jumpcloud_budget.clone());
        let pages = AtomicU64::new(0);
        let pace = || {
            pages.fetch_add(1, Ordering::Relaxed);
            parts.deel_budget.acquire(Line::Bulk)
        };
        let listing = session.made(Vendor::Deel, "people", parts.deel.people(pace)).await;
        metrics::calls(Vendor::Deel.label(), "people", "ok", pages.load(Ordering::Relaxed).saturating_sub(1));
        let people = listing.map_err(listing_stop)?.into_inner();
        record.people = people.len() as u64;
        if people.is_empty() {
            tracing::error!(
                "Deel lists nobody; nothing was asked for. Check the token's organization and scopes"
            );
        }
        let asked: Vec<bool> = stream::iter(people)
            .map(|person| self.ask(person, lease))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        record.counts.to_do = asked.into_iter().filter(|asked| *asked).count() as u64;
        Ok(())
    }

    /// Learns one person's contracts and asks for a look. A row whose id cannot be used is passed over, loudly.
    async fn ask(&self, person: PersonRecord, lease: &Lease) -> Result<bool, QueueError> {
        let Ok(id) = ProfileId::parse(person.id.as_deref().unwrap_or_default()) else {
            tracing::error!("Deel lists a person whose id cannot be used; they are left alone");
            return Ok(false);
        };
        let queue = &self.parts().queue;
        let contracts: Vec<String> = person.contract_ids().map(str::to_owned).collect();
        if !contracts.is_empty() {
            queue.learn_contracts(id.as_str(), &contracts).await?;
        }
        let key = JobKey::Person(id.to_string());
        queue.add(&Add { key, line: Line::Bulk, trigger: lease.trigger.clone(), look: None }).await?;
        Ok(true)
    }
}
