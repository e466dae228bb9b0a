use std::fmt;
use std::time::Duration;

use rand::{RngExt as _, rngs::StdRng};

use super::Size;

/// Between a foreign hand's suspension and what happens to that person in Deel: nobody can tell whose suspension came first if
/// both come at once.
pub const FOREIGN_GAP: Duration = Duration::from_secs(4);

/// One thing that somebody does in Deel, or in JumpCloud. People are numbered in the order in which they are hired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// This person is hired.
    Hire(usize),
    /// A field of this person changes; the number makes the new value.
    Change(usize, Field, usize),
    /// This person's work ends.
    Terminate(usize),
    /// This person is hired again.
    Rehire(usize),
    /// The delivery that was so many before the latest is sent again, by somebody who recorded it.
    Replay(usize),
    /// In JumpCloud, another hand suspends this person's account.
    Foreign(usize),
}

/// What changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The job title.
    Title,
    /// The department.
    Department,
    /// The team.
    Team,
    /// The last name.
    Name,
    /// The work email.
    Email,
}

impl Deed {
    /// How many kinds there are.
    #[cfg(test)]
    pub(super) const KINDS: usize = 6;
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hire(who) => write!(f, "Deel: #{who} is hired"),
            Self::Change(who, field, _) => write!(f, "Deel: #{who}: another {field:?}"),
            Self::Terminate(who) => write!(f, "Deel: #{who} leaves"),
            Self::Rehire(who) => write!(f, "Deel: #{who} is hired again"),
            Self::Replay(back) => write!(f, "the delivery {back} before the latest is replayed"),
            Self::Foreign(who) => write!(f, "JumpCloud: another hand suspends the account of #{who}"),
        }
    }
}

/// Deeds by time. The first two of those who are there at the start are the other hand's.
pub(super) fn deeds(random: &mut StdRng, size: Size) -> Vec<(Duration, Deed)> {
    const RESERVED: usize = 2;
    let mut deeds = Vec::new();
    let first = size.storm.mul_f64(random.random_range(0.1..0.4));
    deeds.push((first, Deed::Foreign(0)));
    deeds.push((first + FOREIGN_GAP, Deed::Change(0, Field::Title, 9000)));
    deeds.push((first / 2, Deed::Foreign(1)));
    deeds.push((first / 2 + FOREIGN_GAP, Deed::Terminate(1)));
    deeds.push((first / 2 + FOREIGN_GAP + FOREIGN_GAP / 2, Deed::Rehire(1)));

    let count = (size.storm.as_millis() as usize * size.deeds).div_ceil(10_000);
    let mut times: Vec<Duration> =
        (0..count).map(|_| size.storm.mul_f64(random.random_range(0.0..1.0))).collect();
    times.sort();
    let mut at_work = vec![true; size.people];
    for (number, at) in times.into_iter().enumerate() {
        let pick = |random: &mut StdRng, wanted: bool, at_work: &[bool]| {
            let those: Vec<usize> = (RESERVED..at_work.len()).filter(|&who| at_work[who] == wanted).collect();
            (!those.is_empty()).then(|| those[random.random_range(0..those.len())])
        };
        let change = |random: &mut StdRng, who| {
            let fields = [Field::Title, Field::Department, Field::Team, Field::Name, Field::Email];
            Deed::Change(who, fields[random.random_range(0..fields.len())], number)
        };
        let deed = match random.random_range(0..100) {
            0..12 => {
                at_work.push(true);
                Deed::Hire(at_work.len() - 1)
            }
            12..45 => match pick(random, true, &at_work) {
                Some(who) => change(random, who),
                None => change(random, 0),
            },
            45..70 => match pick(random, true, &at_work) {
                Some(who) => {
                    at_work[who] = false;
                    Deed::Terminate(who)
                }
                None => change(random, 0),
            },
            70..85 => match pick(random, false, &at_work) {
                Some(who) => {
                    at_work[who] = true;
                    Deed::Rehire(who)
                }
                None => change(random, 0),
            },
            _ => Deed::Replay(random.random_range(0..20)),
        };
        deeds.push((at, deed));
    }
    deeds
}
