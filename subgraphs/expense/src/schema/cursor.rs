//! Cursors: the place of an item in one order, as opaque text. A cursor names a position, not a row, so it stays good
//! when its row is changed or voided.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use constellation_shared::error::ApiError;
use constellation_shared::id::Id;
use uuid::Uuid;

use crate::domain::{Currency, Direction, ExpenseId, Order, OrderField, Position, SettlementId};

/// Marks the cursors of a history; those of lists are marked with their order.
const HISTORY: u8 = 0;

/// Marks the cursors of settlements.
const SETTLEMENTS: u8 = 5;

/// Marks the cursors of what somebody has recorded.
const RECORDED: u8 = 6;

const fn mark(order: Order) -> u8 {
    match (order.field, order.direction) {
        (OrderField::Date, Direction::Ascending) => 1,
        (OrderField::Date, Direction::Descending) => 2,
        (OrderField::Amount, Direction::Ascending) => 3,
        (OrderField::Amount, Direction::Descending) => 4,
    }
}

/// The cursor of a position in a list of this order.
pub(super) fn of_position(order: Order, position: Position) -> String {
    let mut bytes = vec![mark(order)];
    let id = match position {
        Position::Date(date, id) => {
            bytes.extend(date.to_string().bytes());
            id
        }
        Position::Amount(currency, minor, id) => {
            bytes.extend(currency.code().bytes());
            bytes.extend(minor.to_be_bytes());
            id
        }
    };
    bytes.extend(id.as_uuid().as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The position that a cursor of a list in this order names.
pub(super) fn position(order: Order, argument: &'static str, cursor: &str) -> Result<Position, ApiError> {
    read(mark(order), cursor)
        .and_then(|key| match order.field {
            OrderField::Date => {
                let (date, id) = key.split_first_chunk::<10>()?;
                Some(Position::Date(text(date)?.parse().ok()?, expense_id(id)?))
            }
            OrderField::Amount => {
                let (currency, key) = key.split_first_chunk::<3>()?;
                let (minor, id) = key.split_first_chunk::<8>()?;
                let currency = Currency::from_code(text(currency)?).ok()?;
                Some(Position::Amount(
                    currency,
                    i64::from_be_bytes(*minor),
                    expense_id(id)?,
                ))
            }
        })
        .ok_or_else(|| invalid(argument))
}

/// The cursor of a version in a history.
pub(super) fn of_version(version: i32) -> String {
    let mut bytes = vec![HISTORY];
    bytes.extend(version.to_be_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The version that a cursor of a history names.
pub(super) fn version(argument: &'static str, cursor: &str) -> Result<i32, ApiError> {
    read(HISTORY, cursor)
        .and_then(|version| version.try_into().ok())
        .map(i32::from_be_bytes)
        .filter(|version| *version >= 1)
        .ok_or_else(|| invalid(argument))
}

/// The cursor of a settlement in a list.
pub(super) fn of_settlement(id: SettlementId) -> String {
    of_id(SETTLEMENTS, id)
}

/// The settlement whose place a cursor names.
pub(super) fn settlement(argument: &'static str, cursor: &str) -> Result<SettlementId, ApiError> {
    id(SETTLEMENTS, argument, cursor)
}

/// The cursor of an expense among those that somebody has recorded.
pub(super) fn of_recorded(id: ExpenseId) -> String {
    of_id(RECORDED, id)
}

/// The expense whose place a cursor names.
pub(super) fn recorded(argument: &'static str, cursor: &str) -> Result<ExpenseId, ApiError> {
    id(RECORDED, argument, cursor)
}

fn of_id<Kind>(mark: u8, id: Id<Kind>) -> String {
    let mut bytes = vec![mark];
    bytes.extend(id.as_uuid().as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn id<Kind>(mark: u8, argument: &'static str, cursor: &str) -> Result<Id<Kind>, ApiError> {
    read(mark, cursor)
        .and_then(|id| Uuid::from_slice(&id).ok())
        .map(Id::from_uuid)
        .ok_or_else(|| invalid(argument))
}

fn read(mark: u8, cursor: &str) -> Option<Vec<u8>> {
    let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    (*bytes.first()? == mark).then(|| bytes.split_off(1))
}

fn text(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok()
}

fn expense_id(bytes: &[u8]) -> Option<ExpenseId> {
    Uuid::from_slice(bytes).ok().map(ExpenseId::from_uuid)
}

fn invalid(argument: &'static str) -> ApiError {
    ApiError::bad_input(
        argument,
        format!(
            "`{argument}` must be a cursor that this list gave, read in the same order. Start without one."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIELDS: [OrderField; 2] = [OrderField::Date, OrderField::Amount];
    const DIRECTIONS: [Direction; 2] = [Direction::Ascending, Direction::Descending];

    fn orders() -> impl Iterator<Item = Order> {
        FIELDS
            .into_iter()
            .flat_map(|field| DIRECTIONS.map(|direction| Order { field, direction }))
    }

    proptest! {
        #[test]
        fn a_cursor_is_read_only_in_the_order_it_was_made_in(minor in any::<i64>(), id in any::<u128>()) {
            let id = ExpenseId::from_uuid(Uuid::from_u128(id));
            let (date, currency) = ("2026-11-23".parse().unwrap(), Currency::from_code("KWD").unwrap());
            for order in orders() {
                let there = match order.field {
                    OrderField::Date => Position::Date(date, id),
                    OrderField::Amount => Position::Amount(currency, minor, id),
                };
                let cursor = of_position(order, there);
                prop_assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
                for other in orders() {
                    let read = position(other, "after", &cursor).ok();
                    prop_assert_eq!(read, (order == other).then_some(there));
                }
                prop_assert!(version("after", &cursor).is_err());
                prop_assert!(recorded("after", &cursor).is_err());
            }
        }

        #[test]
        fn any_text_is_a_cursor_or_refused_and_never_panics(text in "[A-Za-z0-9_-]{0,44}|\\PC{0,10}") {
            for order in orders() {
                if let Ok(there) = position(order, "after", &text) {
                    prop_assert_eq!(of_position(order, there), text.clone());
                }
            }
        }

        #[test]
        fn the_place_of_an_id_is_read_back_in_its_own_list_only(id in any::<u128>()) {
            let id = Uuid::from_u128(id);
            let (expense, settled) = (ExpenseId::from_uuid(id), SettlementId::from_uuid(id));
            prop_assert_eq!(recorded("after", &of_recorded(expense)).ok(), Some(expense));
            prop_assert_eq!(settlement("after", &of_settlement(settled)).ok(), Some(settled));
            prop_assert!(recorded("after", &of_settlement(settled)).is_err());
            prop_assert!(settlement("after", &of_recorded(expense)).is_err());
        }

        #[test]
        fn versions_are_read_back(number in 1..=i32::MAX) {
            prop_assert_eq!(version("after", &of_version(number)).ok(), Some(number));
        }
    }
}
