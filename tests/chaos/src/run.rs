//! One seed, from the first process to the verdict.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::time::Instant;

use crate::clock::now_ms;
use crate::evidence::{Done, Evidence};
use crate::laws::{self, Broken};
use crate::look;
use crate::plan::{Plan, Size};
use crate::pulse::Pulse;
use crate::stage::{NARROW, Stage, patience};
use crate::storm::Storm;
use crate::timeline::Timeline;

/// What became of a seed.
#[derive(Debug)]
pub struct Outcome {
    /// The laws that do not hold.
    pub broken: Vec<Broken>,
    /// What is known.
    pub evidence: Evidence,
    /// What happened when.
    pub timeline: Timeline,
    /// Where the logs are kept, if a law does not hold.
    pub logs: Vec<PathBuf>,
    /// How long it took to come to rest, once nothing was wrong any more.
    pub settled: Duration,
    /// The command that does it again.
    pub again: String,
}

/// For whoever has to find out why: what happened when, what does not hold, where to look, how to see it again.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.timeline.text())?;
        for broken in &self.broken {
            writeln!(f, "BROKEN  {broken}")?;
        }
        for folder in &self.logs {
            writeln!(f, "logs    {}", folder.display())?;
        }
        writeln!(f, "again   {}", self.again)
    }
}

/// Runs a plan and judges what came of it.
///
/// # Errors
/// If what is needed for it cannot be started.
pub async fn run(plan: &Plan) -> Result<Outcome> {
    let timeline = Timeline::default();
    let pulse = Pulse::start();
    let mut stage = Stage::set(plan).await?;
    let people = stage.begin(plan).await?;
    timeline.note(format!("everything is up: {people:?}"));
    let mut done = Storm::new(&mut stage, &timeline, people).rage(plan).await?;
    timeline.note("the storm is over");
    let started = Instant::now();
    let (evidence, broken) = rest(&mut stage, plan, &mut done, &pulse, &timeline).await?;
    let settled = started.elapsed();
    timeline.note(if broken.is_empty() { "every law holds" } else { "a law is broken" });
    let logs = if broken.is_empty() { Vec::new() } else { stage.keep_logs() };
    Ok(Outcome { broken, evidence, timeline, logs, settled, again: again(plan) })
}

/// Waits until what becomes true with time is true, and judges everything.
async fn rest(
    stage: &mut Stage,
    plan: &Plan,
    done: &mut Done,
    pulse: &Pulse,
    timeline: &Timeline,
) -> Result<(Evidence, Vec<Broken>)> {
    let deadline = Instant::now() + patience(plan);
    done.suspensions = plan.guarded.then_some(NARROW);
    loop {
        for name in stage.supervise(timeline) {
            done.ended.push((name, now_ms()));
        }
        done.late = pulse.late();
        let evidence = look::evidence(stage, done).await?;
        if Instant::now() > deadline || laws::broken(laws::IN_THE_END, &evidence).is_empty() {
            let broken = laws::broken(laws::ALL, &evidence);
            return Ok((evidence, broken));
        }
        if plan.guarded && laws::at_rest(&evidence).is_empty() {
            approve(stage, done, timeline).await?;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Says yes to whatever the limits hold, as an operator would.
async fn approve(stage: &Stage, done: &mut Done, timeline: &Timeline) -> Result<()> {
    let listed = stage.cli(&["holds", "list", "--format", "json"]).await;
    let holds: Vec<Value> = serde_json::from_str(&listed.stdout).context("a list of holds")?;
    for hold in holds {
        let (Some(id), Some(person)) = (hold["id"].as_str(), hold["person"].as_str()) else { continue };
        if hold["kind"] == "limit" && hold["status"] == "open" {
            done.approved.get_or_insert(now_ms());
            done.held.push(person.to_owned());
            let said = stage.cli(&["holds", "approve", id]).await;
            timeline.note(format!("the suspension of {person} was held, and is approved: {:?}", said.code));
        }
    }
    Ok(())
}

fn again(plan: &Plan) -> String {
    match plan.size == Size::SHORT {
        true => format!("cargo run -p chaos -- --seed {} --short", plan.seed),
        false => format!("make soak SEED={}", plan.seed),
    }
}
