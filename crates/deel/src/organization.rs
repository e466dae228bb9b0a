//! The organization a token belongs to.

/// One entry of `GET /organizations`: the token's own organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// A UUID, or a number in digits.
    pub id: String,
    /// The organization's name.
    pub name: Option<String>,
}
