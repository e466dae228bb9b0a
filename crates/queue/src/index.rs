//! What was learned from reads: contract → person, person → account. Both can be rebuilt by a reconcile.

use crate::{error::QueueError, queue::Queue};

/// More of one person's contracts than this are not remembered.
const MAX_CONTRACTS: usize = 1000;

impl Queue {
    /// Remembers that these contracts are this person's. Called for every person read. At most 1,000 of one person.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn learn_contracts(&self, person: &str, contracts: &[String]) -> Result<(), QueueError> {
        if contracts.is_empty() {
            return Ok(());
        }
        let mut command = redis::cmd("HSET");
        command.arg(self.key("contracts"));
        for contract in contracts.iter().take(MAX_CONTRACTS) {
            command.arg(contract).arg(person);
        }
        self.command(&command).await
    }

    /// The person of a contract, if it is known.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn person_of_contract(&self, contract: &str) -> Result<Option<String>, QueueError> {
        self.command(redis::cmd("HGET").arg(self.key("contracts")).arg(contract)).await
    }

    /// Remembers a person's account.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn link_set(&self, person: &str, account: &str) -> Result<(), QueueError> {
        self.command(redis::cmd("HSET").arg(self.key("links")).arg(person).arg(account)).await
    }

    /// Forgets a person's account. `false` if none was known.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn link_remove(&self, person: &str) -> Result<bool, QueueError> {
        self.command(redis::cmd("HDEL").arg(self.key("links")).arg(person)).await
    }

    /// A person's account, if it is known.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn link(&self, person: &str) -> Result<Option<String>, QueueError> {
        self.command(redis::cmd("HGET").arg(self.key("links")).arg(person)).await
    }

    /// How many persons have a known account.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn link_count(&self) -> Result<u64, QueueError> {
        self.command(redis::cmd("HLEN").arg(self.key("links"))).await
    }
}
