//! The webhook subscription in Deel: which one is ours, what is amiss with it, and who looks after it.

mod asking;
mod history;
mod probe;
mod record;
mod watchdog;
mod words;

pub(crate) use asking::{AskError, Asking};
pub(crate) use probe::{Probed, probe};
pub(crate) use record::{Record, read};
pub(crate) use watchdog::{Watchdog, report_every};
pub(crate) use words::{news, refused_words, state_words};

use deel::Subscription;

/// The name under which we register, and by which Deel labels our key.
pub(crate) const NAME: &str = "deelsync";

/// Without these events a change in Deel waits for the nightly comparison. Names from developer.deel.com, webhooks.
pub(crate) const NEEDED: &[&str] = &["worker.v2.created", "worker.v2.updated", "contract.terminated"];

/// What we subscribe to, as far as Deel offers it: whatever says that somebody begins, changes or ends.
pub(crate) const WANTED: &[&str] = &[
    "worker.v2.created",
    "worker.v2.updated",
    "worker.v2.deleted",
    "worker.created",
    "employee.created.direct",
    "employee.updated.direct",
    "employee.created.contractor",
    "employee.created.eor",
    "contract.created",
    "contract.amended",
    "contract.status.updated",
    "contract.terminated",
    "onboarding.status.updated",
    "eor.amendment.status.updated",
    "gp.termination.confirmed",
];

/// How the subscription is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// Nobody has looked yet.
    #[default]
    Unknown,
    /// Enabled, here, with all that is needed.
    Enabled,
    /// Enabled, and some needed events are not in it.
    Incomplete,
    /// Disabled: Deel does that after ten failed deliveries.
    Disabled,
    /// Enabled, and it delivers to another address than the configured one.
    Elsewhere,
    /// There is none of ours.
    Missing,
}

impl State {
    /// Whether something that happens in Deel is not told to us.
    pub(crate) fn is_amiss(self) -> bool {
        !matches!(self, Self::Unknown | Self::Enabled)
    }

    /// Whether at least something comes.
    pub(crate) fn delivers(self) -> bool {
        matches!(self, Self::Enabled | Self::Incomplete)
    }
}

/// Our subscription, as far as there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) subscription: Option<Subscription>,
    pub(crate) state: State,
    /// Needed events that are not in it.
    pub(crate) lacking: Vec<String>,
}

/// Looks for ours among all, and at how it is. `remembered` is the id of the one that was ours before.
pub(crate) fn judge(all: &[Subscription], remembered: Option<&str>, url: Option<&str>) -> Found {
    let Some(ours) = find(all, remembered, url) else {
        return Found { subscription: None, state: State::Missing, lacking: Vec::new() };
    };
    let absent = |event: &&&str| !ours.events.iter().any(|have| have == *event);
    let lacking: Vec<String> = NEEDED.iter().filter(absent).map(|event| (*event).to_owned()).collect();
    let elsewhere = url.is_some_and(|url| !ours.url.as_deref().is_some_and(|have| same(have, url)));
    let state = match () {
        () if elsewhere => State::Elsewhere,
        () if !ours.is_enabled() => State::Disabled,
        () if !lacking.is_empty() => State::Incomplete,
        () => State::Enabled,
    };
    Found { subscription: Some(ours.clone()), state, lacking }
}

impl Found {
    /// What Deel does not offer is not lacking.
    pub(crate) fn offered(&mut self, types: &[String]) {
        self.lacking.retain(|event| types.contains(event));
        if self.state == State::Incomplete && self.lacking.is_empty() {
            self.state = State::Enabled;
        }
    }
}

/// By id, else by address, else by name; without a configured address also by the path of any address. Of several, an
/// enabled one.
pub(crate) fn find<'a>(
    all: &'a [Subscription],
    remembered: Option<&str>,
    url: Option<&str>,
) -> Option<&'a Subscription> {
    let best = |wanted: &dyn Fn(&Subscription) -> bool| {
        let mut those = all.iter().filter(|one| wanted(one));
        let first = those.clone().next();
        those.find(|one| one.is_enabled()).or(first)
    };
    let at = |one: &Subscription, wanted: &dyn Fn(&str) -> bool| one.url.as_deref().is_some_and(wanted);
    best(&|one| remembered == Some(one.id.as_str()))
        .or_else(|| url.and_then(|url| best(&|one| at(one, &|have| same(have, url)))))
        .or_else(|| best(&|one| one.name.as_deref() == Some(NAME)))
        .or_else(|| {
            let by_path = |one: &Subscription| at(one, &|have| have.contains(ingress::PATH));
            if url.is_none() { best(&by_path) } else { None }
        })
}

/// Ours beyond doubt, as far as one is: by id, or by the configured address. Only without one a name or a path says enough:
/// another installation for the same organization goes by the same name.
pub(crate) fn own<'a>(
    all: &'a [Subscription],
    remembered: Option<&str>,
    url: Option<&str>,
) -> Option<&'a Subscription> {
    let found = find(all, remembered, url)?;
    let known = remembered == Some(found.id.as_str());
    let here = url.is_none_or(|url| found.url.as_deref().is_some_and(|have| same(have, url)));
    (known || here).then_some(found)
}

/// Whether two addresses are one, however they are written.
pub(crate) fn same(one: &str, other: &str) -> bool {
    let parts = |text: &str| {
        let url = url::Url::parse(text.trim()).ok()?;
        let place = (url.host_str()?.to_owned(), url.port_or_known_default());
        let path = url.path().trim_end_matches('/').to_owned();
        Some((url.scheme().to_owned(), place, path, url.query().map(str::to_owned)))
    };
    match (parts(one), parts(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one.trim() == other.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://deelsync.example/webhooks/deel";

    fn one(id: &str, name: &str, url: &str, enabled: bool) -> Subscription {
        Subscription {
            id: id.to_owned(),
            name: Some(name.to_owned()),
            description: None,
            status: Some(if enabled { "enabled" } else { "disabled" }.to_owned()),
            url: Some(url.to_owned()),
            events: NEEDED.iter().map(|event| (*event).to_owned()).collect(),
            api_version: Some("v2".to_owned()),
        }
    }

    #[test]
    fn ours_is_found_by_id_then_address_then_name() {
        let all = [
            one("a", "payroll", "https://payroll.example/hook", true),
            one("b", "deelsync", "https://old.example/webhooks/deel", true),
            one("c", "by hand", "https://deelsync.example:443/webhooks/deel/", false),
            one("d", "by hand", URL, true),
        ];
        let id = |remembered, url| find(&all, remembered, url).map(|one| one.id.as_str());
        assert_eq!(id(Some("a"), Some(URL)), Some("a"));
        assert_eq!(id(Some("gone"), Some(URL)), Some("d"), "the enabled one of two at the address");
        assert_eq!(id(None, Some("https://new.example/webhooks/deel")), Some("b"));
        assert_eq!(find(&all[..1], None, None), None);
        assert_eq!(find(&all[2..3], None, None).map(|one| one.id.as_str()), Some("c"), "by its path");
        let other = Some("https://new.example/webhooks/deel");
        assert_eq!(find(&all[2..], None, other), None, "somebody else's at such a path is not ours");
    }

    #[test]
    fn a_name_alone_does_not_make_it_ours() {
        let all = [one("a", "deelsync", "https://other.example/webhooks/deel", true)];
        let id = |remembered, url| own(&all, remembered, url).map(|one| one.id.as_str());
        assert_eq!(
            (id(None, Some(URL)), id(Some("a"), Some(URL)), id(None, None)),
            (None, Some("a"), Some("a"))
        );
    }

    #[test]
    fn what_is_amiss_is_told() {
        let state = |one: Subscription, url| judge(&[one], Some("a"), url).state;
        assert_eq!(judge(&[], None, None).state, State::Missing);
        assert_eq!(state(one("a", "x", URL, true), Some(URL)), State::Enabled);
        assert_eq!(state(one("a", "x", URL, false), Some(URL)), State::Disabled);
        assert_eq!(state(one("a", "x", URL, true), Some("https://new.example/")), State::Elsewhere);
        let mut lacks = one("a", "x", URL, true);
        lacks.events.truncate(2);
        let mut found = judge(&[lacks], None, Some(URL));
        assert_eq!((found.state, found.lacking.clone()), (State::Incomplete, vec![NEEDED[2].to_owned()]));
        found.offered(&[NEEDED[2].to_owned()]);
        assert_eq!(found.state, State::Incomplete);
        found.offered(&["worker.v2.created".to_owned()]);
        assert_eq!((found.state, found.lacking), (State::Enabled, Vec::new()));
    }

    #[test]
    fn what_is_needed_is_wanted() {
        assert!(NEEDED.iter().all(|event| WANTED.contains(event)));
    }
}
