use async_graphql::{Enum, InputObject};

use crate::domain;

/// The order of a list of expenses. Expenses that are equal in it are ordered by their ids, so every order is total.
#[derive(InputObject)]
pub(crate) struct ExpenseOrder {
    /// What they are ordered by.
    field: ExpenseOrderField,
    /// Which way.
    direction: OrderDirection,
}

/// What expenses are ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum ExpenseOrderField {
    /// The day, and within a day the id, which follows the time of recording.
    Date,
    /// The amount. Amounts in two currencies cannot be compared, so the currency's code counts first: all of one currency
    /// by amount, then all of the next. `DESC` is the exact reverse of `ASC`, codes included.
    Amount,
}

/// Which way an order goes.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum OrderDirection {
    /// The earliest or smallest first.
    Asc,
    /// The latest or largest first.
    Desc,
}

impl From<ExpenseOrder> for domain::Order {
    fn from(order: ExpenseOrder) -> Self {
        Self {
            field: match order.field {
                ExpenseOrderField::Date => domain::OrderField::Date,
                ExpenseOrderField::Amount => domain::OrderField::Amount,
            },
            direction: match order.direction {
                OrderDirection::Asc => domain::Direction::Ascending,
                OrderDirection::Desc => domain::Direction::Descending,
            },
        }
    }
}
