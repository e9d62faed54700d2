//! Where a part of a list begins and ends, in conditions that an index answers by going straight there.

use constellation_shared::mongo::ids;
use mongodb::bson::{Bson, Document, doc};

use crate::domain::{Direction, OrderField, Position};

/// Whether the position itself is meant too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Itself {
    Included,
    Excluded,
}

/// What lies beyond this position, going this way: alternatives, each of which is one stretch of the list's index, so
/// that reading starts at the position however far into the list it is.
pub(super) fn beyond(position: &Position, direction: Direction, itself: Itself) -> Vec<Document> {
    let past = |value: Bson| match direction {
        Direction::Ascending => doc! { "$gt": value },
        Direction::Descending => doc! { "$lt": value },
    };
    let last = |value: Bson| match (direction, itself) {
        (_, Itself::Excluded) => past(value),
        (Direction::Ascending, Itself::Included) => doc! { "$gte": value },
        (Direction::Descending, Itself::Included) => doc! { "$lte": value },
    };
    match position {
        Position::Date(date, id) => {
            let date = date.to_string();
            vec![
                doc! { "date": &date, "_id": last(ids::bson(*id)) },
                doc! { "date": past(date.into()) },
            ]
        }
        Position::Amount(currency, minor, id) => {
            let currency = currency.code();
            vec![
                doc! { "currency": currency, "minor": minor, "_id": last(ids::bson(*id)) },
                doc! { "currency": currency, "minor": past((*minor).into()) },
                doc! { "currency": past(currency.into()) },
            ]
        }
    }
}

/// A rough form of "not past this position", which every stretch can end at. The exact form is [`beyond`] the other way.
pub(super) fn up_to(position: &Position, direction: Direction) -> Document {
    let (field, value) = match position {
        Position::Date(date, _) => ("date", date.to_string()),
        Position::Amount(currency, ..) => ("currency", currency.code().to_owned()),
    };
    match direction {
        Direction::Ascending => doc! { field: { "$lte": value } },
        Direction::Descending => doc! { field: { "$gte": value } },
    }
}

/// The order as MongoDB sorts by it; exactly what the list's index holds after `owner` and `voided`.
pub(super) fn sort(order: OrderField, direction: Direction) -> Document {
    let way = match direction {
        Direction::Ascending => 1,
        Direction::Descending => -1,
    };
    match order {
        OrderField::Date => doc! { "date": way, "_id": way },
        OrderField::Amount => doc! { "currency": way, "minor": way, "_id": way },
    }
}
