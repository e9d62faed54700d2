use super::{Absorbed, Payment, Share, Sharing, Split, SplitRule, UNITS};
use crate::domain::Money;

/// A member's part before anything that is left over is given to somebody.
struct Piece {
    share: Share,
    /// What was cut off, in [`UNITS`] of a smallest unit.
    cut: i64,
}

impl Sharing {
    /// Who bears how much of the amount.
    ///
    /// Everybody gets the whole units of their exact part. What is left over is fewer units than there are people who had
    /// something cut off, and goes, one unit each, to those of them who are the furthest behind: who have absorbed the least
    /// so far, what was cut off now counted too. Of equals it is the first by id.
    #[must_use]
    pub(super) fn work_out(&self, amount: Money, absorbed: &Absorbed) -> Vec<Share> {
        let Some(split) = &self.split else {
            return self.payers.iter().map(as_paid).collect();
        };
        let mut pieces = split.pieces(amount, absorbed);
        let whole: i128 = pieces.iter().map(|piece| i128::from(piece.share.minor)).sum();
        let left = usize::try_from(i128::from(amount.minor()) - whole).unwrap_or(0);
        pieces.sort_by_key(|piece| {
            (
                piece.cut == 0,
                piece.share.absorbed_before - piece.cut,
                piece.share.member,
            )
        });
        for piece in pieces.iter_mut().take(left) {
            piece.share.minor += 1;
            piece.share.leftover = true;
            piece.share.absorbed += UNITS;
        }
        pieces.sort_by_key(|piece| piece.share.member);
        pieces.into_iter().map(|piece| piece.share).collect()
    }
}

fn as_paid(payment: &Payment) -> Share {
    Share {
        member: payment.member,
        minor: payment.minor,
        leftover: false,
        absorbed_before: 0,
        absorbed: 0,
    }
}

impl Split {
    fn pieces(&self, amount: Money, absorbed: &Absorbed) -> Vec<Piece> {
        let pieces = self.parts.iter().map(|part| {
            let exact = self.exact(amount, part);
            // Less than a whole unit, so it is less than UNITS.
            let cut = i64::try_from(exact.rest * i128::from(UNITS) / exact.of).unwrap_or(0);
            Piece {
                share: Share {
                    member: part.member,
                    minor: exact.whole,
                    leftover: false,
                    absorbed_before: match self.rule {
                        SplitRule::Exact => 0,
                        _ => absorbed.of(amount.currency(), part.member),
                    },
                    absorbed: -cut,
                },
                cut,
            }
        });
        pieces.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use constellation_shared::id::UserId;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::domain::Currency;
    use crate::domain::sharing::{Part, Visibility};

    fn member(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    fn money(minor: i64) -> Money {
        Money::from_minor(minor, Currency::from_code("EUR").unwrap())
    }

    fn split(rule: SplitRule, parts: impl IntoIterator<Item = (u128, i64)>) -> Sharing {
        let mut parts: Vec<Part> = parts
            .into_iter()
            .map(|(number, weight)| Part {
                member: member(number),
                weight,
            })
            .collect();
        parts.sort_by_key(|part| part.member);
        Sharing {
            payers: Vec::new(),
            split: Some(Split { rule, parts }),
            shares: Vec::new(),
            visibility: Visibility::Household,
        }
    }

    fn equally(people: impl IntoIterator<Item = u128>) -> Sharing {
        split(SplitRule::Equal, people.into_iter().map(|number| (number, 1)))
    }

    /// What has been absorbed after these shares too.
    fn after(absorbed: &Absorbed, shares: &[Share]) -> Absorbed {
        let mut counts: BTreeMap<UserId, i64> = BTreeMap::new();
        for (_, member, units) in absorbed.iter() {
            counts.insert(member, units);
        }
        for share in shares {
            *counts.entry(share.member).or_default() += share.absorbed;
        }
        let eur = money(0).currency();
        counts
            .into_iter()
            .map(|(member, units)| (eur, member, units))
            .collect()
    }

    fn weights() -> impl Strategy<Value = (SplitRule, Vec<(u128, i64)>)> {
        let people = prop::collection::btree_map(0..40_u128, 1..=1_000_000_i64, 1..=20);
        people.prop_map(|people| (SplitRule::Shares, people.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_amount_whatever_it_is(
            minor in prop_oneof![1..1000_i64, 1..=i64::MAX],
            (rule, parts) in weights(),
            counts in prop::collection::vec(-3 * UNITS..3 * UNITS, 40),
        ) {
            let eur = money(0).currency();
            let absorbed: Absorbed =
                (0_u128..).zip(counts).map(|(number, units)| (eur, member(number), units)).collect();
            let shares = split(rule, parts.clone()).work_out(money(minor), &absorbed);
            let sum: i128 = shares.iter().map(|share| i128::from(share.minor)).sum();
            prop_assert_eq!(sum, i128::from(minor));
            // Nobody is more than a unit away from their exact part.
            let total: i128 = parts.iter().map(|(_, weight)| i128::from(*weight)).sum();
            for (share, (_, weight)) in shares.iter().zip(parts) {
                let floor = i128::from(minor) * i128::from(weight) / total;
                prop_assert_eq!(i128::from(share.minor), floor + i128::from(share.leftover));
                prop_assert!(share.absorbed.abs() <= UNITS);
            }
        }

        #[test]
        fn the_order_in_which_people_are_named_changes_nothing(
            minor in 1..100_000_i64,
            (rule, parts) in weights(),
            turn in any::<prop::sample::Index>(),
        ) {
            let mut turned = parts.clone();
            turned.rotate_left(turn.index(parts.len()));
            let absorbed = Absorbed::default();
            prop_assert_eq!(
                split(rule, parts).work_out(money(minor), &absorbed),
                split(rule, turned).work_out(money(minor), &absorbed)
            );
        }

        #[test]
        fn among_the_same_people_nobody_absorbs_more_than_a_unit_above_another(
            amounts in prop::collection::vec(1..1000_i64, 1..60),
            people in 1..=20_u128,
        ) {
            let sharing = equally(0..people);
            let mut absorbed = Absorbed::default();
            for minor in amounts {
                let shares = sharing.work_out(money(minor), &absorbed);
                absorbed = after(&absorbed, &shares);
                let all = (0..people).map(|number| absorbed.of(money(0).currency(), member(number)));
                let (most, least) = (all.clone().max().unwrap(), all.clone().min().unwrap());
                prop_assert!(most - least <= UNITS, "{most} {least}");
                prop_assert_eq!(all.sum::<i64>(), 0);
            }
        }

        #[test]
        fn whoever_joins_in_now_and_then_is_not_made_to_catch_up(
            splits in prop::collection::vec((1..1000_i64, prop::collection::btree_set(0..6_u128, 1..=6)), 1..80),
        ) {
            let mut absorbed = Absorbed::default();
            for (minor, people) in splits {
                let shares = equally(people).work_out(money(minor), &absorbed);
                absorbed = after(&absorbed, &shares);
                for number in 0..6 {
                    // Greedy is never further off than half a unit for each of the others.
                    prop_assert!(absorbed.of(money(0).currency(), member(number)).abs() <= 3 * UNITS);
                }
            }
        }
    }

    #[test]
    fn who_has_nothing_cut_off_never_gets_what_is_left_over() {
        // Half of 10 cents is whole; the quarters are not.
        let sharing = split(
            SplitRule::Percent,
            [(1, 50_000_000), (2, 25_000_000), (3, 25_000_000)],
        );
        let minors: Vec<i64> = sharing
            .work_out(money(10), &Absorbed::default())
            .iter()
            .map(|share| share.minor)
            .collect();
        assert_eq!(minors, [5, 3, 2]);
    }

    #[test]
    fn the_cent_of_three_goes_round() {
        let sharing = equally([1, 2, 3]);
        let mut absorbed = Absorbed::default();
        let mut got = Vec::new();
        for _ in 0..6 {
            let shares = sharing.work_out(money(1000), &absorbed);
            got.push(shares.iter().position(|share| share.leftover).unwrap());
            absorbed = after(&absorbed, &shares);
        }
        assert_eq!(got, [0, 1, 2, 0, 1, 2]);
    }
}
