//! The plan file.

use std::sync::OnceLock;

use jiff::Timestamp;
use provisioning::{
    Actual, Desired, EmailState, Employment, Limits, Person, Policy, ProfileId, RunId, Stamp, Status, plan,
};
use reconciler::{EveryonePlanned, FullCounts, Mode, Organizations, PersonPlanned, PlanFile};

/// Any bytes are a plan file only if they are what a plan prints, to the byte; and a file that we made, edited as `data`
/// says (where: four bytes; how many bytes go: one; what comes: the rest), is refused.
pub fn planfile(data: &[u8]) {
    if let Ok(file) = PlanFile::parse(data) {
        assert_eq!(file.to_json().as_bytes(), data);
    }
    if let Some((place, rest)) = data.split_first_chunk::<4>()
        && let Some((&gone, new)) = rest.split_first()
    {
        edited(sample(), u32::from_le_bytes(*place) as usize, usize::from(gone), new);
    }
}

/// Replaces `gone` bytes of `text` at `place` with `new`, and asserts that the result is refused unless it is the same.
pub fn edited(text: &str, place: usize, gone: usize, new: &[u8]) {
    let place = place % (text.len() + 1);
    let (before, after) = text.as_bytes().split_at(place);
    let edited = [before, new, &after[gone.min(after.len())..]].concat();
    assert_eq!(PlanFile::parse(&edited).is_ok(), edited == text.as_bytes(), "{gone} bytes at {place}");
}

/// A plan file of a few people.
pub fn sample() -> &'static str {
    static SAMPLE: OnceLock<String> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        made(&[("p1", "Alpha", "active"), ("p2", "Omega", "inactive"), ("p3", "Ünï", "active")])
    })
}

/// A plan file of people of these ids, names and states; they have no account yet.
#[must_use]
pub fn made(people: &[(&str, &str, &str)]) -> String {
    let policy = Policy::default();
    let (now, run) = (Timestamp::UNIX_EPOCH, RunId::parse("run1").expect("an id"));
    let stamp = Stamp { now, run: run.clone() };
    let people = people.iter().map(|(id, name, status)| {
        let mut person = Person::new(ProfileId::parse(id).expect("an id"));
        person.first_name = Some((*name).to_owned());
        person.last_name = Some("Zed".to_owned());
        person.full_name = Some(format!("{name} Zed"));
        person.work_email = EmailState::parse(Some(&format!("{id}@example.com")));
        person.status = Status::parse(Some(status));
        person.employments = vec![Employment {
            id: "c1".to_owned(),
            ended: Some(*status != "active"),
            ..Employment::default()
        }];
        let name = person.full_name.clone();
        let plan = plan(&Desired::of(person), &Actual::default(), &policy, &stamp);
        PersonPlanned {
            person: plan.subject.clone(),
            name,
            username: None,
            email: None,
            last_day: None,
            apply: plan.steps.clone(),
            plan,
            held: Vec::new(),
            rejected: Vec::new(),
        }
    });
    let planned = EveryonePlanned {
        run,
        made_at: now,
        mode: Mode::Enforce,
        organizations: Organizations { deel: Some("org".to_owned()), jumpcloud: None },
        people: people.collect(),
        gone: Vec::new(),
        unowned: Vec::new(),
        unreadable: Vec::new(),
        leavers_active: Vec::new(),
        counts: FullCounts::default(),
        notes: Vec::new(),
        refused: None,
    };
    let file = PlanFile::make(&planned, &policy, &Limits::default()).expect("a plan that is not refused");
    let text = file.to_json();
    let read = PlanFile::parse(text.as_bytes()).expect("what we wrote");
    assert!(read == file, "what is read is what was written");
    text
}
