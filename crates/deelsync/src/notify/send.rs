//! The ways to reach people.

use crate::config::{MailConfig, NotifyConfig};
use anyhow::{Context as _, bail};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor, message::header::ContentType,
};
use secrecy::{ExposeSecret as _, SecretString};
use std::time::Duration;

/// For one message.
const PATIENCE: Duration = Duration::from_secs(8);

/// A way to reach people.
pub(super) enum Channel {
    /// POST of `{"text": …}`, as Slack's incoming webhooks take it (api.slack.com/messaging/webhooks).
    Webhook {
        http: reqwest::Client,
        url: SecretString,
    },
    Mail {
        transport: AsyncSmtpTransport<Tokio1Executor>,
        mail: Box<MailConfig>,
    },
}

/// All that are configured.
pub(super) fn channels(config: &NotifyConfig) -> anyhow::Result<Vec<Channel>> {
    let mut channels = Vec::new();
    if let Some(url) = &config.webhook {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("the client for the notification webhook")?;
        channels.push(Channel::Webhook { http, url: url.clone() });
    }
    if let Some(mail) = &config.mail {
        let mut url = mail.smtp_url.clone();
        if let Some(password) = &mail.password {
            // Percent-encoded, and decoded again by the transport.
            let set = url.set_password(Some(password.expose_secret()));
            set.map_err(|()| anyhow::anyhow!("the mail server's address takes no password"))?;
        }
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .map_err(|_| anyhow::anyhow!("notify.mail.smtp_url cannot be used"))?
            .timeout(Some(PATIENCE))
            .build();
        channels.push(Channel::Mail { transport, mail: Box::new(mail.clone()) });
    }
    Ok(channels)
}

impl Channel {
    /// Also its name in Redis.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Mail { .. } => "mail",
        }
    }

    /// Sends one message. Errors carry neither the address, which is a secret, nor the password.
    pub(super) async fn send(&self, subject: &str, text: &str) -> anyhow::Result<()> {
        match self {
            Self::Webhook { http, url } => {
                let body = serde_json::json!({ "text": text });
                let answer = http.post(url.expose_secret()).json(&body).send().await;
                let status = answer.map_err(reqwest::Error::without_url)?.status();
                if !status.is_success() {
                    bail!("the notification webhook answered {status}");
                }
            }
            Self::Mail { transport, mail } => {
                let mut message = Message::builder().from(mail.from.clone()).subject(subject);
                for to in &mail.to {
                    message = message.to(to.clone());
                }
                let message = message.header(ContentType::TEXT_PLAIN).body(text.to_owned())?;
                tokio::time::timeout(PATIENCE, transport.send(message))
                    .await
                    .context("the mail server took too long")?
                    .context("the mail server")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::{TcpListener, TcpStream};

    /// As much of a mail server (RFC 5321) as takes one message.
    async fn take_mail(stream: TcpStream) -> String {
        let (read, mut write) = stream.into_split();
        let (mut lines, mut data, mut mail) = (BufReader::new(read).lines(), false, String::new());
        write.write_all(b"220 test\r\n").await.unwrap();
        while let Some(line) = lines.next_line().await.unwrap() {
            let answer = match (data, line.as_str()) {
                (true, ".") => {
                    data = false;
                    "250 taken"
                }
                (true, text) => {
                    mail.push_str(text);
                    mail.push('\n');
                    continue;
                }
                (false, "DATA") => {
                    data = true;
                    "354 go on"
                }
                (false, "QUIT") => break,
                (false, text) => {
                    mail.push_str(text);
                    mail.push('\n');
                    "250 ok"
                }
            };
            write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            if answer == "250 taken" {
                break;
            }
        }
        mail
    }

    #[tokio::test]
    async fn mail_reaches_everybody_it_is_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let smtp_url = format!("smtp://{}", listener.local_addr().unwrap()).parse().unwrap();
        let server = tokio::spawn(async move { take_mail(listener.accept().await.unwrap().0).await });
        let mail = MailConfig {
            to: vec!["it@example.com".parse().unwrap(), "hr@example.com".parse().unwrap()],
            from: "deelsync@example.com".parse().unwrap(),
            smtp_url,
            password: None,
        };
        let config = NotifyConfig { repeat: PATIENCE, webhook: None, mail: Some(mail) };
        let channels = channels(&config).unwrap();
        channels[0].send("deelsync: one thing", "deelsync: one thing\n• person p1").await.unwrap();
        let mail = server.await.unwrap();
        for part in
            ["RCPT TO:<it@example.com>", "RCPT TO:<hr@example.com>", "Subject: deelsync: one thing", "p1"]
        {
            assert!(mail.contains(part), "{part} in {mail}");
        }
    }

    #[tokio::test]
    async fn a_failure_does_not_tell_the_webhooks_address() {
        let url = "http://127.0.0.1:1/services/SECRET".to_owned();
        let config = NotifyConfig { repeat: PATIENCE, webhook: Some(url.into()), mail: None };
        let channels = channels(&config).unwrap();
        let error = channels[0].send("s", "t").await.unwrap_err();
        assert!(!format!("{error:#} {error:?}").contains("SECRET"), "{error:#}");
    }
}
