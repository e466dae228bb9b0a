//! Who is there: people by position and by id, and how they looked before their last changes.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{Timestamp, civil::Date};
use rand::{SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};

use super::render::{self, Doc};
use crate::invented::{Invented, invent};

/// Old versions are kept for stale reads, but not for ever.
const REMEMBERED: Duration = Duration::from_secs(900);
const READS_KEPT: usize = 100_000;
const PAGES_KEPT: usize = 1000;

/// The people of the company.
#[derive(Debug)]
pub(super) struct World {
    pub(super) organization_id: String,
    pub(super) organization_name: String,
    seed: u64,
    people: Vec<Entry>,
    by_id: BTreeMap<String, usize>,
    version: u64,
    orders: HashMap<(String, bool), Order>,
    /// Last days that end at these moments.
    pub(super) leaving: BTreeSet<(Timestamp, usize)>,
    reads: VecDeque<Value>,
    read_count: u64,
    pages: VecDeque<Value>,
    page_count: u64,
    pub(super) random: StdRng,
}

/// A sorted listing, and the version of the world it belongs to.
type Order = (u64, Arc<Vec<usize>>);

#[derive(Debug)]
struct Entry {
    record: Option<Record>,
    /// Lower-case names and addresses.
    search: String,
    /// Until when which version was current; `None`: the person did not exist.
    past: Vec<(Instant, Option<Record>)>,
}

/// A person nobody has touched takes little room; the others are what was made of them.
#[derive(Debug, Clone)]
enum Record {
    Invented(Box<Invented>),
    Doc(Arc<Doc>),
}

impl World {
    pub(super) fn new(seed: u64, people: usize, organization: Option<String>, today: Date) -> Self {
        let mut random = StdRng::seed_from_u64(seed ^ 0x6f72_6700);
        let derived = crate::invented::uuid(&mut random);
        let mut world = Self {
            organization_id: organization.unwrap_or(derived),
            organization_name: "Nimbus Example".to_owned(),
            seed,
            people: Vec::with_capacity(people),
            by_id: BTreeMap::new(),
            version: 0,
            orders: HashMap::new(),
            leaving: BTreeSet::new(),
            reads: VecDeque::new(),
            read_count: 0,
            pages: VecDeque::new(),
            page_count: 0,
            random,
        };
        for index in 0..people {
            let person = invent(seed, index, today);
            world.by_id.insert(person.id.clone(), index);
            world.people.push(Entry {
                search: format!(
                    "{} {} {}",
                    person.full_name.to_lowercase(),
                    person.work_email.as_deref().unwrap_or_default().to_lowercase(),
                    person.personal_email
                ),
                record: Some(Record::Invented(Box::new(person))),
                past: Vec::new(),
            });
        }
        world
    }

    /// The next person nobody has met.
    pub(super) fn newcomer(&self, today: Date) -> Invented {
        invent(self.seed, self.people.len(), today)
    }

    pub(super) fn position(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied().or_else(|| self.by_id.get(&id.to_lowercase()).copied())
    }

    fn record(&self, index: usize, stale: Duration) -> Option<&Record> {
        let entry = self.people.get(index)?;
        if !stale.is_zero() {
            let now = Instant::now();
            let then = entry.past.iter().find(|(until, _)| now.duration_since(*until) < stale);
            if let Some((_, record)) = then {
                return record.as_ref();
            }
        }
        entry.record.as_ref()
    }

    /// The person as `GET /people/{id}` shows them, as of `stale` ago.
    pub(super) fn doc(&self, index: usize, stale: Duration) -> Option<Doc> {
        match self.record(index, stale)? {
            Record::Doc(doc) => Some(Doc::clone(doc)),
            Record::Invented(person) => {
                let manager = person.manager.and_then(|manager| self.manager(manager));
                Some(render::single(person, manager.as_ref()))
            }
        }
    }

    fn manager(&self, index: usize) -> Option<Value> {
        match self.people.get(index)?.record.as_ref()? {
            Record::Invented(person) => Some(json!({
                "id": person.id,
                "worker_id": person.worker_id,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "display_name": person.full_name,
                "work_email": person.work_email,
                "external_id": null,
            })),
            Record::Doc(doc) => Some(json!({
                "id": doc.get("id"),
                "worker_id": doc.get("worker_id"),
                "first_name": doc.get("first_name"),
                "last_name": doc.get("last_name"),
                "display_name": doc.get("full_name"),
                "work_email": work_email(doc),
                "external_id": null,
            })),
        }
    }

    /// Replaces a person, or with `None` removes them, and remembers how they were.
    pub(super) fn put(&mut self, index: usize, doc: Option<Doc>) {
        self.version += 1;
        let now = Instant::now();
        let Some(entry) = self.people.get_mut(index) else { return };
        entry.past.retain(|(until, _)| now.duration_since(*until) < REMEMBERED);
        let record = doc.map(|doc| Record::Doc(Arc::new(doc)));
        if let Some(Record::Doc(doc)) = &record {
            entry.search = search_text(doc);
        }
        entry.past.push((now, std::mem::replace(&mut entry.record, record)));
        if entry.record.is_none() {
            self.leaving.retain(|(_, position)| *position != index);
        }
    }

    /// Adds a person; the id must be new.
    pub(super) fn add(&mut self, doc: Doc) -> usize {
        let index = self.people.len();
        if let Some(id) = doc.get("id").and_then(Value::as_str) {
            self.by_id.insert(id.to_owned(), index);
        }
        self.people.push(Entry { record: None, search: String::new(), past: Vec::new() });
        self.put(index, Some(doc));
        index
    }

    /// Positions of everybody, sorted by a field of the list, ascending or not; without a field, as they came.
    pub(super) fn order(&mut self, by: Option<&str>, descending: bool) -> Arc<Vec<usize>> {
        let key = (by.unwrap_or_default().to_owned(), descending);
        if let Some((version, order)) = self.orders.get(&key)
            && *version == self.version
        {
            return order.clone();
        }
        let mut order: Vec<usize> = match by {
            Some("id") => {
                self.by_id.values().copied().filter(|&index| self.people[index].record.is_some()).collect()
            }
            Some(field) => {
                let mut keyed: Vec<(String, usize)> = self
                    .present()
                    .map(|index| {
                        (
                            self.doc(index, Duration::ZERO).map(|d| sort_key(&d, field)).unwrap_or_default(),
                            index,
                        )
                    })
                    .collect();
                keyed.sort();
                keyed.into_iter().map(|(_, index)| index).collect()
            }
            None => self.present().collect(),
        };
        if descending {
            order.reverse();
        }
        let order = Arc::new(order);
        self.orders.insert(key, (self.version, order.clone()));
        order
    }

    fn present(&self) -> impl Iterator<Item = usize> + '_ {
        self.people.iter().enumerate().filter(|(_, entry)| entry.record.is_some()).map(|(index, _)| index)
    }

    /// Whether a person's names or addresses contain `term`, which is in lower case.
    pub(super) fn matches(&self, index: usize, term: &str) -> bool {
        self.people.get(index).is_some_and(|entry| entry.search.contains(term))
    }

    /// Remembers that somebody looked, and what they were shown.
    pub(super) fn note_read(&mut self, id: &str, shown: Option<&Doc>) {
        self.read_count += 1;
        if self.reads.len() == READS_KEPT {
            self.reads.pop_front();
        }
        let field = |name: &str| shown.and_then(|doc| doc.get(name)).cloned().unwrap_or_default();
        self.reads.push_back(json!({
            "seq": self.read_count,
            "at": crate::clock::now_stamp(),
            "id": id,
            "found": shown.is_some(),
            "hiring_status": field("hiring_status"),
            "termination_last_day": field("termination_last_day"),
            "running": shown.map(|doc| running(doc).count()),
            "contracts": shown.map(|doc| contracts(doc).collect::<Vec<_>>()),
        }));
    }

    /// Remembers that somebody turned to a page of the list, and whose contracts stood on it.
    pub(super) fn note_page(&mut self, offset: usize, total: i64, page: &[Value]) {
        self.page_count += 1;
        if self.pages.len() == PAGES_KEPT {
            self.pages.pop_front();
        }
        let contracts: Vec<&Value> = page.iter().filter_map(Value::as_object).flat_map(contracts).collect();
        self.pages.push_back(json!({
            "seq": self.page_count,
            "at": crate::clock::now_stamp(),
            "offset": offset,
            "rows": page.len(),
            "total": total,
            "contracts": contracts,
        }));
    }

    /// Pages after number `since`.
    pub(super) fn pages(&self, since: u64) -> Vec<Value> {
        self.pages.iter().filter(|page| page["seq"].as_u64() > Some(since)).cloned().collect()
    }

    /// Reads after number `since`.
    pub(super) fn reads(&self, since: u64) -> Vec<Value> {
        self.reads.iter().filter(|read| read["seq"].as_u64() > Some(since)).cloned().collect()
    }
}

/// The ids of all contracts, ended ones too.
fn contracts(doc: &Doc) -> impl Iterator<Item = &Value> {
    let all = doc.get("employments").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|employment| employment.get("id"))
}

/// The contracts that have not ended.
pub(super) fn running(doc: &Doc) -> impl Iterator<Item = &Value> {
    let all = doc.get("employments").and_then(Value::as_array).into_iter().flatten();
    all.filter(|employment| employment["is_ended"] == json!(false))
}

/// The address at work.
pub(super) fn work_email(doc: &Doc) -> Option<&str> {
    let emails = doc.get("emails")?.as_array()?;
    emails.iter().find(|email| email["type"] == "work")?["value"].as_str()
}

fn search_text(doc: &Doc) -> String {
    let emails = doc.get("emails").and_then(Value::as_array).into_iter().flatten();
    let words = [doc.get("full_name"), doc.get("first_name"), doc.get("last_name")].into_iter().flatten();
    let texts = words.chain(emails.filter_map(|email| email.get("value"))).filter_map(Value::as_str);
    texts.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

fn sort_key(doc: &Doc, field: &str) -> String {
    let value = match field {
        "email" => return work_email(doc).unwrap_or_default().to_lowercase(),
        "team" => {
            return running(doc)
                .next()
                .and_then(|e| e["team"]["name"].as_str())
                .unwrap_or_default()
                .to_owned();
        }
        "direct_manager" => {
            return doc["direct_manager"]["display_name"].as_str().unwrap_or_default().to_owned();
        }
        field => doc.get(field),
    };
    match value {
        Some(Value::String(text)) => text.to_lowercase(),
        Some(Value::Null) | None => String::new(),
        Some(other) => format!("{other:>20}"),
    }
}
