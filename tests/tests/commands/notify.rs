//! Who is told of what cannot wait: a webhook as Slack takes it, and mail.

use std::sync::{Arc, Mutex, PoisonError};

use e2e::{SOON, World, somebody};
use harness::eventually;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

type Taken = Arc<Mutex<Vec<String>>>;

fn all(taken: &Taken) -> Vec<String> {
    taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn keep(taken: &Taken, text: String) {
    taken.lock().unwrap_or_else(PoisonError::into_inner).push(text);
}

/// An HTTP server that takes every POST; its address, and the bodies.
async fn webhook() -> (String, Taken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (address, taken) = (listener.local_addr().expect("it is bound"), Taken::default());
    let bodies = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let bodies = Arc::clone(&bodies);
            tokio::spawn(async move {
                if let Some(body) = post(stream).await {
                    keep(&bodies, body);
                }
            });
        }
    });
    (format!("http://{address}/services/T0/B0/x"), taken)
}

async fn post(stream: TcpStream) -> Option<String> {
    let mut stream = BufReader::new(stream);
    let (mut length, mut line) = (0, String::new());
    while stream.read_line(&mut line).await.ok()? > 2 {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        line.clear();
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").await.ok()?;
    String::from_utf8(body).ok()
}

/// As much of a mail server (RFC 5321) as takes messages; its address, and what it was told.
async fn mail() -> (String, Taken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (address, taken) = (listener.local_addr().expect("it is bound"), Taken::default());
    let mails = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(take_mail(stream, Arc::clone(&mails)));
        }
    });
    (format!("smtp://{address}"), taken)
}

async fn take_mail(stream: TcpStream, mails: Taken) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let (mut lines, mut data, mut mail) = (BufReader::new(read).lines(), false, String::new());
    write.write_all(b"220 test\r\n").await.ok()?;
    while let Some(line) = lines.next_line().await.ok()? {
        if !(data && line == ".") {
            mail = mail + &line + "\n";
        }
        let answer = match (data, line.as_str()) {
            (true, ".") => {
                data = false;
                keep(&mails, std::mem::take(&mut mail));
                "250 taken"
            }
            (true, _) => continue,
            (false, "DATA") => {
                data = true;
                "354 go on"
            }
            (false, "QUIT") => "221 bye",
            (false, _) => "250 ok",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
    Some(())
}

async fn world() -> (World, Taken, Taken) {
    let mut world = World::empty().await;
    let ((url, bodies), (smtp, mails)) = (webhook().await, mail().await);
    world.settings.set("NOTIFY_WEBHOOK_URL", &url);
    world.settings.file(&format!(
        "[limits.suspension]\ncount = 0\npercent = 1\n[notify.mail]\nto = [\"it@example.com\"]\n\
         from = \"deelsync@example.com\"\nsmtp_url = \"{smtp}\"\n"
    ));
    (world, bodies, mails)
}

#[tokio::test]
async fn a_leaver_who_is_held_is_told_by_webhook_and_mail_without_names() {
    let (world, bodies, mails) = world().await;
    let (person, _) = world.active(somebody("Held", "Leaver")).await;
    world.terminated_silently(&person, json!({"at_once": true})).await;
    assert_eq!(world.synced(&person).await["held"][0]["kind"], "limit");
    assert_eq!((all(&bodies), all(&mails)), (Vec::new(), Vec::new()), "a command tells nobody");
    let _running = world.run().await;
    let told = eventually("both have come", SOON, async || {
        let (bodies, mails) = (all(&bodies), all(&mails));
        (!bodies.is_empty() && !mails.is_empty()).then(|| (bodies.join(""), mails.join("")))
    })
    .await;
    for text in [&told.0, &told.1] {
        assert!(text.contains(&person), "{text}");
        assert!(!text.to_lowercase().contains("held.leaver") && !text.contains("Held Leaver"), "{text}");
    }
    assert!(told.0.starts_with("{\"text\":") && told.1.contains("RCPT TO:<it@example.com>"), "{told:?}");
}

#[tokio::test]
async fn a_test_message_goes_everywhere_and_a_failure_is_said() {
    let (mut world, bodies, mails) = world().await;
    let checked = world.cli(&["check", "--notify"]).await;
    for words in ["a test message went out by webhook", "a test message went out by mail"] {
        assert!(checked.stdout.contains(words), "{words}:\n{}", checked.stdout);
    }
    assert!(all(&bodies).len() == 1 && all(&mails).len() == 1, "{:?} {:?}", all(&bodies), all(&mails));
    let secret = format!("http://127.0.0.1:{}/services/SECRET", harness::free_port());
    world.settings.set("NOTIFY_WEBHOOK_URL", &secret);
    let checked = world.cli(&["check", "--notify"]).await.expect_code(1);
    assert!(checked.stdout.contains("✗ Notify     by webhook"), "{}", checked.stdout);
    assert!(!(checked.stdout + &checked.stderr).contains("SECRET"));
    let _ = world.cli(&["check"]).await;
    assert_eq!(all(&mails).len(), 2, "without --notify nothing is sent");
}
