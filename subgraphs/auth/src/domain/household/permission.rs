use constellation_shared::household::Role;

/// What a member may be allowed to do with a household. docs/PERMISSIONS.md has the same as a table, and the tests of the
/// graph hold each cell of it against what callers get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Call it something else, or move it to another time zone.
    Update,
    /// Invite people, see who is invited, and take an invitation back.
    Invite,
    /// Decide what somebody is in it, and that somebody is not in it any more.
    ManageMembers,
    /// Make accounts for children who have no address, and recover them.
    LookAfterChildren,
    /// Leave it.
    Leave,
}

impl Permission {
    pub(crate) const fn is_given_to(self, role: Role) -> bool {
        match self {
            Self::Update | Self::Invite | Self::ManageMembers => matches!(role, Role::Owner),
            Self::LookAfterChildren => matches!(role, Role::Owner | Role::Adult),
            // Whether a child belongs to a family is not the child's to decide; an owner takes them out.
            Self::Leave => !matches!(role, Role::Child),
        }
    }
}
