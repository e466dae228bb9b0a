//! What is said of the subscription, in logs, notifications and answers. Never its address.

use super::State;
use super::record::Record;
use crate::out;
use std::time::Duration;

/// The commands to look and to mend with.
const STATUS: &str = "deelsync webhook status";
const REGISTER: &str = "deelsync webhook register";

/// How it is, in a sentence without an end.
pub(crate) fn state_words(record: &Record) -> String {
    let since = out::time(record.since_ms);
    match record.state {
        State::Unknown => "nobody has looked at the subscription yet".to_owned(),
        State::Enabled => format!("the subscription is enabled and complete, since {since}"),
        State::Incomplete => {
            format!("the subscription lacks the events {}, since {since}", record.lacking.join(", "))
        }
        State::Disabled => format!("the subscription is disabled in Deel, since {since}: no webhook comes"),
        State::Elsewhere => {
            format!("the subscription delivers to another address than webhook.url, since {since}")
        }
        State::Missing if record.disconnected_ms.is_some() => format!("disconnected, since {since}"),
        State::Missing => format!("Deel has no subscription of ours, since {since}: no webhook comes"),
    }
}

/// What to do about it.
fn remedy(record: &Record) -> String {
    match record.state {
        State::Missing | State::Elsewhere | State::Incomplete => REGISTER.to_owned(),
        _ => STATUS.to_owned(),
    }
}

/// What people are told, each by what it is remembered by. What mended itself is told for as long as anything is told once.
pub(crate) fn news(record: &Record, repeat: Duration, now: u64) -> Vec<(String, String)> {
    let mut news = Vec::new();
    if record.state.is_amiss() && record.disconnected_ms.is_none() {
        let problem = record.problem.as_ref().map_or_else(String::new, |problem| format!("; {problem}"));
        let name = format!("webhook:{:?}", record.state).to_lowercase();
        news.push((name, format!("{}{problem}; {}", state_words(record), remedy(record))));
    }
    let repeat = u64::try_from(repeat.as_millis()).unwrap_or(u64::MAX);
    if let Some(mended) = record.mended.filter(|mended| now.saturating_sub(mended.at_ms) < repeat) {
        let at = out::time(mended.at_ms);
        let line = if mended.by_us {
            format!(
                "Deel had disabled the subscription; deelsync enabled it again at {at}, and everyone is compared. The \
                 address did not take ten deliveries: find out why; {STATUS}"
            )
        } else {
            format!("the subscription is enabled and complete again, since {at}; everyone is compared")
        };
        news.push((format!("webhook:mended:{}", mended.at_ms), line));
    }
    if let Some(since) = record.silent_since_ms {
        let line = format!("no webhook has come since {}, which is unusual; {STATUS}", out::time(since));
        news.push((format!("webhook:silent:{since}"), line));
    }
    if let Some(since) = record.refused_since_ms {
        news.push((format!("webhook:refused:{since}"), format!("{}; {STATUS}", refused_words(since))));
    }
    news
}

/// About wrong signatures.
pub(crate) fn refused_words(since: u64) -> String {
    format!(
        "since {} webhooks are refused for a wrong signature, and none is accepted: if they come from Deel, \
         DEEL_SIGNING_KEYS lacks the key of the subscription",
        out::time(since)
    )
}

/// Tells what has changed.
pub(super) fn log(before: &Record, after: &Record, compare: bool) {
    let changed = before.state != after.state || before.mended != after.mended;
    let words = state_words(after);
    let remedy = remedy(after);
    if changed && after.state.is_amiss() && after.disconnected_ms.is_none() {
        tracing::warn!(subscription.state = ?after.state, remedy, "{words}");
    } else if changed {
        let by_us = after.mended.is_some_and(|mended| mended.by_us) && before.mended != after.mended;
        if by_us {
            tracing::warn!("Deel had disabled the webhook subscription; it is enabled again");
        } else {
            tracing::info!(subscription.state = ?after.state, "{words}");
        }
    }
    if compare {
        tracing::info!("Deel delivers again; everyone is compared, since something was not told");
    }
    if let Some(problem) = after.problem.as_ref().filter(|_| before.problem != after.problem) {
        tracing::warn!(problem, "the webhook subscription cannot be looked after");
    }
    if let Some(since) = after.silent_since_ms.filter(|_| before.silent_since_ms.is_none()) {
        tracing::warn!(since = %out::time(since), "no webhook has come for an unusually long time");
    }
    if let Some(since) = after.refused_since_ms.filter(|_| before.refused_since_ms.is_none()) {
        tracing::warn!("{}", refused_words(since));
    }
    if let Some(unheard) = after.unheard.as_ref().filter(|_| before.unheard != after.unheard) {
        tracing::warn!(
            run.id = unheard.run,
            people = unheard.applied,
            "a comparison of everyone changed people, and no webhook had come since the one before"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::record::Mended;

    const HOUR: Duration = Duration::from_secs(3600);

    fn told(record: &Record, now: u64) -> String {
        let lines: Vec<String> =
            news(record, HOUR, now).into_iter().map(|(name, line)| format!("{name} | {line}")).collect();
        lines.join("\n")
    }

    #[test]
    fn what_is_amiss_is_told_with_its_remedy() {
        let mut record = Record { state: State::Missing, since_ms: 1_700_000_000_000, ..Record::default() };
        insta::assert_snapshot!(told(&record, 0), @"webhook:missing | Deel has no subscription of ours, since 2023-11-14T22:13:20Z: no webhook comes; deelsync webhook register");
        record.disconnected_ms = Some(1);
        assert_eq!(told(&record, 0), "");
        record = Record { state: State::Disabled, problem: Some("no".to_owned()), ..record };
        record.disconnected_ms = None;
        insta::assert_snapshot!(told(&record, 0), @"webhook:disabled | the subscription is disabled in Deel, since 2023-11-14T22:13:20Z: no webhook comes; no; deelsync webhook status");
    }

    #[test]
    fn what_is_mended_is_told_once() {
        let mended = Some(Mended { was: State::Disabled, by_us: true, at_ms: 1000 });
        let record = Record { state: State::Enabled, mended, ..Record::default() };
        assert!(told(&record, 2000).starts_with("webhook:mended:1000 | Deel had disabled"));
        assert_eq!(told(&record, 1000 + 3_600_000), "");
    }

    #[test]
    fn silence_and_wrong_keys_are_told() {
        let record = Record { silent_since_ms: Some(1), refused_since_ms: Some(2), ..Record::default() };
        let told = told(&record, 5);
        assert!(told.contains("webhook:silent:1 | no webhook has come"), "{told}");
        assert!(told.contains("webhook:refused:2 | ") && told.contains("DEEL_SIGNING_KEYS"), "{told}");
    }
}
