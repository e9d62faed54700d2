use constellation_shared::mongo::StoreError;

use crate::domain::{AttemptError, Fault, PasswordProblem};

/// Why a household is left as it is, for whoever wanted to change it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Problem {
    /// There is no such household, or they do not belong to it.
    NotFound,
    /// They belong to it, but their role does not suffice.
    Forbidden,
    NameInvalid,
    TimeZoneInvalid,
    /// They, or whoever was to join, belong to as many as one person may.
    TooManyHouseholds,
    /// It has as many members as one household may have.
    HouseholdFull,
    /// Who was to join is in it already.
    AlreadyMember,
    /// The person that it is about does not belong to it.
    MemberNotFound,
    /// Nobody would be left to decide about it.
    LastOwner,
    /// Who was to join has no address, and so joins nothing by themselves.
    EmailRequired,
    /// The member that it is about is a child without an address, who can be nothing else.
    ManagedAccount,
    /// The member that it is about looks after their account themselves.
    NotManaged,
    DisplayNameInvalid,
    UsernameInvalid,
    UsernameTaken,
    /// It is not the password of whoever asks.
    PasswordWrong,
    PasswordTooWeak(PasswordProblem),
    PasswordTooLong,
    /// The address is none that mail could be sent to.
    EmailInvalid,
    /// There are as many open invitations as one household may have.
    TooManyInvitations,
    /// No invitation has this code or token, or not any more.
    InvitationInvalid,
    /// It was not used in time.
    InvitationExpired,
    /// The household has no such invitation, or it is not open any more.
    InvitationNotFound,
}

/// Why something was not done with a household.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HouseholdError {
    #[error("the household is left as it is")]
    Problem(Problem),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<Problem> for HouseholdError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for HouseholdError {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<AttemptError> for HouseholdError {
    fn from(error: AttemptError) -> Self {
        Self::Fault(error.into())
    }
}
