//! Storing deliveries: one script call for as many as wait.

use redis::Cmd;

use crate::{
    control::ms,
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
        let letters = self.accept_with(&self.accept_command(deliveries.iter())).await?;
        if letters.len() != deliveries.len() {
            return Err(QueueError::Data("not every delivery was answered"));
        }
        letters.into_iter().map(read).collect()
    }

    /// The call that stores `deliveries`, for [`Queue::accept_with`]: the arguments as the script describes them.
    pub(crate) fn accept_command<'a>(
        &self,
        deliveries: impl ExactSizeIterator<Item = &'a Delivery> + Clone,
    ) -> Cmd {
        let (config, count) = (self.config(), deliveries.len());
        let mut command = self.script_command(&scripts::ACCEPT, 4 + 3 * count, 64 + 160 * count);
        let further: usize = deliveries.clone().map(|delivery| subjects(delivery).count().max(1) - 1).sum();
        command.arg(ms(config.remember_deliveries)).arg(ms(config.reconcile_every)).arg(count).arg(further);
        for delivery in deliveries.clone() {
            command.arg(&delivery.hash[..]);
        }
        let mut text = String::with_capacity(192);
        for delivery in deliveries.clone() {
            says(delivery, &mut text);
            command.arg(&text);
        }
        for delivery in deliveries.clone() {
            text.clear();
            if let Some(subject) = subjects(delivery).next() {
                whom(subject, &mut text);
            }
            command.arg(&text);
        }
        for (number, delivery) in (1_usize..).zip(deliveries) {
            for subject in subjects(delivery).skip(1) {
                text.clear();
                whom(subject, &mut text);
                command.arg(number).arg(&text);
            }
        }
        command
    }

    /// One letter per delivery, for [`read`].
    pub(crate) async fn accept_with(&self, command: &Cmd) -> Result<Vec<u8>, QueueError> {
        self.script(&scripts::ACCEPT, command).await
    }
}

/// What the job's line and field are made of.
fn says(delivery: &Delivery, text: &mut String) {
    text.clear();
    text.push_str(&delivery.line.as_str()[..1]);
    text.push_str(delivery.trigger.as_str());
    text.push('|');
    if let Some(look) = delivery.look {
        text.push_str(&look.to_string());
    }
}

/// Those that are read; `None` stands for those beyond.
fn subjects(delivery: &Delivery) -> impl Iterator<Item = Option<&Subject>> {
    let overflow = (delivery.subjects.len() > MAX_SUBJECTS).then_some(None);
    delivery.subjects.iter().take(MAX_SUBJECTS).map(Some).chain(overflow)
}

fn whom(subject: Option<&Subject>, text: &mut String) {
    match subject {
        Some(Subject::Person(id)) if is_id(id) => {
            text.push_str("person:");
            text.push_str(id);
        }
        Some(Subject::Contract(id)) if id.len() <= MAX_CONTRACT => {
            text.push_str("contract:");
            text.push_str(id);
        }
        _ => text.push('?'),
    }
}

/// What the script says of one delivery.
pub(crate) fn read(letter: u8) -> Result<Accepted, QueueError> {
    match letter {
        b's' => Ok(Accepted::Stored),
        b'c' => Ok(Accepted::Coalesced),
        b'a' => Ok(Accepted::Rerun),
        b'd' => Ok(Accepted::Duplicate),
        b'r' => Ok(Accepted::ReconcileRequested),
        b'm' => Ok(Accepted::Remembered),
        _ => Err(QueueError::Data("a delivery could not be stored")),
    }
}
