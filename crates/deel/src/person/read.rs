//! From JSON to records.

use jiff::civil::Date;

use super::{EmailEntry, EmploymentRecord, Entity, PersonRecord, dates};
use crate::envelope::canonical_id;
use crate::json::{Object, Value};

/// The last day of work has a different name in the list, in the single record, and in newer versions of the API.
const LAST_DAY: [&str; 4] = [
    "termination_last_day",
    "direct_employee_termination_last_day",
    "worker_termination_last_date_of_work",
    "last_day_of_work_local_date",
];

pub(super) fn person(object: &Object<'_>) -> PersonRecord {
    let mut fields = Fields { object, unreadable: Vec::new() };
    PersonRecord {
        id: fields.text("id").map(canonical_id),
        worker_id: fields.text("worker_id"),
        external_id: fields.text("external_id"),
        first_name: fields.text("first_name"),
        last_name: fields.text("last_name"),
        full_name: fields.text("full_name"),
        preferred_first_name: fields.text("preferred_first_name"),
        preferred_last_name: fields.text("preferred_last_name"),
        emails: fields.rows("emails", email).unwrap_or_default(),
        status: fields.status(),
        hiring_type: fields.text("hiring_type"),
        job_title: fields.text("job_title"),
        start_date: fields.date("start_date"),
        last_day: fields.last_day(),
        department: fields.name("department"),
        work_location: fields.name("work_location"),
        team: fields.name("team"),
        entity: fields.entity(),
        country: fields.text("country"),
        timezone: fields.text("timezone"),
        manager: fields.manager(),
        custom_fields: super::custom::fields(object),
        // Dropping what cannot be read would make the others look like all there are; an empty record is not known to
        // have ended, and so is evidence of nothing.
        employments: fields
            .rows("employments", employment)
            .unwrap_or_else(|| vec![EmploymentRecord::default()]),
        sensitive_withheld: !["first_name", "last_name", "emails"].iter().any(|key| object.has(key)),
        unreadable: fields.unreadable,
    }
}

fn employment(value: Value<'_>) -> Option<EmploymentRecord> {
    let object = value.object()?;
    let mut fields = Fields { object: &object, unreadable: Vec::new() };
    Some(EmploymentRecord {
        id: fields.text("id"),
        is_ended: fields.flag("is_ended"),
        status: fields.status(),
        hiring_type: fields.text("hiring_type"),
        start_date: fields.date("start_date"),
        last_day: fields.last_day(),
        job_title: fields.text("job_title"),
        department: fields.name("department"),
        work_location: fields.name("work_location"),
        team: fields.name("team"),
        entity: fields.entity(),
        country: fields.text("country"),
        timezone: fields.text("timezone"),
        unreadable: fields.unreadable,
    })
}

fn email(value: Value<'_>) -> Option<EmailEntry> {
    let object = value.object()?;
    let text = |key: &str| object.get(key).and_then(Value::text);
    Some(EmailEntry { kind: text("type"), value: text("value") })
}

/// An object on its way to a record, noting what could not be read.
struct Fields<'o, 'a> {
    object: &'o Object<'a>,
    unreadable: Vec<&'static str>,
}

impl<'a> Fields<'_, 'a> {
    fn get(&self, key: &str) -> Option<Value<'a>> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// Notes the field unless it could be read, or is blank.
    fn noting<T>(&mut self, key: &'static str, read: Option<T>, blank: bool) -> Option<T> {
        if read.is_none() && !blank {
            self.unreadable.push(key);
        }
        read
    }

    fn text(&mut self, key: &'static str) -> Option<String> {
        let value = self.get(key)?;
        self.noting(key, value.text(), value.is_scalar())
    }

    /// A text, or the `name` of an object.
    fn name(&mut self, key: &'static str) -> Option<String> {
        let value = self.get(key)?;
        match value.object() {
            Some(object) => object.get("name").and_then(Value::text),
            None => self.noting(key, value.text(), value.is_scalar()),
        }
    }

    fn entity(&mut self) -> Option<Entity> {
        let key = "client_legal_entity";
        let value = self.get(key)?;
        let Some(object) = value.object() else {
            let name = self.noting(key, value.text(), value.is_scalar())?;
            return Some(Entity { id: None, name: Some(name) });
        };
        let text = |key: &str| object.get(key).and_then(Value::text);
        let entity = Entity { id: text("id"), name: text("name") };
        (entity != Entity::default()).then_some(entity)
    }

    fn manager(&mut self) -> Option<String> {
        let key = "direct_manager";
        let value = self.get(key)?;
        match value.object() {
            Some(object) => object.get("id").and_then(Value::text).map(canonical_id),
            None => self.noting(key, None, value.is_scalar() && value.text().is_none()),
        }
    }

    fn flag(&mut self, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        self.noting(key, value.flag(), value.is_scalar() && value.text().is_none())
    }

    fn date(&mut self, key: &'static str) -> Option<Date> {
        let value = self.get(key)?;
        let text = value.text();
        self.noting(key, text.as_deref().and_then(dates::parse), value.is_scalar() && text.is_none())
    }

    fn last_day(&mut self) -> Option<Date> {
        LAST_DAY.into_iter().find_map(|key| self.date(key))
    }

    fn status(&mut self) -> Option<String> {
        self.text("hiring_status").or_else(|| self.text("new_hiring_status"))
    }

    /// The rows of a list; a row that cannot be read is there, and empty. `None` if it is something else than a list.
    fn rows<T: Default>(
        &mut self,
        key: &'static str,
        read: impl Fn(Value<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Some(value) = self.get(key) else { return Some(Vec::new()) };
        let list = value.list();
        let rows: Option<Vec<Option<T>>> = list.map(|rows| rows.into_iter().map(read).collect());
        if !rows.as_ref().is_some_and(|rows| rows.iter().all(Option::is_some)) {
            self.unreadable.push(key);
        }
        rows.map(|rows| rows.into_iter().map(Option::unwrap_or_default).collect())
    }
}
