use constellation_shared::auth::Viewer;
use constellation_shared::household::{HouseholdId, Role};
use constellation_shared::id::UserId;

use super::expense::Expense;

/// The proof that a viewer may read what lies here. Lists and totals cannot be asked for without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Readable(Books);

/// Where expenses lie together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Books {
    /// A person's own, which are in no household.
    Person(UserId),
    /// A household's, as far as this member may see them.
    Household(HouseholdId, UserId),
}

impl Readable {
    /// What may be read.
    #[must_use]
    pub(crate) const fn books(self) -> Books {
        self.0
    }
}

/// Whether `viewer` may read the expenses of `owner` that are in no household: one's own, and nobody else's.
#[must_use]
pub(crate) fn readable(viewer: &Viewer, owner: UserId) -> Option<Readable> {
    (viewer.user == owner).then_some(Readable(Books::Person(owner)))
}

/// Whether `viewer` may read what this household shares: its members may, each what is not hidden from them.
#[must_use]
pub(crate) fn readable_household(viewer: &Viewer, household: HouseholdId) -> Option<Readable> {
    viewer.membership(household)?;
    Some(Readable(Books::Household(household, viewer.user)))
}

/// Whether somebody of this role may record something in the household.
#[must_use]
pub(crate) const fn may_record(role: Role) -> bool {
    match role {
        Role::Owner | Role::Adult | Role::Child => true,
        Role::Viewer => false,
    }
}

/// Whether `viewer` may change what `creator` has recorded in this household.
#[must_use]
pub(crate) fn may_change_in(viewer: &Viewer, household: HouseholdId, creator: UserId) -> bool {
    match viewer.membership(household) {
        Some((_, Role::Owner | Role::Adult)) => true,
        Some((_, Role::Child)) => viewer.user == creator,
        Some((_, Role::Viewer)) | None => false,
    }
}

/// Whether `viewer`, who may see this expense, may change it too.
#[must_use]
pub(crate) fn may_change(viewer: &Viewer, expense: &Expense) -> bool {
    match expense.household {
        Some(household) => may_change_in(viewer, household, expense.owner),
        None => viewer.user == expense.owner,
    }
}
