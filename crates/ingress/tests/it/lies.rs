//! Requests that say one thing and are another, and bytes that are no HTTP at all.

use std::time::Duration;

use crate::raw::Raw;
use crate::rig::{KEY, PERSON, Rig, sign, updated};

fn signature(body: &str) -> String {
    format!("x-deel-signature: {}\r\n", sign(KEY, body.as_bytes()))
}

/// A webhook as it should be.
fn whole(nonce: usize) -> String {
    let body = updated(PERSON, nonce);
    format!(
        "POST /webhooks/deel HTTP/1.1\r\nHost: deelsync\r\n{}content-length: {}\r\n\r\n{body}",
        signature(&body),
        body.len()
    )
}

#[tokio::test]
async fn where_a_request_ends_is_never_guessed() {
    let rig = Rig::start().await;
    let body = updated(PERSON, 1);
    let (len, signed) = (body.len(), signature(&body));
    for lengths in [
        "content-length: -1\r\n".to_owned(),
        format!("content-length: +{len}\r\n"),
        format!("content-length: 0x{len:x}\r\n"),
        format!("content-length: {len}, {len}\r\n"),
        format!("content-length: {len}\r\ncontent-length: {}\r\n", len - 10),
        format!("content-length: {len}.0\r\n"),
        "content-length: 99999999999999999999999999\r\n".to_owned(),
        format!("content-length: {len}\r\ntransfer-encoding: chunked\r\n"),
        format!("transfer-encoding: chunked\r\ncontent-length: {len}\r\n"),
        "transfer-encoding: xchunked\r\n".to_owned(),
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n".to_owned(),
        format!("content-length : {len}\r\n"),
        format!(" content-length: {len}\r\n"),
        format!("x: y\r\n content-length: {len}\r\n"),
        format!("content-length: {len}\r\nx\0y: z\r\n"),
    ] {
        let mut client = Raw::connect(rig.public).await;
        client.head(&format!("{signed}{lengths}")).await;
        // What a proxy that reads the lengths otherwise would pass on as somebody's next request.
        client.try_send(body.as_bytes()).await;
        client.try_send(whole(2).as_bytes()).await;
        let (status, _) = client.answer().await;
        assert!((400..500).contains(&status), "{lengths:?} was answered {status}");
        client.closed().await;
        assert!(rig.waiting().await.is_empty(), "{lengths:?}");
    }
}

#[tokio::test]
async fn chunks_that_lie_store_nothing() {
    let rig = Rig::start().await;
    let body = updated(PERSON, 1);
    let (len, signed) = (body.len(), signature(&body));
    for chunks in [
        format!("-{len:x}\r\n{body}\r\n0\r\n\r\n"),
        format!("0x{len:x}\r\n{body}\r\n0\r\n\r\n"),
        format!("ffffffffffffffff1\r\n{body}\r\n0\r\n\r\n"),
        format!("{:x}\r\n{body}\r\n0\r\n\r\n", len - 1),
        format!("{:x}\r\n{body}\r\n0\r\n\r\n", len + 1),
        format!("\r\n{len:x}\r\n{body}\r\n0\r\n\r\n"),
        format!("{len:x}\r\n{body}0\r\n\r\n"),
        "0\r\n\r\n".to_owned(),
    ] {
        let mut client = Raw::connect(rig.public).await;
        client.head(&format!("{signed}transfer-encoding: chunked\r\n")).await;
        client.try_send(chunks.as_bytes()).await;
        let (status, _) = client.answer().await;
        assert!([400, 401].contains(&status), "{chunks:?} was answered {status}");
        assert!(rig.waiting().await.is_empty(), "{chunks:?}");
    }
}

#[tokio::test]
async fn what_is_no_http_of_ours_is_refused_and_ended() {
    let rig = Rig::start().await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03rest of a ClientHello\r\n\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"POST /webhooks/deel HTTP/9.9\r\nHost: x\r\n\r\n",
        b"POST  /webhooks/deel  HTTP/1.1\r\n\r\n",
        b"EHLO deelsync\r\n\r\n",
        b"*1\r\n$8\r\nFLUSHALL\r\n\r\n",
    ] {
        let mut client = Raw::connect(rig.public).await;
        client.send(bytes).await;
        let (status, _) = client.answer().await;
        assert!((400..=505).contains(&status), "{:?} was answered {status}", String::from_utf8_lossy(bytes));
        client.closed().await;
    }
}

#[tokio::test]
async fn nothing_is_unpacked() {
    let rig = Rig::start().await;
    // The header is not believed: what was signed are the bytes.
    let body = updated(PERSON, 1);
    let sent = rig.post(body.clone()).header("x-deel-signature", sign(KEY, body.as_bytes()));
    assert_eq!(rig.send(sent.header("content-encoding", "gzip")).await.outcome(), "stored");
    // A gzip of ten megabytes of zeros would be ten kilobytes.
    let packed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00";
    let sent = rig.post(packed.to_vec()).header("x-deel-signature", sign(KEY, packed));
    assert_eq!(rig.send(sent.header("content-encoding", "gzip")).await.status, 400);
}

#[tokio::test]
async fn many_headers_and_long_ones_are_refused_and_many_small_ones_are_not() {
    let rig = Rig::start().await;
    let body = updated(PERSON, 1);
    let base = format!("{}content-length: {}\r\n", signature(&body), body.len());
    let headers = |count: usize, len: usize| -> String {
        (0..count).map(|number| format!("x-{number}: {}\r\n", "y".repeat(len))).collect()
    };
    for (extra, good) in [(headers(50, 20), true), (headers(500, 5), false), (headers(60, 8000), false)] {
        let mut client = Raw::connect(rig.public).await;
        client
            .try_send(
                format!("POST /webhooks/deel HTTP/1.1\r\nHost: x\r\n{base}{extra}\r\n{body}").as_bytes(),
            )
            .await;
        let (status, _) = client.answer().await;
        assert_eq!(status == 200, good, "{status}");
        assert!(good || status >= 400);
    }
}

#[tokio::test]
async fn requests_that_come_at_once_are_answered_each() {
    let rig = Rig::start().await;
    let mut client = Raw::connect(rig.public).await;
    let requests: String = (0..30).map(whole).collect();
    client.send(requests.as_bytes()).await;
    client.finish().await;
    let text = client.rest().await;
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 30, "{text}");
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on() {
    let rig = Rig::start().await;
    let body = updated(PERSON, 1);
    let mut client = Raw::connect(rig.public).await;
    client
        .head(&format!("{}expect: 100-continue\r\ncontent-length: {}\r\n", signature(&body), body.len()))
        .await;
    assert_eq!(client.answer().await.0, 100);
    client.send(body.as_bytes()).await;
    assert_eq!(client.answer().await.0, 200);
}

#[tokio::test]
async fn a_sender_that_never_reads_its_answers_is_ended() {
    let rig = Rig::with(ingress::Limits {
        request_time: Duration::from_secs(1),
        keep_alive: Duration::from_secs(1),
        ..ingress::Limits::default()
    })
    .await;
    let mut client = Raw::connect(rig.public).await;
    let request = "GET /healthz HTTP/1.1\r\nHost: deelsync\r\n\r\n".repeat(100);
    // Until neither side's buffers take any more, or the connection was ended.
    let sending = async { while client.try_send(request.as_bytes()).await {} };
    let _ = tokio::time::timeout(Duration::from_secs(2), sending).await;
    assert_eq!(rig.deliver(updated(PERSON, 1)).await.status, 200);
}
