//! Where JumpCloud is: regions, base URLs, and which URLs are acceptable.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use thiserror::Error;

/// A data region of JumpCloud. Credentials of one region are refused by the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Region {
    /// United States.
    #[default]
    Us,
    /// European Union.
    Eu,
    /// India.
    In,
}

impl Region {
    /// `us`, `eu` or `in`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
            Self::In => "in",
        }
    }

    /// The base URL of API 1.0. Calls to API 2.0 go to the same with `/v2` appended.
    pub const fn base_url(self) -> &'static str {
        match self {
            Self::Us => "https://console.jumpcloud.com/api",
            Self::Eu => "https://console.eu.jumpcloud.com/api",
            Self::In => "https://console.in.jumpcloud.com/api",
        }
    }

    /// Where a service account gets its access token.
    pub const fn oauth_url(self) -> &'static str {
        match self {
            Self::Us => "https://admin-oauth.id.jumpcloud.com/oauth2/token",
            Self::Eu => "https://admin-oauth.id.eu.jumpcloud.com/oauth2/token",
            Self::In => "https://admin-oauth.id.in.jumpcloud.com/oauth2/token",
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Region {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "us" => Ok(Self::Us),
            "eu" => Ok(Self::Eu),
            "in" => Ok(Self::In),
            _ => Err(ConfigError::Region),
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The region is unknown.
    #[error("the JumpCloud region must be us, eu or in")]
    Region,
    /// The base URL does not parse, or has no host, or has a query.
    #[error("the JumpCloud base URL is not a URL like https://console.jumpcloud.com/api")]
    BaseUrl,
    /// The token URL does not parse.
    #[error(
        "the JumpCloud OAuth URL is neither a host nor a URL like https://admin-oauth.id.jumpcloud.com/oauth2/token"
    )]
    OauthUrl,
    /// Plain `http` to a host that is not on loopback would show the credentials to the network.
    #[error("a JumpCloud URL must be https unless it is on loopback")]
    Insecure,
    /// The key, secret or organization id is empty or holds a character that no header can carry.
    #[error("the JumpCloud {0} is empty or holds a character that is not allowed in it")]
    Value(&'static str),
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up")]
    Client,
}

/// The token URL meant by `text`: a full URL, or only a host (`admin-oauth.id.eu.jumpcloud.com`), to which
/// `https://` and `/oauth2/token` are added.
///
/// # Errors
/// [`ConfigError::OauthUrl`] if it is neither; [`ConfigError::Insecure`] for `http` outside loopback.
pub fn token_url(text: &str) -> Result<Url, ConfigError> {
    let text = text.trim();
    let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let mut url = Url::parse(&full).map_err(|_| ConfigError::OauthUrl)?;
    if !url.has_host() || url.host_str().is_none_or(str::is_empty) {
        return Err(ConfigError::OauthUrl);
    }
    secure(&url)?;
    if matches!(url.path(), "" | "/") {
        url.set_path("/oauth2/token");
    }
    Ok(url)
}

/// The base URL meant by `text`, without a trailing slash.
pub(crate) fn base_url(text: &str) -> Result<Url, ConfigError> {
    let mut url = Url::parse(text.trim()).map_err(|_| ConfigError::BaseUrl)?;
    if !url.has_host() || url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigError::BaseUrl);
    }
    secure(&url)?;
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Whether the URL's host is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

fn secure(url: &Url) -> Result<(), ConfigError> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        _ => Err(ConfigError::Insecure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_becomes_the_token_url() {
        for region in [Region::Us, Region::Eu, Region::In] {
            let full = Url::parse(region.oauth_url()).unwrap();
            assert_eq!(token_url(full.host_str().unwrap()).unwrap(), full);
            assert_eq!(token_url(region.oauth_url()).unwrap(), full);
            assert_eq!(region.as_str().parse(), Ok(region));
        }
        assert_eq!(token_url("https://id.example/").unwrap().as_str(), "https://id.example/oauth2/token");
        assert_eq!(token_url("https://id.example/t").unwrap().as_str(), "https://id.example/t");
        assert_eq!(token_url(" "), Err(ConfigError::OauthUrl));
        assert_eq!("mars".parse::<Region>(), Err(ConfigError::Region));
    }

    #[test]
    fn plain_http_only_on_loopback() {
        assert_eq!(base_url("http://console.jumpcloud.com/api"), Err(ConfigError::Insecure));
        assert_eq!(token_url("http://127.0.0.1.example.com/"), Err(ConfigError::Insecure));
        assert_eq!(base_url("ftp://localhost/api"), Err(ConfigError::Insecure));
        for good in ["http://127.0.0.1:9/api/", "http://localhost/api", "http://[::1]:80/api"] {
            assert!(base_url(good).unwrap().as_str().ends_with("/api"), "{good}");
        }
        assert_eq!(base_url("console.jumpcloud.com"), Err(ConfigError::BaseUrl));
        assert_eq!(base_url("https://console.jumpcloud.com/api?x=1"), Err(ConfigError::BaseUrl));
    }
}
