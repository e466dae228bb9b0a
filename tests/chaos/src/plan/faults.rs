use std::fmt;
use std::time::Duration;

use rand::{RngExt as _, rngs::StdRng, seq::SliceRandom as _};

use super::Size;

/// For how long an answer is held back before its connection is cut.
pub const HOLD: Duration = Duration::from_millis(1500);
/// After how long the program gives a request up. Longer than what is stalled, and then slow, takes: a write that comes through
/// after its sender has gone could undo a later one, and no client can prevent that.
pub const TIMEOUT: Duration = Duration::from_secs(6);
/// For how long an answer is held back that the program does not wait for.
pub const LONGER: Duration = Duration::from_secs(8);
/// How long nothing else is wrong after every other restart of Redis in a long storm, so that its own cost is seen: longer than
/// the law allows.
const CALM: Duration = Duration::from_secs(6);

/// Something that goes wrong for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// For how long: the downtime of what was killed, too.
    pub lasts: Duration,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `kill -9` of a worker (0 or 1), which is started again afterwards.
    KillWorker(usize),
    /// `kill -9` of the ingress, which is started again afterwards.
    KillIngress,
    /// `kill -9` of Redis, which is started again afterwards with its append-only file.
    KillRedis,
    /// SIGSTOP of a worker, and SIGCONT.
    FreezeWorker(usize),
    /// SIGSTOP of the ingress, and SIGCONT.
    FreezeIngress,
    /// SIGSTOP of Redis, and SIGCONT.
    FreezeRedis,
    /// All connections to this place are cut once.
    Cut(Place),
    /// All connections are cut, and new ones reset.
    Refuse(Place),
    /// Bytes stay on their way.
    Stall(Place),
    /// This vendor answers 429 with a `Retry-After` of so many seconds, to a part of the requests.
    Limited(Place, u64),
    /// This vendor answers a part of the requests with 5xx.
    Broken(Place),
    /// This vendor is slow.
    Slow(Place),
    /// This vendor takes requests, hangs, and cuts: before the request took effect.
    HangBefore(Place),
    /// The same after it took effect.
    HangAfter(Place),
    /// This vendor takes requests and never answers: before the request took effect.
    SilentBefore(Place),
    /// The same after it took effect.
    SilentAfter(Place),
    /// Deel shows the state of some seconds ago.
    Stale,
}

/// Where faults strike; one at a time at each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A worker.
    Worker(usize),
    /// The ingress.
    Ingress,
    /// Redis, or the connections to it.
    Redis,
    /// Deel, or the connections to it.
    Deel,
    /// JumpCloud, or the connections to it.
    JumpCloud,
}

impl Kind {
    /// One of each.
    pub const ALL: [Self; 17] = [
        Self::KillWorker(0),
        Self::KillIngress,
        Self::KillRedis,
        Self::FreezeWorker(1),
        Self::FreezeIngress,
        Self::FreezeRedis,
        Self::Cut(Place::Redis),
        Self::Refuse(Place::Deel),
        Self::Stall(Place::JumpCloud),
        Self::Limited(Place::JumpCloud, 1),
        Self::Broken(Place::JumpCloud),
        Self::Slow(Place::Deel),
        Self::HangBefore(Place::JumpCloud),
        Self::HangAfter(Place::JumpCloud),
        Self::SilentBefore(Place::JumpCloud),
        Self::SilentAfter(Place::JumpCloud),
        Self::Stale,
    ];

    /// The same kind somewhere else, perhaps.
    fn elsewhere(self, random: &mut StdRng) -> Self {
        let worker = random.random_range(0..2);
        let [vendor, any] = [
            [Place::Deel, Place::JumpCloud][random.random_range(0..2)],
            [Place::Deel, Place::JumpCloud, Place::Redis][random.random_range(0..3)],
        ];
        match self {
            Self::KillWorker(_) => Self::KillWorker(worker),
            Self::FreezeWorker(_) => Self::FreezeWorker(worker),
            Self::Cut(_) => Self::Cut(any),
            Self::Refuse(_) => Self::Refuse(any),
            Self::Stall(_) => Self::Stall(any),
            Self::Limited(..) => Self::Limited(vendor, random.random_range(2..4)),
            Self::Broken(_) => Self::Broken(vendor),
            Self::Slow(_) => Self::Slow(vendor),
            Self::HangBefore(_) => Self::HangBefore(vendor),
            Self::SilentBefore(_) => Self::SilentBefore(vendor),
            same => same,
        }
    }

    /// How long after its end an answer that it has delayed may still be out: one held back, or a `Retry-After`.
    #[must_use]
    pub fn lingers(self) -> Duration {
        match self {
            Self::HangBefore(_) | Self::HangAfter(_) => HOLD,
            Self::SilentBefore(_) | Self::SilentAfter(_) => TIMEOUT,
            Self::Limited(_, seconds) => Duration::from_secs(seconds),
            _ => Duration::ZERO,
        }
    }

    /// How long it may last, in milliseconds. Leases live 6 s: a worker is sometimes frozen for longer than that.
    fn range(self) -> std::ops::Range<u64> {
        match self {
            Self::KillWorker(_) | Self::KillIngress | Self::KillRedis => 100..2500,
            Self::FreezeWorker(_) => 500..8000,
            Self::FreezeIngress | Self::FreezeRedis => 300..3500,
            Self::Cut(_) => 1..2,
            Self::Refuse(_) | Self::Stall(_) => 300..3000,
            Self::Limited(..) | Self::Broken(_) | Self::Slow(_) => 1000..4000,
            Self::HangBefore(_) | Self::HangAfter(_) => 1000..3000,
            Self::SilentBefore(_) | Self::SilentAfter(_) => 500..2000,
            Self::Stale => 2000..6000,
        }
    }

    /// Where it strikes.
    #[must_use]
    pub fn place(self) -> Place {
        match self {
            Self::KillWorker(number) | Self::FreezeWorker(number) => Place::Worker(number),
            Self::KillIngress | Self::FreezeIngress => Place::Ingress,
            Self::KillRedis | Self::FreezeRedis => Place::Redis,
            Self::Cut(place)
            | Self::Refuse(place)
            | Self::Stall(place)
            | Self::Limited(place, _)
            | Self::Broken(place)
            | Self::Slow(place)
            | Self::HangBefore(place)
            | Self::HangAfter(place)
            | Self::SilentBefore(place)
            | Self::SilentAfter(place) => place,
            Self::Stale => Place::Deel,
        }
    }
}

impl Fault {
    /// Where it strikes.
    #[must_use]
    pub fn place(&self) -> Place {
        self.kind.place()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} for {} ms", self.kind, self.lasts.as_millis())
    }
}

/// So many as the size says, over the storm; a worker is always killed, and Redis.
pub(super) fn faults(random: &mut StdRng, size: Size) -> Vec<(Duration, Fault)> {
    let wanted = (size.storm.as_millis() as usize * size.faults).div_ceil(10_000);
    let mut kinds: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| size.stale || *kind != Kind::Stale).collect();
    kinds.shuffle(random);
    // First, while there is room for the calm after it.
    for (first, sort) in [Kind::KillRedis, Kind::KillWorker(0)].into_iter().enumerate() {
        let there = kinds.iter().position(|kind| *kind == sort).unwrap_or_default();
        kinds.swap(first, there);
    }
    let mut taken: Vec<(Option<Place>, Duration, Duration)> = Vec::new();
    let mut faults = Vec::new();
    for kind in kinds.into_iter().cycle().take(wanted) {
        let kind = kind.elsewhere(random);
        let lasts = Duration::from_millis(random.random_range(kind.range()));
        let calm = kind == Kind::KillRedis && size.storm > 4 * CALM && random.random_bool(0.5);
        // A place that is busy at that time is spared: another time is tried, a few times.
        for _ in 0..20 {
            let at = size.storm.mul_f64(random.random_range(0.02..1.0));
            let end = at + lasts;
            let free = |place: Option<Place>, from: Duration, to: Duration| {
                let meets = |other: &Option<Place>| place.is_none() || other.is_none() || *other == place;
                taken.iter().all(|(other, begins, ends)| !meets(other) || from > *ends || to < *begins)
            };
            let quiet = calm.then(|| (None, end + Duration::from_millis(1), end + CALM));
            let own = (Some(kind.place()), at, end + kind.lingers());
            if free(own.0, own.1, own.2) && quiet.is_none_or(|(place, from, to)| free(place, from, to)) {
                taken.push(own);
                taken.extend(quiet);
                faults.push((at, Fault { kind, lasts }));
                break;
            }
        }
    }
    faults
}
