//! A household and all that may happen to it. Nothing here reads or writes anything: what is stored is what these rules
//! make of what was stored before, in one transaction.

use chrono::{DateTime, Utc};
use constellation_shared::currency::Currency;
use constellation_shared::household::{HouseholdId, MOST_MEMBERS, Membership, Role};
use constellation_shared::id::UserId;

use super::{HouseholdName, Permission, Problem, TimeZone};

/// A household. While it exists somebody owns it; it is dissolved when its only member leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Household {
    pub(crate) id: HouseholdId,
    pub(crate) name: HouseholdName,
    pub(crate) currency: Currency,
    pub(crate) zone: TimeZone,
    /// In the order in which they joined. Empty once it is dissolved.
    pub(crate) members: Vec<Member>,
    /// Those who belonged to it, and do not now: the members still see what they are called.
    pub(crate) former: Vec<FormerMember>,
    pub(crate) created_at: DateTime<Utc>,
}

/// Somebody who belongs to a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) joined_at: DateTime<Utc>,
    /// Whether their account has no address, so that the owners and adults of this household look after it. Such a member is
    /// a child, and belongs to no other household.
    pub(crate) managed: bool,
}

/// Somebody who belonged to a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FormerMember {
    pub(crate) user: UserId,
    pub(crate) left_at: DateTime<Utc>,
}

impl Household {
    /// What this person is in it.
    pub(crate) fn role_of(&self, user: UserId) -> Option<Role> {
        let member = self.members.iter().find(|member| member.user == user);
        member.map(|member| member.role)
    }

    /// That this person may do this, or why not.
    pub(crate) fn allow(&self, user: UserId, permission: Permission) -> Result<(), Problem> {
        let role = self.role_of(user).ok_or(Problem::NotFound)?;
        let allowed = permission.is_given_to(role);
        allowed.then_some(()).ok_or(Problem::Forbidden)
    }

    /// What its members' tokens tell of it.
    pub(crate) fn membership(&self) -> Membership {
        Membership {
            id: self.id,
            currency: self.currency.code().to_owned(),
            zone: self.zone.name().to_owned(),
            members: self
                .members
                .iter()
                .map(|member| (member.user, member.role))
                .collect(),
        }
    }

    /// Lets somebody in.
    pub(crate) fn join(&mut self, user: UserId, role: Role, now: DateTime<Utc>) -> Result<(), Problem> {
        if self.role_of(user).is_some() {
            return Err(Problem::AlreadyMember);
        }
        // Nobody is left in it who could have invited them.
        if self.members.is_empty() {
            return Err(Problem::InvitationInvalid);
        }
        if self.members.len() >= MOST_MEMBERS {
            return Err(Problem::HouseholdFull);
        }
        self.former.retain(|former| former.user != user);
        self.members.push(Member {
            user,
            role,
            joined_at: now,
            managed: false,
        });
        Ok(())
    }

    /// Lets in a child whose account this adult makes.
    pub(crate) fn take_in(
        &mut self,
        adult: UserId,
        child: UserId,
        now: DateTime<Utc>,
    ) -> Result<(), Problem> {
        self.allow(adult, Permission::LookAfterChildren)?;
        self.join(child, Role::Child, now)?;
        let member = self.members.iter_mut().find(|member| member.user == child);
        member.ok_or(Problem::MemberNotFound)?.managed = true;
        Ok(())
    }

    /// That this person looks after the account of this child, or why not.
    pub(crate) fn looks_after(&self, adult: UserId, child: UserId) -> Result<(), Problem> {
        self.allow(adult, Permission::LookAfterChildren)?;
        let member = self.members.iter().find(|member| member.user == child);
        let managed = member.ok_or(Problem::MemberNotFound)?.managed;
        managed.then_some(()).ok_or(Problem::NotManaged)
    }

    /// The children whom nobody is left to look after.
    pub(crate) fn forsaken(&self) -> Vec<UserId> {
        if self.members.iter().any(|member| !member.managed) {
            return Vec::new();
        }
        self.members.iter().map(|member| member.user).collect()
    }

    /// Makes something else of a member.
    pub(crate) fn change_role(&mut self, user: UserId, role: Role) -> Result<(), Problem> {
        self.keep_an_owner(user, Some(role))?;
        let member = self.members.iter_mut().find(|member| member.user == user);
        let member = member.ok_or(Problem::MemberNotFound)?;
        if member.managed && role != Role::Child {
            return Err(Problem::ManagedAccount);
        }
        member.role = role;
        Ok(())
    }

    /// Takes a member out who is not the only one.
    pub(crate) fn remove(&mut self, user: UserId, now: DateTime<Utc>) -> Result<(), Problem> {
        let member = self.members.iter().find(|member| member.user == user);
        if member.ok_or(Problem::MemberNotFound)?.managed {
            // Nobody could recover the account any more.
            return Err(Problem::ManagedAccount);
        }
        self.keep_an_owner(user, None)?;
        self.take_out(user, now);
        Ok(())
    }

    /// Lets a member go. With the only one the household is dissolved.
    pub(crate) fn leave(&mut self, user: UserId, now: DateTime<Utc>) -> Result<(), Problem> {
        if self.members.len() > 1 {
            self.keep_an_owner(user, None)?;
        }
        self.take_out(user, now);
        Ok(())
    }

    /// Lets somebody go whose account is erased. Nobody can be asked to make somebody else an owner then: it is the one
    /// who has been an adult in it for the longest, or, where there is none, the eldest member of all who has an
    /// address: a child without one cannot decide about a household.
    pub(crate) fn outlive(&mut self, user: UserId, now: DateTime<Utc>) {
        self.take_out(user, now);
        if !self.members.iter().any(|member| member.role == Role::Owner) {
            let adult = self.members.iter().position(|member| member.role == Role::Adult);
            let eldest = self.members.iter().position(|member| !member.managed);
            if let Some(heir) = adult.or(eldest).and_then(|heir| self.members.get_mut(heir)) {
                heir.role = Role::Owner;
            }
        }
    }

    fn take_out(&mut self, user: UserId, now: DateTime<Utc>) {
        self.members.retain(|member| member.user != user);
        self.former.push(FormerMember { user, left_at: now });
    }

    /// That somebody owns it also when this member has this role, or none.
    fn keep_an_owner(&self, user: UserId, role: Option<Role>) -> Result<(), Problem> {
        let mut owners = self.members.iter().filter(|member| member.role == Role::Owner);
        let kept = role == Some(Role::Owner) || owners.any(|member| member.user != user);
        kept.then_some(()).ok_or(Problem::LastOwner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn user(number: u8) -> UserId {
        UserId::from_bytes([number; 16])
    }

    fn home() -> Household {
        let now = DateTime::UNIX_EPOCH;
        Household {
            id: HouseholdId::from_bytes([9; 16]),
            name: HouseholdName::stored("Home".into()),
            currency: Currency::from_code("EUR").unwrap(),
            zone: TimeZone::parse("UTC").unwrap(),
            members: vec![Member {
                user: user(0),
                role: Role::Owner,
                joined_at: now,
                managed: false,
            }],
            former: Vec::new(),
            created_at: now,
        }
    }

    proptest! {
        /// Whatever members do and whoever is erased: who cannot recover themselves is a child, and somebody is there who can
        /// recover them, or they are given up in the same step.
        #[test]
        fn no_child_is_left_that_nobody_can_recover(
            steps in proptest::collection::vec((0..6_u8, 0..6_u8, 0..6_u8, 0..4_usize), 1..40),
        ) {
            let (mut home, now) = (home(), DateTime::UNIX_EPOCH);
            for (what, by, to, role) in steps {
                let (by, to) = (user(by), user(to));
                let role = [Role::Owner, Role::Adult, Role::Child, Role::Viewer][role];
                let mut after = home.clone();
                let done = match what {
                    0 => after.join(to, role, now),
                    1 => after.take_in(by, to, now),
                    2 => after.change_role(to, role),
                    3 => after.remove(to, now),
                    4 => after.allow(to, Permission::Leave).and_then(|()| after.leave(to, now)),
                    _ => {
                        after.outlive(to, now);
                        Ok(())
                    }
                };
                if done.is_err() {
                    continue;
                }
                let forsaken = after.forsaken();
                after.members.retain(|member| !forsaken.contains(&member.user));
                for member in &after.members {
                    prop_assert!(!member.managed || member.role == Role::Child);
                }
                let owned = after.members.iter().any(|member| member.role == Role::Owner && !member.managed);
                prop_assert!(owned || after.members.is_empty(), "{after:?}");
                home = after;
            }
        }
    }
}
