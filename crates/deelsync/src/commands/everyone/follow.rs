//! Progress of a full run: a bar on a terminal, lines elsewhere. On stderr, since the answer is on stdout.

use super::{in_sync, number, table};
use crate::out;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reconciler::full::Tell;
use reconciler::{Phase, Progress};
use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Between two lines of one phase.
const EVERY: Duration = Duration::from_secs(10);

/// Shows how far a run is.
struct Follow {
    shown: Mutex<Shown>,
}

enum Shown {
    Bar(ProgressBar),
    Lines { last: Option<(Phase, Instant)> },
}

/// Shows how far `run` is until it is over.
pub(super) async fn followed<T>(run: impl AsyncFnOnce(Tell<'_>) -> T) -> T {
    let follow = Follow::new();
    run(&|progress| follow.tell(progress)).await
}

impl Follow {
    fn new() -> Self {
        let shown = if std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            Shown::Bar(bar.with_style(style()))
        } else {
            Shown::Lines { last: None }
        };
        Self { shown: Mutex::new(shown) }
    }

    fn tell(&self, progress: &Progress) {
        let Ok(mut shown) = self.shown.lock() else { return };
        match &mut *shown {
            Shown::Bar(bar) => {
                let (done, all) = measure(progress);
                match all {
                    Some(all) => bar.set_length(all),
                    None => bar.unset_length(),
                }
                bar.set_position(done);
                bar.set_message(line(progress));
                bar.tick();
            }
            Shown::Lines { last } => {
                let new = last.is_none_or(|(phase, at)| phase != progress.phase || at.elapsed() >= EVERY);
                // How it ended is the answer, not its progress.
                if new && !progress.phase.is_over() {
                    *last = Some((progress.phase, Instant::now()));
                    out::note(line(progress));
                }
            }
        }
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        if let Ok(shown) = self.shown.lock()
            && let Shown::Bar(bar) = &*shown
        {
            bar.finish_and_clear();
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("[{bar:30}] {msg}")
        .map_or_else(|_| ProgressStyle::default_bar(), |style| style.progress_chars("=> "))
}

/// How much of the present phase is done, and of how much. Both lists are read at once.
fn measure(progress: &Progress) -> (u64, Option<u64>) {
    match progress.phase {
        Phase::Listing => {
            let all = progress
                .people_total
                .zip(progress.accounts_total)
                .map(|(people, accounts)| people + accounts);
            (progress.people + progress.accounts, all)
        }
        Phase::Planning => (progress.planned, Some(progress.people)),
        Phase::Applying => (progress.finished, Some(progress.to_do)),
        Phase::Done | Phase::Refused => (1, Some(1)),
    }
}

fn line(progress: &Progress) -> String {
    let of = |done: u64, all: Option<u64>| match all {
        Some(all) => format!("{} of {}", number(done), number(all)),
        None => number(done),
    };
    let word = |n: u64, one: &'static str, many: &'static str| if n == 1 { one } else { many };
    let mut text = match progress.phase {
        Phase::Listing => format!(
            "listing: {} {} in Deel, {} {} in JumpCloud",
            of(progress.people, progress.people_total),
            word(progress.people_total.unwrap_or(progress.people), "person", "people"),
            of(progress.accounts, progress.accounts_total),
            word(progress.accounts_total.unwrap_or(progress.accounts), "account", "accounts"),
        ),
        Phase::Planning => format!(
            "planning: {} {}",
            of(progress.planned, Some(progress.people)),
            word(progress.people, "person", "people")
        ),
        Phase::Applying => {
            let mut text =
                format!("{}: {} looked at", progress.phase, of(progress.finished, Some(progress.to_do)));
            for (n, word) in
                [(progress.applied, "changed"), (progress.held, "held"), (progress.failed, "failed")]
            {
                if n > 0 {
                    text += &format!(", {} {word}", number(n));
                }
            }
            text
        }
        Phase::Done | Phase::Refused => progress.phase.to_string(),
    };
    if let Some(seconds) = progress.estimate_s.filter(|seconds| *seconds > 0 && !progress.phase.is_over()) {
        text += &format!(", about {} left", out::ago(seconds * 1000));
    }
    text
}

/// The counts of a run in a few lines.
pub(super) fn counts(counts: &reconciler::FullCounts, observed: bool) -> String {
    let would = if observed { "would be " } else { "" };
    let rows = [
        (counts.in_sync, in_sync(counts).to_owned()),
        (counts.applied, format!("{would}changed")),
        (counts.held.saturating_sub(counts.left_alone), format!("{would}held for a decision")),
        (counts.left_alone, format!("{would}left alone, for a reason to be mended in Deel or JumpCloud")),
        (counts.rejected, "rejected".to_owned()),
        (counts.failed, "failed".to_owned()),
        (counts.elsewhere, "being worked on by another process, which looks again".to_owned()),
        (counts.skipped, "skipped".to_owned()),
        (counts.gone, "linked, but missing in Deel".to_owned()),
    ];
    table(counts, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reconciler::Mode;

    fn at(phase: Phase) -> Progress {
        let run = provisioning::RunId::parse("01J0000000000000000000000").unwrap();
        let started = "2026-11-23T02:00:00Z".parse().unwrap();
        Progress { phase, ..Progress::begin(run, "nightly", Mode::Enforce, started) }
    }

    #[test]
    fn what_nobody_can_decide_and_what_was_rejected_are_rows_of_their_own() {
        let one =
            reconciler::FullCounts { people: 9, accounts: 9, linked: 8, ..reconciler::FullCounts::default() };
        let some = reconciler::FullCounts { in_sync: 3, held: 5, left_alone: 2, rejected: 1, ..one.clone() };
        insta::assert_snapshot!(counts(&some, false), @r"
        9 people in Deel, 9 accounts in JumpCloud, 8 linked
               3  in sync
               3  held for a decision
               2  left alone, for a reason to be mended in Deel or JumpCloud
               1  rejected
        ");
        let nobody = reconciler::FullCounts { people: 1, accounts: 1, linked: 0, in_sync: 1, ..one };
        insta::assert_snapshot!(counts(&nobody, false), @r"
        1 person in Deel, 1 account in JumpCloud, 0 linked
               1  with nothing to do
        ");
    }

    #[test]
    fn each_phase_says_how_far_it_is() {
        let listing =
            Progress { people: 1200, people_total: Some(10_000), accounts: 100, ..at(Phase::Listing) };
        let applying = Progress {
            finished: 3,
            to_do: 20,
            applied: 2,
            held: 1,
            estimate_s: Some(75),
            ..at(Phase::Applying)
        };
        insta::assert_snapshot!(line(&listing), @"listing: 1,200 of 10,000 people in Deel, 100 accounts in JumpCloud");
        insta::assert_snapshot!(line(&applying), @"applying: 3 of 20 looked at, 2 changed, 1 held, about 1 min 15 s left");
        let one = Progress { people: 1, people_total: Some(1), planned: 1, ..at(Phase::Planning) };
        insta::assert_snapshot!(line(&one), @"planning: 1 of 1 person");
        assert_eq!(measure(&listing), (1300, None));
        assert_eq!(measure(&applying), (3, Some(20)));
    }
}
