//! Two edits of one version, made into one: field by field, and never where it would mix money.

use super::category::Category;
use super::contents::Contents;
use super::tags;

/// A field of an expense in which two edits can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentsField {
    /// The amount of money with its currency.
    Amount,
    /// What it was.
    Description,
    /// Where.
    Merchant,
    /// What for.
    Category,
    /// The labels.
    Tags,
    /// Anything else.
    Notes,
    /// The day.
    Date,
    /// Who paid.
    Payers,
    /// The rule by which it is split.
    Split,
    /// Who may see it.
    Visibility,
    /// What it was worth in another currency.
    Exchange,
}

/// An edit that cannot be joined with what happened since: what all sides say of the whole expense, and where they part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// Where; never empty.
    pub fields: Vec<ContentsField>,
    /// What the expense said in the version that the edit was made to.
    pub base: Contents,
    /// What it would say if nothing else had happened.
    pub yours: Contents,
    /// What it says now.
    pub theirs: Contents,
}

/// What the expense says with both edits of `base`, one of which is made already.
///
/// A field that only one side changed becomes what that side made of it. Tags are joined one by one. Money is not joined
/// with anything: it can only be changed by somebody who has seen the expense as it is, because what an amount stands for is
/// said by the other fields.
///
/// # Errors
/// The fields that `yours` changes to something else than they are now and that it may not decide.
pub(super) fn merge(
    base: &Contents,
    yours: &Contents,
    theirs: &Contents,
) -> Result<Contents, Vec<ContentsField>> {
    let mut meeting = Meeting::default();
    let spelling = |contents: &Contents| {
        let category = contents.category.as_ref();
        category.map(|category| category.name().to_owned())
    };
    let sides = [base, yours, theirs].map(|contents| contents.sharing.as_ref());
    let merged = Contents {
        amount: {
            meeting.kept(
                ContentsField::Amount,
                [&base.amount, &yours.amount, &theirs.amount],
            );
            theirs.amount
        },
        description: meeting.of(
            ContentsField::Description,
            [&base.description, &yours.description, &theirs.description],
        ),
        merchant: meeting.of(
            ContentsField::Merchant,
            [&base.merchant, &yours.merchant, &theirs.merchant],
        ),
        category: meeting
            .of(
                ContentsField::Category,
                [&spelling(base), &spelling(yours), &spelling(theirs)],
            )
            .map(Category::stored),
        tags: tags::merge(&base.tags, &yours.tags, &theirs.tags).unwrap_or_else(|_| {
            meeting.conflicts.push(ContentsField::Tags);
            theirs.tags.clone()
        }),
        notes: meeting.of(ContentsField::Notes, [&base.notes, &yours.notes, &theirs.notes]),
        date: meeting.of(ContentsField::Date, [&base.date, &yours.date, &theirs.date]),
        // How it is shared is money too.
        sharing: theirs.sharing.clone(),
        // And what it is worth is money in another currency.
        exchange: {
            meeting.kept(
                ContentsField::Exchange,
                [&base.exchange, &yours.exchange, &theirs.exchange],
            );
            theirs.exchange.clone()
        },
    };
    if let [Some(base), Some(yours), Some(theirs)] = sides {
        meeting.kept(
            ContentsField::Payers,
            [&base.payers, &yours.payers, &theirs.payers],
        );
        meeting.kept(ContentsField::Split, [&base.split, &yours.split, &theirs.split]);
        meeting.kept(
            ContentsField::Visibility,
            [&base.visibility, &yours.visibility, &theirs.visibility],
        );
    }
    if meeting.conflicts.is_empty() {
        Ok(merged)
    } else {
        Err(meeting.conflicts)
    }
}

/// Collects the fields in which the edits part.
#[derive(Default)]
struct Meeting {
    conflicts: Vec<ContentsField>,
}

impl Meeting {
    /// A field that stays as it is now: an edit of an older version never decides it.
    fn kept<T: PartialEq>(&mut self, field: ContentsField, [base, yours, theirs]: [&T; 3]) {
        if yours != base && yours != theirs {
            self.conflicts.push(field);
        }
    }

    fn of<T: Clone + PartialEq>(&mut self, field: ContentsField, [base, yours, theirs]: [&T; 3]) -> T {
        if theirs == base {
            return yours.clone();
        }
        if yours != base && yours != theirs {
            self.conflicts.push(field);
        }
        theirs.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::exchange::{Basis, Exchange};
    use super::super::money::{Currency, Money};
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    fn contents() -> impl Strategy<Value = Contents> {
        let text = || select(&["a", "b", "c"][..]).prop_map(str::to_owned);
        (
            (1..4_i64, select(&["EUR", "JPY"][..])),
            text(),
            proptest::option::of(text()),
            proptest::option::of(select(&["Food", "food", "Travel"][..])),
            subsequence(&["k", "l", "m"][..], 0..=3),
            proptest::option::of(text()),
            select(&["2026-11-22", "2026-11-23", "2026-11-24"][..]),
            proptest::option::of(0..3_i64),
        )
            .prop_map(
                |((minor, code), description, merchant, category, tags, notes, date, charged)| Contents {
                    amount: Money::from_minor(minor, Currency::from_code(code).unwrap()),
                    description,
                    merchant,
                    category: category.map(|name| Category::stored(name.into())),
                    tags: tags.into_iter().map(str::to_owned).collect(),
                    notes,
                    date: date.parse().unwrap(),
                    sharing: None,
                    exchange: charged.map(|minor| Exchange {
                        basis: Basis::Charged(minor),
                        to: Currency::from_code("USD").unwrap(),
                        on: "2026-11-23".parse().unwrap(),
                        source: None,
                    }),
                },
            )
    }

    /// `base` with the fields of `other` that `mask` names; money is the first and the last.
    fn edited(base: &Contents, other: &Contents, mask: [bool; 8]) -> Contents {
        let pick = |at: usize| if mask[at] { other } else { base };
        Contents {
            amount: pick(0).amount,
            description: pick(1).description.clone(),
            merchant: pick(2).merchant.clone(),
            category: pick(3).category.clone(),
            tags: pick(4).tags.clone(),
            notes: pick(5).notes.clone(),
            date: pick(6).date,
            sharing: None,
            exchange: pick(7).exchange.clone(),
        }
    }

    proptest! {
        #[test]
        fn edits_of_different_fields_join_to_the_same_whichever_came_first(
            base in contents(), a in contents(), b in contents(), owner in proptest::array::uniform8(0..3_u8)
        ) {
            let mut of_a = owner.map(|owner| owner == 1);
            let mut of_b = owner.map(|owner| owner == 2);
            for money in [0, 7] {
                (of_a[money], of_b[money]) = (false, false);
            }
            let (mine, other) = (edited(&base, &a, of_a), edited(&base, &b, of_b));
            // What one after the other makes, each of a fresh version.
            let both = edited(&mine, &b, of_b);
            prop_assert_eq!(&edited(&other, &a, of_a), &both);
            prop_assert_eq!(merge(&base, &mine, &other), Ok(both.clone()));
            prop_assert_eq!(merge(&base, &other, &mine), Ok(both));
        }

        #[test]
        fn a_stale_edit_never_moves_money(base in contents(), yours in contents(), theirs in contents()) {
            let merged = merge(&base, &yours, &theirs);
            let mut wants = Vec::new();
            if yours.amount != base.amount && yours.amount != theirs.amount {
                wants.push(ContentsField::Amount);
            }
            if yours.exchange != base.exchange && yours.exchange != theirs.exchange {
                wants.push(ContentsField::Exchange);
            }
            match merged {
                Ok(merged) => {
                    prop_assert_eq!(merged.amount, theirs.amount);
                    prop_assert_eq!(merged.exchange, theirs.exchange);
                    prop_assert_eq!(wants, []);
                }
                Err(mut fields) => {
                    fields.retain(|field| [ContentsField::Amount, ContentsField::Exchange].contains(field));
                    prop_assert_eq!(wants, fields);
                }
            }
        }

        #[test]
        fn what_is_so_already_is_no_conflict(base in contents(), theirs in contents()) {
            prop_assert_eq!(merge(&base, &theirs, &theirs), Ok(theirs.clone()));
            prop_assert_eq!(merge(&base, &base, &theirs), Ok(theirs));
        }

        #[test]
        fn nothing_that_either_side_wrote_is_lost(base in contents(), yours in contents(), theirs in contents()) {
            if let Ok(merged) = merge(&base, &yours, &theirs) {
                for (base, yours, theirs, merged) in [
                    (&base.notes, &yours.notes, &theirs.notes, &merged.notes),
                    (&base.merchant, &yours.merchant, &theirs.merchant, &merged.merchant),
                ] {
                    prop_assert!(yours == base || merged == yours);
                    prop_assert!(theirs == base || merged == theirs);
                }
                for tag in ["k", "l", "m"].map(str::to_owned) {
                    let has = |contents: &Contents| contents.tags.contains(&tag);
                    prop_assert!(has(&yours) == has(&base) || has(&merged) == has(&yours));
                    prop_assert!(has(&theirs) == has(&base) || has(&merged) == has(&theirs));
                }
            }
        }
    }
}
