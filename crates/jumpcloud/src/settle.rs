//! What became of a creation whose answer was lost or was "exists".

use crate::create::{Doubt, Link, NewUser};
use crate::listing::ListError;
use crate::reader::Reader;
use crate::record::UserRecord;
use crate::search::Key;

/// What a creation in doubt turned out to be.
#[derive(Clone, Debug)]
pub enum Settled {
    /// The user exists with this link and this username: ours.
    Created(Box<UserRecord>),
    /// Someone else has a unique key.
    Taken(Taken),
    /// The answer was lost and nobody has any of the keys. The creation may be tried again, but not in the same run:
    /// a search may lag behind a write.
    NotThere,
    /// JumpCloud refused although no key that can be searched is taken. An alternate email of another user may be the
    /// one; it is unique in all of JumpCloud and cannot be searched.
    Rejected {
        /// The status.
        status: u16,
        /// The fields JumpCloud names, restricted to `[A-Za-z0-9_.]`.
        fields: Vec<String>,
    },
}

/// Which unique keys of a new user are taken.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// The user that has the link, under another username: the person has an account already.
    pub link: Option<Box<UserRecord>>,
    /// Whether another user has the username.
    pub username: bool,
    /// The other user that has the email.
    pub email: Option<Box<UserRecord>>,
}

/// Re-reads each unique key of `new`: the link, the username, the email. Up to three requests, more only where a search
/// is not served or the link is a custom attribute (see [`Reader::find`]). Awaits `pace` before every request after the
/// first: the caller has already paid for that one. Never decides by the text of an error.
///
/// # Errors
/// As [`Reader::find_paced`]; then the creation stays in doubt.
pub async fn settle_create<E, F: Future<Output = Result<(), E>>>(
    reader: &Reader,
    new: &NewUser,
    doubt: Doubt,
    mut pace: impl FnMut() -> F,
) -> Result<Settled, ListError<E>> {
    let (key, value) = match &new.link {
        Link::EmployeeIdentifier(value) => (Key::EmployeeIdentifier, value),
        Link::CustomAttribute { name, value } => (Key::CustomAttribute { name }, value),
    };
    let linked = reader.find_paced(key, value, &mut pace).await?;
    let same_name = |user: &UserRecord| user.username.to_lowercase() == new.username.to_lowercase();
    if let Some(ours) = linked.iter().find(|user| same_name(user)) {
        return Ok(Settled::Created(Box::new(ours.clone())));
    }
    pace().await.map_err(ListError::Pace)?;
    let others = reader.find_paced(Key::Username, &new.username, &mut pace).await?;
    pace().await.map_err(ListError::Pace)?;
    let email = reader.find_paced(Key::Email, &new.email, &mut pace).await?;
    let taken = Taken {
        username: !others.is_empty(),
        email: email.into_iter().next().map(Box::new),
        link: linked.into_iter().next().map(Box::new),
    };
    if taken.username || taken.email.is_some() || taken.link.is_some() {
        return Ok(Settled::Taken(taken));
    }
    Ok(match doubt {
        Doubt::LostAnswer => Settled::NotThere,
        Doubt::Conflict { status, fields } => Settled::Rejected { status, fields },
    })
}
