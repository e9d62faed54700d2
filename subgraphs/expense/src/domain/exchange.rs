use super::date::Date;
use super::money::{Currency, Decimal, Money, Rate};
use super::patch::Edit;
use super::text::{TextRule, clean};
use super::violation::{Field, Rule, Violations};

const SOURCE: TextRule = TextRule {
    longest: 100,
    lines: false,
};

/// What an expense in a foreign currency was worth in another one, its household's: as a person said, and kept with it.
///
/// It says nothing about who owes whom: balances are in the currency that was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exchange {
    /// What is known of it.
    pub basis: Basis,
    /// The currency that it is worth something in.
    pub to: Currency,
    /// The day of the rate or of the charge.
    pub on: Date,
    /// Where that was read.
    pub source: Option<String>,
}

/// What a worth is worked out from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basis {
    /// A rate, which any amount can be multiplied with.
    Rate(Rate),
    /// What was charged for the expense as it is, in smallest units.
    Charged(i64),
}

/// An exchange as a caller wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawExchange {
    /// The number.
    pub basis: RawBasis,
    /// The currency; the household's when nothing is said.
    pub to: Option<Currency>,
    /// The day; the expense's when nothing is said.
    pub on: Option<Date>,
    /// Where it was read.
    pub source: Option<String>,
}

/// The number of an exchange as a caller wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RawBasis {
    /// How much one unit is worth.
    Rate(Decimal),
    /// How much all of it came to.
    Charged(Decimal),
}

/// What an expense says that its exchange has to fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paid<'a> {
    pub(super) amount: Money,
    pub(super) date: Date,
    /// The code of its household's own currency; none when it is in no household.
    pub(super) household: Option<&'a str>,
}

impl Exchange {
    /// What this amount was worth. None when that is more than an amount can be.
    #[must_use]
    pub(crate) fn worth(&self, amount: Money) -> Option<Money> {
        match self.basis {
            Basis::Rate(rate) => rate.convert(amount, self.to),
            Basis::Charged(minor) => Some(Money::from_minor(minor, self.to)),
        }
    }

    /// How much one unit was worth: as it was given, or as it follows from what was charged for this amount.
    #[must_use]
    pub(crate) fn rate(&self, amount: Money) -> Decimal {
        match self.basis {
            Basis::Rate(rate) => rate.number(),
            Basis::Charged(minor) => Rate::between(amount, Money::from_minor(minor, self.to)),
        }
    }

    /// What tells two exchanges apart.
    pub(super) fn fingerprint(&self, add: &mut impl FnMut(&str, &str)) {
        match self.basis {
            Basis::Rate(rate) => add("rate", &rate.number().to_string()),
            Basis::Charged(minor) => add("charged", &minor.to_string()),
        }
        add("exchangedTo", self.to.code());
        add("exchangedOn", &self.on.to_string());
        if let Some(source) = &self.source {
            add("exchangeSource", source);
        }
    }
}

/// The exchange after an edit, or of a new expense. One that is kept must still be of the expense as it is then: a rate of
/// its currency, and what was charged of its amount.
pub(super) fn resolve(
    edit: Edit<RawExchange>,
    before: Option<(&Exchange, Money)>,
    paid: Paid<'_>,
    wrong: &mut Violations,
) -> Option<Exchange> {
    let exchange = match (edit, before) {
        (Edit::Set(raw), _) => parse(&raw, paid, wrong)?,
        (Edit::Keep, Some((exchange, amount))) => {
            let fits = match exchange.basis {
                Basis::Rate(_) => amount.currency() == paid.amount.currency(),
                Basis::Charged(_) => amount == paid.amount,
            };
            if !fits {
                wrong.add(Field::Exchange, Rule::ExchangeOutdated);
                return None;
            }
            exchange.clone()
        }
        (Edit::Clear | Edit::Keep, _) => return None,
    };
    if exchange.worth(paid.amount).is_none() {
        wrong.add(Field::ExchangeRate, Rule::WorthTooLarge);
        return None;
    }
    Some(exchange)
}

fn parse(raw: &RawExchange, paid: Paid<'_>, wrong: &mut Violations) -> Option<Exchange> {
    let to = wrong.check(Field::ExchangeCurrency, currency(raw.to, paid.household))?;
    let basis = if to == paid.amount.currency() {
        wrong.add(Field::Exchange, Rule::ExchangeNotNeeded);
        None
    } else {
        match raw.basis {
            RawBasis::Rate(number) => {
                let rate = Rate::new(number).map(Basis::Rate).map_err(Rule::Rate);
                wrong.check(Field::ExchangeRate, rate)
            }
            RawBasis::Charged(number) => {
                let charged = super::contents::amount(number, to);
                let charged = charged.map(|charged| Basis::Charged(charged.minor()));
                wrong.check(Field::ExchangeCharged, charged)
            }
        }
    };
    let source = raw.source.as_deref();
    let source = source.map_or(Ok(None), |source| clean(source, SOURCE));
    let source = wrong.check(Field::ExchangeSource, source);
    Some(Exchange {
        basis: basis?,
        to,
        on: raw.on.unwrap_or(paid.date),
        source: source?,
    })
}

/// The currency of an exchange: a household has its own, and no other.
fn currency(named: Option<Currency>, household: Option<&str>) -> Result<Currency, Rule> {
    match (named, household) {
        (Some(named), None) => Ok(named),
        (None, None) => Err(Rule::ExchangeCurrencyMissing),
        (named, Some(own)) => match Currency::from_code(own) {
            Ok(own) if named.is_none_or(|named| named == own) => Ok(own),
            _ => Err(Rule::ExchangeCurrencyForeign),
        },
    }
}

/// What each of these parts of an amount is worth, when all of it is worth this much: in all exactly that.
///
/// Each is cut off to whole units, and what is left over goes, one unit each, to those of whom the most was cut off; of
/// equals it is the first.
#[must_use]
pub(crate) fn apportion(worth: i64, parts: &[i64]) -> Vec<i64> {
    let whole: i128 = parts.iter().map(|part| i128::from(*part)).sum();
    if whole <= 0 {
        return vec![0; parts.len()];
    }
    // A part is no more than the whole, so what it is worth is no more than all of it.
    let exact = parts.iter().map(|part| i128::from(worth) * i128::from(*part));
    let (mut worths, rests): (Vec<i64>, Vec<i128>) = exact
        .map(|exact| (i64::try_from(exact / whole).unwrap_or(i64::MAX), exact % whole))
        .unzip();
    let given: i128 = worths.iter().map(|worth| i128::from(*worth)).sum();
    let left = usize::try_from(i128::from(worth) - given).unwrap_or(0);
    let mut places: Vec<usize> = (0..parts.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(rests[*place]));
    for place in places.into_iter().take(left) {
        worths[place] += 1;
    }
    worths
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_parts_are_worth_is_what_all_is_worth_and_no_part_is_a_unit_off(
            worth in 0..=i64::MAX, parts in proptest::collection::vec(0..=i64::MAX / 20, 1..=20)
        ) {
            prop_assume!(parts.iter().any(|part| *part > 0));
            let worths = apportion(worth, &parts);
            prop_assert_eq!(worths.iter().map(|worth| i128::from(*worth)).sum::<i128>(), i128::from(worth));
            let whole: i128 = parts.iter().map(|part| i128::from(*part)).sum();
            for (part, share) in parts.iter().zip(&worths) {
                let off = i128::from(worth) * i128::from(*part) - i128::from(*share) * whole;
                prop_assert!(off.abs() < whole);
                prop_assert!(*part > 0 || *share == 0);
            }
            for (part, share) in parts.iter().zip(&worths) {
                for (other, others) in parts.iter().zip(&worths) {
                    prop_assert!(part < other || share >= others || share + 1 == *others && part == other);
                }
            }
        }
    }

    #[test]
    fn what_is_left_over_goes_where_the_most_was_cut_off() {
        assert_eq!(apportion(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(apportion(100, &[10, 20, 31]), [16, 33, 51]);
        assert_eq!(apportion(1, &[1, 2]), [0, 1]);
        assert_eq!(apportion(0, &[5, 5]), [0, 0]);
        assert_eq!(apportion(7, &[]), Vec::<i64>::new());
    }

    #[test]
    fn a_household_has_one_currency_and_somebody_alone_names_one() {
        let currency_of = |code| Currency::from_code(code).unwrap();
        let (eur, usd) = (currency_of("EUR"), currency_of("USD"));
        assert_eq!(currency(None, Some("EUR")), Ok(eur));
        assert_eq!(currency(Some(eur), Some("EUR")), Ok(eur));
        assert_eq!(
            currency(Some(usd), Some("EUR")),
            Err(Rule::ExchangeCurrencyForeign)
        );
        assert_eq!(currency(Some(usd), None), Ok(usd));
        assert_eq!(currency(None, None), Err(Rule::ExchangeCurrencyMissing));
    }
}
