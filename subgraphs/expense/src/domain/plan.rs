use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use constellation_shared::household::HouseholdId;
use constellation_shared::id::UserId;
use sha2::{Digest as _, Sha256};

use super::balance::Balances;
use super::money::Currency;
use super::sharing::Surprise;

/// Among so many people the fewest transfers are looked for; among more, there is one fewer than people at most.
const MOST_FOR_FEWEST: usize = 12;

/// How a household settles up in one currency, as one member sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The currency.
    pub currency: Currency,
    /// Stands for the balances that the plan was made from.
    pub token: String,
    /// Who pays whom. When all of it is paid, nobody is owed anything.
    pub transfers: Vec<Transfer>,
}

/// One payment of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// Who pays.
    pub from: UserId,
    /// Who is paid.
    pub to: UserId,
    /// How much, in smallest units; more than zero.
    pub minor: i128,
    /// The surprise that it settles, which it must not give away.
    pub surprise: Option<Surprise>,
}

impl Plan {
    /// The plan for these balances, for this member of the household.
    #[must_use]
    pub(crate) fn new(
        balances: &Balances,
        currency: Currency,
        household: HouseholdId,
        viewer: UserId,
    ) -> Self {
        let mut hash = Sha256::new();
        // With the viewer in it, two tokens tell nothing about whether their holders see the same.
        hash.update(household.as_uuid());
        hash.update(viewer.as_uuid());
        hash.update(currency.code());
        let mut transfers = Vec::new();
        for (surprise, members) in balances.groups(currency) {
            if let Some(surprise) = &surprise {
                hash.update([1]);
                hash.update(surprise.reveal_at.timestamp_millis().to_be_bytes());
                for member in &surprise.hidden_from {
                    hash.update(member.as_uuid());
                }
            }
            hash.update([0]);
            for (member, minor) in &members {
                hash.update(member.as_uuid());
                hash.update(minor.to_be_bytes());
            }
            for group in apart(&members) {
                settle(&group, |from, to, minor| {
                    transfers.push(Transfer {
                        from,
                        to,
                        minor,
                        surprise: surprise.clone(),
                    });
                });
            }
        }
        Self {
            currency,
            token: BASE64_URL_SAFE_NO_PAD.encode(hash.finalize()),
            transfers,
        }
    }
}

/// As many groups as possible that owe each other only, which makes for the fewest transfers: each group needs one fewer
/// than it has people.
fn apart(members: &[(UserId, i128)]) -> Vec<Vec<(UserId, i128)>> {
    if members.len() > MOST_FOR_FEWEST {
        return vec![members.to_vec()];
    }
    let sets = 1_usize << members.len();
    let mut sums = vec![0_i128; sets];
    // Into how many groups a set can be parted while people leave it one by one, and who leaves it first then.
    let mut best = vec![(0_usize, 0_usize); sets];
    for set in 1..sets {
        let least = set.trailing_zeros() as usize;
        sums[set] = sums[set & (set - 1)] + members[least].1;
        let leavers = (0..members.len()).filter(|place| set >> place & 1 == 1);
        let (groups, leaver) = leavers
            .map(|place| (best[set & !(1 << place)].0, place))
            .max_by_key(|(groups, place)| (*groups, std::cmp::Reverse(*place)))
            .unwrap_or_default();
        best[set] = (groups + usize::from(sums[set] == 0), leaver);
    }
    let mut groups = Vec::new();
    let mut group = Vec::new();
    let mut set = sets - 1;
    while set != 0 {
        let leaver = best[set].1;
        group.push(members[leaver]);
        set &= !(1 << leaver);
        if sums[set] == 0 {
            group.sort_unstable_by_key(|(member, _)| *member);
            groups.push(std::mem::take(&mut group));
        }
    }
    groups.sort_unstable_by_key(|group| group.first().map(|(member, _)| *member));
    groups
}

/// Lays debts and claims along each other in the order of ids: wherever they overlap, one pays the other. To make one of
/// these payments leaves the others of the group as they are.
fn settle(group: &[(UserId, i128)], mut pay: impl FnMut(UserId, UserId, i128)) {
    let mut debts = group.iter().filter(|(_, minor)| *minor < 0).copied();
    let mut claims = group.iter().filter(|(_, minor)| *minor > 0).copied();
    let (mut debt, mut claim) = (debts.next(), claims.next());
    while let (Some((from, owes)), Some((to, owed))) = (debt, claim) {
        let minor = owed.min(-owes);
        pay(from, to, minor);
        debt = if owes + minor == 0 {
            debts.next()
        } else {
            Some((from, owes + minor))
        };
        claim = if owed == minor {
            claims.next()
        } else {
            Some((to, owed - minor))
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn person(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    fn plan(debts: &[i128]) -> Plan {
        let eur = Currency::from_code("EUR").unwrap();
        let mut balances = Balances::default();
        for (number, minor) in (1..).zip(debts) {
            balances.add(eur, None, person(number), *minor);
        }
        Plan::new(&balances, eur, HouseholdId::from_uuid(Uuid::nil()), person(1))
    }

    proptest! {
        #[test]
        fn a_plan_settles_to_zero_with_fewer_transfers_than_people(mut debts in prop::collection::vec(-50..50_i128, 1..20)) {
            debts.push(-debts.iter().sum::<i128>());
            prop_assert_eq!(plan(&debts), plan(&debts));
            let plan = plan(&debts);
            for transfer in &plan.transfers {
                prop_assert!(transfer.minor > 0);
                prop_assert_ne!(transfer.from, transfer.to);
            }
            let mut left = debts.clone();
            for (number, left) in (1..).zip(&mut left) {
                for transfer in &plan.transfers {
                    *left += if transfer.from == person(number) { transfer.minor } else { 0 };
                    *left -= if transfer.to == person(number) { transfer.minor } else { 0 };
                }
            }
            prop_assert!(left.iter().all(|left| *left == 0));
            let people = debts.iter().filter(|minor| **minor != 0).count();
            prop_assert!(plan.transfers.len() <= people.saturating_sub(1));
        }

        #[test]
        fn pairs_that_owe_each_other_only_settle_with_each_other(amounts in prop::collection::vec(1..20_i128, 1..=6)) {
            let debts: Vec<i128> = amounts.iter().copied().chain(amounts.iter().map(|minor| -minor)).collect();
            prop_assert_eq!(plan(&debts).transfers.len(), amounts.len());
        }
    }

    #[test]
    fn a_token_is_of_the_balances() {
        assert_eq!(plan(&[5, -5]).token, plan(&[5, -5]).token);
        assert_ne!(plan(&[5, -5]).token, plan(&[6, -6]).token);
        assert_ne!(plan(&[5, -5]).token, plan(&[5, 0, -5]).token);
    }
}
