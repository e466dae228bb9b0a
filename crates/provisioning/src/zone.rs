//! Whose midnight counts.

use std::fmt;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use crate::zone_tables::{ABBREVIATIONS, COUNTRIES};

/// The zone database inside the program, so that a plan does not depend on the machine it is made on.
static BUNDLED: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Noon is latest here: UTC-12. (`Etc/GMT+12` is POSIX-signed: twelve hours behind.)
const LATEST_ON_EARTH: &str = "Etc/GMT+12";

/// A text that is no IANA time zone name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an IANA time zone name, such as Europe/Madrid")]
pub struct InvalidTimeZone;

/// A time zone that exists, by its IANA name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZoneName(String);

impl TimeZoneName {
    /// Parses; case does not matter, the name is kept as the database spells it.
    ///
    /// # Errors
    /// [`InvalidTimeZone`] when the database has no such zone.
    pub fn parse(text: &str) -> Result<Self, InvalidTimeZone> {
        let zone = BUNDLED.get(text.trim()).map_err(|_| InvalidTimeZone)?;
        let name = zone.iana_name().ok_or(InvalidTimeZone)?;
        // "Factory" is the database's word for "nobody set a zone".
        if zone.is_unknown() || name == "Factory" { Err(InvalidTimeZone) } else { Ok(Self(name.to_owned())) }
    }

    /// The IANA name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TimeZoneName {
    type Error = InvalidTimeZone;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}
impl From<TimeZoneName> for String {
    fn from(name: TimeZoneName) -> Self {
        name.0
    }
}
impl fmt::Display for TimeZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a zone comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneSource {
    /// The person's `timezone`.
    Person,
    /// The person's country, all of which keeps one time.
    Country,
    /// The organization's configured zone.
    Organization,
    /// Nothing is known, so the day ends when it has ended everywhere.
    LatestOnEarth,
}

/// The zone that decides when a person's last day ends, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ZoneChoice {
    /// IANA name.
    pub name: String,
    /// Where it comes from.
    pub source: ZoneSource,
}

impl ZoneChoice {
    /// The person's zone, else their country's if it has only one, else the organization's, else the latest on earth.
    #[must_use]
    pub fn of(timezone: Option<&str>, country: Option<&str>, organization: Option<&TimeZoneName>) -> Self {
        let choice = |name: &str, source| Self { name: name.to_owned(), source };
        if let Some(name) = timezone.and_then(known) {
            return Self { name, source: ZoneSource::Person };
        }
        if let Some(name) = country.and_then(of_country) {
            return choice(name, ZoneSource::Country);
        }
        match organization {
            Some(zone) => choice(zone.as_str(), ZoneSource::Organization),
            None => choice(LATEST_ON_EARTH, ZoneSource::LatestOnEarth),
        }
    }

    /// The instant of a local date and time; one that clocks jump over is as much later, of one that comes twice the
    /// first counts. `None` at the ends of time.
    #[must_use]
    pub fn instant(&self, local: DateTime) -> Option<Timestamp> {
        local.to_zoned_datetime(self.rules()).ok().map(|zoned| zoned.timestamp())
    }

    /// The zone's rules. A name that came from elsewhere (a stored plan) and is not known means the latest on earth.
    pub(crate) fn rules(&self) -> TimeZone {
        BUNDLED.get(&self.name).unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(-12)))
    }
}

impl fmt::Display for ZoneChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.source {
            ZoneSource::Person => "the person's",
            ZoneSource::Country => "their country's",
            ZoneSource::Organization => "the organization's",
            ZoneSource::LatestOnEarth => "nothing known, so the latest on earth",
        };
        write!(f, "{}, {source}", self.name)
    }
}

/// An abbreviation of the table first (so that `EST` means what it says, summer or winter), else an IANA name.
fn known(text: &str) -> Option<String> {
    let text = text.trim();
    let abbreviation = ABBREVIATIONS.iter().find(|(short, _)| short.eq_ignore_ascii_case(text));
    match abbreviation {
        Some((_, name)) => Some((*name).to_owned()),
        None => TimeZoneName::parse(text).ok().map(String::from),
    }
}

fn of_country(code: &str) -> Option<&'static str> {
    let code = code.trim().to_ascii_uppercase();
    COUNTRIES.binary_search_by_key(&code.as_str(), |(country, _)| country).ok().map(|i| COUNTRIES[i].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(timezone: &str, country: &str) -> String {
        let organization = TimeZoneName::parse("america/chicago").unwrap();
        ZoneChoice::of(Some(timezone), Some(country), Some(&organization)).to_string()
    }

    #[test]
    fn the_zone_is_the_persons_else_the_countrys_else_the_organizations_else_the_latest() {
        insta::assert_snapshot!(choose("Asia/Tokyo", "ES"), @"Asia/Tokyo, the person's");
        insta::assert_snapshot!(choose("cet", "US"), @"CET, the person's");
        insta::assert_snapshot!(choose("PST", "ES"), @"Etc/GMT+8, the person's");
        insta::assert_snapshot!(choose("IST", "IN"), @"Asia/Kolkata, their country's");
        insta::assert_snapshot!(choose("", "es"), @"America/Chicago, the organization's");
        insta::assert_snapshot!(choose("Mars/Base", "US"), @"America/Chicago, the organization's");
        let nothing = ZoneChoice::of(None, Some("US"), None).to_string();
        insta::assert_snapshot!(nothing, @"Etc/GMT+12, nothing known, so the latest on earth");
    }

    #[test]
    fn every_zone_of_the_tables_exists_and_the_countries_are_sorted() {
        for (_, name) in ABBREVIATIONS.iter().chain(COUNTRIES) {
            assert!(TimeZoneName::parse(name).is_ok(), "{name}");
        }
        assert!(COUNTRIES.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(of_country("us"), None);
        assert_eq!(of_country("ES"), None, "the Canaries are an hour behind");
        assert_eq!(of_country("DE"), Some("Europe/Berlin"));
    }

    #[test]
    fn nobody_set_a_zone_is_not_a_zone() {
        assert!(TimeZoneName::parse("Factory").is_err());
        assert!(TimeZoneName::parse("Etc/Unknown").is_err());
        assert!(TimeZoneName::parse("").is_err());
    }
}
