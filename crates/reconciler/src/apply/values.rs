//! Writing the attributes of an account.

use super::{Applier, StepEnd, UNREADABLE, untouchable};
use crate::convert;
use crate::stop::Stop;
use jumpcloud::{Patch, merge_attribute};
use provisioning::{AccountId, Attribute, FieldChange};
use std::collections::BTreeMap;

impl Applier<'_> {
    /// Writes the given attributes in one PUT and no others. Custom ones are part of a list that is replaced as a whole, so
    /// that it is read first; who changed one of ours meanwhile is planned on anew.
    pub(super) async fn update_values(
        &mut self,
        id: &AccountId,
        fields: &BTreeMap<Attribute, FieldChange>,
    ) -> Result<StepEnd, Stop> {
        let mut patch = Patch::new();
        let mut custom = Vec::new();
        for (attribute, change) in fields {
            match (attribute, convert::profile_field(*attribute)) {
                (_, Some(field)) => patch = patch.set(field, change.after.clone()),
                (Attribute::Custom(name), None) => custom.push((*attribute, name.as_str(), change)),
                (_, None) => {}
            }
        }
        if !custom.is_empty() {
            let Some((record, account)) = self.fresh(id).await? else { return Ok(StepEnd::Replan) };
            if !record.attributes_readable() {
                return Ok(StepEnd::Failed(UNREADABLE.to_owned()));
            }
            let as_planned = |attribute: &Attribute, change: &FieldChange| {
                account.values.get(attribute).unwrap_or_default()
                    == change.before.as_deref().unwrap_or_default()
            };
            if untouchable(&account) || !custom.iter().all(|(at, _, change)| as_planned(at, change)) {
                return Ok(StepEnd::Replan);
            }
            let mut merged = record.attributes;
            for (_, name, change) in custom {
                let after = (!change.after.is_empty()).then_some(change.after.as_str());
                merged = merge_attribute(&merged, name, after);
            }
            patch = patch.attributes(merged);
        }
        self.update(id, &patch, "update").await
    }
}
