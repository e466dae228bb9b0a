//! A fake JumpCloud: users, search, states, organizations, user groups, service-account tokens.
//!
//! Behaviour follows JumpCloud's published API 1.0 and 2.0 documents and its help pages.

use std::{net::SocketAddr, time::Duration};

use crate::Running;

/// Which accounts are there at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Population {
    /// What an organization has before anything is synced: accounts of the same invented people as the fake Deel's
    /// of that seed, none linked, some with other values, among administrators', bound and externally managed ones.
    Existing,
    /// Every account is linked by `employeeIdentifier` to the fake Deel's person of that seed, and carries its values.
    Linked,
}

/// How to start the fake JumpCloud.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How many accounts to invent.
    pub accounts: usize,
    /// Decides who they are; the same seed as the fake Deel's gives accounts of the same people.
    pub seed: u64,
    /// The `x-api-key` that is accepted.
    pub key: String,
    /// Requests answered in any one second before 429 with `Retry-After`. JumpCloud publishes no number, so `None`
    /// (never limits) is the default.
    pub rate: Option<u32>,
    /// Which accounts are there at the start.
    pub population: Population,
    /// Share of the linked accounts, in percent, whose job title differs from Deel's.
    pub drift_percent: f64,
    /// A service account's client id and secret, for `POST /oauth2/token`.
    pub service_account: Option<(String, String)>,
    /// How long a service account's token lives; JumpCloud's live 3600 s.
    pub token_ttl: Duration,
    /// Multi-tenant administrators must name the organization in `x-org-id`.
    pub organization_required: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            accounts: 0,
            seed: 1,
            key: "sim-key".to_owned(),
            rate: None,
            population: Population::Existing,
            drift_percent: 0.0,
            service_account: None,
            token_ttl: Duration::from_secs(3600),
            organization_required: false,
        }
    }
}

/// Starts the fake JumpCloud on a thread of its own; it serves when this returns.
///
/// # Errors
/// If the address cannot be bound.
pub fn start(options: Options) -> anyhow::Result<Running> {
    let _ = options;
    todo!()
}
