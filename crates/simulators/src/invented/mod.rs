//! Invented people. Both simulators draw on them, so that a fake Deel and a fake JumpCloud with one seed are one company.

mod draw;
mod names;
mod words;

use jiff::civil::Date;

pub(crate) use draw::{contract_id, invent, uuid};
pub(crate) use words::{DEPARTMENTS, ENTITIES, PLACES, TEAMS};

/// One person, before a simulator puts them into its own words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Invented {
    pub(crate) id: String,
    pub(crate) worker_id: u64,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) preferred_first_name: Option<&'static str>,
    pub(crate) full_name: String,
    /// The address part that stands for the name, in ASCII.
    pub(crate) spelled: String,
    pub(crate) work_email: Option<String>,
    pub(crate) personal_email: String,
    pub(crate) status: &'static str,
    pub(crate) hiring_type: &'static str,
    pub(crate) title: &'static str,
    pub(crate) department: Department,
    /// Index into [`ENTITIES`].
    pub(crate) entity: usize,
    /// Index into [`PLACES`].
    pub(crate) place: usize,
    pub(crate) timezone_known: bool,
    pub(crate) start_date: Date,
    pub(crate) last_day: Option<Date>,
    /// Oldest first.
    pub(crate) employments: Vec<Employment>,
    pub(crate) manager: Option<usize>,
}

/// The forms a department takes in Deel's answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Department {
    Null,
    Empty,
    /// Index into [`DEPARTMENTS`].
    Named(usize),
}

/// One contract.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Employment {
    pub(crate) id: String,
    pub(crate) hiring_type: &'static str,
    pub(crate) status: &'static str,
    pub(crate) start_date: Date,
    pub(crate) ended: Option<Date>,
    /// Index into [`TEAMS`].
    pub(crate) team: usize,
    pub(crate) title: &'static str,
}
