//! What an event asks for. Pure: the same event and the same organizations give the same decision.

use deel::envelope::{Event, EventKind, Subject, Urgency};
use queue::{Line, Trigger};

use crate::outcome::Outcome;

/// What is to be done with an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Answered at once; needs no Redis.
    Ignore(Outcome),
    /// Answered once it is stored.
    Store(Job),
}

/// What is stored of an event: whom it is about, never what it says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) line: Line,
    pub(crate) trigger: Trigger,
    pub(crate) look: Option<u8>,
    pub(crate) subjects: Vec<queue::Subject>,
}

/// Decides. `is_foreign` tells whether an organization's id is certainly none of ours.
pub(crate) fn classify(event: Event, is_foreign: impl Fn(&str) -> bool) -> Decision {
    if event.kind == EventKind::NoMeta {
        return Decision::Ignore(Outcome::MissingMeta);
    }
    if event.is_simulation {
        return Decision::Ignore(Outcome::Simulation);
    }
    if event.organization_id.as_deref().is_some_and(is_foreign) {
        return Decision::Ignore(Outcome::OtherOrganization);
    }
    match event.kind {
        EventKind::NoMeta => Decision::Ignore(Outcome::MissingMeta),
        EventKind::Unknown => Decision::Ignore(Outcome::UnknownEvent),
        EventKind::Irrelevant => Decision::Ignore(Outcome::IrrelevantEvent),
        EventKind::Person => Decision::Store(Job {
            line: match event.urgency {
                Urgency::Urgent => Line::Urgent,
                Urgency::Ordinary => Line::Events,
            },
            trigger: Trigger::new(&format!("webhook:{}", event.label())),
            // A read right after an event may still show the time before it, so it is looked at again later.
            look: Some(0),
            subjects: subjects(event.subjects),
        }),
    }
}

/// An event about somebody of whom nothing is said still is about somebody.
fn subjects(found: Vec<Subject>) -> Vec<queue::Subject> {
    if found.is_empty() {
        return vec![queue::Subject::Unresolved];
    }
    let translate = |subject| match subject {
        Subject::Person(id) => queue::Subject::Person(id),
        Subject::Contract(id) => queue::Subject::Contract(id),
        Subject::Unresolved => queue::Subject::Unresolved,
    };
    found.into_iter().map(translate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: EventKind) -> Event {
        Event {
            event_type: Some("worker.v2.updated".to_owned()),
            organization_id: Some("7".to_owned()),
            tracking_id: None,
            is_simulation: false,
            subjects: vec![Subject::Person("p1".to_owned())],
            urgency: Urgency::Ordinary,
            kind,
        }
    }

    fn ours(_: &str) -> bool {
        false
    }

    fn job(event: Event) -> Job {
        match classify(event, ours) {
            Decision::Store(job) => job,
            Decision::Ignore(outcome) => panic!("ignored as {outcome:?}"),
        }
    }

    #[test]
    fn an_event_about_a_person_is_stored_by_urgency() {
        let ordinary = job(event(EventKind::Person));
        assert_eq!(ordinary.line, Line::Events);
        assert_eq!(ordinary.trigger.as_str(), "webhook:worker.v2.updated");
        assert_eq!(ordinary.look, Some(0));
        assert_eq!(ordinary.subjects, [queue::Subject::Person("p1".to_owned())]);
        let urgent = job(Event { urgency: Urgency::Urgent, ..event(EventKind::Person) });
        assert_eq!(urgent.line, Line::Urgent);
    }

    #[test]
    fn nobody_named_is_somebody_unknown() {
        let unknown = job(Event { subjects: vec![], ..event(EventKind::Person) });
        assert_eq!(unknown.subjects, [queue::Subject::Unresolved]);
        let contract = vec![Subject::Contract("c1".to_owned()), Subject::Unresolved];
        let contract = job(Event { subjects: contract, ..event(EventKind::Person) });
        assert_eq!(
            contract.subjects,
            [queue::Subject::Contract("c1".to_owned()), queue::Subject::Unresolved]
        );
    }

    #[test]
    fn what_changes_nobody_is_ignored_by_reason() {
        let simulated = Event { is_simulation: true, ..event(EventKind::Person) };
        for (event, outcome) in [
            (event(EventKind::Unknown), Outcome::UnknownEvent),
            (event(EventKind::Irrelevant), Outcome::IrrelevantEvent),
            (event(EventKind::NoMeta), Outcome::MissingMeta),
            (simulated, Outcome::Simulation),
        ] {
            assert_eq!(classify(event, ours), Decision::Ignore(outcome));
        }
        let foreign = classify(event(EventKind::Person), |id| id == "7");
        assert_eq!(foreign, Decision::Ignore(Outcome::OtherOrganization));
        let nameless = Event { organization_id: None, ..event(EventKind::Person) };
        assert!(matches!(classify(nameless, |_| true), Decision::Store(_)));
    }
}
