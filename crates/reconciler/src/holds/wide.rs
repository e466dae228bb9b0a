//! One attribute that would change on many accounts: one item lists everybody with both values, and is decided as one.
//!
//! Further changes of the attribute join the item while it is open. A decision is about exactly the people and values that
//! it lists: what comes later opens the next item.

use super::store::{read, write};
use super::{Hold, HoldError, HoldId, HoldStatus, Holds, Wide};
use jiff::Timestamp;
use provisioning::{HoldKind, ProfileId, RunId};
use queue::{Add, JobKey, Line, QueueError, Trigger};
use std::collections::{BTreeMap, HashMap};

/// Distinct pairs of values that a table counts apart, so that its memory is bounded.
const MOST_TRANSITIONS: usize = 1000;
/// How often the next number is asked for when an id is taken.
const MOST_TRIES: usize = 8;

/// A change of the attribute for one person. `Debug` hides both values.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct WideChange {
    /// The person.
    pub person: ProfileId,
    /// As `JumpCloud` has it; none when it has nothing.
    pub before: Option<String>,
    /// As it shall be; empty to clear it.
    pub after: String,
}

impl std::fmt::Debug for WideChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WideChange({})", self.person)
    }
}

/// How many people change from one value to another. `Debug` hides both.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
pub struct Transition {
    /// As `JumpCloud` has it.
    pub before: Option<String>,
    /// As it shall be.
    pub after: String,
    /// For how many people.
    pub people: u64,
}

impl std::fmt::Debug for Transition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transition({} people)", self.people)
    }
}

/// What an item lists, to be read in a minute.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WideTable {
    /// How many people it lists.
    pub people: u64,
    /// The first of them, in order of id.
    pub rows: Vec<WideChange>,
    /// The distinct pairs of values, the most frequent first.
    pub transitions: Vec<Transition>,
    /// How many people have pairs that are not among [`WideTable::transitions`].
    pub others: u64,
}

/// One person's row of a table in Redis.
#[derive(serde::Serialize, serde::Deserialize)]
struct Row {
    before: Option<String>,
    after: String,
}

/// A person's row in an item that still has a say.
pub(crate) struct Listed {
    pub(crate) hold: Hold,
    pub(crate) before: Option<String>,
    pub(crate) after: String,
}

impl Listed {
    /// Whether it lists this change.
    pub(crate) fn is(&self, attribute: &str, before: Option<&str>, after: &str) -> bool {
        self.attribute() == Some(attribute) && self.before.as_deref() == before && self.after == after
    }

    pub(crate) fn attribute(&self) -> Option<&str> {
        self.hold.wide.as_ref().map(|wide| wide.attribute.as_str())
    }
}

/// What became of changes that joined an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) id: HoldId,
    /// Whether the item is new.
    pub(crate) opened: bool,
}

impl Holds {
    /// The rows about one person in items that still have a say.
    pub(crate) async fn wide_of(&self, person: &ProfileId) -> Result<Vec<Listed>, QueueError> {
        let rows = self.queue.wide_of(person.as_str()).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let stored =
                    queue::Hold { id: row.id, person: String::new(), open: true, at_ms: 0, json: row.json };
                let (hold, _) = read(stored)?;
                let Row { before, after } = serde_json::from_str(&row.row).ok()?;
                Some(Listed { hold, before, after })
            })
            .collect())
    }

    /// Adds changes of an attribute to its open item, which is opened if there is none.
    pub(crate) async fn wide_join(
        &self,
        attribute: &str,
        changes: &[WideChange],
        run: &RunId,
        of: Option<&RunId>,
        now: Timestamp,
    ) -> Result<Joined, QueueError> {
        let rows = changes.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        for _ in 0..MOST_TRIES {
            let id = HoldId::of_wide(attribute, self.queue.wide_number(attribute).await?);
            let hold = item(id.clone(), attribute, run, of, now);
            if let Some(joined) = self.queue.wide_join(attribute, id.as_str(), &write(&hold)?, &rows).await? {
                let id = HoldId::parse(&joined.id).ok_or(QueueError::Data("an item with no id"))?;
                if joined.opened {
                    tracing::warn!(
                        hold.id = %id, attribute, people = joined.added,
                        "an attribute changes on many accounts; its changes wait for one decision"
                    );
                }
                return Ok(Joined { id, opened: joined.opened });
            }
        }
        Err(QueueError::Data("an attribute's items cannot be numbered"))
    }

    /// The id of the item that a change of this attribute would join.
    pub(crate) async fn wide_id(&self, attribute: &str) -> Result<HoldId, QueueError> {
        if let Some(id) = self.queue.wide_open(attribute).await?.as_deref().and_then(HoldId::parse) {
            return Ok(id);
        }
        Ok(HoldId::of_wide(attribute, self.queue.wide_number(attribute).await?))
    }

    /// Takes people off an item whose changes were made or are not wanted any more; the last one closes it.
    pub(crate) async fn wide_leave(&self, id: &HoldId, persons: &[String]) -> Result<(), QueueError> {
        if self.queue.wide_drop(id.as_str(), persons).await? > 0 {
            return Ok(());
        }
        let Some((hold, json)) = self.queue.hold(id.as_str()).await?.and_then(read) else { return Ok(()) };
        match hold.status {
            HoldStatus::Approved => self.close(hold, &json, HoldStatus::Settled).await,
            status if status.is_live() => self.close(hold, &json, HoldStatus::Obsolete).await,
            _ => Ok(()),
        }
    }

    /// What an item lists: its first `most` rows in order of person, and all its pairs of values, counted.
    ///
    /// # Errors
    /// [`HoldError::NotFound`] if there is no such hold or it is no item about an attribute; [`HoldError::Queue`].
    pub async fn table(&self, id: &HoldId, most: usize) -> Result<WideTable, HoldError> {
        if self.read(id).await?.0.wide.is_none() {
            return Err(HoldError::NotFound(id.clone()));
        }
        let mut first: BTreeMap<String, WideChange> = BTreeMap::new();
        let mut counted: HashMap<(Option<String>, String), u64> = HashMap::new();
        let mut others = 0;
        self.each(id, |change| {
            let pair = (change.before.clone(), change.after.clone());
            if counted.len() < MOST_TRANSITIONS || counted.contains_key(&pair) {
                *counted.entry(pair).or_default() += 1;
            } else {
                others += 1;
            }
            first.insert(change.person.to_string(), change);
            if first.len() > most {
                first.pop_last();
            }
        })
        .await?;
        let mut transitions: Vec<Transition> = counted
            .into_iter()
            .map(|((before, after), people)| Transition { before, after, people })
            .collect();
        transitions.sort_by(|a, b| {
            b.people.cmp(&a.people).then_with(|| (&a.before, &a.after).cmp(&(&b.before, &b.after)))
        });
        let people = self.queue.wide_count(id.as_str()).await?;
        Ok(WideTable { people, rows: first.into_values().collect(), transitions, others })
    }

    /// Hands every row of an item over, page by page. A row may come twice while others join.
    pub(crate) async fn each(&self, id: &HoldId, mut take: impl FnMut(WideChange)) -> Result<(), QueueError> {
        let mut from = 0;
        loop {
            let page = self.queue.wide_rows(id.as_str(), from).await?;
            for (person, row) in page.rows {
                let row: Option<Row> = serde_json::from_str(&row).ok();
                let (Ok(person), Some(Row { before, after })) = (ProfileId::parse(&person), row) else {
                    tracing::error!(hold.id = %id, "a row of an item cannot be read");
                    continue;
                };
                take(WideChange { person, before, after });
            }
            match page.next {
                Some(next) => from = next,
                None => return Ok(()),
            }
        }
    }

    /// Asks for a look at everybody an item lists. In the line of the crowd: no leaver must wait behind them.
    pub(super) async fn ask_listed(&self, hold: &Hold, trigger: &str) -> Result<(), QueueError> {
        let mut from = 0;
        loop {
            let page = self.queue.wide_rows(hold.id.as_str(), from).await?;
            let adds: Vec<Add> = page
                .rows
                .into_iter()
                .map(|(person, _)| Add {
                    key: JobKey::Person(person),
                    line: Line::Bulk,
                    trigger: Trigger::new(trigger),
                    look: None,
                })
                .collect();
            self.queue.add_many(&adds).await?;
            match page.next {
                Some(next) => from = next,
                None => return Ok(()),
            }
        }
    }

    /// Brings an item's counts up to date, for whoever reads it.
    pub(super) async fn count(&self, hold: &mut Hold) -> Result<(), QueueError> {
        let open = hold.status == HoldStatus::Open;
        if let Some(wide) = &mut hold.wide {
            wide.left = self.queue.wide_count(hold.id.as_str()).await?;
            if open {
                wide.people = wide.left;
            }
        }
        Ok(())
    }
}

fn row(change: &WideChange) -> Result<(String, String), QueueError> {
    let row = Row { before: change.before.clone(), after: change.after.clone() };
    let json = serde_json::to_string(&row).map_err(|_| QueueError::Data("a row that cannot be written"))?;
    Ok((change.person.to_string(), json))
}

fn item(id: HoldId, attribute: &str, run: &RunId, of: Option<&RunId>, now: Timestamp) -> Hold {
    Hold {
        wide: Some(Wide { attribute: attribute.to_owned(), people: 0, left: 0 }),
        of: of.cloned(),
        ..Hold::opened(id, HoldKind::AttributeWide, run.clone(), now)
    }
}
