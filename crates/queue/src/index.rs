//! What was learned from reads: contract → person, person → account. Both can be rebuilt by a reconcile.

use crate::{error::QueueError, queue::Queue};

impl Queue {
    /// Remembers that these contracts are this person's. Called for every person read.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn learn_contracts(&self, person: &str, contracts: &[String]) -> Result<(), QueueError> {
        let _ = (person, contracts);
        todo!()
    }

    /// The person of a contract, if it is known.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn person_of_contract(&self, contract: &str) -> Result<Option<String>, QueueError> {
        let _ = contract;
        todo!()
    }

    /// Remembers a person's account.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn link_set(&self, person: &str, account: &str) -> Result<(), QueueError> {
        let _ = (person, account);
        todo!()
    }

    /// Forgets a person's account. `false` if none was known.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn link_remove(&self, person: &str) -> Result<bool, QueueError> {
        let _ = person;
        todo!()
    }

    /// A person's account, if it is known.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn link(&self, person: &str) -> Result<Option<String>, QueueError> {
        let _ = person;
        todo!()
    }

    /// How many persons have a known account.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn link_count(&self) -> Result<u64, QueueError> {
        todo!()
    }
}
