use super::{Email, EmailChangeId};

/// The wish to move an account to another address. The account moves when both addresses have confirmed it: the old
/// one, so that a thief who has got a password cannot take the account along, and the new one, so that nobody loses
/// an account to a typing mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EmailChange {
    pub(crate) id: EmailChangeId,
    pub(crate) email: Email,
    /// Also true from the start when nobody ever proved that the old address is theirs: it may be the very mistake that
    /// the change is to mend, and then nobody could confirm it.
    pub(crate) old_confirmed: bool,
    pub(crate) new_confirmed: bool,
}

impl EmailChange {
    pub(crate) const fn is_confirmed(&self) -> bool {
        self.old_confirmed && self.new_confirmed
    }
}
