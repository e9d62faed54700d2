use super::category::Category;
use super::date::Date;
use super::money::{Currency, Decimal, Money};
use super::tags;
use super::text::fold;

const LONGEST_TEXT: usize = 100;
const MOST_CATEGORIES: usize = 50;

/// Which expenses are meant: those for which every part holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Filter {
    /// On this day or later.
    pub date_from: Option<Date>,
    /// On this day or earlier.
    pub date_to: Option<Date>,
    /// In one of these categories, `None` being those without one; all when empty.
    pub categories: Vec<Option<Category>>,
    /// Its texts contain this, which is folded already.
    pub text: Option<String>,
    /// The amount lies here.
    pub amount: Option<AmountRange>,
    /// In this currency.
    pub currency: Option<Currency>,
    /// With all of these tags.
    pub tags: Vec<String>,
    /// Voided or not.
    pub voided: Voided,
}

/// Amounts in one currency, the ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AmountRange {
    /// The currency.
    pub currency: Currency,
    /// The least, in smallest units.
    pub min: Option<i64>,
    /// The most, in smallest units.
    pub max: Option<i64>,
}

/// Whether voided expenses are meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) enum Voided {
    /// Only those that are not voided.
    #[default]
    Exclude,
    /// All.
    Include,
    /// Only those that are.
    Only,
}

/// A filter as a caller wrote it.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawFilter {
    /// See [`Filter::date_from`].
    pub date_from: Option<Date>,
    /// See [`Filter::date_to`].
    pub date_to: Option<Date>,
    /// See [`Filter::categories`].
    pub categories: Vec<Option<String>>,
    /// See [`Filter::text`].
    pub text: Option<String>,
    /// See [`Filter::amount`]: currency, least and most.
    pub amount: Option<(Currency, Option<Decimal>, Option<Decimal>)>,
    /// See [`Filter::currency`].
    pub currency: Option<Currency>,
    /// See [`Filter::tags`].
    pub tags: Vec<String>,
    /// See [`Filter::voided`].
    pub voided: Voided,
}

/// A part of a filter is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct InvalidFilter {
    /// The argument, as `filter.dateFrom`.
    pub argument: &'static str,
    /// How to mend it.
    pub message: String,
}

impl InvalidFilter {
    fn new(argument: &'static str, message: impl Into<String>) -> Self {
        Self {
            argument,
            message: message.into(),
        }
    }
}

impl Filter {
    /// Checks every part.
    ///
    /// # Errors
    /// The first part that is wrong.
    pub(crate) fn parse(raw: RawFilter) -> Result<Self, InvalidFilter> {
        if let (Some(from), Some(to)) = (raw.date_from, raw.date_to)
            && from > to
        {
            return Err(InvalidFilter::new(
                "filter.dateFrom",
                format!("No day is both from {from} and up to {to}: `dateFrom` must not be after `dateTo`."),
            ));
        }
        Ok(Self {
            date_from: raw.date_from,
            date_to: raw.date_to,
            categories: categories(raw.categories)?,
            text: raw.text.as_deref().map(search_text).transpose()?.flatten(),
            amount: raw.amount.map(amount_range).transpose()?,
            currency: raw.currency,
            tags: tags::parse(&raw.tags).map_err(|_| {
                InvalidFilter::new("filter.tags", "Name up to 20 tags of up to 50 characters each.")
            })?,
            voided: raw.voided,
        })
    }
}

fn categories(names: Vec<Option<String>>) -> Result<Vec<Option<Category>>, InvalidFilter> {
    let invalid = |message: &str| InvalidFilter::new("filter.categories", message);
    if names.len() > MOST_CATEGORIES {
        return Err(invalid("Name up to 50 categories."));
    }
    let parse = |name: Option<String>| match name.as_deref().map(Category::parse) {
        None => Ok(None),
        Some(Ok(Some(category))) => Ok(Some(category)),
        Some(Ok(None)) => Err(invalid(
            "A category's name cannot be empty; write null for expenses without a category.",
        )),
        Some(Err(_)) => Err(invalid("A category's name is up to 50 characters in one line.")),
    };
    names.into_iter().map(parse).collect()
}

/// A blank text searches nothing. One that only looks blank, or is nothing but accents, is a mistake: taken for nothing,
/// it would find everything.
fn search_text(text: &str) -> Result<Option<String>, InvalidFilter> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let text = fold(text.trim());
    if text.trim().is_empty() {
        return Err(InvalidFilter::new(
            "filter.text",
            "Search for at least one letter, digit or sign: accents alone and invisible characters find nothing.",
        ));
    }
    if text.chars().count() > LONGEST_TEXT || text.contains(char::is_control) {
        return Err(InvalidFilter::new(
            "filter.text",
            "Search for up to 100 characters in one line.",
        ));
    }
    Ok(Some(text))
}

fn amount_range(
    (currency, min, max): (Currency, Option<Decimal>, Option<Decimal>),
) -> Result<AmountRange, InvalidFilter> {
    let minor = |argument, bound: Option<Decimal>| {
        bound
            .map(|bound| Money::from_decimal(bound, currency).map(Money::minor))
            .transpose()
            .map_err(|invalid| InvalidFilter::new(argument, invalid.to_string()))
    };
    let range = AmountRange {
        currency,
        min: minor("filter.amount.min", min)?,
        max: minor("filter.amount.max", max)?,
    };
    if let (Some(min), Some(max)) = (range.min, range.max)
        && min > max
    {
        return Err(InvalidFilter::new(
            "filter.amount.min",
            "No amount lies in this range: `min` must not be more than `max`.",
        ));
    }
    Ok(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argument(raw: RawFilter) -> &'static str {
        Filter::parse(raw).unwrap_err().argument
    }

    #[test]
    fn a_wrong_part_is_named() {
        let eur = Currency::from_code("EUR").unwrap();
        let amount = |min: &str, max: &str| RawFilter {
            amount: Some((eur, Some(min.parse().unwrap()), Some(max.parse().unwrap()))),
            ..RawFilter::default()
        };
        assert_eq!(argument(amount("0.001", "1")), "filter.amount.min");
        assert_eq!(argument(amount("0", "92233720368547758.08")), "filter.amount.max");
        assert_eq!(argument(amount("2", "1")), "filter.amount.min");
        let dates = RawFilter {
            date_from: Some("2026-02-01".parse().unwrap()),
            date_to: Some("2026-01-31".parse().unwrap()),
            ..RawFilter::default()
        };
        assert_eq!(argument(dates), "filter.dateFrom");
        let blank = RawFilter {
            categories: vec![None, Some(" ".into())],
            ..RawFilter::default()
        };
        assert_eq!(argument(blank), "filter.categories");
        let text = RawFilter {
            text: Some("x".repeat(101)),
            ..RawFilter::default()
        };
        assert_eq!(argument(text), "filter.text");
        let zero = RawFilter {
            text: Some("a\0b".into()),
            ..RawFilter::default()
        };
        assert_eq!(argument(zero), "filter.text");
        let tags = RawFilter {
            tags: (0..21).map(|n| n.to_string()).collect(),
            ..RawFilter::default()
        };
        assert_eq!(argument(tags), "filter.tags");
    }

    #[test]
    fn a_blank_search_is_no_search() {
        let blank = RawFilter {
            text: Some("  ".into()),
            ..RawFilter::default()
        };
        assert_eq!(Filter::parse(blank), Ok(Filter::default()));
    }
}
