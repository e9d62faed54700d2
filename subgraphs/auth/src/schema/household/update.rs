use async_graphql::{Context, ID, InputObject, Object};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::problems::{household_payload, user_errors};
use super::{given, households};

#[derive(Default)]
pub(crate) struct UpdateHouseholdMutation;

#[Object]
impl UpdateHouseholdMutation {
    /// Calls a household something else, or moves it to another time zone. Owners may.
    async fn update_household(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateHouseholdInput,
    ) -> Result<UpdateHouseholdPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let (name, zone) = (input.name.as_deref(), input.time_zone.as_deref());
        let updated = match given(&input.household_id) {
            Ok(id) => households(ctx).update(viewer, id, name, zone).await,
            Err(problem) => Err(problem.into()),
        };
        UpdateHouseholdPayload::of(viewer, updated)
    }
}

/// What to change of a household.
#[derive(InputObject)]
struct UpdateHouseholdInput {
    /// The household.
    household_id: ID,
    /// What its members call it from now on: 1 to 80 characters on one line. It stays when this is null.
    name: Option<String>,
    /// Where its days begin and end from now on: a name of the IANA time zone database. It stays when this is null.
    time_zone: Option<String>,
}

household_payload! {
    /// What came of changing a household.
    UpdateHouseholdPayload,
    /// The household as it is now; null when there are user errors.
    household,
    UpdateHouseholdUserError
}

user_errors! {
    /// Why a household could not be changed.
    UpdateHouseholdUserError,
    /// The reasons why a household could not be changed.
    UpdateHouseholdErrorCode {
        /// There is no such household, or you do not belong to it.
        NotFound,
        /// You belong to it, but only owners may do this.
        Forbidden,
        /// The name is empty, longer than 80 characters, or has more than one line.
        NameInvalid,
        /// The IANA time zone database has no such zone.
        TimeZoneInvalid,
    }
}
