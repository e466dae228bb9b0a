//! Whether a person should have access now, and from when or until when. Leaving takes positive evidence: a status
//! that says so, and an ended employment or a past last day. What is missing or unclear is never evidence.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::evidence::{Evidence, LastDay};
use crate::person::{Employment, Person, Status};
use crate::policy::Policy;
use crate::reason::SkipReason;
use crate::values::Effective;
use crate::zone::ZoneChoice;

/// Whether a person should have access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Should have access.
    Active {
        /// The end of the last day of work, if one is known; always later than the `now` it was decided at.
        until: Option<Timestamp>,
    },
    /// Hired, not started. Never a reason to suspend.
    NotStarted {
        /// The start of the first day, if one is known.
        starts: Option<Timestamp>,
    },
    /// Between two employments, near enough to each other: not a leaver yet.
    Between {
        /// The start of the next employment.
        until: Timestamp,
    },
    /// Left. The only standing that suspends without asking.
    Left {
        /// What speaks for it.
        evidence: Evidence,
    },
    /// Deel contradicts itself; a person must decide.
    Contradiction {
        /// What speaks for a suspension.
        evidence: Evidence,
    },
    /// Nothing can be told; nothing is done.
    Undecided(SkipReason),
}

impl Standing {
    /// The start of the first day of somebody who has not started, if it is known.
    #[must_use]
    pub fn starts(&self) -> Option<Timestamp> {
        match self {
            Self::NotStarted { starts } => *starts,
            _ => None,
        }
    }
}

/// Whether a person should have access, and by whose clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// Whether they should.
    pub standing: Standing,
    /// The zone that decides when days begin and end.
    pub zone: ZoneChoice,
    /// The running employment that values come from: the one with the latest start, then the lowest id.
    pub employment: Option<String>,
    /// The last day of work that counts.
    pub last_day: Option<LastDay>,
    /// When it ends; `None` also for somebody who left before that.
    pub ends: Option<Timestamp>,
}

/// Decides whether a person should have access at `now`. Total: every person has a standing.
#[must_use]
pub fn lifecycle(person: &Person, policy: &Policy, now: Timestamp) -> Lifecycle {
    let effective = Effective::of(person);
    let zone = ZoneChoice::of(effective.timezone(), effective.country(), policy.organization_zone.as_ref());
    let rules = zone.rules();
    let today = now.to_zoned_datetime(rules.clone()).date();
    let last_day = counting_last_day(person, today);
    let ends = last_day.as_ref().and_then(|day| end_of(day.date, &rules));
    let facts = Facts { person, last_day: &last_day, ends, now, today };
    let standing = match facts.standing() {
        Standing::Active { until } => match first_day(person, &rules) {
            Some(starts) if starts > now => Standing::NotStarted { starts: Some(starts) },
            _ => Standing::Active { until },
        },
        Standing::NotStarted { .. } => Standing::NotStarted { starts: start(person, &rules) },
        Standing::Left { .. } | Standing::Contradiction { .. } if policy.grace_days > 0 => {
            let next = facts.next_within(policy.grace_days).and_then(|day| start_of(day, &rules));
            match next.filter(|start| *start > now) {
                Some(until) => Standing::Between { until },
                None => facts.standing(),
            }
        }
        decided => decided,
    };
    // Who is gone before the last day is over does not wait for its end.
    let gone = matches!(standing, Standing::Left { .. });
    let ends = ends.filter(|ends| !gone || *ends <= now);
    Lifecycle { standing, zone, employment: effective.employment().map(|e| e.id.clone()), last_day, ends }
}

/// Whether a person's claim to their work email protects the account that has it from being suspended for somebody else. Only
/// who has certainly left claims nothing; whose record nobody can judge might be at work.
#[must_use]
pub fn claims_email(person: &Person, policy: &Policy, now: Timestamp) -> bool {
    match lifecycle(person, policy, now).standing {
        Standing::Left { .. } => false,
        Standing::Undecided(_) => person.status != Status::Inactive,
        _ => true,
    }
}

struct Facts<'a> {
    person: &'a Person,
    last_day: &'a Option<LastDay>,
    ends: Option<Timestamp>,
    now: Timestamp,
    /// Where the person is.
    today: Date,
}

impl Facts<'_> {
    fn standing(&self) -> Standing {
        let past = self.ends.is_some_and(|ends| ends <= self.now);
        let until = self.ends.filter(|ends| *ends > self.now);
        match &self.person.status {
            Status::Active if past => Standing::Contradiction { evidence: self.evidence() },
            Status::Offboarding if past => Standing::Left { evidence: self.evidence() },
            Status::Active | Status::Offboarding => Standing::Active { until },
            Status::Onboarding => Standing::NotStarted { starts: None },
            Status::Inactive => self.inactive(past, until),
            Status::Unknown(_) => Standing::Undecided(SkipReason::UnknownStatus(self.person.status.clone())),
            Status::Missing => Standing::Undecided(SkipReason::MissingStatus),
        }
    }

    /// A last day of today does not keep an inactive person's access: HR already said that it is over.
    fn inactive(&self, past: bool, until: Option<Timestamp>) -> Standing {
        let until = until.filter(|_| self.last_day.as_ref().is_some_and(|day| day.date > self.today));
        let employments = &self.person.employments;
        let unclear = employments.iter().any(|e| e.ended.is_none());
        let ended = employments.iter().any(|e| e.ended == Some(true));
        if employments.iter().any(|e| runs(self.person, e, self.today)) {
            Standing::Contradiction { evidence: self.evidence() }
        } else if past {
            Standing::Left { evidence: self.evidence() }
        } else if unclear {
            Standing::Undecided(SkipReason::InactiveWithoutEvidence)
        } else if until.is_some() {
            Standing::Active { until }
        } else if !ended {
            Standing::Undecided(SkipReason::InactiveWithoutEvidence)
        } else {
            Standing::Left { evidence: self.evidence() }
        }
    }

    /// The start of the next employment, if it comes at most so many days after the last one ended, and nothing runs now.
    fn next_within(&self, days: u32) -> Option<Date> {
        let open = || self.person.employments.iter().filter(|e| e.ended != Some(true));
        let runs = |e: &Employment| {
            e.is_running()
                && e.start_date.is_none_or(|start| start <= self.today)
                && e.last_day.is_none_or(|day| day >= self.today)
        };
        if open().any(runs) {
            return None;
        }
        let next = open().filter_map(|e| e.start_date).filter(|start| *start > self.today).min()?;
        let ended = self.person.employments.iter().filter(|e| e.ended == Some(true) || e.is_running());
        let last = ended.filter_map(|e| e.last_day).chain(self.person.last_day);
        // An end that nobody tells is one that may have been today.
        let last = last.filter(|day| *day <= self.today).max().unwrap_or(self.today);
        let gap = last.until(next).ok()?.get_days();
        u32::try_from(gap).is_ok_and(|gap| gap <= days).then_some(next)
    }

    fn evidence(&self) -> Evidence {
        let employments = &self.person.employments;
        let running = employments.iter().filter(|e| runs(self.person, e, self.today));
        let mut running: Vec<_> = running.map(|e| e.id.clone()).collect();
        running.sort();
        Evidence::Deel {
            status: self.person.status.clone(),
            last_day: self.last_day.clone(),
            ended: employments.iter().filter(|e| e.ended == Some(true)).count(),
            running,
        }
    }
}

/// Whether an employment keeps somebody here: it runs, and for who is inactive it has begun, or the next contract would keep
/// their access from the end of the last one.
fn runs(person: &Person, employment: &Employment, today: Date) -> bool {
    let to_come = employment.start_date.is_some_and(|start| start > today);
    employment.is_running() && !(person.status == Status::Inactive && to_come)
}

/// The person's own last day, unless a running employment began after it, which makes it one of an earlier time here. Else
/// the running employments', provided each of them has one: who ends one of two contracts stays. An ended employment's
/// last day never counts.
fn counting_last_day(person: &Person, today: Date) -> Option<LastDay> {
    let running = || person.employments.iter().filter(|e| runs(person, e, today));
    if let Some(date) = person.last_day {
        let began_later = |e: &Employment| e.start_date.is_some_and(|start| start > date);
        if !running().any(began_later) {
            return Some(LastDay { date, employment: None });
        }
    }
    let mut last: Option<LastDay> = None;
    for employment in running() {
        let date =
            employment.last_day.filter(|day| employment.start_date.is_none_or(|start| start <= *day))?;
        let better = match &last {
            None => true,
            Some(known) => (date, known.employment.as_deref()) > (known.date, Some(employment.id.as_str())),
        };
        if better {
            last = Some(LastDay { date, employment: Some(employment.id.clone()) });
        }
    }
    last
}

/// The start of the first day of somebody who is to have access. Who is inactive works out an earlier contract: the first day
/// of the next one is not theirs.
fn first_day(person: &Person, zone: &TimeZone) -> Option<Timestamp> {
    match person.status {
        Status::Inactive => start_of(person.start_date?, zone),
        _ => start(person, zone),
    }
}

/// The start of the first day: the person's own, else of the first employment to run.
pub(crate) fn start(person: &Person, zone: &TimeZone) -> Option<Timestamp> {
    let running = || person.employments.iter().filter(|e| e.is_running());
    let date = person.start_date.or_else(|| running().map(|e| e.start_date).min().flatten())?;
    start_of(date, zone)
}

/// The end of a day is the start of the next. `None` at the end of time.
fn end_of(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    start_of(date.tomorrow().ok()?, zone)
}

/// The first instant of a day, which is not midnight where clocks jump over it.
fn start_of(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    date.to_zoned_datetime(zone.clone()).ok().map(|day| day.timestamp())
}
