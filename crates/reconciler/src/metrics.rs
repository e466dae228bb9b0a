//! What this crate counts. Labels are bounded: kinds, outcomes and operations, never ids.

use crate::trail::{ChangeResult, Outcome};
use provisioning::{ChangeKind, HoldKind};
use queue::Line;
use std::collections::BTreeMap;
use std::time::Duration;

/// Registers every metric's description; call it once after the recorder is installed.
pub fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!("deelsync_jobs_total", "Jobs run, by outcome and line");
    describe_histogram!("deelsync_job_duration_seconds", Unit::Seconds, "How long a job ran, by outcome");
    describe_histogram!(
        "deelsync_webhook_to_write_seconds",
        Unit::Seconds,
        "From the webhook stored in Redis to the first JumpCloud write"
    );
    describe_counter!("deelsync_vendor_calls_total", "Calls to a vendor, by operation and outcome");
    describe_counter!("deelsync_changes_total", "Changes, by kind and what became of them");
    describe_counter!("deelsync_full_runs_total", "Runs over everyone, by how they ended");
    describe_histogram!(
        "deelsync_full_run_duration_seconds",
        Unit::Seconds,
        "How long a run over everyone took, by how it ended"
    );
    describe_gauge!(
        "deelsync_full_run_people",
        "People of the latest run over everyone, by what became of them"
    );
    describe_gauge!("deelsync_holds", "Changes that wait for a decision, by kind of hold");
    describe_gauge!("deelsync_leavers_not_suspended", "Leavers whose account is still active, by reason");
}

pub(crate) fn job(outcome: Outcome, line: Line, took: Duration) {
    metrics::counter!("deelsync_jobs_total", "outcome" => outcome.as_str(), "line" => line.as_str())
        .increment(1);
    metrics::histogram!("deelsync_job_duration_seconds", "outcome" => outcome.as_str())
        .record(took.as_secs_f64());
}

pub(crate) fn webhook_to_write(seconds: f64) {
    metrics::histogram!("deelsync_webhook_to_write_seconds").record(seconds);
}

pub(crate) fn call(vendor: &'static str, operation: &'static str, outcome: &'static str) {
    metrics::counter!(
        "deelsync_vendor_calls_total",
        "vendor" => vendor,
        "operation" => operation,
        "outcome" => outcome
    )
    .increment(1);
}

pub(crate) fn change(kind: ChangeKind, result: ChangeResult) {
    metrics::counter!("deelsync_changes_total", "kind" => kind.as_str(), "result" => result.as_str())
        .increment(1);
}

/// A run over everyone has ended. Who was counted is told only where everyone was.
pub(crate) fn full_run(report: &crate::full::FullReport) {
    use crate::full::FullEnd;
    let end = report.ended.as_str();
    metrics::counter!("deelsync_full_runs_total", "end" => end).increment(1);
    #[allow(clippy::cast_precision_loss)] // Milliseconds of hours are far below 2^52.
    let seconds = report.duration_ms as f64 / 1000.0;
    metrics::histogram!("deelsync_full_run_duration_seconds", "end" => end).record(seconds);
    if !matches!(report.ended, FullEnd::Done | FullEnd::Planned) {
        return;
    }
    let counts = &report.counts;
    for (what, count) in [
        ("listed", counts.people),
        ("in-sync", counts.in_sync),
        ("applied", counts.applied),
        ("held", counts.held),
        ("failed", counts.failed),
        ("skipped", counts.skipped),
        ("gone", counts.gone),
    ] {
        let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        metrics::gauge!("deelsync_full_run_people", "what" => what).set(count);
    }
}

/// Sets both gauges; kinds without any are set to zero, so that a settled hold does not linger.
pub(crate) fn holds(kinds: &BTreeMap<&'static str, u64>, leavers: &BTreeMap<&'static str, u64>) {
    let count = |map: &BTreeMap<&'static str, u64>, name: &str| {
        f64::from(u32::try_from(map.get(name).copied().unwrap_or_default()).unwrap_or(u32::MAX))
    };
    for kind in HoldKind::ALL {
        metrics::gauge!("deelsync_holds", "kind" => kind.as_str()).set(count(kinds, kind.as_str()));
    }
    for reason in HoldKind::ALL.map(HoldKind::as_str).into_iter().chain(["rejected"]) {
        metrics::gauge!("deelsync_leavers_not_suspended", "reason" => reason).set(count(leavers, reason));
    }
}
