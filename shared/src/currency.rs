//! Currencies of ISO 4217: expense counts money in them, and a household has one of its own.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use iso_currency::Currency as Iso;

/// A currency of ISO 4217 that has a smallest unit, so that an amount of it can be a whole number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Currency {
    iso: Iso,
    exponent: u8,
}

/// The text does not name a currency that an amount can be in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCurrency {
    /// It is not three capital letters.
    #[error("Write a currency as three capital letters (ISO 4217), such as EUR.")]
    NotACode,
    /// ISO 4217 has no such code.
    #[error("{0} is not a currency of ISO 4217.")]
    Unknown(String),
    /// ISO 4217 lists it, but it is no money: a metal, a unit of account, or a code for tests.
    #[error(
        "{code} ({name}) has no smallest unit, so nothing can be paid in it. Use the currency that was paid."
    )]
    NotMoney {
        /// The code.
        code: &'static str,
        /// What ISO 4217 lists under it.
        name: String,
    },
}

impl Currency {
    /// The currency of this ISO 4217 code, such as `EUR`.
    ///
    /// # Errors
    /// When the text is no such code, or the code is not of a currency with a smallest unit.
    pub fn from_code(code: &str) -> Result<Self, InvalidCurrency> {
        if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(InvalidCurrency::NotACode);
        }
        let iso = Iso::from_code(code).ok_or_else(|| InvalidCurrency::Unknown(code.to_owned()))?;
        let exponent = iso.exponent().and_then(|exponent| u8::try_from(exponent).ok());
        let exponent = exponent.ok_or_else(|| InvalidCurrency::NotMoney {
            code: iso.code(),
            name: iso.name().to_owned(),
        })?;
        Ok(Self { iso, exponent })
    }

    /// The code of ISO 4217.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.iso.code()
    }

    /// How many decimals an amount has: JPY 0, EUR 2, KWD 3.
    #[must_use]
    pub const fn exponent(self) -> u8 {
        self.exponent
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Hash for Currency {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.code().hash(state);
    }
}

/// By code, as MongoDB sorts the codes that it keeps.
impl Ord for Currency {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(other.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes of ISO 4217 whose exponent is not 2.
    const ZERO: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
    const THREE: &str = "BHD IQD JOD KWD LYD OMR TND";
    const FOUR: &str = "CLF UYW";

    fn codes() -> impl Iterator<Item = String> {
        let letters = || 'A'..='Z';
        letters().flat_map(move |a| letters().flat_map(move |b| letters().map(move |c| format!("{a}{b}{c}"))))
    }

    #[test]
    fn every_currency_has_the_decimals_that_iso_4217_says() {
        let mut known = 0;
        for currency in codes().filter_map(|code| Currency::from_code(&code).ok()) {
            let listed = |list: &str| list.split(' ').any(|code| code == currency.code());
            let expected = if listed(ZERO) {
                0
            } else if listed(THREE) {
                3
            } else if listed(FOUR) {
                4
            } else {
                2
            };
            assert_eq!(currency.exponent(), expected, "{currency}");
            known += 1;
        }
        assert!(known > 160, "only {known} currencies are known");
        for code in [ZERO, THREE, FOUR].join(" ").split(' ') {
            assert!(Currency::from_code(code).is_ok(), "{code} is missing");
        }
    }

    #[test]
    fn metals_units_of_account_and_test_codes_are_no_money() {
        for code in ["XAU", "XAG", "XPT", "XPD", "XXX", "XTS", "XDR", "XBA"] {
            let refusal = Currency::from_code(code).unwrap_err();
            assert!(matches!(refusal, InvalidCurrency::NotMoney { .. }), "{code}");
            assert!(refusal.to_string().starts_with(code));
        }
    }

    #[test]
    fn a_code_is_three_capital_letters() {
        for text in ["", "eur", "EU", "EURO", "E R", "€UR", "978"] {
            assert_eq!(
                Currency::from_code(text),
                Err(InvalidCurrency::NotACode),
                "{text}"
            );
        }
        assert_eq!(
            Currency::from_code("ZZZ"),
            Err(InvalidCurrency::Unknown("ZZZ".into()))
        );
    }
}
