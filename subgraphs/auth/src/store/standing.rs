//! What access tokens tell of somebody's households, and whose tokens tell what is no longer so.

use chrono::Utc;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use futures_util::TryStreamExt as _;
use mongodb::bson::{DateTime, doc};
use mongodb::options::IndexOptions;
use mongodb::{ClientSession, IndexModel};
use serde::{Deserialize, Serialize};

use super::households::with_member;
use super::{HouseholdStore, UserStore};
use crate::domain::{Household, Standing};

/// The part of an account's document that counts the changes of its owner's households. Accounts that never were in one
/// do not have it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CountDocument {
    #[serde(rename = "_id", with = "ids")]
    id: UserId,
    #[serde(default)]
    households_version: i64,
    #[serde(default)]
    households_changed_at: Option<DateTime>,
}

/// It holds all that the feed asks for, of those alone whose households ever changed.
pub(super) fn index() -> IndexModel {
    let changed = IndexOptions::builder()
        .partial_filter_expression(doc! { "householdsChangedAt": { "$exists": true } })
        .build();
    IndexModel::builder()
        .keys(doc! { "householdsChangedAt": 1, "_id": 1, "householdsVersion": 1 })
        .options(changed)
        .build()
}

impl UserStore {
    /// Counts a change for each of these people. Two at the same moment cannot both come from the same count: a
    /// transaction that meets another here begins again.
    pub(super) async fn count_households_change(
        &self,
        transaction: &mut ClientSession,
        people: &[UserId],
        now: chrono::DateTime<Utc>,
    ) -> mongodb::error::Result<()> {
        let people: Vec<_> = people.iter().map(|id| ids::bson(*id)).collect();
        // A replica whose clock is behind must not make the feed forget a change too soon.
        let counted = doc! { "$inc": { "householdsVersion": 1_i64 }, "$max": { "householdsChangedAt": DateTime::from(now) } };
        self.0
            .update_many(doc! { "_id": { "$in": people } }, counted)
            .session(transaction)
            .await?;
        Ok(())
    }

    /// Whose households changed after this moment, how often they have in all, and when they last did.
    pub(crate) async fn households_changed_since(
        &self,
        moment: chrono::DateTime<Utc>,
    ) -> Result<Vec<(UserId, u64, chrono::DateTime<Utc>)>, StoreError> {
        let found = self
            .0
            .clone_with_type::<CountDocument>()
            .find(doc! { "householdsChangedAt": { "$gt": DateTime::from(moment) } })
            .projection(doc! { "householdsChangedAt": 1, "householdsVersion": 1 })
            .await?;
        let found: Vec<_> = found.try_collect().await?;
        let change = |count: CountDocument| {
            let at = count.households_changed_at?;
            Some((count.id, count.households_version.cast_unsigned(), at.into()))
        };
        Ok(found.into_iter().filter_map(change).collect())
    }
}

impl HouseholdStore {
    /// What a token may tell of this person's households.
    ///
    /// The count is read first. Whatever changes after that, the token has the lower count and is refused when the change
    /// is published; were the memberships read first, it could tell of old ones with a count that vouches for them. The
    /// session makes the second read see at least what the first one saw, also when another server has become the primary
    /// in between.
    pub(crate) async fn standing(&self, user: UserId) -> Result<Standing, StoreError> {
        let mut session = self.households.client().start_session().await?;
        let count = self
            .users
            .0
            .clone_with_type::<CountDocument>()
            .find_one(doc! { "_id": ids::bson(user) })
            .projection(doc! { "householdsVersion": 1 })
            .session(&mut session)
            .await?;
        let hv = count.map_or(0, |count| count.households_version.cast_unsigned());
        let mut found = self
            .households
            .find(with_member(user))
            .sort(doc! { "_id": 1 })
            .session(&mut session)
            .await?;
        let mut households = Vec::new();
        while let Some(document) = found.next(&mut session).await.transpose()? {
            households.push(Household::try_from(document)?.membership());
        }
        Ok(Standing { hv, households })
    }
}
