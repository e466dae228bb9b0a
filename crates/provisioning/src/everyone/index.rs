//! Both sides, findable. Everything borrows from the lists; a key is owned only where a spelling has to be evened out.

use std::borrow::Cow;
use std::sync::OnceLock;

use foldhash::fast::RandomState;

use crate::account::Account;
use crate::ids::ProfileId;
use crate::person::Person;

use super::Census;

type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;
type HashSet<K> = std::collections::HashSet<K, RandomState>;

/// No further place with this key.
const END: u32 = u32::MAX;

/// Places in a list by key; one key may have several. Two flat allocations, whatever the keys.
pub(super) struct Places<'a> {
    first: HashMap<Cow<'a, str>, u32>,
    next: Vec<u32>,
}

impl<'a> Places<'a> {
    /// Indexes a list by what `key` says of each item; an item without a key is not found.
    fn of<T>(items: &'a [T], key: impl Fn(&'a T) -> Option<Cow<'a, str>>) -> Self {
        let mut places = Self {
            first: HashMap::with_capacity_and_hasher(items.len(), RandomState::default()),
            next: vec![END; items.len()],
        };
        for (place, item) in items.iter().enumerate() {
            if let (Some(key), Ok(here)) = (key(item), u32::try_from(place)) {
                let before = places.first.insert(key, here);
                places.next[place] = before.unwrap_or(END);
            }
        }
        places
    }

    /// The places of a key, the last one first.
    pub(super) fn get(&self, key: &str) -> impl Iterator<Item = usize> {
        let mut place = self.first.get(key).copied().unwrap_or(END);
        std::iter::from_fn(move || {
            let here = place as usize;
            place = *self.next.get(here)?;
            Some(here)
        })
    }
}

/// Both sides of a census by what ties them together.
pub(super) struct Index<'a> {
    pub(super) people: &'a [Person],
    pub(super) accounts: &'a [Account],
    by_link: Places<'a>,
    by_email: Places<'a>,
    people_by_email: Places<'a>,
    ids: OnceLock<HashSet<&'a str>>,
    usernames: OnceLock<HashSet<Cow<'a, str>>>,
}

impl<'a> Index<'a> {
    pub(super) fn of(census: &'a Census) -> Self {
        let (people, accounts) = (&census.people[..], &census.accounts[..]);
        Self {
            people,
            accounts,
            by_link: Places::of(accounts, |account| account.link_value().map(id)),
            by_email: Places::of(accounts, |account| email(&account.email)),
            people_by_email: Places::of(people, |person| {
                person.work_email.present().map(|email| Cow::Borrowed(email.to_send()))
            }),
            ids: OnceLock::new(),
            usernames: OnceLock::new(),
        }
    }

    /// The places of the accounts whose link names the person.
    pub(super) fn linked(&self, person: &ProfileId) -> impl Iterator<Item = usize> {
        self.by_link.get(person.as_str())
    }

    /// The places of the accounts that have this email, in lower case.
    pub(super) fn with_email(&self, email: &str) -> impl Iterator<Item = usize> {
        self.by_email.get(email)
    }

    /// The people who have this work email, as JumpCloud spells it.
    pub(super) fn people_with(&self, spelled: &str) -> impl Iterator<Item = &'a Person> {
        let key = email(spelled);
        let places = key.map(|key| self.people_by_email.get(&key).collect::<Vec<_>>()).unwrap_or_default();
        places.into_iter().map(|place| &self.people[place])
    }

    /// Whether JumpCloud has an account of this id.
    pub(super) fn has_account(&self, id: &str) -> bool {
        self.ids
            .get_or_init(|| self.accounts.iter().map(|account| account.id.as_str()).collect())
            .contains(id)
    }

    /// Whether an account has this username, in lower case.
    pub(super) fn has_username(&self, name: &str) -> bool {
        let all = || self.accounts.iter().map(|account| lower(&account.username)).collect();
        self.usernames.get_or_init(all).contains(name)
    }
}

/// A link's value as the id that it names is written: ids ignore the case of UUIDs only.
fn id(link: &str) -> Cow<'_, str> {
    // Only a UUID is respelled, and only where it has capitals.
    if link.len() == 36 && link.bytes().any(|b| b.is_ascii_uppercase()) {
        ProfileId::parse(link).map_or(Cow::Borrowed(link), |id| Cow::Owned(id.into()))
    } else {
        Cow::Borrowed(link)
    }
}

fn email(text: &str) -> Option<Cow<'_, str>> {
    let text = crate::text::trim(text);
    (!text.is_empty()).then(|| lower(text))
}

/// In lower case, borrowed where it is already.
fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}
