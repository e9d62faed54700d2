//! What is said of each problem, and the types by which a mutation of households says it.

use crate::domain::Problem;
use crate::schema::password::advice;

/// The input that a problem is about, and what is said of it.
pub(super) fn told(problem: Problem) -> (Option<&'static str>, String) {
    if let Problem::PasswordTooWeak(weakness) = problem {
        return (Some("newPassword"), advice(weakness));
    }
    let (field, message) = match problem {
        Problem::NotFound => (
            Some("householdId"),
            "There is no such household, or you do not belong to it.",
        ),
        Problem::Forbidden => (
            Some("householdId"),
            "Your role in this household does not allow that. Ask one of its owners.",
        ),
        Problem::NameInvalid => (Some("name"), "Give a name of 1 to 80 characters on one line."),
        Problem::TimeZoneInvalid => (
            Some("timeZone"),
            "Give a name of the IANA time zone database, such as Europe/Berlin.",
        ),
        Problem::TooManyHouseholds => (
            None,
            "Nobody can belong to more than 5 households. Leave one of yours first.",
        ),
        Problem::HouseholdFull => (None, "This household has 20 members, and cannot have more."),
        Problem::AlreadyMember => (None, "You belong to this household already."),
        Problem::MemberNotFound => (Some("userId"), "Nobody with this id belongs to the household."),
        Problem::LastOwner => (
            None,
            "Somebody has to own the household. Make another member an owner first, or, to give the household up, \
             remove the other members and leave as the last one.",
        ),
        Problem::EmailRequired => (
            None,
            "Your account has no e-mail address, and belongs to the household that it was made in. Add an address first.",
        ),
        Problem::ManagedAccount => (
            Some("userId"),
            "This is a child's account without an e-mail address, which only the adults of this household can recover. \
             Have an address added to it first, or the account deleted.",
        ),
        Problem::NotManaged => (
            Some("userId"),
            "They look after their account themselves: it has an e-mail address.",
        ),
        Problem::DisplayNameInvalid => (
            Some("displayName"),
            "Give a name of 1 to 80 characters on one line.",
        ),
        Problem::UsernameInvalid => (
            Some("username"),
            "Give 3 to 30 letters from a to z, digits, and between those dots, hyphens and underscores.",
        ),
        Problem::UsernameTaken => (
            Some("username"),
            "Another account has this username. Choose another one.",
        ),
        Problem::PasswordWrong => (Some("password"), "This is not your password."),
        Problem::PasswordTooWeak(_) => (Some("newPassword"), "Choose a better password."),
        Problem::PasswordTooLong => (Some("newPassword"), "Use at most 256 characters."),
        Problem::EmailInvalid => (
            Some("email"),
            "Give an address that mail can be sent to, such as ana@example.org.",
        ),
        Problem::TooManyInvitations => (
            None,
            "This household has 20 open invitations. Revoke one, or wait for an answer.",
        ),
        Problem::InvitationInvalid => (
            None,
            "There is no such invitation, or it was used, replaced or taken back. Check the letters, or ask for a new one.",
        ),
        Problem::InvitationExpired => (None, "This invitation is too old. Ask for a new one."),
        Problem::InvitationNotFound => (
            Some("invitationId"),
            "This household has no such open invitation.",
        ),
    };
    (field, message.to_owned())
}

/// Makes the user error of a mutation and the enum of its codes. Each code is the problem of the same name.
macro_rules! user_errors {
    (
        $(#[$about_error:meta])* $error:ident,
        $(#[$about_codes:meta])* $codes:ident { $($(#[$about:meta])* $code:ident $(($($of:tt)+))?,)+ }
    ) => {
        $(#[$about_error])*
        #[derive(async_graphql::SimpleObject)]
        pub(super) struct $error {
            /// The reason, for a program.
            code: $codes,
            /// The reason, for a person.
            message: String,
            /// The input that is wrong, where a single one is.
            path: Option<Vec<String>>,
        }

        $(#[$about_codes])*
        #[derive(async_graphql::Enum, Clone, Copy, PartialEq, Eq)]
        enum $codes {
            $($(#[$about])* $code,)+
        }

        impl TryFrom<crate::domain::Problem> for $error {
            type Error = constellation_shared::error::ApiError;

            fn try_from(problem: crate::domain::Problem) -> Result<Self, Self::Error> {
                let code = match problem {
                    $(crate::domain::Problem::$code $(($($of)+))? => $codes::$code,)+
                    _ => return Err(Self::Error::internal(&crate::domain::HouseholdError::Problem(problem))),
                };
                let (field, message) = super::problems::told(problem);
                let path = field.map(|field| vec!["input".to_owned(), field.to_owned()]);
                Ok(Self { code, message, path })
            }
        }
    };
}

pub(super) use user_errors;

/// Makes the payload of a mutation that changes a household.
macro_rules! household_payload {
    ($(#[$about:meta])* $payload:ident, $(#[$about_household:meta])* household, $error:ident) => {
        $(#[$about])*
        #[derive(async_graphql::SimpleObject)]
        struct $payload {
            $(#[$about_household])*
            household: Option<super::Household>,
            /// Whether your access token may tell what is no longer so. Get a new one with `refresh` now: within seconds the
            /// present one is refused everywhere.
            refresh_required: bool,
            /// Why nothing was done; empty when it was.
            user_errors: Vec<$error>,
        }

        impl $payload {
            fn of(
                viewer: &constellation_shared::auth::Viewer,
                changed: Result<crate::domain::Household, crate::domain::HouseholdError>,
            ) -> Result<Self, constellation_shared::error::ApiError> {
                match changed {
                    Ok(household) => Ok(Self {
                        // Whoever has just taken themselves out does not see it any more.
                        household: household.role_of(viewer.user).map(|_| household.into()),
                        refresh_required: true,
                        user_errors: Vec::new(),
                    }),
                    Err(crate::domain::HouseholdError::Problem(problem)) => Ok(Self {
                        household: None,
                        refresh_required: false,
                        user_errors: vec![problem.try_into()?],
                    }),
                    Err(fault) => Err(fault.into()),
                }
            }
        }
    };
}

pub(super) use household_payload;
