//! Which organizations are ours, as last read from Redis.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use queue::{Queue, QueueError};

/// The name under which the worker remembers Deel's organization; several are separated by commas.
const NAME: &str = "deel";
/// How often they are asked for until they are known.
const UNTIL_KNOWN: Duration = Duration::from_secs(1);

/// The ids of our organizations in Deel; empty until the worker has learned them.
#[derive(Debug, Default)]
pub(crate) struct Organizations(RwLock<Arc<[String]>>);

impl Organizations {
    /// Whether `id` is certainly none of ours: ours are known, one of them is written like `id`, and none is `id`.
    ///
    /// Deel writes organization ids as UUIDs in v2 webhooks and as numbers in v1 webhooks (developer.deel.com,
    /// webhooks); `GET /organizations` may give the other form, so only like is compared with like.
    pub(crate) fn is_foreign(&self, id: &str) -> bool {
        let ours = self.known();
        let Some(form) = Form::of(id) else { return false };
        let mut alike = ours.iter().filter(|ours| Form::of(ours) == Some(form)).peekable();
        alike.peek().is_some() && !alike.any(|ours| ours.eq_ignore_ascii_case(id))
    }

    /// Keeps them as Redis has them, for ever. What is known stays known while Redis does not answer.
    pub(crate) async fn keep(self: Arc<Self>, queue: Queue, every: Duration) {
        loop {
            if let Ok(ids) = read(&queue).await {
                self.set(ids);
            }
            let unknown = self.known().is_empty();
            tokio::time::sleep(if unknown { every.min(UNTIL_KNOWN) } else { every }).await;
        }
    }

    fn known(&self) -> Arc<[String]> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, ids: Vec<String>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = ids.into();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Uuid,
    Number,
    Other,
}

impl Form {
    fn of(id: &str) -> Option<Self> {
        let number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let uuid = id.len() == 36
            && id.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
        if number {
            Some(Self::Number)
        } else if uuid {
            Some(Self::Uuid)
        } else {
            (!id.is_empty()).then_some(Self::Other)
        }
    }
}

async fn read(queue: &Queue) -> Result<Vec<String>, QueueError> {
    let ids = queue.organization(NAME).await?.unwrap_or_default();
    Ok(ids.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "3e214829-0000-4000-8000-00000000000a";
    const OTHER: &str = "3e214829-0000-4000-8000-00000000000b";

    fn known(ids: &[&str]) -> Organizations {
        let organizations = Organizations::default();
        organizations.set(ids.iter().map(|&id| id.to_owned()).collect());
        organizations
    }

    #[test]
    fn only_what_is_certainly_another_is_foreign() {
        let cases = [
            (&[][..], OTHER, false),
            (&[OURS], OURS, false),
            (&[OURS], &OURS.to_uppercase(), false),
            (&[OURS], OTHER, true),
            (&[OURS], "12", false),
            (&[OURS], "", false),
            (&[OURS], "3e214829", false),
            (&["12"], "12", false),
            (&["12"], "13", true),
            (&["12"], OTHER, false),
            (&["12", OURS], OTHER, true),
            (&["12", OURS, OTHER], OTHER, false),
            (&["odd one"], "odd one", false),
            (&["odd one"], "odd other", true),
            (&["odd one"], "12", false),
        ];
        for (ours, id, foreign) in cases {
            assert_eq!(known(ours).is_foreign(id), foreign, "{ours:?} {id}");
        }
    }
}
