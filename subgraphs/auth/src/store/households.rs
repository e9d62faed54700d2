use chrono::Utc;
use constellation_shared::currency::Currency;
use constellation_shared::household::{HouseholdId, Role};
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use futures_util::TryStreamExt as _;
use mongodb::bson::{DateTime, Document, doc};
use mongodb::{Collection, Database, IndexModel};
use serde::{Deserialize, Serialize};

use super::invitations::{self, InvitationDocument};
use super::{OutboxStore, UserStore};
use crate::domain::{FormerMember, Household, HouseholdName, Member, TimeZone};

/// The households, with their members.
#[derive(Clone)]
pub(crate) struct HouseholdStore {
    pub(super) households: Collection<HouseholdDocument>,
    pub(super) invitations: Collection<InvitationDocument>,
    pub(super) users: UserStore,
    pub(super) outbox: OutboxStore,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HouseholdDocument {
    #[serde(rename = "_id", with = "ids")]
    id: HouseholdId,
    name: String,
    currency: String,
    time_zone: String,
    /// A household has few, and every change of one must see all: whether somebody still owns it is decided here.
    members: Vec<MemberDocument>,
    former: Vec<FormerDocument>,
    created_at: DateTime,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MemberDocument {
    #[serde(with = "ids")]
    user_id: UserId,
    role: Role,
    joined_at: DateTime,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    managed: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FormerDocument {
    #[serde(with = "ids")]
    user_id: UserId,
    left_at: DateTime,
}

impl HouseholdStore {
    pub(super) async fn open(
        database: &Database,
        users: UserStore,
        outbox: OutboxStore,
    ) -> Result<Self, StoreError> {
        let households = database.collection("households");
        households
            .create_indexes([
                IndexModel::builder().keys(doc! { "members.userId": 1 }).build(),
                IndexModel::builder().keys(doc! { "former.userId": 1 }).build(),
            ])
            .await?;
        Ok(Self {
            households,
            invitations: invitations::open(database).await?,
            users,
            outbox,
        })
    }

    /// Those that this person belongs to, the oldest first.
    pub(crate) async fn of(&self, user: UserId) -> Result<Vec<Household>, StoreError> {
        self.find_by(with_member(user)).await
    }

    /// Those that this person belonged to, and does not now, the oldest first.
    pub(crate) async fn left_by(&self, user: UserId) -> Result<Vec<Household>, StoreError> {
        self.find_by(doc! { "former.userId": ids::bson(user) }).await
    }

    /// Those of these that this person belongs to.
    pub(crate) async fn find_all(
        &self,
        user: UserId,
        wanted: &[HouseholdId],
    ) -> Result<Vec<Household>, StoreError> {
        let wanted: Vec<_> = wanted.iter().map(|id| ids::bson(*id)).collect();
        let mut filter = with_member(user);
        filter.insert("_id", doc! { "$in": wanted });
        self.find_by(filter).await
    }

    async fn find_by(&self, filter: Document) -> Result<Vec<Household>, StoreError> {
        let found: Vec<_> = self
            .households
            .find(filter)
            .sort(doc! { "_id": 1 })
            .await?
            .try_collect()
            .await?;
        found.into_iter().map(Household::try_from).collect()
    }
}

/// The households that this person belongs to.
pub(super) fn with_member(user: UserId) -> Document {
    doc! { "members.userId": ids::bson(user) }
}

impl From<&Household> for HouseholdDocument {
    fn from(household: &Household) -> Self {
        let members = household.members.iter().map(|member| MemberDocument {
            user_id: member.user,
            role: member.role,
            joined_at: member.joined_at.into(),
            managed: member.managed,
        });
        let former = household.former.iter().map(|former| FormerDocument {
            user_id: former.user,
            left_at: former.left_at.into(),
        });
        Self {
            id: household.id,
            name: household.name.as_str().to_owned(),
            currency: household.currency.code().to_owned(),
            time_zone: household.zone.name().to_owned(),
            members: members.collect(),
            former: former.collect(),
            created_at: household.created_at.into(),
        }
    }
}

impl TryFrom<HouseholdDocument> for Household {
    type Error = StoreError;

    fn try_from(document: HouseholdDocument) -> Result<Self, StoreError> {
        let currency = Currency::from_code(&document.currency)
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let zone = TimeZone::parse(&document.time_zone)
            .ok_or_else(|| StoreError::Corrupt(format!("{} is no time zone", document.time_zone)))?;
        let members = document.members.into_iter().map(|member| Member {
            user: member.user_id,
            role: member.role,
            joined_at: moment(member.joined_at),
            managed: member.managed,
        });
        let former = document.former.into_iter().map(|former| FormerMember {
            user: former.user_id,
            left_at: moment(former.left_at),
        });
        Ok(Self {
            id: document.id,
            name: HouseholdName::stored(document.name),
            currency,
            zone,
            members: members.collect(),
            former: former.collect(),
            created_at: moment(document.created_at),
        })
    }
}

fn moment(stored: DateTime) -> chrono::DateTime<Utc> {
    stored.into()
}
