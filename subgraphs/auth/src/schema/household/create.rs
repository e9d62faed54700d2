use async_graphql::{Context, InputObject, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;
use constellation_shared::graphql::CurrencyCode;

use super::problems::user_errors;
use super::{Household, households};
use crate::domain::NewHousehold;

#[derive(Default)]
pub(crate) struct CreateHouseholdMutation;

#[Object]
impl CreateHouseholdMutation {
    /// Founds a household, which the signed-in person owns and is the only member of.
    async fn create_household(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The household.")] input: CreateHouseholdInput,
    ) -> Result<CreateHouseholdPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let new = NewHousehold {
            name: input.name,
            currency: input.currency.0,
            time_zone: input.time_zone,
        };
        match households(ctx).create(viewer, &new).await {
            Ok(Ok(household)) => Ok(CreateHouseholdPayload {
                household: Some(household.into()),
                refresh_required: true,
                user_errors: Vec::new(),
            }),
            Ok(Err(problems)) => Ok(CreateHouseholdPayload {
                household: None,
                refresh_required: false,
                user_errors: problems
                    .into_iter()
                    .map(TryInto::try_into)
                    .collect::<Result<_, _>>()?,
            }),
            Err(error) => Err(error.into()),
        }
    }
}

/// A new household.
#[derive(InputObject)]
struct CreateHouseholdInput {
    /// What its members call it: 1 to 80 characters on one line.
    name: String,
    /// The currency that it counts in. It cannot be changed later.
    currency: CurrencyCode,
    /// Where its days begin and end: a name of the IANA time zone database, such as `Europe/Berlin`.
    time_zone: String,
}

/// What came of founding a household.
#[derive(SimpleObject)]
struct CreateHouseholdPayload {
    /// The household; null when there are user errors.
    household: Option<Household>,
    /// Whether your access token tells what is no longer so. Get a new one with `refresh` now: within seconds the present
    /// one is refused everywhere.
    refresh_required: bool,
    /// Why no household was founded; empty when one was. All problems of the input are told at once.
    user_errors: Vec<CreateHouseholdUserError>,
}

user_errors! {
    /// Why a household could not be founded.
    CreateHouseholdUserError,
    /// The reasons why a household could not be founded.
    CreateHouseholdErrorCode {
        /// The name is empty, longer than 80 characters, or has more than one line.
        NameInvalid,
        /// The IANA time zone database has no such zone.
        TimeZoneInvalid,
        /// You belong to 5 households, and nobody can belong to more.
        TooManyHouseholds,
        /// Your account has no e-mail address, and belongs to the household that it was made in.
        EmailRequired,
    }
}
