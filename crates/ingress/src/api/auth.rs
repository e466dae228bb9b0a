//! Who may use the API: whoever sends the token.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Api;
use crate::outcome::json;
use crate::seldom::Seldom;

/// The token's SHA-256: of one length whatever the token's, so that a comparison tells nothing by its time.
#[derive(Clone)]
pub(crate) struct Token([u8; 32]);

impl Token {
    pub(super) fn new(token: &SecretString) -> Self {
        Self(Sha256::digest(token.expose_secret().as_bytes()).into())
    }

    fn is(&self, given: &[u8]) -> bool {
        let given: [u8; 32] = Sha256::digest(given).into();
        self.0.ct_eq(&given).into()
    }
}

static REFUSED: Seldom = Seldom::new();

/// Lets through who has the token, before anything is read of the request.
pub(super) async fn guard<B>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, Error>
where
    B: MessageBody + 'static,
{
    let known = request.app_data::<web::Data<Api>>().is_some_and(|api| {
        let given = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes).and_then(bearer);
        given.is_some_and(|given| api.token.is(given))
    });
    if known {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    if let Some(held_back) = REFUSED.now(Instant::now()) {
        tracing::warn!(held_back, "a request to the operator API without its token was refused");
    }
    let mut response = json(
        StatusCode::UNAUTHORIZED,
        Bytes::from_static(
            br#"{"error":"send the header Authorization: Bearer and the value of DEELSYNC_ADMIN_TOKEN"}"#,
        ),
    );
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    Ok(request.into_response(response).map_into_boxed_body())
}

/// What follows the scheme, whose name is not case-sensitive (RFC 9110, 11.1).
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_itself_opens() {
        let token = Token::new(&SecretString::from("0123456789abcdef"));
        assert!(token.is(b"0123456789abcdef"));
        for wrong in [&b"0123456789abcde"[..], b"0123456789abcdef0", b"", b"0123456789ABCDEF"] {
            assert!(!token.is(wrong));
        }
        assert_eq!(bearer(b"bearer x "), Some(&b"x"[..]));
        assert_eq!((bearer(b"Basic eDp4"), bearer(b"Bearer")), (None, None));
    }
}
