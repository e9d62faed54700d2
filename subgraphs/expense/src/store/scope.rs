//! What a viewer may see, as MongoDB is asked for it: the one place that says so.
//!
//! Everything is in one ledger: a person's own, or a household's. `ledger` is the id of either, so that one index serves
//! both. `restricted` marks what not every member of a household may see, or could not at one time.

use chrono::{DateTime, Utc};
use constellation_shared::auth::Viewer;
use constellation_shared::id::UserId;
use constellation_shared::mongo::ids;
use mongodb::bson::{Bson, Document, doc};

use super::expense_document::to_bson;
use crate::domain::{Books, Readable};

/// The expenses that this viewer may see now.
pub(super) fn visible_to(viewer: &Viewer, now: DateTime<Utc>) -> Document {
    doc! { "$or": [
        { "ledger": ids::bson(viewer.user) },
        { "ledger": { "$in": households_of(viewer) }, "$or": not_hidden_from(viewer.user, now) },
    ] }
}

/// The expenses that this viewer has recorded and may take along: their own, those of the households that they belong to,
/// and what is private to them in one that they left. What they shared with those they left is theirs no more.
pub(super) fn recorded_by(viewer: &Viewer) -> Document {
    doc! { "owner": ids::bson(viewer.user), "$or": [
        { "ledger": ids::bson(viewer.user) },
        { "ledger": { "$in": households_of(viewer) } },
        { "sharing.visibility": "private" },
    ] }
}

/// The settlements that this viewer has recorded in the households that they belong to.
pub(super) fn recorded_settlements(viewer: &Viewer, now: DateTime<Utc>) -> Document {
    let mut recorded = settlements_of(viewer, now);
    recorded.insert("owner", ids::bson(viewer.user));
    recorded
}

/// The expenses whose history this viewer may read: whoever may see an expense, or take it along, may read all of it.
pub(super) fn with_history_for(viewer: &Viewer, now: DateTime<Utc>) -> Document {
    doc! { "$or": [visible_to(viewer, now), recorded_by(viewer)] }
}

/// The expenses that lie here, as far as they may be read now.
pub(super) fn of(readable: Readable, now: DateTime<Utc>) -> Document {
    match readable.books() {
        Books::Person(owner) => doc! { "ledger": ids::bson(owner) },
        Books::Household(household, viewer) => {
            doc! { "ledger": ids::bson(household), "$or": not_hidden_from(viewer, now) }
        }
    }
}

/// The same in alternatives that do not overlap: what everybody sees comes first, and is told by an index alone, without
/// reading the expenses.
pub(super) fn strands_of(readable: Readable, now: DateTime<Utc>) -> Vec<Document> {
    match readable.books() {
        Books::Person(owner) => vec![doc! { "ledger": ids::bson(owner), "restricted": false }],
        Books::Household(household, viewer) => vec![
            doc! { "ledger": ids::bson(household), "restricted": false },
            doc! { "ledger": ids::bson(household), "restricted": true, "$or": not_hidden_from(viewer, now) },
        ],
    }
}

fn households_of(viewer: &Viewer) -> Vec<Bson> {
    viewer
        .households
        .iter()
        .map(|household| ids::bson(household.id))
        .collect()
}

/// The settlements that this viewer may see now.
pub(super) fn settlements_of(viewer: &Viewer, now: DateTime<Utc>) -> Document {
    doc! { "household": { "$in": households_of(viewer) }, "$or": settlements_not_hidden_from(viewer.user, now) }
}

/// The settlements that lie here, as far as they may be read now: a person's own books have none.
pub(super) fn settlements(readable: Readable, now: DateTime<Utc>) -> Document {
    match readable.books() {
        Books::Person(owner) => doc! { "household": ids::bson(owner) },
        Books::Household(household, viewer) => {
            doc! { "household": ids::bson(household), "$or": settlements_not_hidden_from(viewer, now) }
        }
    }
}

fn settlements_not_hidden_from(member: UserId, now: DateTime<Utc>) -> Vec<Document> {
    vec![
        doc! { "restricted": false },
        doc! { "revealAt": { "$lte": to_bson(now) } },
        doc! { "hiddenFrom": { "$ne": ids::bson(member) } },
    ]
}

/// What a household shares and does not hide from this member now.
pub(super) fn not_hidden_from(member: UserId, now: DateTime<Utc>) -> Vec<Document> {
    let revealed = doc! { "sharing.revealAt": { "$lte": to_bson(now) } };
    let not_meant = doc! { "sharing.hiddenFrom": { "$ne": ids::bson(member) } };
    vec![
        doc! { "restricted": false },
        doc! { "owner": ids::bson(member) },
        doc! { "sharing.visibility": "surprise", "$or": [revealed, not_meant] },
    ]
}

/// What was written into a household's ledger, and was open to this member then: `at` names what the entry said, before or
/// after. What was a surprise is open once it is revealed.
pub(super) fn open_to(member: UserId, at: &str, now: DateTime<Utc>) -> Document {
    let revealed = doc! { format!("{at}.sharing.revealAt"): { "$lte": to_bson(now) } };
    let not_meant = doc! { format!("{at}.sharing.hiddenFrom"): { "$ne": ids::bson(member) } };
    let kind = format!("{at}.sharing.visibility");
    doc! { "$or": [
        { &kind: "household" },
        { &kind: { "$exists": true }, "owner": ids::bson(member) },
        { &kind: "surprise", "$or": [revealed, not_meant] },
    ] }
}

/// What was a surprise for this member, and was revealed up to this moment and after that one; of those that were revealed
/// at one moment, after this number.
pub(super) fn revealed_to(member: UserId, after: (DateTime<Utc>, i64), until: DateTime<Utc>) -> Document {
    let (moment, seq) = (to_bson(after.0), after.1);
    doc! {
        "after.sharing.revealAt": { "$gte": moment, "$lte": to_bson(until) },
        "$or": [{ "after.sharing.revealAt": { "$gt": moment } }, { "seq": { "$gt": seq } }],
        "after.sharing.visibility": "surprise",
        "after.sharing.hiddenFrom": ids::bson(member),
        "owner": { "$ne": ids::bson(member) },
    }
}

/// The expenses that are erased with this person: those that are nobody's but theirs, be it in a household. What they shared,
/// and what they paid to settle up, stays, so that the household's books balance. This is the one place that says what goes and what stays.
pub(super) fn erased_with(person: UserId) -> Document {
    let theirs_alone = [
        doc! { "ledger": ids::bson(person) },
        doc! { "sharing.visibility": "private" },
    ];
    doc! { "owner": ids::bson(person), "$or": theirs_alone }
}
