//! User groups and who is in them (JumpCloud API 2.0, `usergroups`). Only memberships are written: a PUT of a group replaces
//! it as a whole.

use std::collections::{BTreeSet, HashSet};

use reqwest::Method;
use serde_json::{Value, json};

use crate::error::Error;
use crate::http::{Call, checked_id};
use crate::lenient;
use crate::listing::{Gap, ListError};
use crate::reader::{PAGE, Reader};
use crate::status::Scope;
use crate::writer::Writer;

/// The most pages of one list: ten times what the largest organizations need.
const MOST_PAGES: u32 = 10_000;

/// A user group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserGroup {
    /// Its id.
    pub id: String,
    /// Its name; empty if missing. Names need not be unique.
    pub name: String,
    /// Whether JumpCloud itself decides who is in it (`membershipMethod` `DYNAMIC_…`, or a method this client does not know).
    pub dynamic: bool,
    /// The fields of users that its `memberQuery` reads.
    pub reads: BTreeSet<String>,
}

/// What becomes of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberOp {
    /// The user becomes a member.
    Add,
    /// The user is one no longer.
    Remove,
}

impl MemberOp {
    /// JumpCloud's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
        }
    }
}

impl UserGroup {
    fn from_wire(value: &Value) -> Option<Self> {
        let method = lenient::text(value.get("membershipMethod")).unwrap_or_default().to_ascii_uppercase();
        let mut reads = BTreeSet::new();
        if let Some(query) = value.get("memberQuery") {
            fields(query, &mut reads);
        }
        Some(Self {
            id: lenient::id(value)?,
            name: lenient::text(value.get("name")).unwrap_or_default(),
            dynamic: !matches!(method.as_str(), "" | "NOTSET" | "STATIC")
                || lenient::guard(value.get("membershipAutomated")),
            reads,
        })
    }
}

/// The names of fields in a query: what stands under `field` (API 2.0, `FilterQuery`), and the keys of objects, which is
/// where newer queries have them.
fn fields(query: &Value, found: &mut BTreeSet<String>) {
    match query {
        Value::Array(parts) => parts.iter().for_each(|part| fields(part, found)),
        Value::Object(parts) => {
            for (key, part) in parts {
                match (key.as_str(), part) {
                    ("field", Value::String(name)) => drop(found.insert(name.clone())),
                    ("queryType" | "operator" | "value" | "filters", _) => {}
                    _ => drop(found.insert(key.clone())),
                }
                fields(part, found);
            }
        }
        _ => {}
    }
}

impl Reader {
    /// Every user group. `pace` is awaited before every request, one per 100 groups.
    ///
    /// # Errors
    /// [`ListError`]: a page failed, `pace` refused, or the pages do not add up.
    pub async fn user_groups<E, F: Future<Output = Result<(), E>>>(
        &self,
        pace: impl FnMut() -> F,
    ) -> Result<Vec<UserGroup>, ListError<E>> {
        let groups =
            self.every(|| Call::new(Method::GET, "/v2/usergroups", &[], Scope::Listing), pace).await?;
        read(&groups, UserGroup::from_wire, |group| &group.id)
    }

    /// The ids of the users who are members of a group by themselves. Paced as [`Reader::user_groups`].
    ///
    /// # Errors
    /// As [`Reader::user_groups`]; [`Error::NotFound`] in it if there is no such group.
    pub async fn group_members<E, F: Future<Output = Result<(), E>>>(
        &self,
        group: &str,
        pace: impl FnMut() -> F,
    ) -> Result<Vec<String>, ListError<E>> {
        let call = || Call::new(Method::GET, "/v2/usergroups/{}/members", &[group], Scope::Record);
        let members = self.every(call, pace).await?;
        let member = |member: &Value| {
            let to = member.get("to")?;
            let is_user = lenient::text(to.get("type")).is_none_or(|kind| kind == "user");
            Some((lenient::id(to)?, is_user))
        };
        let users = read(&members, member, |(id, _)| id)?;
        Ok(users.into_iter().filter_map(|(id, is_user)| is_user.then_some(id)).collect())
    }

    /// The ids of the groups that a user is in, directly or not. Paced as [`Reader::user_groups`].
    ///
    /// # Errors
    /// As [`Reader::user_groups`]; [`Error::NotFound`] in it if there is no such user.
    pub async fn groups_of<E, F: Future<Output = Result<(), E>>>(
        &self,
        user: &str,
        pace: impl FnMut() -> F,
    ) -> Result<Vec<String>, ListError<E>> {
        let call = || Call::new(Method::GET, "/v2/users/{}/memberof", &[user], Scope::Record);
        let groups = self.every(call, pace).await?;
        read(&groups, lenient::id, String::as_str)
    }

    /// Every row of a list of API 2.0: a bare array, its whole length in `x-total-count`. Where that is missing, a page that
    /// is not full is the last.
    async fn every<E, F: Future<Output = Result<(), E>>>(
        &self,
        call: impl Fn() -> Result<Call, Error>,
        mut pace: impl FnMut() -> F,
    ) -> Result<Vec<Value>, ListError<E>> {
        let mut all: Vec<Value> = Vec::new();
        for _ in 0..MOST_PAGES {
            pace().await.map_err(ListError::Pace)?;
            let call = call()?.query("limit", &PAGE).query("skip", &all.len());
            let (answer, total) = self.connection.inner.send_counted(call).await.map_err(Error::from)?;
            let Value::Array(rows) = answer else {
                return Err(Error::unexpected("a list of API 2.0 that is no array").into());
            };
            let received = rows.len() as u64;
            all.extend(rows);
            let sum = all.len() as u64;
            match total {
                Some(total) if sum > total => return Err(Gap::Excess { received: sum, total }.into()),
                Some(total) if sum == total => return Ok(all),
                Some(total) if received == 0 => return Err(Gap::Short { received: sum, total }.into()),
                None if received < PAGE => return Ok(all),
                _ => {}
            }
        }
        Err(Error::unexpected("a list without an end").into())
    }
}

/// Every row read; one that cannot be, or one that is there twice, makes the list unusable.
fn read<T, E>(
    rows: &[Value],
    one: impl Fn(&Value) -> Option<T>,
    id: impl Fn(&T) -> &str,
) -> Result<Vec<T>, ListError<E>> {
    let mut ids = HashSet::new();
    let mut read = Vec::with_capacity(rows.len());
    for row in rows {
        let row = one(row).ok_or(Error::unexpected("a row of a list cannot be read"))?;
        if !ids.insert(id(&row).to_owned()) {
            return Err(Gap::Repeated.into());
        }
        read.push(row);
    }
    Ok(read)
}

impl Writer {
    /// Adds a user to a group or takes them out. That it is so already counts as done: 409 to an addition, 404 to a removal
    /// (JumpCloud's scripts take "Already Exists" for success), so that it can be repeated.
    ///
    /// # Errors
    /// As [`Error`] says; [`Error::NotFound`] for an addition if there is no such group.
    pub async fn group_member(&self, op: MemberOp, group: &str, user: &str) -> Result<(), Error> {
        let user = checked_id(user)?;
        let call = Call::new(Method::POST, "/v2/usergroups/{}/members", &[group], Scope::Record)?
            .json(&json!({ "op": op.as_str(), "type": "user", "id": user }))
            .ignore_answer();
        match (op, self.connection.inner.send(call).await.map_err(Error::from)) {
            (MemberOp::Add, Err(Error::Rejected { status: 409, .. }))
            | (MemberOp::Remove, Err(Error::NotFound)) => Ok(()),
            (_, Err(error)) => Err(error),
            (_, Ok(_)) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_searched_for_the_fields_it_reads() {
        let reads = |query: Value| {
            let group = json!({ "id": "g1", "name": "G", "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": query });
            let group = UserGroup::from_wire(&group).unwrap();
            assert!(group.dynamic);
            group.reads.into_iter().collect::<Vec<_>>().join(" ")
        };
        let documented = json!({ "queryType": "FilterQuery", "filters": [
            { "field": "department", "operator": "eq", "value": "R&D" }, { "field": "jobTitle", "operator": "ne", "value": "x" }
        ] });
        assert_eq!(reads(documented), "department jobTitle");
        assert_eq!(reads(json!({ "and": [{ "company": { "$eq": "x" } }] })), "$eq and company");
        assert_eq!(reads(Value::Null), "");
    }

    #[test]
    fn a_method_nobody_knows_is_taken_for_dynamic() {
        let dynamic = |method: Value| {
            UserGroup::from_wire(&json!({ "id": "g1", "membershipMethod": method })).unwrap().dynamic
        };
        assert!(!dynamic(json!("STATIC")) && !dynamic(json!("NOTSET")) && !dynamic(Value::Null));
        assert!(dynamic(json!("DYNAMIC_REVIEW_REQUIRED")) && dynamic(json!("BY_MOON_PHASE")));
    }
}
