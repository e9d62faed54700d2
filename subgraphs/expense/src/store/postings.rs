//! Postings: what every entry of a household's ledger does to whose balance.
//!
//! An entry's postings are written with it, and gone while it is voided. They sum to zero, for each currency and entry, so
//! whatever somebody may not see, what they do see sums to zero too. Balances are summed up from their index alone.

use constellation_shared::household::HouseholdId;
use constellation_shared::id::UserId;
use constellation_shared::mongo::ids;
use mongodb::ClientSession;
use mongodb::bson::{self, Bson, doc};
use serde::{Deserialize, Serialize};

use super::ExpenseStore;
use super::expense_document::to_bson;
use super::sharing_document::uuids;
use crate::domain::{Currency, Expense, Settlement, Surprise};

/// A posting as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostingDocument {
    #[serde(with = "ids")]
    household: HouseholdId,
    /// The id of the expense or settlement.
    entry: bson::Uuid,
    currency: String,
    #[serde(with = "ids")]
    member: UserId,
    /// What the member is owed more by it, in smallest units.
    minor: i64,
    /// Whether it is hidden from somebody, or was.
    restricted: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hidden_from: Option<Vec<bson::Uuid>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reveal_on: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reveal_at: Option<bson::DateTime>,
}

/// What an entry posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Postings {
    pub(super) household: HouseholdId,
    pub(super) currency: Currency,
    pub(super) nets: Vec<(UserId, i64)>,
    pub(super) surprise: Option<Surprise>,
}

impl Postings {
    /// What this expense posts; none when it posts nothing.
    pub(super) fn of(expense: &Expense) -> Option<Self> {
        let (household, sharing) = (expense.household?, expense.contents.sharing.as_ref()?);
        let nets = sharing.nets();
        (expense.voided_at.is_none() && !nets.is_empty()).then(|| Self {
            household,
            currency: expense.contents.amount.currency(),
            nets,
            surprise: sharing.visibility.surprise().cloned(),
        })
    }

    /// What this settlement posts; none while it is voided.
    pub(super) fn of_settlement(settlement: &Settlement) -> Option<Self> {
        settlement.voided_at.is_none().then(|| Self {
            household: settlement.household,
            currency: settlement.payment.amount.currency(),
            nets: settlement.nets().to_vec(),
            surprise: settlement.payment.surprise.clone(),
        })
    }

    fn documents(&self, entry: bson::Uuid) -> Vec<PostingDocument> {
        let surprise = self.surprise.as_ref();
        let documents = self.nets.iter().map(|(member, minor)| PostingDocument {
            household: self.household,
            entry,
            currency: self.currency.code().to_owned(),
            member: *member,
            minor: *minor,
            restricted: surprise.is_some(),
            hidden_from: surprise.map(|surprise| uuids(&surprise.hidden_from)),
            reveal_on: surprise.map(|surprise| surprise.reveal_on.to_string()),
            reveal_at: surprise.map(|surprise| to_bson(surprise.reveal_at)),
        });
        documents.collect()
    }
}

impl ExpenseStore {
    /// Puts what an entry posts now in the place of what it posted before.
    pub(super) async fn repost(
        &self,
        session: &mut ClientSession,
        entry: bson::Uuid,
        before: Option<Postings>,
        next: Option<Postings>,
    ) -> mongodb::error::Result<()> {
        if before == next {
            return Ok(());
        }
        if before.is_some() {
            self.postings
                .delete_many(doc! { "entry": Bson::from(entry) })
                .session(&mut *session)
                .await?;
        }
        if let Some(next) = next {
            self.postings
                .insert_many(next.documents(entry))
                .session(&mut *session)
                .await?;
        }
        Ok(())
    }
}
