//! What went wrong with a call, by what the caller should do about it.

use std::time::Duration;

/// A call to Deel that gave no usable answer. No variant holds a body, a URL or a field's value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 401: the token is wrong, expired or revoked.
    #[error("Deel refused the token (401){}", suffix(.request_id))]
    Unauthorized {
        /// Deel's `api_req_id`, for its support.
        request_id: Option<String>,
    },
    /// 403: the token may not do this.
    #[error("Deel refused this to the token (403), scope {}{}", .scope.as_deref().unwrap_or("unknown"), suffix(.request_id))]
    MissingScope {
        /// The scope that Deel names in its answer, else the one documented for the endpoint.
        scope: Option<String>,
        /// Deel's `api_req_id`.
        request_id: Option<String>,
    },
    /// 403 `TOKEN_TYPE_NOT_ALLOWED`: a personal or worker token where an organization token is needed.
    #[error("Deel does not allow this type of token (403 TOKEN_TYPE_NOT_ALLOWED){}", suffix(.request_id))]
    TokenType {
        /// Deel's `api_req_id`.
        request_id: Option<String>,
    },
    /// The answer lacks the names and `emails` altogether, which is what a token without access to sensitive data gets.
    /// Such a record must not be taken for a person without a work email.
    #[error("Deel withholds names and emails from this token")]
    SensitiveDataWithheld,
    /// 404. For a person: unknown, deleted, or not visible to the token. Never evidence that someone left.
    #[error("Deel does not know this (404){}", suffix(.request_id))]
    NotFound {
        /// Deel's `api_req_id`.
        request_id: Option<String>,
    },
    /// 429. Deel allows 5 requests per second for an organization, over all tokens.
    #[error("Deel's rate limit was exceeded (429)")]
    RateLimited {
        /// From `Retry-After`, where it was sent and readable; at most a day.
        retry_after: Option<Duration>,
    },
    /// A 408 or 5xx, or no answer: try again later.
    #[error("Deel is unavailable{}", status_suffix(.status))]
    Unavailable {
        /// The HTTP status, unless there was no answer.
        status: Option<u16>,
        /// From `Retry-After`, where it was sent and readable; at most a day.
        retry_after: Option<Duration>,
        /// What failed below HTTP.
        #[source]
        source: Option<Transport>,
    },
    /// An answer that is not Deel's as documented. Trying again will hardly help.
    #[error("unexpected answer from Deel: {what}{}{}", status_suffix(.status), suffix(.request_id))]
    Unexpected {
        /// What is odd about it.
        what: Surprise,
        /// The HTTP status.
        status: Option<u16>,
        /// Deel's `api_req_id`.
        request_id: Option<String>,
    },
}

/// What is odd about an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Surprise {
    /// A 3xx: redirects are not followed, so that the token goes nowhere else.
    #[error("a redirect")]
    Redirect,
    /// An HTML page: a login page, a proxy or a firewall.
    #[error("an HTML page")]
    Html,
    /// The body is not JSON.
    #[error("the body is not JSON")]
    NotJson,
    /// JSON, but not of the documented shape.
    #[error("JSON of another shape than documented")]
    Shape,
    /// The body is over 32 MiB.
    #[error("a body over 32 MiB")]
    TooLarge,
    /// A record of another person than the one asked for, or one without an id.
    #[error("a person with another id, or none")]
    OtherPerson,
    /// An id that cannot be one of Deel's; nothing was asked.
    #[error("the id is not one of Deel's")]
    InvalidId,
    /// A status this program has no use for; a 400 may mean that `X-Version` is unknown to Deel.
    #[error("a status that is not documented for this")]
    Status,
}

/// What failed below HTTP. Words only: the library's text can contain the URL, and that can contain an email.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Transport {
    /// No connection: name, route, port or TLS.
    #[error("could not connect")]
    Connect,
    /// The time for the whole request was over.
    #[error("timed out")]
    Timeout,
    /// The connection broke before the answer was whole.
    #[error("connection broke")]
    Broken,
}

fn suffix(request_id: &Option<String>) -> String {
    request_id.as_ref().map(|id| format!(", api_req_id {id}")).unwrap_or_default()
}

fn status_suffix(status: &Option<u16>) -> String {
    status.as_ref().map(|status| format!(" ({status})")).unwrap_or_default()
}

impl Error {
    /// What to do about it, in words for an operator.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unauthorized { .. } => {
                "Create a new organization token in Deel (More, Developer, Access tokens) and set DEEL_API_TOKEN."
            }
            Self::MissingScope { .. } => {
                "Create an organization token with the missing scope; people:read, organizations:read and contracts:read are \
                 needed, webhooks:read and webhooks:write to manage the subscription."
            }
            Self::TokenType { .. } => "Use an organization token; a personal or a worker token does not do.",
            Self::SensitiveDataWithheld => {
                "Create a new organization token with the box for sensitive data ticked, and set DEEL_API_TOKEN."
            }
            Self::NotFound { .. } => {
                "Check the id in Deel: it is deleted, of another organization, or hidden from the token."
            }
            Self::RateLimited { .. } => {
                "Nothing to do: it is tried again. If it lasts, another program uses up the organization's 5 requests per second."
            }
            Self::Unavailable { status: Some(_), .. } => {
                "Nothing to do: it is tried again. If it lasts, see Deel's status page."
            }
            Self::Unavailable { source: Some(Transport::Connect), .. } => {
                "Check DEEL_BASE_URL, DNS, the firewall, and the proxy settings; it is tried again."
            }
            Self::Unavailable { .. } => "Check the network between here and Deel; it is tried again.",
            Self::Unexpected { what, .. } => what.remedy(),
        }
    }

    /// A stable word for a metric label, from a closed set.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unauthorized { .. } => "unauthorized",
            Self::MissingScope { .. } => "missing_scope",
            Self::TokenType { .. } => "token_type",
            Self::SensitiveDataWithheld => "sensitive_data_withheld",
            Self::NotFound { .. } => "not_found",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable { .. } => "unavailable",
            Self::Unexpected { .. } => "unexpected",
        }
    }

    /// Whether the same call may succeed later without anybody's help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Unavailable { .. })
    }

    /// How long Deel asked to wait, if it did.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Deel's `api_req_id`, where the answer had one.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Unauthorized { request_id }
            | Self::MissingScope { request_id, .. }
            | Self::TokenType { request_id }
            | Self::NotFound { request_id }
            | Self::Unexpected { request_id, .. } => request_id.as_deref(),
            Self::SensitiveDataWithheld | Self::RateLimited { .. } | Self::Unavailable { .. } => None,
        }
    }
}

impl Surprise {
    fn remedy(self) -> &'static str {
        match self {
            Self::Redirect | Self::Html | Self::NotJson => {
                "Check DEEL_BASE_URL, and whether a proxy or firewall answers in Deel's place."
            }
            Self::Status => {
                "Check DEEL_BASE_URL and the configured API version; else ask Deel's support with the api_req_id."
            }
            Self::OtherPerson | Self::InvalidId => {
                "Check the id: it must be the HRIS profile id of a person in Deel."
            }
            Self::Shape | Self::TooLarge => {
                "Deel's API may have changed: report it, with the api_req_id if there is one."
            }
        }
    }
}
