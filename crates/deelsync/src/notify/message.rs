//! What is said: ids, kinds, times and the command to look with. Never a name, an address or a value.

use jiff::Timestamp;
use provisioning::RunId;
use queue::{Breaker, Job};
use reconciler::Hold;

/// Lines in one message; the rest is counted.
const MOST: usize = 20;

/// One thing that cannot wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    /// What it is remembered by.
    pub(super) name: String,
    topic: Topic,
    line: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    Leaver,
    Refused,
    Dead,
    Webhook,
    Away,
    Back,
}

impl Notice {
    pub(super) fn leaver(hold: &Hold) -> Self {
        let id = &hold.id;
        let person = hold.person.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        let account =
            hold.account.as_ref().map_or_else(String::new, |account| format!(", account {account}"));
        let line = format!(
            "person {person}{account}: {} since {:.0}; deelsync holds show {id}",
            hold.kind, hold.created_at
        );
        Self { name: format!("hold:{id}"), topic: Topic::Leaver, line }
    }

    /// About the subscription in Deel.
    pub(super) fn webhook(name: String, line: String) -> Self {
        Self { name, topic: Topic::Webhook, line }
    }

    /// One name for all: a comparison that is refused every night is one thing.
    pub(super) fn refused(run: &RunId, at: Timestamp) -> Self {
        let line = format!("run {run} of {at:.0}: nothing was changed; deelsync runs");
        Self { name: "run:refused".to_owned(), topic: Topic::Refused, line }
    }

    /// A vendor that is away; what waits for it is told once it lasts.
    pub(super) fn away(away: &Breaker, now_ms: u64) -> Self {
        let line = format!("{}; deelsync queue status", crate::commands::away::words(away, now_ms));
        Self { name: format!("vendor:{}", away.vendor.as_str()), topic: Topic::Away, line }
    }

    /// The end of what was told under that name, if its end is worth a word.
    pub(super) fn back(name: &str) -> Option<Self> {
        let vendor = match name.strip_prefix("vendor:")? {
            "deel" => "Deel",
            _ => "JumpCloud",
        };
        let line = format!("{vendor} answers again; what waited for it is being done");
        Some(Self { name: name.to_owned(), topic: Topic::Back, line })
    }

    pub(super) fn dead(job: &Job) -> Self {
        let line = format!(
            "job {} after {} attempts, since {}; deelsync queue show {}",
            job.key,
            job.attempts,
            crate::out::time(job.at_ms),
            job.key
        );
        Self { name: format!("job:{}", job.key), topic: Topic::Dead, line }
    }
}

fn headline(topic: Topic, count: usize) -> String {
    match (topic, count) {
        (Topic::Leaver, 1) => "a leaver's account stays in use until somebody decides".to_owned(),
        (Topic::Leaver, many) => format!("{many} leavers' accounts stay in use until somebody decides"),
        (Topic::Refused, _) => "the comparison of everyone was refused".to_owned(),
        (Topic::Dead, 1) => "an urgent job is dead; it may concern a leaver".to_owned(),
        (Topic::Webhook, _) => "Deel's webhooks need a look".to_owned(),
        (Topic::Dead, many) => format!("{many} urgent jobs are dead; they may concern leavers"),
        (Topic::Away, _) => "a vendor is away; work waits in line".to_owned(),
        (Topic::Back, _) => "a vendor is back".to_owned(),
    }
}

fn topics(due: &[&Notice]) -> Vec<(Topic, usize)> {
    [Topic::Leaver, Topic::Refused, Topic::Dead, Topic::Webhook, Topic::Away, Topic::Back]
        .into_iter()
        .map(|topic| (topic, due.iter().filter(|notice| notice.topic == topic).count()))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// One line.
pub(super) fn subject(due: &[&Notice]) -> String {
    let parts: Vec<String> = topics(due).into_iter().map(|(topic, count)| headline(topic, count)).collect();
    format!("deelsync: {}", parts.join("; "))
}

/// The whole message.
pub(super) fn text(due: &[&Notice]) -> String {
    let mut lines = Vec::new();
    for (topic, count) in topics(due) {
        lines.push(format!("deelsync: {}", headline(topic, count)));
        let of_topic = due.iter().filter(|notice| notice.topic == topic);
        lines.extend(of_topic.take(MOST).map(|notice| format!("• {}", notice.line)));
        if count > MOST {
            let all = if topic == Topic::Dead { "deelsync queue list dead" } else { "deelsync holds list" };
            lines.push(format!("• and {} more; {all}", count - MOST));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaver(n: usize) -> Notice {
        let line = format!("person p{n}: limit since 2026-11-23T09:00:00Z; deelsync holds show h{n}");
        Notice { name: format!("hold:h{n}"), topic: Topic::Leaver, line }
    }

    #[test]
    fn many_are_one_message_and_the_rest_is_counted() {
        let mut notices: Vec<Notice> = (0..22).map(leaver).collect();
        notices.push(Notice::refused(&RunId::parse("r1").unwrap(), "2026-11-23T02:00:00Z".parse().unwrap()));
        let due: Vec<&Notice> = notices.iter().collect();
        insta::assert_snapshot!(subject(&due), @"deelsync: 22 leavers' accounts stay in use until somebody decides; the comparison of everyone was refused");
        let text = text(&due);
        assert_eq!(text.lines().count(), 1 + 20 + 1 + 2, "{text}");
        assert!(text.contains("• and 2 more; deelsync holds list\n"), "{text}");
        assert!(
            text.ends_with("• run r1 of 2026-11-23T02:00:00Z: nothing was changed; deelsync runs"),
            "{text}"
        );
    }

    #[test]
    fn one_is_said_as_one() {
        let one = leaver(1);
        insta::assert_snapshot!(text(&[&one]), @r"
        deelsync: a leaver's account stays in use until somebody decides
        • person p1: limit since 2026-11-23T09:00:00Z; deelsync holds show h1
        ");
    }
}
