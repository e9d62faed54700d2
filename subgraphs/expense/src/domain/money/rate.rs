use constellation_shared::currency::Currency;

use super::{Decimal, Money};

/// More decimals than this no rate of exchange needs: an Iranian rial is 0.0000007 Kuwaiti dinars.
const MOST_DECIMALS: u8 = 12;
/// With as many digits as this, no amount times a rate leaves 128 bits.
const MOST_DIGITS: u32 = 18;

/// How many main units of one currency one main unit of another is worth: with 0.95, one dollar is 95 cents of a euro.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Rate(Decimal);

/// The number cannot be a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidRate {
    /// It is zero or less.
    #[error("A rate must be more than zero: how much of the other currency one unit is worth.")]
    NotPositive,
    /// It has too many digits.
    #[error("A rate has at most {MOST_DIGITS} digits, {MOST_DECIMALS} of them decimals.")]
    TooPrecise,
}

impl Rate {
    /// This number as a rate. Zeros at its end say nothing, and are cut off.
    ///
    /// # Errors
    /// When it is not more than zero, or has too many digits.
    pub(crate) fn new(number: Decimal) -> Result<Self, InvalidRate> {
        if number.unscaled() <= 0 {
            return Err(InvalidRate::NotPositive);
        }
        let number = shortest(number.unscaled(), number.scale());
        if number.scale() > MOST_DECIMALS || number.unscaled() >= 10_i128.pow(MOST_DIGITS) {
            return Err(InvalidRate::TooPrecise);
        }
        Ok(Self(number))
    }

    /// What one main unit was worth when this much came to that much, to the twelfth decimal. It may be nothing.
    #[must_use]
    pub(crate) fn between(money: Money, worth: Money) -> Decimal {
        let decimals = u32::from(MOST_DECIMALS) + u32::from(money.currency().exponent());
        // 19 digits with 16 more are within 128 bits, and an amount is more than zero.
        let worth_of_all = i128::from(worth.minor()) * 10_i128.pow(decimals);
        let amount = i128::from(money.minor().max(1)) * 10_i128.pow(worth.currency().exponent().into());
        shortest(nearest(worth_of_all, amount), MOST_DECIMALS)
    }

    /// The number.
    #[must_use]
    pub(crate) const fn number(self) -> Decimal {
        self.0
    }

    /// What this money is worth in the other currency, to its nearest smallest unit; of two that are as near, the even one,
    /// so that many roundings do not add up in one direction. None when it is more than an amount can be.
    #[must_use]
    pub(crate) fn convert(self, money: Money, to: Currency) -> Option<Money> {
        let product = i128::from(money.minor()).checked_mul(self.0.unscaled())?;
        let up = u32::from(to.exponent());
        let down = u32::from(money.currency().exponent()) + u32::from(self.0.scale());
        let minor = if up >= down {
            product.checked_mul(10_i128.pow(up - down))?
        } else {
            nearest(product, 10_i128.pow(down - up))
        };
        Some(Money::from_minor(i64::try_from(minor).ok()?, to))
    }
}

/// The same number without zeros at the end of its decimals.
fn shortest(mut unscaled: i128, mut scale: u8) -> Decimal {
    while scale > 0 && unscaled % 10 == 0 {
        unscaled /= 10;
        scale -= 1;
    }
    Decimal::new(unscaled, scale)
}

/// `dividend / divisor` as the nearest whole number, of two the even one. The divisor is more than zero.
fn nearest(dividend: i128, divisor: i128) -> i128 {
    let (floor, rest) = (dividend.div_euclid(divisor), dividend.rem_euclid(divisor));
    let above = match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => floor % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    if above { floor + 1 } else { floor }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    const CODES: [&str; 4] = ["JPY", "EUR", "KWD", "CLF"];

    fn currency(code: &str) -> Currency {
        Currency::from_code(code).unwrap()
    }

    fn rate(text: &str) -> Result<Rate, InvalidRate> {
        Rate::new(text.parse().unwrap())
    }

    fn worth(minor: i64, code: &str, number: &str, to: &str) -> Option<i64> {
        let money = Money::from_minor(minor, currency(code));
        rate(number)
            .unwrap()
            .convert(money, currency(to))
            .map(Money::minor)
    }

    proptest! {
        #[test]
        fn what_something_is_worth_is_never_further_off_than_half_a_unit(
            minor in 1..=i64::MAX, unscaled in 1..10_i128.pow(18), scale in 0..=12_u8,
            from in select(&CODES), to in select(&CODES)
        ) {
            let rate = Rate::new(Decimal::new(unscaled, scale)).unwrap();
            let (from, to) = (currency(from), currency(to));
            if let Some(worth) = rate.convert(Money::from_minor(minor, from), to) {
                prop_assert_eq!(worth.currency(), to);
                let (up, down) = (u32::from(to.exponent()), u32::from(from.exponent()) + u32::from(scale));
                let exact = i128::from(minor) * unscaled;
                if down >= up {
                    let unit = 10_i128.pow(down - up);
                    let off = exact - i128::from(worth.minor()) * unit;
                    prop_assert!(off.abs() * 2 <= unit);
                    prop_assert!(off.abs() * 2 < unit || worth.minor() % 2 == 0);
                } else {
                    prop_assert_eq!(i128::from(worth.minor()), exact * 10_i128.pow(up - down));
                }
            } else {
                let (up, down) = (u32::from(to.exponent()), u32::from(from.exponent()) + u32::from(scale));
                // Beyond 128 bits it is beyond 64 of them too: no divisor here has more than sixteen digits.
                let exact = (i128::from(minor) * unscaled).checked_mul(10_i128.pow(up));
                prop_assert!(exact.is_none_or(|exact| exact / 10_i128.pow(down) >= i128::from(i64::MAX)));
            }
        }
    }

    #[test]
    fn the_decimals_of_both_currencies_count() {
        assert_eq!(worth(10_000, "JPY", "0.0061", "EUR"), Some(6100));
        assert_eq!(worth(1050, "EUR", "0.3512", "KWD"), Some(3688));
        assert_eq!(worth(1000, "KWD", "2.847", "EUR"), Some(285));
        assert_eq!(worth(100, "EUR", "163.5", "JPY"), Some(164));
        assert_eq!(worth(1, "JPY", "0.0000001", "EUR"), Some(0));
    }

    #[test]
    fn of_two_that_are_as_near_it_is_the_even_one() {
        for (minor, expected) in [(50, 0), (150, 2), (250, 2), (350, 4)] {
            assert_eq!(worth(minor, "EUR", "1", "JPY"), Some(expected), "{minor}");
        }
        assert_eq!(worth(5, "EUR", "0.5", "USD"), Some(2));
        assert_eq!(worth(7, "EUR", "0.5", "USD"), Some(4));
    }

    #[test]
    fn a_rate_is_more_than_zero_and_has_digits_that_mean_something() {
        assert_eq!(rate("0"), Err(InvalidRate::NotPositive));
        assert_eq!(rate("-1.5"), Err(InvalidRate::NotPositive));
        assert_eq!(rate("0.0000000000001"), Err(InvalidRate::TooPrecise));
        assert_eq!(rate("1000000000000000000"), Err(InvalidRate::TooPrecise));
        assert_eq!(rate("0.950000000000000"), rate("0.95"));
        assert_eq!(worth(i64::MAX, "EUR", "1.01", "USD"), None);
    }

    #[test]
    fn a_rate_follows_from_what_was_charged() {
        let between = |minor, code, worth, to| {
            let money = Money::from_minor(minor, currency(code));
            Rate::between(money, Money::from_minor(worth, currency(to))).to_string()
        };
        assert_eq!(between(10_000, "USD", 9512, "EUR"), "0.9512");
        assert_eq!(between(300, "EUR", 1000, "JPY"), "333.333333333333");
        assert_eq!(between(i64::MAX, "KWD", 1, "JPY"), "0");
        assert_eq!(between(1, "JPY", i64::MAX, "CLF"), "922337203685477.5807");
        assert_eq!(between(i64::MAX, "CLF", i64::MAX, "CLF"), "1");
    }
}
