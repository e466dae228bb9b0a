//! Who else in Deel has the work email of an account that is about to be suspended.
//!
//! Deel documents its search as one by name, so that an empty answer to a search for an address proves nothing unless
//! it finds somebody with that address. Where it does not, everyone is listed, if the company is small enough. None of
//! this may keep a leaver in use for ever: what does not work is noted on the trail, and the next means is tried.

use super::Observer;
use crate::convert::{self, ConvertError};
use crate::emails::{MOST_PEOPLE, Unlisted};
use crate::holds::Hold;
use crate::stop::Stop;
use crate::vendor::{deel_stop, means};
use deel::PersonRecord;
use provisioning::{Claimant, Person, ProfileId, Step, Why, claims_email};
use queue::Vendor;

impl Observer<'_> {
    /// Other people in Deel whose work email is this account's; `person` is the subject, if Deel knows them.
    pub(super) async fn claimants(
        &mut self,
        person: Option<&Person>,
        email: &str,
    ) -> Result<Vec<Claimant>, Stop> {
        // Whoever it finds, the subject too, shows that the search covers addresses.
        let found = self.search(email, email).await?;
        if !found.is_empty() {
            return self.judge(found);
        }
        match self.listed(email).await? {
            Ok(ids) => return self.read_again(ids, email).await,
            Err(Unlisted::TooMany) => self.session.note(format!(
                "Deel has more than {MOST_PEOPLE} people; whether somebody else has the account's email was only searched for"
            )),
            Err(Unlisted::Failed(how)) => self.session.note(format!(
                "Deel's list of people cannot be used ({how}); whether somebody else has the account's email was only \
                 searched for"
            )),
        }
        // A search by name misses who has another name; the list of everyone, as far as it was read, does not.
        let mut named = self.listed.to_vec();
        named.extend(held_for(&self.holds.of_person(self.subject).await?));
        let mut claimants = self.read_again(named, email).await?;
        if claimants.iter().any(|claimant| claimant.active) {
            return Ok(claimants);
        }
        // Somebody who has two profiles has one name.
        match person.and_then(full_name) {
            Some(name) => {
                let found = self.search(&name, email).await?;
                claimants.extend(self.judge(found)?);
                Ok(claimants)
            }
            None => Ok(claimants),
        }
    }

    /// Whom Deel's search for a term finds with this email; nobody, and a note, if it gives no usable answer.
    async fn search(&mut self, term: &str, email: &str) -> Result<Vec<PersonRecord>, Stop> {
        let parts = self.parts;
        let pace = self.session.pace(Vendor::Deel);
        let search = parts.deel.people_by_search(term, email, MOST_PEOPLE, pace);
        match self.session.made(Vendor::Deel, "search", search).await {
            Ok(found) => Ok(found.into_inner()),
            Err(error) => {
                let how = means(error)?;
                self.session.note(format!("a search in Deel for the account's email cannot be used ({how})"));
                Ok(Vec::new())
            }
        }
    }

    async fn listed(&mut self, email: &str) -> Result<Result<Vec<ProfileId>, Unlisted>, Stop> {
        let parts = self.parts;
        let pace = self.session.pace(Vendor::Deel);
        let list = parts.deel.people_at_most(MOST_PEOPLE, pace);
        let list = self.session.made(Vendor::Deel, "people", list);
        self.emails.holders(email, list).await
    }

    /// Judges records just read; the subject makes no claim against themselves.
    fn judge(&self, found: Vec<PersonRecord>) -> Result<Vec<Claimant>, Stop> {
        let mut claimants = Vec::new();
        for record in found {
            let id =
                ProfileId::parse(record.id.as_deref().unwrap_or_default()).map_err(ConvertError::PersonId)?;
            if id != *self.subject {
                let active = convert::person(record).map_or(true, |person| self.claims(&person));
                claimants.push(Claimant { id, active });
            }
        }
        Ok(claimants)
    }

    /// Reads again whom the listing named, up to the first who is active: one is enough to protect the account.
    async fn read_again(&mut self, mut ids: Vec<ProfileId>, email: &str) -> Result<Vec<Claimant>, Stop> {
        let parts = self.parts;
        ids.retain(|id| id != self.subject);
        ids.sort();
        ids.dedup();
        let mut claimants = Vec::new();
        for id in ids {
            let read = parts.deel.person(id.as_str());
            let active = match self.session.call(Vendor::Deel, "claimant", read).await? {
                Ok(record) => {
                    self.learn(&id, &record).await?;
                    let theirs = record.work_email().map(str::to_lowercase);
                    if theirs.as_deref() != Some(email.trim().to_lowercase().as_str()) {
                        continue;
                    }
                    convert::person(record).map_or(true, |person| self.claims(&person))
                }
                Err(deel::Error::NotFound { .. }) => continue,
                Err(error) if error.is_transient() || matches!(error, deel::Error::Unauthorized { .. }) => {
                    return Err(deel_stop(error));
                }
                // Nobody can judge this record, so that they might be at work.
                Err(_) => true,
            };
            claimants.push(Claimant { id, active });
            if active {
                break;
            }
        }
        Ok(claimants)
    }

    /// Whether a person's claim to an email protects the account.
    fn claims(&self, person: &Person) -> bool {
        claims_email(person, &self.parts.settings.policy, self.stamp.now)
    }
}

/// Whom what is held for the person names as others with the account's email.
fn held_for(holds: &[(Hold, String)]) -> impl Iterator<Item = ProfileId> {
    let steps = holds.iter().filter_map(|(hold, _)| hold.step.as_ref());
    steps.flat_map(claimants_in).cloned()
}

/// Whom a step names as others with the account's email.
pub(crate) fn claimants_in(step: &Step) -> &[ProfileId] {
    match &step.why {
        Why::SharedEmail { claimants, .. } => claimants,
        _ => &[],
    }
}

fn full_name(person: &Person) -> Option<String> {
    let both = || {
        let names: Vec<&str> =
            [&person.first_name, &person.last_name].into_iter().filter_map(Option::as_deref).collect();
        (!names.is_empty()).then(|| names.join(" "))
    };
    person.full_name.clone().or_else(both)
}
