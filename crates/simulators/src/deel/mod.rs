//! A fake Deel: people, organization, contracts, webhook subscriptions and signed deliveries.
//!
//! Behaviour follows Deel's published REST document (2.1.26) and the webhook guide on developer.deel.com.

use std::net::SocketAddr;

use crate::Running;

/// How to start the fake Deel.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How many people to invent.
    pub people: usize,
    /// Decides who they are: the same seed and number give the same people.
    pub seed: u64,
    /// The bearer token that is accepted.
    pub token: String,
    /// The key deliveries to `deliver_to` are signed with.
    pub signing_key: String,
    /// An address that is subscribed to all events from the start.
    pub deliver_to: Option<String>,
    /// Retries of deliveries come this many times faster than Deel's (1 minute to 16 hours); 0 waits for
    /// `POST /_sim/retry`.
    pub clock_speed: f64,
    /// Requests answered in any one second before 429; Deel documents 5 per organization. `None` never limits.
    pub rate: Option<u32>,
    /// The organization's id; derived from the seed if absent.
    pub organization: Option<String>,
    /// The token was made without the sensitive-data box: names and emails are missing from people.
    pub withhold_sensitive: bool,
    /// Scopes that the token lacks, such as `people:read`.
    pub missing_scopes: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            people: 0,
            seed: 1,
            token: "sim-token".to_owned(),
            signing_key: "sim-key".to_owned(),
            deliver_to: None,
            clock_speed: 1.0,
            rate: Some(5),
            organization: None,
            withhold_sensitive: false,
            missing_scopes: Vec::new(),
        }
    }
}

/// Starts the fake Deel on a thread of its own; it serves when this returns.
///
/// # Errors
/// If the address cannot be bound.
pub fn start(options: Options) -> anyhow::Result<Running> {
    let _ = options;
    todo!()
}
