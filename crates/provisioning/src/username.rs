//! usernames
use crate::ids::Username;
use crate::policy::Policy;
use crate::reason::SkipReason;
use crate::values::PersonNames;

/// Usernames for a person, best first: `alpha.zed`, `alpha.zed1`, … The iterator ends only when no number fits any more.
///
/// # Errors
/// [`SkipReason::NoName`] and [`SkipReason::UnusableName`].
pub fn candidates(
    names: &PersonNames,
    policy: &Policy,
) -> Result<impl Iterator<Item = Username> + use<>, SkipReason> {
    let _ = (names, policy);
    Ok(std::iter::empty())
}
