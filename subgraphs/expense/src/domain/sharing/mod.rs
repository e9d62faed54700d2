//! What a household shares: who paid, who bears which part, and who may see it.

mod absorbed;
mod circle;
mod resolve;
mod shares;
mod split;
mod visibility;

use constellation_shared::id::UserId;

pub(crate) use absorbed::{Absorbed, UNITS};
pub(crate) use circle::Circle;
pub(crate) use resolve::{RawPart, RawPayer, RawSharing, RawSplit, resolve};
pub(crate) use split::{Part, Split, SplitRule};
pub(crate) use visibility::{RawVisibility, Surprise, Visibility, VisibilityKind};

/// How an expense is shared in its household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sharing {
    /// Who paid how much, each once, by id; in all it is the expense's amount.
    pub payers: Vec<Payment>,
    /// By which rule it is split; with none, everybody bears what they paid.
    pub split: Option<Split>,
    /// Who bears how much, each once, by id; in all it is the expense's amount. Empty only until the ledger has worked them
    /// out: see [`Absorbed::post`].
    pub shares: Vec<Share>,
    /// Who may see it.
    pub visibility: Visibility,
}

/// A part of an amount that somebody paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Payment {
    /// Who.
    pub member: UserId,
    /// How much, in smallest units.
    pub minor: i64,
}

/// A part of an amount that somebody bears. It is worked out once, and kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// Who.
    pub member: UserId,
    /// How much, in smallest units.
    pub minor: i64,
    /// Whether a unit that was left over is in it.
    pub leftover: bool,
    /// How much more than their exact parts they had borne before, in [`UNITS`] of a smallest unit.
    pub absorbed_before: i64,
    /// How much more than the exact part this share is, in [`UNITS`] of a smallest unit.
    pub absorbed: i64,
}

impl Sharing {
    /// Everybody who has a part in it.
    pub(crate) fn people(&self) -> impl Iterator<Item = UserId> {
        let parts = self.split.iter().flat_map(|split| &split.parts);
        self.payers
            .iter()
            .map(|payment| payment.member)
            .chain(parts.map(|part| part.member))
    }

    /// Whether somebody has a part in it, or it is hidden from them.
    fn names(&self, member: UserId) -> bool {
        let surprise = self.visibility.surprise();
        let is_hidden = surprise.is_some_and(|surprise| surprise.hidden_from.contains(&member));
        is_hidden || self.people().any(|person| person == member)
    }

    /// What everybody is owed by it, in smallest units: what they paid without what they bear. In all it is zero; who is
    /// owed nothing is left out.
    #[must_use]
    pub(crate) fn nets(&self) -> Vec<(UserId, i64)> {
        let mut nets = std::collections::BTreeMap::<UserId, i64>::new();
        let paid = self.payers.iter().map(|paid| (paid.member, paid.minor));
        // Neither the sum of what was paid nor that of what is borne is more than the amount, so nothing overflows.
        let borne = self.shares.iter().map(|share| (share.member, -share.minor));
        for (member, minor) in paid.chain(borne) {
            *nets.entry(member).or_default() += minor;
        }
        nets.into_iter().filter(|(_, minor)| *minor != 0).collect()
    }
}
