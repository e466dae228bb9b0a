//! Where Redis is. Parsed once, printed without credentials.

use std::fmt;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};

use crate::error::InvalidAddress;

/// A parsed Redis address. `Display` and `Debug` leave user and password out.
#[derive(Clone)]
pub struct Address {
    pub(crate) target: Target,
    shown: String,
}

#[derive(Clone)]
pub(crate) enum Target {
    Single(Box<ConnectionInfo>),
    /// User and password of `nodes` are the data nodes'.
    Sentinel {
        nodes: Vec<ConnectionInfo>,
        master: String,
        db: i64,
        tls: bool,
        /// For the sentinels themselves; without it they are asked without.
        login: Box<RedisConnectionInfo>,
    },
    Cluster(Vec<ConnectionInfo>),
}

impl Address {
    /// Parses `redis://[[user]:password@]host[:port][/db]`, `rediss://…` (TLS), `unix:///path[?db=n&pass=…]`,
    /// `redis-sentinel://[[user]:password@]host[:port],…/master[/db]` and `redis-cluster://[[user]:password@]host[:port],…`
    /// (the latter two with TLS: `rediss-sentinel`, `rediss-cluster`). Sentinels that want a password of their own get it from
    /// `?sentinel_password=…`, with `&sentinel_user=…` if they know users. Special characters in users and passwords are
    /// percent-encoded. Default ports: 6379, sentinels 26379.
    ///
    /// # Errors
    /// What is wrong with it, without repeating it.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or(InvalidAddress::Scheme)?;
        match scheme {
            "redis" | "rediss" | "unix" | "redis+unix" => {
                let info = text.into_connection_info().map_err(|_| InvalidAddress::Malformed)?;
                let shown = match info.addr() {
                    ConnectionAddr::Unix(path) => format!("unix://{}", path.display()),
                    addr => format!("{scheme}://{addr}/{}", info.redis_settings().db()),
                };
                Ok(Self { target: Target::Single(Box::new(info)), shown })
            }
            "redis-sentinel" | "rediss-sentinel" => sentinel(scheme, rest),
            "redis-cluster" | "rediss-cluster" => cluster(scheme, rest),
            _ => Err(InvalidAddress::Scheme),
        }
    }
}

fn sentinel(scheme: &str, rest: &str) -> Result<Address, InvalidAddress> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').ok_or(InvalidAddress::NoMaster)?;
    let (master, db) = match path.trim_end_matches('/').split_once('/') {
        Some((master, db)) => (master, db.parse().map_err(|_| InvalidAddress::Database)?),
        None => (path.trim_end_matches('/'), 0),
    };
    if master.is_empty() {
        return Err(InvalidAddress::NoMaster);
    }
    let tls = scheme == "rediss-sentinel";
    let nodes = nodes(authority, tls, 26379)?;
    let login = sentinel_login(query)?;
    let shown = format!("{scheme}://{}/{master}/{db}", list(&nodes));
    Ok(Address { target: Target::Sentinel { nodes, master: master.to_owned(), db, tls, login }, shown })
}

/// The sentinels' own user and password, decoded as the library decodes those of an address.
fn sentinel_login(query: &str) -> Result<Box<RedisConnectionInfo>, InvalidAddress> {
    let (mut user, mut password) = ("", "");
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sentinel_user", value)) => user = value,
            Some(("sentinel_password", value)) => password = value,
            _ => return Err(InvalidAddress::Parameter),
        }
    }
    if password.is_empty() && !user.is_empty() {
        return Err(InvalidAddress::Parameter);
    }
    let login = if password.is_empty() { String::new() } else { format!("{user}:{password}@") };
    let info = format!("redis://{login}sentinel").into_connection_info();
    info.map(|info| Box::new(info.redis_settings().clone())).map_err(|_| InvalidAddress::Parameter)
}

fn cluster(scheme: &str, rest: &str) -> Result<Address, InvalidAddress> {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !path.is_empty() {
        return Err(InvalidAddress::Database);
    }
    let nodes = nodes(authority, scheme == "rediss-cluster", 6379)?;
    let shown = format!("{scheme}://{}", list(&nodes));
    Ok(Address { target: Target::Cluster(nodes), shown })
}

/// Each host as the library parses a single address with the same credentials.
fn nodes(authority: &str, tls: bool, port: u16) -> Result<Vec<ConnectionInfo>, InvalidAddress> {
    let (credentials, hosts) = match authority.rsplit_once('@') {
        Some((credentials, hosts)) => (format!("{credentials}@"), hosts),
        None => (String::new(), authority),
    };
    let scheme = if tls { "rediss" } else { "redis" };
    let parse = |host: &str| {
        let host = host.trim();
        let has_port =
            host.rsplit_once(':').is_some_and(|(before, _)| !before.is_empty() && !host.ends_with(']'));
        if host.is_empty() || host.starts_with(':') {
            return Err(InvalidAddress::Host);
        }
        let port = if has_port { String::new() } else { format!(":{port}") };
        format!("{scheme}://{credentials}{host}{port}")
            .into_connection_info()
            .map_err(|_| InvalidAddress::Host)
    };
    hosts.split(',').map(parse).collect()
}

fn list(nodes: &[ConnectionInfo]) -> String {
    nodes.iter().map(|node| node.addr().to_string()).collect::<Vec<_>>().join(",")
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_is_understood_and_shown_without_credentials() {
        for (text, shown) in [
            ("redis://:s3cret@127.0.0.1:6390/2", "redis://127.0.0.1:6390/2"),
            ("redis://localhost", "redis://localhost:6379/0"),
            ("rediss://user:s3cret@redis.example", "rediss://redis.example:6379/0"),
            ("unix:///run/redis.sock", "unix:///run/redis.sock"),
            ("redis-sentinel://:s3cret@a:1,b/main/3", "redis-sentinel://a:1,b:26379/main/3"),
            (
                "redis-sentinel://a/main?sentinel_user=s3cret&sentinel_password=s3cret",
                "redis-sentinel://a:26379/main/0",
            ),
            ("redis-sentinel://a,b/main", "redis-sentinel://a:26379,b:26379/main/0"),
            ("redis-cluster://:s%40cret@a,b:7001", "redis-cluster://a:6379,b:7001"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(format!("{address:?}"), shown);
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_address() {
        for (text, error) in [
            ("http://a", InvalidAddress::Scheme),
            ("a:6379", InvalidAddress::Scheme),
            ("redis-sentinel://a", InvalidAddress::NoMaster),
            ("redis-sentinel://a/", InvalidAddress::NoMaster),
            ("redis-sentinel://a/main/x", InvalidAddress::Database),
            ("redis-sentinel://a/main?password=x", InvalidAddress::Parameter),
            ("redis-sentinel://a/main?sentinel_user=x", InvalidAddress::Parameter),
            ("redis-cluster://a,,b", InvalidAddress::Host),
            ("redis-cluster://a:x", InvalidAddress::Host),
            ("redis-cluster://a/1", InvalidAddress::Database),
            ("redis://", InvalidAddress::Malformed),
        ] {
            assert_eq!(Address::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn credentials_reach_every_node_decoded() {
        let Target::Cluster(nodes) = Address::parse("redis-cluster://u:p%40w@a,b").unwrap().target else {
            panic!()
        };
        for node in nodes {
            assert_eq!(node.redis_settings().username(), Some("u"));
            assert_eq!(node.redis_settings().password(), Some("p@w"));
        }
    }

    #[test]
    fn the_sentinels_own_password_is_apart_from_the_data_nodes() {
        let address = Address::parse("redis-sentinel://:data@a/main?sentinel_password=s%40e").unwrap();
        let Target::Sentinel { nodes, login, .. } = address.target else { panic!() };
        assert_eq!(nodes[0].redis_settings().password(), Some("data"));
        assert_eq!((login.username(), login.password()), (None, Some("s@e")));
    }
}
