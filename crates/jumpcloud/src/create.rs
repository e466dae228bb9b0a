//! Creating a user: what is sent, and what an answer can mean.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};
use thiserror::Error;

use crate::{CustomAttribute, Error, ProfileField};

/// The state a new user gets. Always sent, since JumpCloud otherwise applies the organization's default (JumpCloud
/// API 1.0, systemusers_post).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewState {
    /// No access and no mail until activated.
    Staged,
    /// Access at once. JumpCloud mails an activation link if there is no password.
    Activated,
}

impl NewState {
    /// JumpCloud's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Staged => "STAGED",
            Self::Activated => "ACTIVATED",
        }
    }
}

/// What ties the new user to its person: the value by which it is found again.
#[derive(Clone, PartialEq, Eq)]
pub enum Link {
    /// The value of `employeeIdentifier`.
    EmployeeIdentifier(String),
    /// A custom attribute.
    CustomAttribute {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
}

/// The kind only.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmployeeIdentifier(_) => f.write_str("Link(employeeIdentifier)"),
            Self::CustomAttribute { name, .. } => write!(f, "Link({name})"),
        }
    }
}

/// A user to create. It has no way to carry a password, sudo, MFA or `unix_*`.
#[derive(Clone, PartialEq, Eq)]
pub struct NewUser {
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) state: NewState,
    pub(crate) link: Link,
    fields: BTreeMap<ProfileField, String>,
    attributes: Vec<CustomAttribute>,
}

impl NewUser {
    /// A user with the keys that must be unique. `link` is written into its field.
    pub fn new(username: impl Into<String>, email: impl Into<String>, state: NewState, link: Link) -> Self {
        Self {
            username: username.into(),
            email: email.into(),
            state,
            link,
            fields: BTreeMap::new(),
            attributes: Vec::new(),
        }
    }

    /// Sets a profile field. `Email` and, where it is the link, `EmployeeIdentifier` are given to [`NewUser::new`];
    /// setting them here has no effect.
    #[must_use]
    pub fn set(mut self, field: ProfileField, value: impl Into<String>) -> Self {
        self.fields.insert(field, value.into());
        self
    }

    /// Adds a custom attribute.
    #[must_use]
    pub fn attribute(mut self, attribute: CustomAttribute) -> Self {
        self.attributes.push(attribute);
        self
    }
}

impl Serialize for NewUser {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("username", &self.username)?;
        map.serialize_entry("email", &self.email)?;
        map.serialize_entry("state", self.state.as_str())?;
        let mut attributes = self.attributes.clone();
        let mut linked_field = None;
        match &self.link {
            Link::EmployeeIdentifier(value) => {
                map.serialize_entry(ProfileField::EmployeeIdentifier.as_str(), value)?;
                linked_field = Some(ProfileField::EmployeeIdentifier);
            }
            Link::CustomAttribute { name, value } => {
                attributes = crate::merge_attribute(&attributes, name, Some(value));
            }
        }
        for (field, value) in &self.fields {
            if *field != ProfileField::Email && Some(*field) != linked_field {
                map.serialize_entry(field.as_str(), value)?;
            }
        }
        if !attributes.is_empty() {
            map.serialize_entry("attributes", &attributes)?;
        }
        map.end()
    }
}

/// Keys only: values are personal data.
impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser")
            .field("state", &self.state)
            .field("link", &self.link)
            .field("fields", &self.fields.keys().map(|field| field.as_str()).collect::<Vec<_>>())
            .field("attributes", &self.attributes)
            .finish_non_exhaustive()
    }
}

/// Why a creation did not answer with the new user.
#[derive(Debug, Error)]
pub enum CreateError {
    /// 400 or 409: perhaps a unique key is taken ("User already exists or Bad Request", JumpCloud API 1.0), perhaps
    /// the request is refused for another reason. [`settle_create`](crate::settle_create) finds out which.
    #[error("JumpCloud refused the creation with status {status}, perhaps since a unique key is taken")]
    Conflict {
        /// 400 or 409.
        status: u16,
        /// The fields JumpCloud names, restricted to `[A-Za-z0-9_.]`.
        fields: Vec<String>,
    },
    /// The request went out and no usable answer came back: the user may exist. Do not repeat before
    /// [`settle_create`](crate::settle_create).
    #[error("the answer to a creation was lost")]
    LostAnswer {
        /// The status, if one came.
        status: Option<u16>,
        /// What happened.
        #[source]
        source: Error,
    },
    /// Refused with another 4xx: nothing was created, and the same request will be refused again.
    #[error("JumpCloud rejected the creation with status {status}")]
    Rejected {
        /// The status.
        status: u16,
        /// The fields JumpCloud names, restricted to `[A-Za-z0-9_.]`.
        fields: Vec<String>,
    },
    /// Nothing was created, for a reason that is not about this user.
    #[error("nothing was created")]
    Other(#[source] Error),
}

impl CreateError {
    /// What has to be settled by re-reading; `None` if it is certain that nothing was created.
    pub fn doubt(&self) -> Option<Doubt> {
        match self {
            Self::Conflict { status, fields } => {
                Some(Doubt::Conflict { status: *status, fields: fields.clone() })
            }
            Self::LostAnswer { .. } => Some(Doubt::LostAnswer),
            Self::Rejected { .. } | Self::Other(_) => None,
        }
    }
}

/// A creation whose outcome is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Answered 400 or 409.
    Conflict {
        /// The status.
        status: u16,
        /// The fields JumpCloud names, restricted to `[A-Za-z0-9_.]`.
        fields: Vec<String>,
    },
    /// No usable answer came back.
    LostAnswer,
}
