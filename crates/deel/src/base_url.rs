//! Where Deel's API is.

use std::fmt;

use reqwest::Url;

/// The root of Deel's REST API, such as `https://api.letsdeel.com/rest/v2`. With or without a slash at the end.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Why a base URL cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBaseUrl {
    /// Not a URL with a host.
    #[error("not an http(s) URL with a host")]
    NotAUrl,
    /// `http` to another machine would send the token in the clear.
    #[error("must be https, unless the host is on loopback")]
    NotHttps,
    /// A base URL with a query, a fragment, a user name or a password.
    #[error("must have no query, no fragment, no user name and no password")]
    Decorated,
}

impl BaseUrl {
    /// Deel's production API.
    pub const PRODUCTION: &'static str = "https://api.letsdeel.com/rest/v2";

    /// Reads a base URL: `https`, or `http` on loopback; no query, fragment or credentials.
    pub fn parse(text: &str) -> Result<Self, InvalidBaseUrl> {
        let url = Url::parse(text.trim()).map_err(|_| InvalidBaseUrl::NotAUrl)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(InvalidBaseUrl::NotAUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(host) => {}
            "http" => return Err(InvalidBaseUrl::NotHttps),
            _ => return Err(InvalidBaseUrl::NotAUrl),
        }
        let credentials = !url.username().is_empty() || url.password().is_some();
        if credentials || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidBaseUrl::Decorated);
        }
        Ok(Self(url))
    }

    /// Whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        self.0.host_str().is_some_and(is_loopback)
    }

    /// The URL of an endpoint. Segments are percent-encoded.
    pub(crate) fn join(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_or_loopback() {
        for good in [
            BaseUrl::PRODUCTION,
            "https://api.letsdeel.com/rest/v2/",
            " http://127.0.0.1:9 ",
            "http://[::1]:9/x",
            "http://localhost",
        ] {
            assert!(BaseUrl::parse(good).is_ok(), "{good}");
        }
        let error = |text: &str| BaseUrl::parse(text).unwrap_err();
        for text in ["", "api.letsdeel.com", "/rest/v2", "ftp://x", "https://", "mailto:x@y", "unix:///run/x"]
        {
            assert_eq!(error(text), InvalidBaseUrl::NotAUrl, "{text}");
        }
        for text in ["http://api.letsdeel.com/rest/v2", "http://10.0.0.1", "http://localhost.example"] {
            assert_eq!(error(text), InvalidBaseUrl::NotHttps, "{text}");
        }
        for text in ["https://u:p@x/y", "https://u@x", "https://x/y?z", "https://x/y#z"] {
            assert_eq!(error(text), InvalidBaseUrl::Decorated, "{text}");
        }
    }

    #[test]
    fn a_slash_at_the_end_changes_nothing() {
        for base in ["https://x.example/rest/v2", "https://x.example/rest/v2/"] {
            let base = BaseUrl::parse(base).unwrap();
            assert_eq!(base.join(&["people", "a b"]).as_str(), "https://x.example/rest/v2/people/a%20b");
            assert_eq!(base.to_string(), "https://x.example/rest/v2");
        }
        assert_eq!(
            BaseUrl::parse("https://x.example").unwrap().join(&["people"]).as_str(),
            "https://x.example/people"
        );
    }
}
