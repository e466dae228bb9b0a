//! What a call can end with: one variant per decision of the caller.

use std::time::Duration;

use thiserror::Error;

/// Why a call to JumpCloud did not succeed. Carries ids and numbers only, never a body or a value.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// 401, or the token endpoint refused the service account.
    #[error("JumpCloud does not accept the credentials")]
    Unauthorized,
    /// 403 from the API: the role or the scopes do not allow the call.
    #[error("JumpCloud forbids this call to these credentials")]
    Forbidden,
    /// 403 from JumpCloud's edge, not from the API: this address is blocked for a while.
    #[error("JumpCloud blocks this address")]
    Blocked {
        /// How long to wait, if the answer says so.
        retry_after: Option<Duration>,
    },
    /// The configured organization is malformed, unknown, or not the one of the credentials.
    #[error("JumpCloud does not know the configured organization for these credentials{}", in_brackets(.status))]
    WrongOrganization {
        /// The status, if an answer said so; `None` if the records read belong to another organization.
        status: Option<u16>,
    },
    /// 404 for one record. JumpCloud also answers so if `x-org-id` names an organization it does not know.
    #[error("JumpCloud has no such record")]
    NotFound,
    /// 429.
    #[error("JumpCloud limits the rate")]
    RateLimited {
        /// How long to wait, if the answer says so.
        retry_after: Option<Duration>,
    },
    /// No connection, no answer in time, or 5xx. After a write it is open whether the write was done: read again.
    #[error("JumpCloud is unavailable{}", in_brackets(.status))]
    Unavailable {
        /// The status, if one came.
        status: Option<u16>,
        /// How long to wait, if the answer says so.
        retry_after: Option<Duration>,
        /// The transport's error, if no answer came. It names no URL.
        #[source]
        source: Option<reqwest::Error>,
    },
    /// A redirect or a web page where the API's JSON is expected, or a 404 about a path that the API has: this is not
    /// JumpCloud's API, or no key was sent.
    #[error(
        "the answer with status {status} is a redirect, a web page or about an unknown path, not JumpCloud's API"
    )]
    NotTheApi {
        /// The status.
        status: u16,
    },
    /// 400, 409 or another 4xx: JumpCloud will refuse the same request again.
    #[error("JumpCloud rejected the request with status {status} (fields: {})", .fields.join(", "))]
    Rejected {
        /// The status.
        status: u16,
        /// The fields JumpCloud names, restricted to `[A-Za-z0-9_.]`.
        fields: Vec<String>,
    },
    /// An answer that does not have the documented shape, or a request that would not be safe to send.
    #[error("unexpected: {what}{}", in_brackets(.status))]
    Unexpected {
        /// The status, if one came.
        status: Option<u16>,
        /// What was unexpected.
        what: &'static str,
    },
}

fn in_brackets(status: &Option<u16>) -> String {
    status.map(|status| format!(" ({status})")).unwrap_or_default()
}

impl Error {
    /// What an operator can do about it, in a sentence or two.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unauthorized => {
                "Check the API key or the service account: it may be mistyped, expired, revoked by a newer one, belong to \
                 another region (us, eu, in), or lack API access, which is off until an Admin with Billing enables it. \
                 An administrator of several organizations must also configure the organization id."
            }
            Self::Forbidden => {
                "Give the administrator or service account a role that may read and write users (Manager, \
                 Administrator or Admin with Billing; scopes `users` and `organizations.readonly`)."
            }
            Self::Blocked { .. } => {
                "JumpCloud's edge refuses this IP address, usually after too many failed or too many fast requests. \
                 Stop, wait, lower the rate limit, and ask JumpCloud support if it lasts."
            }
            Self::WrongOrganization { .. } => {
                "Check the configured organization id: it must be the id of an organization these credentials manage \
                 (JumpCloud console, Settings, Organization Profile), or be left out if they manage only one."
            }
            Self::NotFound => {
                "The record was deleted, or the configured organization id is not that of the credentials."
            }
            Self::RateLimited { .. } => {
                "Wait as long as the answer says, else at least 30 seconds, and send fewer requests."
            }
            Self::Unavailable { .. } => {
                "Check the network, proxy and firewall to the configured JumpCloud host, and status.jumpcloud.com; the \
                 request is tried again later."
            }
            Self::NotTheApi { .. } => {
                "Check that an API key is configured (without one JumpCloud redirects to its login page), that the base \
                 URL is that of the API, such as https://console.jumpcloud.com/api, and that the region (us, eu, in) is \
                 right; or a proxy answers in JumpCloud's place."
            }
            Self::Rejected { .. } => {
                "Look at the named fields of this user: a value is too long, malformed, or taken by another user (an \
                 alternate email counts too, and cannot be searched)."
            }
            Self::Unexpected { .. } => {
                "Repeat once. If it stays, the service has changed or the base URL is not JumpCloud's; report it with the \
                 time of the request."
            }
        }
    }

    /// How long to wait before the next request, if JumpCloud said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Blocked { retry_after }
            | Self::RateLimited { retry_after }
            | Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// A short name for metrics: one per variant.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Blocked { .. } => "blocked",
            Self::WrongOrganization { .. } => "wrong_organization",
            Self::NotFound => "not_found",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable { .. } => "unavailable",
            Self::NotTheApi { .. } => "not_the_api",
            Self::Rejected { .. } => "rejected",
            Self::Unexpected { .. } => "unexpected",
        }
    }

    pub(crate) const fn unexpected(what: &'static str) -> Self {
        Self::Unexpected { status: None, what }
    }
}
