use super::money::{Currency, Decimal};

/// What came of working out a ledger anew from everything that is in it, as far as one member sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LedgerCheck {
    /// How many expenses were looked at, voided ones too.
    pub expenses: i64,
    /// How many settlements were looked at, voided ones too.
    pub settlements: i64,
    /// Of how many expenses the shares are not the amount in all.
    pub wrong_shares: i64,
    /// Of how many expenses the payers did not pay the amount in all.
    pub wrong_payers: i64,
    /// How many balances are not what the entries come to.
    pub wrong_balances: i64,
    /// What all balances of each currency are together, in smallest units; zero.
    pub sums: Vec<(Currency, i128)>,
}

impl LedgerCheck {
    /// Whether everything is as it must be.
    #[must_use]
    pub(crate) fn is_right(&self) -> bool {
        self.wrong_shares == 0
            && self.wrong_payers == 0
            && self.wrong_balances == 0
            && self.sums.iter().all(|(_, sum)| *sum == 0)
    }

    /// What all balances of a currency are together.
    #[must_use]
    pub(crate) const fn sum((currency, minor): (Currency, i128)) -> Decimal {
        Decimal::new(minor, currency.exponent())
    }
}
