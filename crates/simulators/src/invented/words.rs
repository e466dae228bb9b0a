//! Places, departments, teams and titles of the invented company.

/// A place people work from.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) country: &'static str,
    pub(crate) state: Option<&'static str>,
    pub(crate) timezone: &'static str,
    /// The office there, if there is one.
    pub(crate) office: Option<&'static str>,
}

const fn place(
    country: &'static str,
    state: Option<&'static str>,
    timezone: &'static str,
    office: Option<&'static str>,
) -> Place {
    Place { country, state, timezone, office }
}

pub(crate) const PLACES: &[Place] = &[
    place("DE", None, "Europe/Berlin", Some("Berlin")),
    place("US", Some("CA"), "America/Los_Angeles", Some("San Francisco")),
    place("US", Some("NY"), "America/New_York", None),
    place("NZ", None, "Pacific/Auckland", None),
    place("KI", None, "Pacific/Kiritimati", None),
    place("US", Some("HI"), "Pacific/Honolulu", None),
    place("IN", None, "Asia/Kolkata", Some("Pune")),
    place("NP", None, "Asia/Kathmandu", None),
    place("BR", Some("SP"), "America/Sao_Paulo", Some("São Paulo")),
    place("JP", None, "Asia/Tokyo", Some("東京")),
    place("SG", None, "Asia/Singapore", Some("Singapore")),
    place("IL", None, "Asia/Jerusalem", Some("Tel Aviv")),
    place("AE", None, "Asia/Dubai", Some("Dubai")),
    place("GR", None, "Europe/Athens", Some("Αθήνα")),
    place("BG", None, "Europe/Sofia", None),
    place("RS", None, "Europe/Belgrade", None),
    place("TH", None, "Asia/Bangkok", None),
    place("KR", None, "Asia/Seoul", Some("서울")),
    place("CA", Some("NL"), "America/St_Johns", None),
    place("CL", None, "America/Santiago", None),
];

pub(crate) const DEPARTMENTS: &[&str] = &[
    "Engineering",
    "R&D",
    "Sales",
    "People & Culture",
    "Finance",
    "Legal",
    "Customer Success",
    "IT",
    "Marketing",
    "Opérations",
];
pub(crate) const TEAMS: &[&str] = &[
    "Core",
    "Platform",
    "Payments",
    "EMEA",
    "Americas",
    "APAC",
    "Night Shift",
    "Growth",
    "Équipe Paris",
    "Core / Infra",
];
/// Deel's documents show entity ids both as numbers and as UUIDs.
pub(crate) const ENTITIES: &[&str] = &[
    "Nimbus Example GmbH",
    "Nimbus Example Inc.",
    "Nimbus Example Pte. Ltd.",
    "ニンバス・エグザンプル株式会社",
];
pub(crate) const TITLES: &[&str] = &[
    "Software Engineer",
    "Senior Software Engineer",
    "Data Analyst",
    "Account Executive",
    "People Partner",
    "Controller",
    "Counsel",
    "Support Specialist",
    "Site Reliability Engineer",
    "Product Manager",
    "Chef de projet",
    "Büroleitung",
    "IT Admin",
    "Designer (UX/UI)",
    "VP, Sales & Partnerships",
];
