//! What was measured, beside what it is measured against.

use std::time::Duration;

use serde::Serialize;

/// One line of the table.
#[derive(Serialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) measured: f64,
    /// What the same machine reached in the same run without the part in question.
    pub(crate) ceiling: Option<f64>,
    pub(crate) ceiling_is: &'static str,
    pub(crate) ratio: Option<f64>,
    pub(crate) target: String,
    pub(crate) met: Option<bool>,
}

impl Figure {
    /// A figure without a target of its own.
    pub(crate) fn new(name: &str, unit: &'static str, measured: f64) -> Self {
        Self {
            name: name.to_owned(),
            unit,
            measured,
            ceiling: None,
            ceiling_is: "",
            ratio: None,
            target: String::new(),
            met: None,
        }
    }

    #[must_use]
    pub(crate) fn against(mut self, ceiling: f64, what: &'static str) -> Self {
        self.ceiling = Some(ceiling);
        self.ceiling_is = what;
        self.ratio = Some(self.measured / ceiling);
        self
    }

    #[must_use]
    pub(crate) fn target(mut self, words: &str, met: impl FnOnce(&Self) -> bool) -> Self {
        self.met = Some(met(&self));
        words.clone_into(&mut self.target);
        self
    }
}

/// The median; 0 if there are none.
pub(crate) fn median(values: &[f64]) -> f64 {
    percentile(values, 50.0)
}

/// The value that `percent` of the values do not exceed (nearest rank); 0 if there are none.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(crate) fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

pub(crate) fn milliseconds(durations: &[Duration]) -> Vec<f64> {
    durations.iter().map(|duration| duration.as_secs_f64() * 1000.0).collect()
}

/// The table, for people.
pub(crate) fn print(figures: &[Figure]) {
    let number = |value: f64| match value {
        v if v >= 1000.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    };
    println!(
        "{:<58} {:>10} {:<7} {:>10} {:>6}  {:<8} {:<16} ceiling is",
        "figure", "measured", "unit", "ceiling", "ratio", "", "target"
    );
    for figure in figures {
        let met = match figure.met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        println!(
            "{:<58} {:>10} {:<7} {:>10} {:>6}  {:<8} {:<16} {}",
            figure.name,
            number(figure.measured),
            figure.unit,
            figure.ceiling.map(number).unwrap_or_default(),
            figure.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            met,
            figure.target,
            figure.ceiling_is
        );
    }
}
