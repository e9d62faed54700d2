use constellation_shared::auth::Viewer;
use constellation_shared::id::UserId;

/// The proof that a viewer may read this person's expenses. Lists and totals cannot be asked for without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Readable(UserId);

impl Readable {
    /// The person whose expenses may be read.
    #[must_use]
    pub(crate) const fn owner(self) -> UserId {
        self.0
    }
}

/// Whether `viewer` may read the expenses of `owner`: one's own, and nobody else's.
#[must_use]
pub(crate) fn readable(viewer: &Viewer, owner: UserId) -> Option<Readable> {
    (viewer.user == owner).then_some(Readable(owner))
}

/// Whose an expense is that `viewer` records.
#[must_use]
pub(crate) const fn owner_of_new(viewer: &Viewer) -> UserId {
    viewer.user
}
