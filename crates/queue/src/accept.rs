//! Storing deliveries: one script call for as many as wait.

use redis::ScriptInvocation;

use crate::{
    control::{look_arg, ms},
    error::QueueError,
    job::{Accepted, Delivery, Subject},
    key::is_id,
    queue::Queue,
    scripts,
};

/// A delivery about more persons than this asks for a reconcile instead of the rest.
const MAX_SUBJECTS: usize = 64;
/// Ids longer than this are no contract's.
const MAX_CONTRACT: usize = 256;

impl Queue {
    /// Stores deliveries, all in one call: remembers each hash, resolves contracts, adds the persons' keys, asks for
    /// a reconcile where somebody is unknown. The answers are in the order of the deliveries. At most 256 at once are
    /// sensible, since Redis serves nobody else meanwhile.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`] or [`QueueError::Refused`]: then some may be stored, and the sender has to come
    /// again; a delivery that was stored is then answered as a duplicate.
    pub async fn accept(&self, deliveries: &[Delivery]) -> Result<Vec<Accepted>, QueueError> {
        let words = self.accept_words(deliveries.iter()).await?;
        words.into_iter().map(|word| read(&word)).collect()
    }

    /// One word per delivery, for [`read`].
    pub(crate) async fn accept_words(
        &self,
        deliveries: impl Iterator<Item = &Delivery>,
    ) -> Result<Vec<String>, QueueError> {
        let config = self.config();
        let (remember, every) = (ms(config.remember_deliveries), ms(config.reconcile_every));
        self.run(&scripts::ACCEPT, |s| {
            s.arg(remember).arg(every);
            for delivery in deliveries {
                write(s, delivery);
            }
        })
        .await
    }
}

fn write(s: &mut ScriptInvocation<'_>, delivery: &Delivery) {
    let overflow = delivery.subjects.len() > MAX_SUBJECTS;
    let count = delivery.subjects.len().min(MAX_SUBJECTS) + usize::from(overflow);
    s.arg(hex::encode(delivery.hash)).arg(delivery.line.as_str()).arg(delivery.trigger.as_str());
    s.arg(look_arg(delivery.look)).arg(count);
    for subject in delivery.subjects.iter().take(MAX_SUBJECTS) {
        match subject {
            Subject::Person(id) if is_id(id) => s.arg("p").arg(id),
            Subject::Contract(id) if id.len() <= MAX_CONTRACT => s.arg("c").arg(id),
            _ => s.arg("u").arg(""),
        };
    }
    if overflow {
        s.arg("u").arg("");
    }
}

/// What the script says of one delivery.
pub(crate) fn read(word: &str) -> Result<Accepted, QueueError> {
    match word {
        "stored" => Ok(Accepted::Stored),
        "coalesced" => Ok(Accepted::Coalesced),
        "rerun" => Ok(Accepted::Rerun),
        "duplicate" => Ok(Accepted::Duplicate),
        "reconcile" => Ok(Accepted::ReconcileRequested),
        "remembered" => Ok(Accepted::Remembered),
        _ => Err(QueueError::Data("a delivery could not be stored")),
    }
}
