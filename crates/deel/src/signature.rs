//! The webhook signature: `x-deel-signature` is the hex of HMAC-SHA256 over `"POST"` followed by the raw body,
//! keyed with the subscription's signing key as UTF-8 text (developer.deel.com, webhooks, "Getting started"). Deel writes
//! lower case; the case of hex digits says nothing, so either is read.
//!
//! Deel signs no timestamp and sends no nonce: a valid signature says who wrote the body, not when.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "x-deel-signature";
/// The header that names the signing key, which is the subscription's name. It is not signed, so it only orders the tries.
pub const LABEL_HEADER: &str = "x-deel-hmac-label";

const HEX_LENGTH: usize = 64;

/// The keys a webhook may be signed with. Several, since Deel documents no overlap when one is rotated.
#[derive(Clone)]
pub struct SigningKeys(Vec<SigningKey>);

#[derive(Clone)]
struct SigningKey {
    label: Option<String>,
    /// Keyed and already fed the `"POST"`, so that a webhook costs only its own bytes.
    mac: Hmac<Sha256>,
}

/// Why a webhook is not believed. All three are answered alike; they differ for the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature header, or it is empty.
    #[error("no signature")]
    Missing,
    /// The header is not 64 hex digits.
    #[error("signature is not 64 hex digits")]
    Malformed,
    /// No key gives this signature.
    #[error("signature matches none of the signing keys")]
    Mismatch,
}

impl SignatureError {
    /// A stable word for a metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Mismatch => "mismatch",
        }
    }
}

/// There is not one usable signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no signing key: give at least one, separated by commas")]
pub struct NoSigningKey;

impl SigningKeys {
    /// Keys with the names of their subscriptions, where known. Empty keys are dropped; none left is an error.
    pub fn new(keys: Vec<(Option<String>, SecretString)>) -> Result<Self, NoSigningKey> {
        let keys: Vec<_> = keys
            .into_iter()
            .filter(|(_, key)| !key.expose_secret().is_empty())
            .map(|(label, key)| SigningKey { label, mac: keyed(key.expose_secret()) })
            .collect();
        if keys.is_empty() { Err(NoSigningKey) } else { Ok(Self(keys)) }
    }

    /// Reads a comma-separated list; white space around a key is not part of it.
    pub fn parse(list: &str) -> Result<Self, NoSigningKey> {
        Self::new(list.split(',').map(|key| (None, SecretString::from(key.trim()))).collect())
    }

    /// How many keys there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether `header` is the signature of `body` under one of the keys; compared in constant time. White space around
    /// the header's value is ignored. The key whose label is `label` is tried first, then all others.
    pub fn verify(
        &self,
        header: Option<&[u8]>,
        label: Option<&str>,
        body: &[u8],
    ) -> Result<(), SignatureError> {
        let header = header.unwrap_or_default().trim_ascii();
        if header.is_empty() {
            return Err(SignatureError::Missing);
        }
        let mut signature = [0; HEX_LENGTH / 2];
        hex::decode_to_slice(header, &mut signature).map_err(|_| SignatureError::Malformed)?;

        let label = label.map(str::trim);
        let named = |key: &&SigningKey| key.label.is_some() && key.label.as_deref() == label;
        let (first, rest): (Vec<_>, Vec<_>) = self.0.iter().partition(named);
        let signs = |key: &SigningKey| key.mac.clone().chain_update(body).verify_slice(&signature).is_ok();
        if first.into_iter().chain(rest).any(signs) { Ok(()) } else { Err(SignatureError::Mismatch) }
    }
}

/// The value of `x-deel-signature` for `body`, for those who play Deel.
pub fn sign(key: &str, body: &[u8]) -> String {
    hex::encode(keyed(key).chain_update(body).finalize().into_bytes())
}

fn keyed(key: &str) -> Hmac<Sha256> {
    // HMAC takes a key of any length (RFC 2104), so this cannot fail; an empty state would still refuse every signature.
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_bytes());
    mac.unwrap_or_else(|_| <Hmac<Sha256> as KeyInit>::new(&Default::default())).chain_update(b"POST")
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeys({} × [redacted])", self.0.len())
    }
}
