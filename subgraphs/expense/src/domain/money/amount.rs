use std::fmt;

use super::{Currency, Decimal};

/// An amount in one currency, exact: a whole number of the currency's smallest units, from one edge of `i64` to
/// the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Money {
    minor: i64,
    currency: Currency,
}

/// The number cannot be an amount in this currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidAmount {
    /// It has more decimals than the currency. It is not rounded, and not even zeros are cut off: `1.000` may be
    /// somebody's way to write a thousand.
    #[error("{0} has {decimals} decimals, and no amount is rounded: write exactly what was paid.", decimals = .0.exponent())]
    TooPrecise(Currency),
    /// It does not fit.
    #[error("The amount is too large: the largest is {largest}.", largest = Money::largest(*.0))]
    TooLarge(Currency),
}

impl Money {
    /// So many of the currency's smallest units: cents of EUR, whole yen.
    #[must_use]
    pub(crate) const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// This number of the currency's main unit.
    ///
    /// # Errors
    /// When the number has more decimals than the currency, or is too large.
    pub(crate) fn from_decimal(amount: Decimal, currency: Currency) -> Result<Self, InvalidAmount> {
        let missing = currency
            .exponent()
            .checked_sub(amount.scale())
            .ok_or(InvalidAmount::TooPrecise(currency))?;
        let minor = 10_i128
            .checked_pow(u32::from(missing))
            .and_then(|factor| amount.unscaled().checked_mul(factor))
            .and_then(|minor| i64::try_from(minor).ok())
            .ok_or(InvalidAmount::TooLarge(currency))?;
        Ok(Self { minor, currency })
    }

    const fn largest(currency: Currency) -> Self {
        Self::from_minor(i64::MAX, currency)
    }

    /// The number of smallest units.
    #[must_use]
    pub(crate) const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub(crate) const fn currency(self) -> Currency {
        self.currency
    }

    /// The number of main units, with exactly the currency's decimals.
    #[must_use]
    pub(crate) fn amount(self) -> Decimal {
        Decimal::new(i128::from(self.minor), self.currency.exponent())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::from_code(code).unwrap()
    }

    fn read(text: &str, code: &str) -> Result<Money, InvalidAmount> {
        Money::from_decimal(text.parse().unwrap(), currency(code))
    }

    /// One currency for every number of decimals there is.
    const CODES: [&str; 4] = ["JPY", "EUR", "KWD", "CLF"];

    proptest! {
        #[test]
        fn every_amount_is_printed_exactly_and_read_back(minor in any::<i64>(), code in proptest::sample::select(&CODES)) {
            let money = Money::from_minor(minor, currency(code));
            let printed = money.amount().to_string();
            let decimals = printed.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            prop_assert_eq!(decimals, usize::from(currency(code).exponent()));
            prop_assert_eq!(printed.replace('.', "").parse::<i64>(), Ok(minor));
            prop_assert_eq!(read(&printed, code), Ok(money));
        }

        #[test]
        fn a_decimal_too_many_is_refused(minor in any::<i64>(), code in proptest::sample::select(&CODES), digit in 0..10) {
            let printed = Money::from_minor(minor, currency(code)).amount().to_string();
            let point = if printed.contains('.') { "" } else { "." };
            prop_assert_eq!(
                read(&format!("{printed}{point}{digit}"), code),
                Err(InvalidAmount::TooPrecise(currency(code)))
            );
        }
    }

    #[test]
    fn the_edges_of_int64_are_amounts_and_one_more_is_not() {
        let edges = [
            (
                "JPY",
                "9223372036854775807",
                "9223372036854775808",
                "-9223372036854775808",
            ),
            (
                "EUR",
                "92233720368547758.07",
                "92233720368547758.08",
                "-92233720368547758.08",
            ),
            (
                "KWD",
                "9223372036854775.807",
                "9223372036854775.808",
                "-9223372036854775.808",
            ),
            (
                "CLF",
                "922337203685477.5807",
                "922337203685477.5808",
                "-922337203685477.5808",
            ),
        ];
        for (code, largest, beyond, lowest) in edges {
            assert_eq!(
                read(largest, code),
                Ok(Money::from_minor(i64::MAX, currency(code)))
            );
            assert_eq!(
                read(lowest, code),
                Ok(Money::from_minor(i64::MIN, currency(code)))
            );
            assert_eq!(read(beyond, code), Err(InvalidAmount::TooLarge(currency(code))));
            assert_eq!(
                read(&"9".repeat(38), code),
                Err(InvalidAmount::TooLarge(currency(code)))
            );
        }
    }

    #[test]
    fn fewer_decimals_than_the_currency_has_are_filled_up() {
        assert_eq!(read("5", "EUR").unwrap().to_string(), "5.00 EUR");
        assert_eq!(read("5.1", "KWD").unwrap().to_string(), "5.100 KWD");
        assert_eq!(read("-5", "JPY").unwrap().to_string(), "-5 JPY");
    }

    #[test]
    fn a_refusal_says_how_to_mend_it() {
        let refusal = |text, code| read(text, code).unwrap_err().to_string();
        assert!(refusal("1.000", "EUR").starts_with("EUR has 2 decimals"));
        assert!(refusal("1.0", "JPY").starts_with("JPY has 0 decimals"));
        assert!(refusal("92233720368547758.08", "EUR").ends_with("the largest is 92233720368547758.07 EUR."));
    }
}
