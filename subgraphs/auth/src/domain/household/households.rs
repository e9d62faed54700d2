use std::sync::Arc;

use chrono::{DateTime, Utc};
use constellation_shared::auth::Viewer;
use constellation_shared::clock::Clock;
use constellation_shared::currency::Currency;
use constellation_shared::entropy::Entropy;
use constellation_shared::household::{HouseholdId, Role};
use constellation_shared::id::UserId;
use constellation_shared::mongo::StoreError;

use super::{Household, HouseholdError, HouseholdName, Member, Permission, Problem, TimeZone};
use crate::domain::SessionFeed;
use crate::store::HouseholdStore;

/// A household as somebody wants it, as they typed it.
pub(crate) struct NewHousehold {
    pub(crate) name: String,
    pub(crate) currency: Currency,
    pub(crate) time_zone: String,
}

/// Founds households and changes them.
pub(crate) struct Households {
    pub(crate) store: HouseholdStore,
    pub(crate) feed: Arc<SessionFeed>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Households {
    /// Those that the viewer belongs to.
    pub(crate) async fn of(&self, viewer: &Viewer) -> Result<Vec<Household>, StoreError> {
        self.store.of(viewer.user).await
    }

    /// Those that the viewer belonged to, and when they left each. Nothing else of these is the viewer's to know any more.
    pub(crate) async fn left_by(
        &self,
        viewer: &Viewer,
    ) -> Result<Vec<(HouseholdId, DateTime<Utc>)>, StoreError> {
        let households = self.store.left_by(viewer.user).await?;
        let left = households.iter().filter_map(|household| {
            let former = household
                .former
                .iter()
                .find(|former| former.user == viewer.user)?;
            Some((household.id, former.left_at))
        });
        Ok(left.collect())
    }

    /// Those of these that the viewer belongs to, in no order.
    pub(crate) async fn find_all(
        &self,
        viewer: UserId,
        ids: &[HouseholdId],
    ) -> Result<Vec<Household>, StoreError> {
        self.store.find_all(viewer, ids).await
    }

    /// Those of these people whose names the viewer may see: who belongs to a household of theirs, or did.
    pub(crate) async fn known_to(
        &self,
        viewer: UserId,
        people: &[UserId],
    ) -> Result<Vec<UserId>, StoreError> {
        let households = self.store.of(viewer).await?;
        let known = |person: &&UserId| {
            households.iter().any(|household| {
                household.role_of(**person).is_some()
                    || household.former.iter().any(|former| former.user == **person)
            })
        };
        Ok(people.iter().filter(known).copied().collect())
    }

    /// Founds a household, whose first member and owner the viewer is. All problems of the input are told at once.
    pub(crate) async fn create(
        &self,
        viewer: &Viewer,
        new: &NewHousehold,
    ) -> Result<Result<Household, Vec<Problem>>, HouseholdError> {
        let (name, zone) = (HouseholdName::parse(&new.name), TimeZone::parse(&new.time_zone));
        let (Some(name), Some(zone)) = (name.clone(), zone) else {
            let problems = [
                name.is_none().then_some(Problem::NameInvalid),
                zone.is_none().then_some(Problem::TimeZoneInvalid),
            ];
            return Ok(Err(problems.into_iter().flatten().collect()));
        };
        let now = self.clock.now();
        let household = Household {
            id: HouseholdId::generate(&*self.clock, &*self.entropy),
            name,
            currency: new.currency,
            zone,
            members: vec![Member {
                user: viewer.user,
                role: Role::Owner,
                joined_at: now,
                managed: false,
            }],
            former: Vec::new(),
            created_at: now,
        };
        let created = self.store.insert(household, now).await?;
        self.feed.hear();
        Ok(created.map_err(|problem| vec![problem]))
    }

    /// Calls a household something else, or moves it to another time zone. What is not given stays.
    pub(crate) async fn update(
        &self,
        viewer: &Viewer,
        id: HouseholdId,
        name: Option<&str>,
        time_zone: Option<&str>,
    ) -> Result<Household, HouseholdError> {
        let name = name.map(|name| HouseholdName::parse(name).ok_or(Problem::NameInvalid));
        let zone = time_zone.map(|zone| TimeZone::parse(zone).ok_or(Problem::TimeZoneInvalid));
        let user = viewer.user;
        self.change(id, move |household| {
            // Whoever may not change it hears that first, whatever they wrote.
            household.allow(user, Permission::Update)?;
            if let Some(name) = &name {
                household.name = name.clone()?;
            }
            if let Some(zone) = zone {
                household.zone = zone?;
            }
            Ok(())
        })
        .await
    }

    /// Makes something else of a member.
    pub(crate) async fn change_role(
        &self,
        viewer: &Viewer,
        id: HouseholdId,
        member: UserId,
        role: Role,
    ) -> Result<Household, HouseholdError> {
        let user = viewer.user;
        self.change(id, move |household| {
            household.allow(user, Permission::ManageMembers)?;
            household.change_role(member, role)
        })
        .await
    }

    /// Takes a member out of a household.
    pub(crate) async fn remove(
        &self,
        viewer: &Viewer,
        id: HouseholdId,
        member: UserId,
    ) -> Result<Household, HouseholdError> {
        let (user, now) = (viewer.user, self.clock.now());
        self.change(id, move |household| {
            household.allow(user, Permission::ManageMembers)?;
            household.remove(member, now)
        })
        .await
    }

    /// Lets the viewer leave a household, and dissolves it if they are its only member.
    pub(crate) async fn leave(&self, viewer: &Viewer, id: HouseholdId) -> Result<Household, HouseholdError> {
        let (user, now) = (viewer.user, self.clock.now());
        self.change(id, move |household| {
            household.allow(user, Permission::Leave)?;
            household.leave(user, now)
        })
        .await
    }

    async fn change(
        &self,
        id: HouseholdId,
        change: impl Fn(&mut Household) -> Result<(), Problem> + Send + Sync + 'static,
    ) -> Result<Household, HouseholdError> {
        let changed = self.store.change(id, self.clock.now(), change).await?;
        self.feed.hear();
        Ok(changed?)
    }
}
