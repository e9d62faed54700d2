use super::date::Date;
use super::expense::{Expense, ExpenseId};
use super::money::Currency;

/// The order of a list. Two expenses that are equal in it are told apart by their ids, so every order is total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Order {
    /// By what.
    pub field: OrderField,
    /// Which way.
    pub direction: Direction,
}

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum OrderField {
    /// The day, then the id.
    Date,
    /// The currency's code, then the amount, then the id: amounts in two currencies are not comparable, so a list of
    /// both is one list after the other.
    Amount,
}

/// Which way an order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Direction {
    /// The earliest or smallest first.
    Ascending,
    /// The latest or largest first.
    Descending,
}

/// Where in an order an expense stands, whether or not it is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Position {
    /// In the order by date.
    Date(Date, ExpenseId),
    /// In the order by amount.
    Amount(Currency, i64, ExpenseId),
}

impl Default for Order {
    /// The newest first.
    fn default() -> Self {
        Self {
            field: OrderField::Date,
            direction: Direction::Descending,
        }
    }
}

impl Order {
    /// Where this expense stands in this order.
    #[must_use]
    pub(crate) const fn position(self, expense: &Expense) -> Position {
        let amount = expense.contents.amount;
        match self.field {
            OrderField::Date => Position::Date(expense.contents.date, expense.id),
            OrderField::Amount => Position::Amount(amount.currency(), amount.minor(), expense.id),
        }
    }
}

impl Direction {
    /// The other way.
    #[must_use]
    pub(crate) const fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}
