use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::member::HouseholdMember;
use super::problems::user_errors;
use super::{Household, given, person};
use crate::domain::{Children, HouseholdError, NewChild, Problem};
use crate::schema::device::device_of;

#[derive(Default)]
pub(crate) struct ChildrenMutation;

#[Object]
impl ChildrenMutation {
    /// Makes an account for a child who has no e-mail address, and lets it into the household as a child. Owners and adults
    /// may. The child signs in with its username. Until it has an address, which it can add with `requestEmailChange`, it belongs to
    /// this household alone, and the household's owners and adults recover it with `resetChildPassword`.
    async fn create_child_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The child.")] input: CreateChildAccountInput,
    ) -> Result<CreateChildAccountPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let created = async {
            let new = NewChild {
                household: given(&input.household_id)?,
                display_name: input.display_name,
                username: input.username,
                password: input.new_password.into(),
            };
            children(ctx).create(viewer, new, device_of(ctx, None)).await
        };
        let problems = match created.await {
            Ok(Ok((household, child))) => {
                let member = household.members.iter().find(|member| member.user == child.id);
                return Ok(CreateChildAccountPayload {
                    child: member.map(HouseholdMember::from),
                    username: child.username.map(|name| name.as_str().to_owned()),
                    household: Some(household.into()),
                    refresh_required: true,
                    user_errors: Vec::new(),
                });
            }
            Ok(Err(problems)) => problems,
            Err(HouseholdError::Problem(problem)) => vec![problem],
            Err(fault) => return Err(fault.into()),
        };
        Ok(CreateChildAccountPayload {
            household: None,
            child: None,
            username: None,
            refresh_required: false,
            user_errors: told(problems)?,
        })
    }

    /// Sets a new password for a child's account that has no e-mail address, and ends its sessions. The owners and adults of
    /// its household may, with their own password. It stands in the security histories of both.
    async fn reset_child_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The child, and the passwords.")] input: ResetChildPasswordInput,
    ) -> Result<ResetChildPasswordPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let reset = async {
            let (household, child) = (given(&input.household_id)?, person(&input.user_id));
            let passwords = (&input.password.into(), &input.new_password.into());
            children(ctx)
                .reset_password(viewer, household, child, passwords, device_of(ctx, None))
                .await
        };
        match reset.await {
            Ok(child) => Ok(ResetChildPasswordPayload {
                username: child.username.map(|name| name.as_str().to_owned()),
                user_errors: Vec::new(),
            }),
            Err(HouseholdError::Problem(problem)) => Ok(ResetChildPasswordPayload {
                username: None,
                user_errors: told(vec![problem])?,
            }),
            Err(fault) => Err(fault.into()),
        }
    }
}

fn children<'a>(ctx: &Context<'a>) -> &'a Children {
    ctx.data_unchecked::<Arc<Children>>()
}

fn told<E: TryFrom<Problem, Error = ApiError>>(problems: Vec<Problem>) -> Result<Vec<E>, ApiError> {
    problems.into_iter().map(TryInto::try_into).collect()
}

/// A new account for a child.
#[derive(InputObject)]
struct CreateChildAccountInput {
    /// The household that looks after it.
    household_id: ID,
    /// What the child is called in every app: 1 to 80 characters on one line.
    display_name: String,
    /// What it signs in with: 3 to 30 letters from a to z, digits, and between those dots, hyphens and underscores. Case
    /// makes no difference.
    username: String,
    /// Its first password: at least 15 characters (the server can be set to ask for another number), at most 256, and no guess.
    new_password: String,
}

/// What came of making an account for a child.
#[derive(SimpleObject)]
struct CreateChildAccountPayload {
    /// The household as it is now; null when there are user errors.
    household: Option<Household>,
    /// The child; null when there are user errors.
    child: Option<HouseholdMember>,
    /// What it signs in with; null when there are user errors.
    username: Option<String>,
    /// Whether your access token tells what is no longer so. Get a new one with `refresh` now: within seconds the present
    /// one is refused everywhere.
    refresh_required: bool,
    /// Why no account was made; empty when one was. All problems of the input are told at once.
    user_errors: Vec<CreateChildAccountUserError>,
}

user_errors! {
    /// Why no account was made for a child.
    CreateChildAccountUserError,
    /// The reasons why no account was made for a child.
    CreateChildAccountErrorCode {
        /// There is no such household, or you do not belong to it.
        NotFound,
        /// You belong to it, but only owners and adults may do this.
        Forbidden,
        /// The name is empty, longer than 80 characters, or has more than one line.
        DisplayNameInvalid,
        /// The username is too short or too long, or has other signs than letters from a to z, digits, dots, hyphens and
        /// underscores.
        UsernameInvalid,
        /// Another account has this username. How often you may ask is limited.
        UsernameTaken,
        /// The password is too short, or easy to guess; the message says why.
        PasswordTooWeak(_),
        /// The password has more than 256 characters.
        PasswordTooLong,
        /// The household has 20 members.
        HouseholdFull,
    }
}

/// A child who needs a new password.
#[derive(InputObject)]
struct ResetChildPasswordInput {
    /// The household that looks after its account.
    household_id: ID,
    /// The child.
    user_id: ID,
    /// Your own password.
    password: String,
    /// The child's new password: at least 15 characters (the server can be set to ask for another number), at most 256, and
    /// no guess.
    new_password: String,
}

/// What came of setting a new password for a child.
#[derive(SimpleObject)]
struct ResetChildPasswordPayload {
    /// What the child signs in with; null when there are user errors.
    username: Option<String>,
    /// Why no password was set; empty when one was.
    user_errors: Vec<ResetChildPasswordUserError>,
}

user_errors! {
    /// Why no password was set for a child.
    ResetChildPasswordUserError,
    /// The reasons why no password was set for a child.
    ResetChildPasswordErrorCode {
        /// There is no such household, or you do not belong to it.
        NotFound,
        /// You belong to it, but only owners and adults may do this.
        Forbidden,
        /// Nobody with this id belongs to the household.
        MemberNotFound,
        /// The account has an e-mail address: its owner sets a new password by mail.
        NotManaged,
        /// The password is not your own. It counts as a failed sign-in.
        PasswordWrong,
        /// The new password is too short, or easy to guess; the message says why.
        PasswordTooWeak(_),
        /// The new password has more than 256 characters.
        PasswordTooLong,
    }
}
