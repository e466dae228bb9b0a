//! Whole companies: many people and their accounts at once, and what is said about all of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{World, mark};

impl World {
    /// Hires so many, whom nobody is told of, and gives each an account that agrees with Deel in everything. Their ids.
    pub async fn staff(&self, count: usize) -> Vec<String> {
        self.staff_with(count, json!({})).await
    }

    /// The same with these fields; `{n}` in them is each one's number.
    pub async fn staff_with(&self, count: usize, with: Value) -> Vec<String> {
        let people = self.hired_many(count, with).await;
        let accounts: Vec<Value> = self.people_of(&people).await.iter().map(account_like).collect();
        self.jumpcloud.call("POST", "/_sim/accounts", Some(json!(accounts))).await;
        people
    }

    /// Hires so many without telling anybody; `{n}` in the fields is each one's number.
    pub async fn hired_many(&self, count: usize, with: Value) -> Vec<String> {
        self.bulk(json!({"action": "hire", "count": count, "with": with})).await
    }

    /// One order for many people (see the simulators' README) that nobody is told of; whom it met.
    pub async fn bulk(&self, mut order: Value) -> Vec<String> {
        order["silent"] = true.into();
        let done = self.deel.call("POST", "/_sim/bulk", Some(order)).await;
        strings(&done["ids"])
    }

    /// Ends these people's work at once, on this last day.
    pub async fn end(&self, people: &[String], last_day: &str) {
        let how = json!({"at_once": true, "last_day": last_day, "timezone": "UTC"});
        let ended = self.bulk(json!({"action": "terminate", "who": {"ids": people}, "with": how})).await;
        assert_eq!(ended.len(), people.len());
    }

    /// These people as Deel has them, in this order.
    ///
    /// # Panics
    /// If one is not there.
    pub async fn people_of(&self, ids: &[String]) -> Vec<Value> {
        let mut all = self.deel.call("GET", "/_sim/people", None).await;
        let Value::Array(rows) = all["people"].take() else { panic!("no list of people") };
        let mut by_id: BTreeMap<String, Value> =
            rows.into_iter().map(|row| (row["id"].as_str().unwrap_or_default().to_owned(), row)).collect();
        ids.iter().map(|id| by_id.remove(id).unwrap_or_else(|| panic!("{id} is not in Deel"))).collect()
    }

    /// Accounts by the person they are linked to.
    pub async fn linked(&self) -> BTreeMap<String, Value> {
        let accounts = self.jumpcloud.accounts().await;
        let linked = accounts.into_iter().filter_map(|account| {
            let person = account["employeeIdentifier"].as_str().filter(|id| !id.is_empty())?.to_owned();
            Some((person, account))
        });
        linked.collect()
    }

    /// Who of these is suspended with our mark.
    pub async fn suspended(&self, people: &[String]) -> Vec<String> {
        let linked = self.linked().await;
        let ours = |id: &&String| {
            linked.get(*id).is_some_and(|account| account["state"] == "SUSPENDED" && mark(account).is_some())
        };
        people.iter().filter(ours).cloned().collect()
    }

    /// What waits for a decision, of one kind.
    pub async fn held(&self, kind: &str) -> Vec<Value> {
        self.holds().await.into_iter().filter(|hold| hold["kind"] == kind).collect()
    }

    /// The directory, for saying that it is as it was.
    pub async fn directory(&self) -> Vec<Value> {
        self.jumpcloud.accounts().await
    }

    /// A user group.
    ///
    /// # Panics
    /// If there is none of that name.
    pub async fn group(&self, name: &str) -> Value {
        let all = self.jumpcloud.call("GET", "/_sim/groups", None).await;
        let groups = all["groups"].as_array().expect("a list of groups");
        groups.iter().find(|group| group["name"] == name).unwrap_or_else(|| panic!("no group {name}")).clone()
    }

    /// The states that JumpCloud itself will set, whatever becomes of us: account and time.
    ///
    /// # Panics
    /// If there is no list of them.
    pub async fn scheduled(&self) -> Vec<(String, String)> {
        let all = self.jumpcloud.call("GET", "/_sim/schedule", None).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let rows = all["scheduled"].as_array().expect("a list of states");
        rows.iter().map(|row| (text(&row["systemUserId"]), text(&row["scheduledDate"]))).collect()
    }

    /// Number of the journal's last write.
    pub async fn written(&self) -> u64 {
        let journal = self.jumpcloud.call("GET", "/_sim/journal?since=999999999", None).await;
        journal["last"].as_u64().unwrap_or_default()
    }
}

/// An active account as the documented map makes it of a person.
#[must_use]
pub fn account_like(person: &Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let emails = person["emails"].as_array().cloned().unwrap_or_default();
    let work = emails.iter().find(|email| email["type"] == "work").map(|email| text(&email["value"]));
    let employments = person["employments"].as_array().cloned().unwrap_or_default();
    let running = employments.iter().find(|employment| employment["is_ended"] == false);
    json!({
        "username": format!("u{}", text(&person["id"])),
        "email": work.unwrap_or_default().to_lowercase(),
        "employeeIdentifier": person["id"],
        "firstname": text(&person["first_name"]),
        "lastname": text(&person["last_name"]),
        "displayname": text(&person["full_name"]),
        "jobTitle": text(&person["job_title"]),
        "department": text(&person["department"]["name"]),
        "location": text(&person["work_location"]),
        "costCenter": running.map(|running| text(&running["team"]["name"])),
        "employeeType": text(&person["hiring_type"]),
        "company": text(&person["client_legal_entity"]["name"]),
        "state": "ACTIVATED",
    })
}

/// The same without a link: as somebody keeps it by hand.
#[must_use]
pub fn unlinked_account(person: &Value) -> Value {
    let mut account = account_like(person);
    account["employeeIdentifier"] = Value::Null;
    account
}

/// The texts in a list.
#[must_use]
pub fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| Some(text.as_str()?.to_owned())).collect()
}
