//! The GraphQL types of auth. Their doc comments are published as the schema's descriptions.

mod change_email;
mod change_password;
mod cursor;
mod delete_account;
mod delivery;
mod device;
mod events;
mod export;
mod household;
mod link;
mod loader;
mod login;
mod logout;
mod password;
mod query;
mod refresh;
mod register;
mod reset_password;
mod revoke;
mod session;
mod tokens;
mod user;
mod verify_email;

use std::sync::Arc;

use async_graphql::{Context, EmptySubscription, MergedObject, Schema, SchemaBuilder};
use constellation_shared::error::ApiError;
use constellation_shared::graphql::{self, Entities, Limits, with_limits};

pub(crate) use device::device;
pub(crate) use link::told;
pub(crate) use login::{ACCOUNT_DISABLED, EMAIL_NOT_VERIFIED, INVALID_CREDENTIALS};
pub(crate) use password::advice;
pub(crate) use refresh::refusal;
pub(crate) use tokens::{TOKEN_TYPE, access_seconds};

use crate::cookie_path::CookiePath;
use crate::domain::{
    Accounts, AttemptError, Children, Credentials, Fault, HASHING_PAUSE, HashingError, HouseholdError,
    Households, Invitations, SecurityEvents, Sessions,
};
use household::household_loader;
use loader::user_loader;
use query::Query;

pub(crate) type AuthSchema = Schema<Entities<Query>, Mutation, EmptySubscription>;

/// Registering, signing in, staying signed in and signing out, changing what one signs in with, and households.
#[derive(MergedObject, Default)]
pub(crate) struct Mutation(
    register::RegisterMutation,
    login::LoginMutation,
    refresh::RefreshMutation,
    logout::LogoutMutation,
    revoke::RevokeMutation,
    change_password::ChangePasswordMutation,
    reset_password::ResetPasswordMutation,
    verify_email::VerifyEmailMutation,
    change_email::ChangeEmailMutation,
    household::CreateHouseholdMutation,
    household::UpdateHouseholdMutation,
    household::MembersMutation,
    delete_account::DeleteAccountMutation,
    household::InviteMutation,
    household::AnswerMutation,
    household::ChildrenMutation,
);

/// All that resolvers need.
pub(crate) struct Needs {
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) households: Arc<Households>,
    pub(crate) children: Arc<Children>,
    pub(crate) invitations: Arc<Invitations>,
    pub(crate) events: Arc<SecurityEvents>,
    pub(crate) cookie_path: CookiePath,
}

/// The schema, with all that its resolvers need.
pub(crate) fn build(needs: Needs) -> AuthSchema {
    with_limits(bare(), Limits::default())
        .data(user_loader(
            Arc::clone(&needs.accounts),
            Arc::clone(&needs.households),
        ))
        .data(household_loader(Arc::clone(&needs.households)))
        .data(needs.households)
        .data(needs.invitations)
        .data(needs.children)
        .data(needs.accounts)
        .data(needs.credentials)
        .data(needs.sessions)
        .data(needs.events)
        .data(needs.cookie_path)
        .finish()
}

fn credentials<'a>(ctx: &Context<'a>) -> &'a Credentials {
    ctx.data_unchecked::<Arc<Credentials>>()
}

fn sessions<'a>(ctx: &Context<'a>) -> &'a Sessions {
    ctx.data_unchecked::<Arc<Sessions>>()
}

pub(crate) fn sdl() -> String {
    graphql::sdl(&bare().finish())
}

fn bare() -> SchemaBuilder<Entities<Query>, Mutation, EmptySubscription> {
    Schema::build(Entities(Query), Mutation::default(), EmptySubscription).enable_federation()
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => error.into(),
            Fault::Attempts(error) => error.into(),
            Fault::Hashing(HashingError::Busy) => Self::overloaded(HASHING_PAUSE),
            other => Self::internal(&other),
        }
    }
}

/// Problems that a mutation does not tell of cannot come up in it.
impl From<HouseholdError> for ApiError {
    fn from(error: HouseholdError) -> Self {
        match error {
            HouseholdError::Fault(fault) => fault.into(),
            problem @ HouseholdError::Problem(_) => Self::internal(&problem),
        }
    }
}

impl From<AttemptError> for ApiError {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::TooMany { wait } => Self::rate_limited(wait),
            AttemptError::Store(error) => error.into(),
        }
    }
}
