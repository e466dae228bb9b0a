//! A plan on disk: made by `plan --out`, read by people, applied exactly by `apply`.

use crate::full::{EveryonePlanned, Organizations};
use jiff::{SignedDuration, Timestamp};
use provisioning::{Limits, Plan, Policy, ProfileId, RunId, Step};
use sha2::{Digest, Sha256};

/// The format's version.
const VERSION: u32 = 1;

/// A plan of everyone that can be kept, looked at, and applied exactly. It holds values: keep it private (0600).
#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    version: u32,
    run: RunId,
    made_at: Timestamp,
    organizations: Organizations,
    /// SHA-256 of the policy and the limits it was made with.
    policy: String,
    people: Vec<FilePerson>,
    /// SHA-256 of everything else.
    digest: String,
}

/// One person of a plan file.
#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilePerson {
    /// The person in Deel.
    pub person: ProfileId,
    /// Their name in Deel.
    pub name: Option<String>,
    /// Their account's username, or the one it would get.
    pub username: Option<String>,
    /// The plan, with everything that is held, skipped or only shown.
    pub plan: Plan,
    /// What `apply` does: everything the guard would let through, and every suspension that only a limit keeps back.
    pub apply: Vec<Step>,
}

/// Why a plan file is refused as a whole. Nothing was changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// Not a plan file, or one with keys or values this version does not know.
    #[error("this is not a plan file that deelsync has written (line {line}, column {column})")]
    NotAPlan {
        /// Where reading ended.
        line: usize,
        /// Where reading ended.
        column: usize,
    },
    /// Written by a version with another format.
    #[error("the plan file has version {0}, and this deelsync reads version {VERSION}; plan again")]
    Version(u32),
    /// Edited, or damaged.
    #[error("the plan file was changed after it was made (its digest does not fit); plan again")]
    Changed,
    /// Made for another organization.
    #[error("the plan file is of another {0} organization than the one that is configured now")]
    OtherOrganization(&'static str),
    /// Made with another configuration.
    #[error(
        "the mapping or the limits in the configuration have changed since the plan was made; plan again"
    )]
    OtherPolicy,
    /// Too old.
    #[error("the plan was made {} ago, and at most {} are allowed; plan again", words(*.age), words(*.most))]
    Old {
        /// Its age.
        age: SignedDuration,
        /// The longest.
        most: SignedDuration,
    },
    /// From a plan that a sync would have refused.
    #[error("the plan was refused when it was made, so it cannot be applied: {0}")]
    Refused(String),
}

impl std::fmt::Debug for PlanFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlanFile")
            .field("run", &self.run)
            .field("made_at", &self.made_at)
            .field("people", &self.people.len())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for FilePerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FilePerson").field("person", &self.person).finish_non_exhaustive()
    }
}

impl PlanFile {
    /// How old a plan may be unless somebody says otherwise.
    pub const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

    /// Makes the file of a plan; `policy` and `limits` are those it was made with.
    ///
    /// # Errors
    /// [`PlanFileError::Refused`].
    pub fn make(planned: &EveryonePlanned, policy: &Policy, limits: &Limits) -> Result<Self, PlanFileError> {
        if let Some(words) = &planned.refused {
            return Err(PlanFileError::Refused(words.clone()));
        }
        let people = planned.people.iter().map(FilePerson::of).collect();
        let mut file = Self {
            version: VERSION,
            run: planned.run.clone(),
            made_at: planned.made_at,
            organizations: planned.organizations.clone(),
            policy: policy_digest(policy, limits),
            people,
            digest: String::new(),
        };
        file.digest = file.digest_of_rest();
        Ok(file)
    }

    /// The file's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads a file, and checks that nobody has changed it.
    ///
    /// # Errors
    /// [`PlanFileError::NotAPlan`], [`PlanFileError::Version`], [`PlanFileError::Changed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PlanFileError> {
        let not_a_plan =
            |error: serde_json::Error| PlanFileError::NotAPlan { line: error.line(), column: error.column() };
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(not_a_plan)?;
        let version = value.get("version").and_then(serde_json::Value::as_u64);
        if let Some(version) = version.and_then(|version| u32::try_from(version).ok())
            && version != VERSION
        {
            return Err(PlanFileError::Version(version));
        }
        let file: Self = serde_json::from_slice(bytes).map_err(not_a_plan)?;
        // To the byte: what another program might read otherwise (a key that comes twice, a number spelled oddly) is not
        // what somebody has looked at.
        if file.digest != file.digest_of_rest() || file.to_json().as_bytes() != bytes {
            return Err(PlanFileError::Changed);
        }
        Ok(file)
    }

    /// When the plan was made.
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        self.made_at
    }

    /// The id under which it was planned.
    #[must_use]
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// Of which organizations it is.
    #[must_use]
    pub fn organizations(&self) -> &Organizations {
        &self.organizations
    }

    /// Everybody in it, in the order in which they are worked on.
    #[must_use]
    pub fn people(&self) -> &[FilePerson] {
        &self.people
    }

    /// Refuses a plan that is too old at `now`.
    ///
    /// # Errors
    /// [`PlanFileError::Old`].
    pub fn check_age(&self, now: Timestamp, most: SignedDuration) -> Result<(), PlanFileError> {
        let age = now.duration_since(self.made_at);
        if age > most {
            return Err(PlanFileError::Old { age, most });
        }
        Ok(())
    }

    /// Refuses a plan that was made with another configuration.
    ///
    /// # Errors
    /// [`PlanFileError::OtherPolicy`].
    pub fn check_policy(&self, policy: &Policy, limits: &Limits) -> Result<(), PlanFileError> {
        if self.policy == policy_digest(policy, limits) { Ok(()) } else { Err(PlanFileError::OtherPolicy) }
    }

    /// Refuses a plan of another organization; what either side does not know cannot differ.
    ///
    /// # Errors
    /// [`PlanFileError::OtherOrganization`].
    pub fn check_organizations(&self, now: &Organizations) -> Result<(), PlanFileError> {
        let differ = |a: &Option<String>, b: &Option<String>| matches!((a, b), (Some(a), Some(b)) if a != b);
        if differ(&self.organizations.deel, &now.deel) {
            return Err(PlanFileError::OtherOrganization("Deel"));
        }
        if differ(&self.organizations.jumpcloud, &now.jumpcloud) {
            return Err(PlanFileError::OtherOrganization("JumpCloud"));
        }
        Ok(())
    }

    fn digest_of_rest(&self) -> String {
        let rest = Self { digest: String::new(), ..self.clone() };
        // Structs and sorted maps: the same value always gives the same text.
        hex::encode(Sha256::digest(serde_json::to_vec(&rest).unwrap_or_default()))
    }
}

impl FilePerson {
    fn of(person: &crate::full::PersonPlanned) -> Self {
        let suspensions = person.held.iter().filter(|hold| hold.is_suspension_over_limit());
        let apply = person.apply.iter().chain(suspensions.map(|hold| &hold.step)).cloned().collect();
        Self {
            person: person.person.clone(),
            name: person.name.clone(),
            username: person.username.clone(),
            plan: person.plan.clone(),
            apply,
        }
    }
}

/// A length of time in its largest unit, rounded down, with the next smaller one where that says more.
fn words(length: SignedDuration) -> String {
    let s = length.as_secs();
    match s {
        ..1 => format!("{} ms", length.as_millis()),
        1..60 => format!("{s} s"),
        60..3600 => format!("{} min", s / 60),
        3600..172_800 if s % 3600 < 60 => format!("{} h", s / 3600),
        3600..172_800 => format!("{} h {} min", s / 3600, s % 3600 / 60),
        _ => format!("{} days", s / 86_400),
    }
}

fn policy_digest(policy: &Policy, limits: &Limits) -> String {
    hex::encode(Sha256::digest(serde_json::to_vec(&(policy, limits)).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_units_that_fit() {
        let said = |s: i64| words(SignedDuration::from_secs(s));
        assert_eq!(
            [said(1), said(90), said(86_400), said(7_500), said(700_000)],
            ["1 s", "1 min", "24 h", "2 h 5 min", "8 days"]
        );
        let old =
            PlanFileError::Old { age: SignedDuration::from_secs(3), most: SignedDuration::from_secs(1) };
        assert_eq!(old.to_string(), "the plan was made 3 s ago, and at most 1 s are allowed; plan again");
    }
}
