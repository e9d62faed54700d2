use std::fmt;
use std::str::FromStr;

/// More digits than this no amount has, and all of them fit into an `i128`.
const MOST_DIGITS: usize = 38;

/// An exact decimal number: `unscaled / 10^scale`. It remembers how many decimals it was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    unscaled: i128,
    scale: u8,
}

/// The text is not a decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidDecimal {
    /// It is written in another way.
    #[error(
        "Write a decimal number with digits and at most one point, such as \"12.50\": no spaces, no thousands separators, no exponent."
    )]
    Malformed,
    /// It has too many digits.
    #[error("A decimal number has at most {MOST_DIGITS} digits.")]
    TooLong,
}

impl Decimal {
    /// `unscaled / 10^scale`.
    #[must_use]
    pub(crate) const fn new(unscaled: i128, scale: u8) -> Self {
        Self { unscaled, scale }
    }

    /// The number without its point.
    #[must_use]
    pub(crate) const fn unscaled(self) -> i128 {
        self.unscaled
    }

    /// How many decimals it was written with.
    #[must_use]
    pub(crate) const fn scale(self) -> u8 {
        self.scale
    }

    /// How many `10^-scale` it is; none when it has more decimals or is too large.
    #[must_use]
    pub(crate) fn scaled(self, scale: u8) -> Option<i128> {
        let missing = scale.checked_sub(self.scale)?;
        let factor = 10_i128.checked_pow(u32::from(missing))?;
        self.unscaled.checked_mul(factor)
    }
}

impl FromStr for Decimal {
    type Err = InvalidDecimal;

    fn from_str(text: &str) -> Result<Self, InvalidDecimal> {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        if !digits(whole) || !digits(decimals) {
            return Err(InvalidDecimal::Malformed);
        }
        let decimals = unsigned.split_once('.').map_or("", |(_, decimals)| decimals);
        if whole.len() + decimals.len() > MOST_DIGITS {
            return Err(InvalidDecimal::TooLong);
        }
        let number = format!("{whole}{decimals}").parse::<i128>();
        let unscaled = number.map_err(|_| InvalidDecimal::TooLong)?;
        let scale = u8::try_from(decimals.len()).map_err(|_| InvalidDecimal::TooLong)?;
        Ok(Self {
            unscaled: if text.starts_with('-') {
                -unscaled
            } else {
                unscaled
            },
            scale,
        })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.unscaled < 0 { "-" } else { "" };
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.unscaled.unsigned_abs(), width = scale + 1);
        let (whole, decimals) = digits.split_at(digits.len() - scale);
        let point = if scale > 0 { "." } else { "" };
        write!(f, "{sign}{whole}{point}{decimals}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(unscaled in any::<i64>(), scale in 0_u8..10) {
            let decimal = Decimal::new(i128::from(unscaled), scale);
            prop_assert_eq!(decimal.to_string().parse(), Ok(decimal));
        }

        #[test]
        fn any_text_is_read_or_refused_and_never_panics(text in "\\PC*") {
            let _ = text.parse::<Decimal>();
        }

        #[test]
        fn any_number_is_read_exactly(whole in "[0-9]{1,19}", decimals in "[0-9]{1,19}") {
            let text = format!("{whole}.{decimals}");
            let decimal: Decimal = text.parse().unwrap();
            let printed = decimal.to_string();
            prop_assert_eq!(text.trim_start_matches('0'), printed.trim_start_matches('0'));
        }
    }

    #[test]
    fn other_ways_to_write_a_number_are_refused() {
        for text in [
            "", "-", "+", ".", ".5", "5.", "1e3", "1E3", " 1", "1 ", "1,5", "1.000,00", "1'000", "0x10",
            "NaN", "١", "--1", "1.2.3", "-.5",
        ] {
            assert_eq!(
                text.parse::<Decimal>(),
                Err(InvalidDecimal::Malformed),
                "{text:?}"
            );
        }
        assert_eq!("9".repeat(39).parse::<Decimal>(), Err(InvalidDecimal::TooLong));
        assert!("9".repeat(38).parse::<Decimal>().is_ok());
    }

    #[test]
    fn signs_and_zeros_are_kept_as_they_count() {
        let print = |text: &str| text.parse::<Decimal>().unwrap().to_string();
        assert_eq!(print("-0.05"), "-0.05");
        assert_eq!(print("+7"), "7");
        assert_eq!(print("007.50"), "7.50");
        assert_eq!(print("-0"), "0");
    }
}
