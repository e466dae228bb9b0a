//! The account of it, for people.

use anyhow::{Context as _, Result};
use harness::{DeelSim, Deelsync, JumpCloudSim, Settings, binary};
use serde_json::Value;

pub(crate) fn start(deel: &DeelSim, jumpcloud: &JumpCloudSim, deelsync: &Deelsync) {
    println!("Deel and JumpCloud are simulated; deelsync, its Redis and the signed webhooks are real.");
    println!("   Deel       {}", deel.url());
    println!("   JumpCloud  {}", jumpcloud.url());
    println!("   deelsync   {}  (metrics: {}/metrics)\n", deelsync.public(), deelsync.admin());
}

/// What happened in Deel, and which webhooks told of it.
pub(crate) fn said(title: &str, words: &str, answer: &Value) {
    let events: Vec<&str> =
        answer["_sim"]["events"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    println!("{title}");
    println!("   Deel       {words}");
    println!("   webhooks   {}", events.join(", "));
}

/// The writes that JumpCloud received, field by field, and how long after Deel's event.
pub(crate) fn changed(answer: &Value, writes: &[Value]) -> Result<()> {
    let happened = milliseconds(&answer["_sim"]["at"])?;
    for write in writes {
        let after = milliseconds(&write["at"])? - happened;
        let (method, status) = (text(&write["method"]), &write["status"]);
        println!("   JumpCloud  {method} answered {status}, {after} ms after it happened in Deel");
        for change in write["changes"].as_array().into_iter().flatten() {
            let field = text(&change["field"]);
            if GENERATED.contains(&field.as_str()) {
                continue;
            }
            println!("                {field:<20} {} → {}", text(&change["before"]), text(&change["after"]));
        }
    }
    println!();
    Ok(())
}

/// What JumpCloud itself fills in or keeps twice.
const GENERATED: &[&str] =
    &["_id", "id", "created", "organization", "creationSource", "activated", "suspended"];

fn text(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) if text.is_empty() => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn milliseconds(time: &Value) -> Result<i64> {
    let time: jiff::Timestamp = time.as_str().context("a time")?.parse()?;
    Ok(time.as_millisecond())
}

/// Where everything is that was left running, and how to end it.
pub(crate) fn kept(
    deel: &DeelSim,
    jumpcloud: &JumpCloudSim,
    deelsync: &Deelsync,
    settings: &mut Settings,
    person: &str,
) {
    let folder = settings.keep_folder();
    println!("\nEverything is left running. To use the command line against it:\n");
    for (name, value) in settings.variables() {
        println!("   export {name}='{value}'");
    }
    let program = binary("deelsync");
    println!("   alias deelsync='{}'", program.display());
    let people = format!("{}/_sim/people", deel.url());
    println!("\n   change            curl -X POST {people}/{person}/change -d '{{\"job_title\":\"Chief\"}}'");
    println!(
        "   change an email   curl -X POST {people}/{person}/change -d '{{\"work_email\":\"zoe@example.com\"}}'"
    );
    println!("   what waits        deelsync holds list");
    println!("   terminate         curl -X POST {people}/{person}/terminate -d '{{\"at_once\":true}}'");
    println!("   the story         deelsync why {person}");
    println!("   what is left      deelsync plan --person {person}");
    println!("\n   hire somebody     curl -X POST {}/_sim/hire", deel.url());
    println!("   what arrived      curl {}/_sim/journal", jumpcloud.url());
    println!("   what else         curl {}/_sim/ ; curl {}/_sim/", deel.url(), jumpcloud.url());
    println!("   metrics           curl {}/metrics", deelsync.admin());
    println!("   log               {}", deelsync.process.log_path().display());
    println!("   data              {}", folder.display());
    let ids = [deelsync.process.id(), deel.process().id(), jumpcloud.process().id()];
    println!("\nTo end it (deelsync takes its Redis along): kill {} {} {}", ids[0], ids[1], ids[2]);
    println!("To remove what it leaves, then: rm -r '{}'", folder.display());
}
