//! The webhook's signature.

use deel::signature::{SignatureError, SigningKeys, sign};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretString;
use sha2::Sha256;

/// By the documentation, apart from the product.
fn documented(key: &str, body: &[u8]) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_bytes()).expect("HMAC takes any key");
    mac.update(&[b"POST".as_slice(), body].concat());
    hex::encode(mac.finalize().into_bytes())
}

/// `data` is a key, a second key, a header, each with its length before it, then the body. A header is believed exactly if
/// it is the HMAC-SHA256 of `POST` and the body under one of the keys, in hex of either case; nothing else is.
pub fn signature(mut data: &[u8]) {
    let mut key = || String::from_utf8_lossy(crate::piece(&mut data)).into_owned();
    let keys = [key(), key()];
    let header = crate::piece(&mut data);
    let body = data;
    let secret = |key: &String| (None, SecretString::from(key.clone()));
    let Ok(signing) = SigningKeys::new(keys.iter().map(secret).collect()) else {
        assert!(keys.iter().all(String::is_empty), "keys were refused");
        return;
    };
    let usable: Vec<&String> = keys.iter().filter(|key| !key.is_empty()).collect();
    assert_eq!(signing.count(), usable.len());

    let said = signing.verify(Some(header), None, body);
    let given = header.trim_ascii();
    let right = usable.iter().any(|key| given.eq_ignore_ascii_case(documented(key, body).as_bytes()));
    assert_eq!(said.is_ok(), right, "{said:?}");
    assert_eq!(said == Err(SignatureError::Missing), given.is_empty());
    let hex = given.len() == 64 && given.iter().all(u8::is_ascii_hexdigit);
    assert_eq!(said == Err(SignatureError::Malformed), !given.is_empty() && !hex);

    for key in usable {
        let good = documented(key, body);
        assert_eq!(sign(key, body), good);
        for header in [good.clone(), good.to_uppercase(), format!(" {good}\t")] {
            assert_eq!(signing.verify(Some(header.as_bytes()), Some("any"), body), Ok(()));
        }
        let mut other = body.to_vec();
        other.push(0);
        assert!(signing.verify(Some(good.as_bytes()), None, &other).is_err(), "a byte more");
        let at = usize::from(header.first().copied().unwrap_or(0)) % body.len().max(1);
        if let Some(byte) = other.get_mut(at).filter(|_| !body.is_empty()) {
            *byte ^= 1 << (at % 8);
            assert!(signing.verify(Some(good.as_bytes()), None, &other[..body.len()]).is_err(), "a bit");
        }
        let mut wrong = good.into_bytes();
        wrong[at % 64] = if wrong[at % 64] == b'0' { b'1' } else { b'0' };
        assert!(signing.verify(Some(&wrong), None, body).is_err(), "a digit");
    }
}
