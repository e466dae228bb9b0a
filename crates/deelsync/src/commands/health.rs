//! `health`: asks the process that runs with this configuration, on this machine, whether it is ready. An image without a
//! shell or `curl` needs a health check of its own.

use crate::cli::Format;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use anyhow::Context as _;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// `/readyz` gives Redis a second; a health check that waits longer is one that failed.
const PATIENCE: Duration = Duration::from_secs(3);

pub(crate) async fn run(config: &Config, format: Format) -> anyhow::Result<Exit> {
    // A worker has only the admin listener; an ingress without one still has the other.
    let address = reachable(config.server.admin_listen.unwrap_or(config.server.listen));
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let answer = client.get(format!("http://{address}/readyz")).send().await;
    let answer = answer
        .map_err(reqwest::Error::without_url)
        .with_context(|| format!("nothing answers at {address}"))?;
    let ready = answer.status().is_success();
    let body: Value = answer
        .json()
        .await
        .map_err(reqwest::Error::without_url)
        .with_context(|| format!("what listens at {address} is not deelsync"))?;
    match format {
        Format::Json => out::json(&body)?,
        Format::Table if ready => out::line("ready"),
        Format::Table => {
            let reasons = body["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str);
            out::line(format!("not ready: {}", reasons.collect::<Vec<_>>().join(", ")));
        }
    }
    Ok(if ready { Exit::Success } else { Exit::Failure })
}

/// Where to ask whoever listens there: "every address" is none that can be asked.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::reachable;

    #[test]
    fn every_address_is_asked_on_loopback() {
        for (listen, asked) in [
            ("0.0.0.0:8081", "127.0.0.1:8081"),
            ("[::]:8081", "[::1]:8081"),
            ("10.0.0.7:8081", "10.0.0.7:8081"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), asked);
        }
    }
}
