//! The webhook signature, against vectors computed by another implementation (Python's `hmac`) over the documented input.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use deel::signature::{SignatureError, SigningKeys, sign};
use proptest::prelude::*;
use secrecy::SecretString;

const KEY: &str = "a-made-up-signing-key-of-some-length-42";
const BODY: &[u8] = br#"{"hello":"deel"}"#;
const SIGNATURE: &str = "68c79576f540e93cc2fd7370ab43478180081ba4b362bddd3e7bbc08dca4c7cb";

fn verify(keys: &str, header: &str, body: &[u8]) -> Result<(), SignatureError> {
    SigningKeys::parse(keys).unwrap().verify(Some(header.as_bytes()), None, body)
}

#[test]
fn known_signatures() {
    assert_eq!(verify(KEY, SIGNATURE, BODY), Ok(()));
    assert_eq!(sign(KEY, BODY), SIGNATURE);
    let empty = "f6c230adece8ba50c84b8a59fb783f32d50c522abc53b11ee001c1032ec44356";
    assert_eq!(verify(KEY, empty, b""), Ok(()));
    let not_ascii = "232c10d30895ee3c23ac37d6b1713b6e7dd8bcb1e3d980bfaed2bcef446b013c";
    assert_eq!(verify("κλειδί-ключ-鍵", not_ascii, BODY), Ok(()));
}

#[test]
fn whole_webhooks() {
    for (body, signature) in [
        (
            include_bytes!("fixtures/webhooks/worker.v2.updated.json").as_slice(),
            "aa201118385a500dc2fd581fa72ba11320e195a76300b6ed34f2883ee0dcb590",
        ),
        (
            include_bytes!("fixtures/webhooks/contract.created.json"),
            "74c732f4f570c31bb3f3510483a21147fb16ddd53e5beb683c20843189589c98",
        ),
        (
            include_bytes!("fixtures/webhooks/tax.document.available.json"),
            "771ab94c14912f5312aa0c935a3b753f29cad3b7e1a0844fcfae677ab92c746b",
        ),
    ] {
        assert_eq!(verify(KEY, signature, body), Ok(()));
        // The same JSON in other bytes is another body.
        let other = [body, b" "].concat();
        assert_eq!(verify(KEY, signature, &other), Err(SignatureError::Mismatch));
    }
}

#[test]
fn a_signature_over_the_body_alone_is_refused() {
    let without_post = "a79a9f09d801e6198f901772668c732911e79012fa0a4c90029c2a35c636a0af";
    assert_eq!(verify(KEY, without_post, BODY), Err(SignatureError::Mismatch));
}

#[test]
fn only_the_documented_form_is_a_signature() {
    for good in [format!(" \t{SIGNATURE} "), SIGNATURE.to_uppercase()] {
        assert_eq!(verify(KEY, &good, BODY), Ok(()), "{good}");
    }
    for malformed in [
        format!("sha256={SIGNATURE}"),
        SIGNATURE[1..].to_owned(),
        format!("{SIGNATURE}00"),
        SIGNATURE.replace('6', "g"),
        format!("{SIGNATURE}, {SIGNATURE}"),
        "é".repeat(32),
    ] {
        assert_eq!(verify(KEY, &malformed, BODY), Err(SignatureError::Malformed), "{malformed}");
    }
    let keys = SigningKeys::parse(KEY).unwrap();
    assert_eq!(keys.verify(None, None, BODY), Err(SignatureError::Missing));
    assert_eq!(keys.verify(Some(b"  "), None, BODY), Err(SignatureError::Missing));
    assert_eq!(keys.verify(Some(b"\xff\xfe"), None, BODY), Err(SignatureError::Malformed));
}

#[test]
fn all_keys_are_tried() {
    let keys = SigningKeys::parse(&format!("old-key , {KEY},,  \n third")).unwrap();
    assert_eq!(keys.count(), 3);
    for key in ["old-key", KEY, "third"] {
        assert_eq!(keys.verify(Some(sign(key, BODY).as_bytes()), None, BODY), Ok(()));
    }
    let foreign = sign("fourth", BODY);
    assert_eq!(keys.verify(Some(foreign.as_bytes()), None, BODY), Err(SignatureError::Mismatch));
}

#[test]
fn a_label_orders_the_tries_and_decides_nothing() {
    let labelled = |label: &str, key: &str| (Some(label.to_owned()), SecretString::from(key));
    let keys = SigningKeys::new(vec![labelled("old", "key-1"), labelled("new", "key-2")]).unwrap();
    for label in [Some("old"), Some("new"), Some("unknown"), Some(""), None] {
        let signature = sign("key-2", BODY);
        assert_eq!(keys.verify(Some(signature.as_bytes()), label, BODY), Ok(()), "{label:?}");
    }
}

#[test]
fn without_a_key_there_is_nothing_to_verify_with() {
    for list in ["", " ", ",", " , ,\t"] {
        assert!(SigningKeys::parse(list).is_err(), "{list:?}");
    }
    assert!(SigningKeys::new(vec![]).is_err());
}

#[test]
fn keys_do_not_print() {
    let debug = format!("{:?}", SigningKeys::parse("one-secret,other-secret").unwrap());
    assert_eq!(debug, "SigningKeys(2 × [redacted])");
}

proptest! {
    #[test]
    fn any_bytes_are_verified_or_refused(header: Vec<u8>, label: Option<String>, body: Vec<u8>) {
        let keys = SigningKeys::parse(KEY).unwrap();
        prop_assert!(keys.verify(Some(&header), label.as_deref(), &body).is_err());
    }

    #[test]
    fn what_is_signed_verifies_and_what_is_changed_does_not(
        key in "[^,\\s]{1,80}", body: Vec<u8>, at: prop::sample::Index, bit in 0..8_u8,
    ) {
        let signature = sign(&key, &body);
        prop_assert_eq!(verify(&key, &signature, &body), Ok(()));
        let mut changed = body;
        changed.push(0);
        let at = at.index(changed.len());
        changed[at] ^= 1 << bit;
        prop_assert_eq!(verify(&key, &signature, &changed), Err(SignatureError::Mismatch));
    }
}
