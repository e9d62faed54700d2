use async_graphql::{Enum, SimpleObject};

use super::change::ExpenseSnapshot;
use crate::domain::{self, Conflict};

/// An edit of an older version that could not be joined with what happened since. Nothing of it is written. To decide it,
/// edit the version that the expense has now.
#[derive(SimpleObject)]
pub(super) struct ExpenseConflict {
    /// The fields in which the edit and the expense as it is now part. Other fields of the edit could be joined.
    fields: Vec<ExpenseField>,
    /// What the expense said in the version that the edit was made to.
    base: ExpenseSnapshot,
    /// What it would say with the edit, had nothing else happened.
    yours: ExpenseSnapshot,
    /// What it says now.
    theirs: ExpenseSnapshot,
}

/// A field of an expense that an edit can change.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::ContentsField")]
pub enum ExpenseField {
    /// `amount`. It is money: an edit of an older version never changes it, whatever happened since.
    Amount,
    /// `description`.
    Description,
    /// `merchant`.
    Merchant,
    /// `category`.
    Category,
    /// `tags`. Each is joined by itself, so the edits part only when there are too many together.
    Tags,
    /// `notes`.
    Notes,
    /// `date`.
    Date,
    /// `payers`. They are money, as the amount is; a new amount may change them too.
    Payers,
    /// `split`. It is money, as the amount is.
    Split,
    /// `exchange`. It is money, as the amount is; a new amount may need a new one too.
    Exchange,
    /// `visibility`. It decides whose balances the expense is in, so it is treated as money is.
    Visibility,
}

impl From<Conflict> for ExpenseConflict {
    fn from(conflict: Conflict) -> Self {
        Self {
            fields: conflict.fields.into_iter().map(Into::into).collect(),
            base: conflict.base.into(),
            yours: conflict.yours.into(),
            theirs: conflict.theirs.into(),
        }
    }
}
