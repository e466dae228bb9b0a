//! What happens in Deel, and the wait for it in JumpCloud.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use harness::{DeelSim, JumpCloudSim};
use serde_json::{Value, json};

use crate::show;

/// Long enough for a slow machine, short enough for whoever watches.
const PATIENCE: Duration = Duration::from_secs(30);

/// People act seconds apart; without this, Deel's five requests a second would be what is measured.
const BETWEEN: Duration = Duration::from_millis(1500);

/// One step of the story.
struct Step {
    title: &'static str,
    /// What the account looks like once the step has arrived.
    arrived: fn(&Value) -> bool,
}

/// All four, in order. Whether each arrived, and to whom it happened.
pub(crate) async fn all(deel: &DeelSim, jumpcloud: &JumpCloudSim) -> Result<(bool, String)> {
    let hired = json!({
        "first_name": "Zoë", "last_name": "Østergård", "job_title": "Data Engineer",
        "work_email": "zoe.ostergard@example.com", "timezone": "Europe/Copenhagen", "country": "DK",
    });
    let person = deel.hire(hired).await;
    let id = person["id"].as_str().context("a hired person has an id")?.to_owned();
    let mut all = true;

    let hire = Step { title: "Hire", arrived: |account| account["username"] == "zoe.ostergard" };
    let said = "a new person: Zoë Østergård, Data Engineer, active from today";
    all &= follow(jumpcloud, &id, &person, 0, &hire, said).await?;

    // The first day has passed: somebody at the company activated the account by hand, as is the default.
    let account = jumpcloud.account_of(&id).await.context("the account is there")?;
    jumpcloud.edit(account["_id"].as_str().context("an id")?, json!({"state": "ACTIVATED"})).await;
    println!("   (an administrator activates the account by hand in JumpCloud)\n");

    let change = Step { title: "Change", arrived: |account| account["jobTitle"] == "Head of Data" };
    let (seen, answer) = then(jumpcloud, deel.change(&id, json!({"job_title": "Head of Data"}))).await;
    all &= follow(jumpcloud, &id, &answer, seen, &change, "a new job title: Head of Data").await?;

    let leave = Step { title: "Termination", arrived: |account| account["state"] == "SUSPENDED" };
    let (seen, answer) = then(jumpcloud, deel.terminate(&id, json!({"at_once": true}))).await;
    all &= follow(jumpcloud, &id, &answer, seen, &leave, "inactive; the contract has ended").await?;

    let back = Step { title: "Rehire", arrived: |account| account["state"] == "ACTIVATED" };
    let (seen, answer) = then(jumpcloud, deel.rehire(&id)).await;
    all &= follow(jumpcloud, &id, &answer, seen, &back, "active again, with a new contract").await?;

    let accounts = jumpcloud.accounts().await.len();
    println!("{accounts} account at the end: the same one throughout.");
    Ok((all && accounts == 1, id))
}

/// The number of the last write before an action, and the action's answer.
async fn then(jumpcloud: &JumpCloudSim, action: impl Future<Output = Value>) -> (u64, Value) {
    tokio::time::sleep(BETWEEN).await;
    let seen = jumpcloud.journal().await.last().and_then(|write| write["seq"].as_u64()).unwrap_or(0);
    (seen, action.await)
}

async fn follow(
    jumpcloud: &JumpCloudSim,
    person: &str,
    answer: &Value,
    seen: u64,
    step: &Step,
    said: &str,
) -> Result<bool> {
    show::said(step.title, said, answer);
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if jumpcloud.account_of(person).await.is_some_and(|account| (step.arrived)(&account)) {
            let writes = jumpcloud.journal_since(seen).await;
            show::changed(answer, &writes)?;
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    println!("   JumpCloud  NOTHING within {PATIENCE:?}\n");
    Ok(false)
}
