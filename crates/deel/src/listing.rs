//! The proof that a listing is whole. Absence counts only in a complete listing, so [`Complete`] has no other origin.

use std::collections::HashSet;
use std::ops::Deref;

use crate::{Error, PersonRecord};

/// Rows asked for per page. Deel's guide allows 100 and its OpenAPI document 200, but a page may hold fewer.
pub const PAGE_LIMIT: u32 = 100;

/// One page of a listing. Proves nothing by itself.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows that are objects.
    pub rows: Vec<T>,
    /// How many rows are not objects, and so cannot be told apart.
    pub bad_rows: usize,
    /// `page.total_rows`, where it was sent.
    pub total_rows: Option<u64>,
}

/// All rows of a listing, or what was made of them: as many as Deel said there are, no id twice, each with an id, the total
/// unchanged from the first page to the last. Whether they are of the right organization is for the caller to check.
#[derive(Debug, Clone)]
pub struct Complete<T>(Vec<T>);

/// Why there is no complete listing. Counts only.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// A page could not be read.
    #[error("a page could not be read after {collected} rows")]
    Fetch {
        /// Rows read before.
        collected: u64,
        /// What went wrong.
        #[source]
        source: Error,
    },
    /// The caller's pacing gave up.
    #[error("waiting for the rate budget failed")]
    Pace(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A page does not say how many rows there are, so nothing can be proved.
    #[error("Deel did not say how many rows there are ({collected} collected)")]
    NoTotal {
        /// Rows collected with this page.
        collected: u64,
    },
    /// The total changed while the pages were read: somebody was added or removed meanwhile.
    #[error("the number of rows changed from {before} to {after} while listing")]
    TotalChanged {
        /// The first page's total.
        before: u64,
        /// This page's total.
        after: u64,
    },
    /// The pages ended too early.
    #[error("the listing ended after {collected} of {total} rows")]
    Short {
        /// Rows collected.
        collected: u64,
        /// Rows announced.
        total: u64,
    },
    /// More rows came than were announced.
    #[error("{collected} rows came where {total} were announced")]
    Long {
        /// Rows collected.
        collected: u64,
        /// Rows announced.
        total: u64,
    },
    /// An id came twice: the rows moved while the pages were read.
    #[error("{repeated} rows came twice among {collected}")]
    Repeated {
        /// Rows whose id had come before.
        repeated: u64,
        /// Rows collected, with those.
        collected: u64,
    },
    /// A row has no id.
    #[error("{rows} rows have no id")]
    NoId {
        /// How many on this page.
        rows: u64,
    },
    /// A row is not an object.
    #[error("{rows} rows are not objects")]
    BadRow {
        /// How many on this page.
        rows: u64,
    },
    /// Deel has more rows than the caller wants to pay for; only the first page was read.
    #[error("{total} rows are more than the {most} that may be read")]
    TooMany {
        /// Rows announced.
        total: u64,
        /// The caller's limit.
        most: u64,
    },
    /// Every row lacks names and emails: the token may not see sensitive data.
    #[error("Deel withholds names and emails from this token in all {rows} rows")]
    SensitiveDataWithheld {
        /// Rows collected.
        rows: u64,
    },
}

/// A listing on its way: feed it pages until it is [`done`](Listing::is_done), then [`finish`](Listing::finish). `T` is what
/// is kept of a row.
#[derive(Debug)]
pub struct Listing<T = PersonRecord> {
    rows: Vec<T>,
    seen: HashSet<String>,
    total: Option<u64>,
    withheld: u64,
    ended: bool,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), seen: HashSet::new(), total: None, withheld: 0, ended: false }
    }
}

impl Listing<PersonRecord> {
    /// [`push_with`](Listing::push_with), keeping the rows as they are.
    pub fn push(&mut self, page: Page<PersonRecord>) -> Result<(), ListError> {
        self.push_with(page, Some)
    }
}

impl<T> Listing<T> {
    /// The offset of the next page: the number of rows received, whatever the page size was.
    pub fn offset(&self) -> u64 {
        self.seen.len() as u64
    }

    /// How many rows Deel says there are, once a page has said so.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Whether no further page is needed.
    pub fn is_done(&self) -> bool {
        self.ended || self.total.is_some_and(|total| self.offset() >= total)
    }

    /// Takes the page at [`offset`](Listing::offset), or says why the listing cannot become complete any more. `keep` makes of
    /// each row what is kept, at once, so that a long list need not be in memory as it came; a row of which nothing is
    /// kept counts all the same.
    pub fn push_with(
        &mut self,
        page: Page<PersonRecord>,
        keep: impl FnMut(PersonRecord) -> Option<T>,
    ) -> Result<(), ListError> {
        let received = page.rows.len() as u64;
        if page.bad_rows > 0 {
            return Err(ListError::BadRow { rows: page.bad_rows as u64 });
        }
        let collected = self.offset() + received;
        let total = page.total_rows.ok_or(ListError::NoTotal { collected })?;
        let before = *self.total.get_or_insert(total);
        if total != before {
            return Err(ListError::TotalChanged { before, after: total });
        }
        if collected > total {
            return Err(ListError::Long { collected, total });
        }
        let nameless = page.rows.iter().filter(|row| row.id.is_none()).count() as u64;
        if nameless > 0 {
            return Err(ListError::NoId { rows: nameless });
        }
        let ids = page.rows.iter().filter_map(|row| row.id.clone());
        let repeated = ids.filter(|id| !self.seen.insert(id.clone())).count() as u64;
        if repeated > 0 {
            return Err(ListError::Repeated { repeated, collected });
        }
        self.ended = received == 0;
        self.withheld += page.rows.iter().filter(|row| row.sensitive_withheld).count() as u64;
        self.rows.extend(page.rows.into_iter().filter_map(keep));
        Ok(())
    }

    /// What was kept of the rows, if they are all there.
    pub fn finish(self) -> Result<Complete<T>, ListError> {
        let collected = self.offset();
        let total = self.total.ok_or(ListError::NoTotal { collected })?;
        if collected != total {
            return Err(ListError::Short { collected, total });
        }
        if total > 0 && self.withheld == total {
            return Err(ListError::SensitiveDataWithheld { rows: total });
        }
        Ok(Complete(self.rows))
    }
}

impl ListError {
    /// A stable word for a metric label, from a closed set.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Fetch { source, .. } => source.kind(),
            Self::Pace(_) => "pace",
            Self::NoTotal { .. } => "no_total",
            Self::TotalChanged { .. } => "total_changed",
            Self::Short { .. } => "short",
            Self::Long { .. } => "long",
            Self::Repeated { .. } => "repeated",
            Self::NoId { .. } => "no_id",
            Self::BadRow { .. } => "bad_row",
            Self::TooMany { .. } => "too_many",
            Self::SensitiveDataWithheld { .. } => "sensitive_data_withheld",
        }
    }

    /// What to do about it, in words for an operator.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Fetch { source, .. } => source.remedy(),
            Self::Pace(_) => "Check Redis: the rate budget is kept there.",
            Self::TotalChanged { .. } | Self::Short { .. } | Self::Long { .. } | Self::Repeated { .. } => {
                "Nothing to do: people changed in Deel meanwhile, and it is listed again. If it lasts, ask Deel's support."
            }
            Self::NoTotal { .. } | Self::NoId { .. } | Self::BadRow { .. } => {
                "Deel's API may have changed: report it. Nobody is changed on the strength of this listing."
            }
            Self::TooMany { .. } => "Nothing to do: the caller makes do without this listing.",
            Self::SensitiveDataWithheld { .. } => Error::SensitiveDataWithheld.remedy(),
        }
    }

    /// Whether the rows moved while they were read, so that listing again at once may do.
    pub fn is_moved(&self) -> bool {
        matches!(
            self,
            Self::TotalChanged { .. } | Self::Short { .. } | Self::Long { .. } | Self::Repeated { .. }
        )
    }

    /// Whether listing again may succeed without anybody's help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Fetch { source, .. } => source.is_transient(),
            Self::Pace(_) => true,
            other => other.is_moved(),
        }
    }
}

impl<T> Complete<T> {
    /// Whether there is not one row. Complete all the same; but an organization without people is a reason to stop.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows, without the proof.
    pub fn into_inner(self) -> Vec<T> {
        self.0
    }

    /// All rows for which `keep` holds.
    pub fn filter(mut self, keep: impl FnMut(&T) -> bool) -> Self {
        self.0.retain(keep);
        self
    }
}

impl<T> Deref for Complete<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}
