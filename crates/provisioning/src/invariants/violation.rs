//! The rules, each by what breaks it.

use serde::{Deserialize, Serialize};

use crate::attributes::Attribute;
use crate::change::ChangeKind;

/// A rule that a plan breaks. Ids and names of fields only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Violation {
    /// The plan is about somebody else.
    #[error("the plan is about another person")]
    OtherPerson,
    /// Somebody excluded has steps.
    #[error("the person is excluded, but the plan has steps")]
    Excluded,
    /// Somebody out of scope has steps.
    #[error("the person is outside the scope, but the plan has steps")]
    OutOfScope,
    /// A step on an account that a person holds.
    #[error("a step writes to an account that is held by hand")]
    HeldByHand,
    /// An adopted account's name would be overwritten although the configuration does not name the attribute.
    #[error("{attribute} of an account that existed before would be overwritten unasked")]
    AdoptedName {
        /// The attribute.
        attribute: Attribute,
    },
    /// A staged account that existed before it was linked is for people to activate.
    #[error("a staged account that existed before would be activated")]
    AdoptedActivated,
    /// Others have the same work email.
    #[error("an account would be created or adopted although others have the same work email")]
    DuplicateEmail,
    /// A deleted account would come back for somebody who is not active.
    #[error("a deleted account would be created again for somebody who is not active")]
    RecreatedTooEarly,
    /// The next employment is near.
    #[error("somebody between two employments would be suspended within the days of grace")]
    InGrace,
    /// Two steps of one kind.
    #[error("the plan has more than one {kind}")]
    Twice {
        /// The kind.
        kind: ChangeKind,
    },
    /// More than one step sets the state.
    #[error("more than one step sets the account's state")]
    OpposedStates,
    /// A mark would be cleared right after it was written.
    #[error("the plan suspends and removes the mark")]
    MarkWouldBeLost,
    /// A suspension waits behind other steps.
    #[error("the suspension is not the first step")]
    SuspensionNotFirst,
    /// A leaver keeps access and nobody is told.
    #[error("a leaver keeps access without an alarm")]
    AlarmMissing,
    /// A step that does nothing and is not held.
    #[error("a step proposes nothing and is not held")]
    NothingToDo,
    /// A change whose hold cannot be approved.
    #[error("a change is held for a reason that cannot be approved")]
    UnapprovableChange,
    /// Only an operator's order goes past the guard.
    #[error("a step goes past the guard without an operator's order")]
    PastGuard,
    /// Only what we scheduled is deleted.
    #[error("a step deletes a schedule that is not ours")]
    NotOurSchedule,
    /// A step on an account that was not observed.
    #[error("a step is about an account that was not observed")]
    UnknownAccount,
    /// Rule: administrators' accounts are left alone.
    #[error("a step writes to an administrator's account")]
    AdministratorTouched,
    /// Rule: externally managed accounts are left alone.
    #[error("a step writes to an externally managed account")]
    ExternalTouched,
    /// Rule: restricted fields are left alone.
    #[error("a step writes a field that another authority owns")]
    RestrictedTouched,
    /// A step on an account that is not the person's, before it is linked.
    #[error("a step changes an account that is not linked to the person")]
    NotTheirs,
    /// An account is created although one exists.
    #[error("an account would be created although the person may have one")]
    SecondAccount,
    /// A new account does not carry the person's id and email.
    #[error("a new account does not carry the person's id and work email")]
    NewAccountOfOther,
    /// The username breaks the rule or is taken.
    #[error("the new username is taken, reserved or too long")]
    UsernameNotFree,
    /// The new account's state is not what the policy allows.
    #[error("a new account would be in use too early")]
    CreatedTooEarly,
    /// Nobody should get an account now.
    #[error("an account would be created for somebody who is not active or about to start")]
    CreatedWithoutStanding,
    /// A link to somebody else.
    #[error("a link names another person")]
    LinkOfOther,
    /// Taking an account from somebody without asking.
    #[error("a link would be overwritten without approval")]
    LinkTaken,
    /// Adopting without asking although the policy asks.
    #[error("an account would be adopted without the approval that the policy asks for")]
    AdoptedUnasked,
    /// An email other than the person's, or one that is taken.
    #[error("an email would be written that is not the person's or is another account's")]
    EmailNotTheirs,
    /// The email would change without asking although the policy asks.
    #[error("an email would be changed without the approval that the policy asks for")]
    EmailUnasked,
    /// An update of nothing.
    #[error("an update has no fields")]
    EmptyUpdate,
    /// The attribute's policy forbids the write.
    #[error("{attribute} would be written against its policy")]
    PolicyBroken {
        /// The attribute.
        attribute: Attribute,
    },
    /// The update does not start from what is there, or changes nothing.
    #[error("the change of {attribute} does not start from the present value, or changes nothing")]
    NoDifference {
        /// The attribute.
        attribute: Attribute,
    },
    /// The manager's account is not the one that is known.
    #[error("the new manager is not the account of the person's manager")]
    WrongManager,
    /// Only groups that the configuration names and JumpCloud does not fill itself.
    #[error("a group would be changed that the configuration does not name")]
    GroupNotOurs,
    /// Two steps about one group.
    #[error("the plan has more than one step about a group")]
    GroupTwice,
    /// Against every rule, or without a change.
    #[error("a membership would be changed against the rules of its group")]
    GroupAgainstRules,
    /// A value JumpCloud would not take.
    #[error("the new {attribute} is too long or has control characters")]
    ValueNotClean {
        /// The attribute.
        attribute: Attribute,
    },
    /// Rule: only positive evidence suspends.
    #[error("a suspension has no evidence")]
    NoEvidence,
    /// The evidence in the plan is not what was observed.
    #[error("a suspension's evidence is not what was observed")]
    EvidenceDiffers,
    /// Nobody looked who else has the email.
    #[error("nobody looked whether an active person has the account's email")]
    ClaimantsNotLooked,
    /// An active person has the email.
    #[error("an active person has the account's email")]
    SharedEmail,
    /// The mark does not say what is done.
    #[error("the mark does not tell the account's state or whose decision it is")]
    WrongMark,
    /// Already suspended.
    #[error("the account is suspended already")]
    AlreadySuspended,
    /// Rule: only our own suspensions are undone.
    #[error("a suspension that is not ours to undo would be undone")]
    NotOurs,
    /// The person should not have access.
    #[error("an account would be put in use for somebody who should not have access")]
    AccessWithoutStanding,
    /// The account is not in the state that the step starts from.
    #[error("the account is not in the state that the step starts from")]
    WrongState,
    /// The mark to be cleared is not stale.
    #[error("a mark would be removed that is not stale")]
    MarkNotStale,
}
