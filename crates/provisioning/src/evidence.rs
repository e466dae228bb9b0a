//! What speaks for a suspension. Dates, statuses and ids only, so that it may be shown anywhere.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::person::Status;

/// A last day of work that counts, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LastDay {
    /// The day.
    pub date: Date,
    /// The running employment that says so; `None` when it is the person's own.
    pub employment: Option<String>,
}

/// What speaks for a suspension. Equal as long as the facts are, whenever they are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// What Deel says about the person.
    Deel {
        /// `hiring_status`.
        status: Status,
        /// The last day of work that counts.
        last_day: Option<LastDay>,
        /// How many employments Deel says have ended.
        ended: usize,
        /// The employments Deel says are running, in order of id.
        running: Vec<String>,
    },
    /// Deel answers that it does not know the person.
    Gone,
    /// An operator ordered it.
    Order {
        /// The order, as the shell names it.
        hold: String,
        /// When it was given.
        at: Timestamp,
    },
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deel { status, last_day, ended, running } => {
                write!(f, "status {status}")?;
                match last_day {
                    Some(LastDay { date, employment: None }) => write!(f, ", last day {date}")?,
                    Some(LastDay { date, employment: Some(id) }) => {
                        write!(f, ", last day {date} of employment {id}")?;
                    }
                    None => f.write_str(", no last day")?,
                }
                write!(f, ", {ended} ended")?;
                if running.is_empty() {
                    f.write_str(" and no running employments")
                } else {
                    write!(f, " and running employments {}", running.join(" "))
                }
            }
            Self::Gone => f.write_str("Deel does not know this person (404)"),
            Self::Order { hold, at } => write!(f, "ordered by an operator at {at:.0} ({hold})"),
        }
    }
}
