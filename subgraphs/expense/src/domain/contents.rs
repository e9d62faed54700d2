use super::category::Category;
use super::date::Date;
use super::exchange::{Exchange, apportion};
use super::money::{Currency, Decimal, Money};
use super::sharing::Sharing;
use super::tags;
use super::text::{TextRule, clean, fold};
use super::violation::{Field, Rule, Violations};

const DESCRIPTION: TextRule = TextRule {
    longest: 200,
    lines: false,
};
const MERCHANT: TextRule = TextRule {
    longest: 100,
    lines: false,
};
const NOTES: TextRule = TextRule {
    longest: 2000,
    lines: true,
};

/// What a person says about an expense: everything that an edit can change.
#[derive(Debug, Clone)]
pub(crate) struct Contents {
    /// What was paid; more than zero.
    pub amount: Money,
    /// What it was.
    pub description: String,
    /// Where it was.
    pub merchant: Option<String>,
    /// What it was for.
    pub category: Option<Category>,
    /// Labels, in lower case, each once, sorted.
    pub tags: Vec<String>,
    /// Anything else.
    pub notes: Option<String>,
    /// The day.
    pub date: Date,
    /// How a household shares it; none when it is in no household.
    pub sharing: Option<Sharing>,
    /// What it was worth in another currency.
    pub exchange: Option<Exchange>,
}

impl Contents {
    /// What it was worth in the currency of its exchange.
    #[must_use]
    pub(crate) fn worth(&self) -> Option<Money> {
        self.exchange.as_ref()?.worth(self.amount)
    }

    /// What each share was worth, in the order of the shares: in all exactly what the expense was.
    #[must_use]
    pub(crate) fn worth_of_shares(&self) -> Option<Vec<i64>> {
        let (worth, sharing) = (self.worth()?, self.sharing.as_ref()?);
        let shares: Vec<i64> = sharing.shares.iter().map(|share| share.minor).collect();
        Some(apportion(worth.minor(), &shares))
    }

    /// What a search in the texts of this expense looks at.
    #[must_use]
    pub(crate) fn search_text(&self) -> String {
        let texts = [
            Some(&self.description),
            self.merchant.as_ref(),
            self.notes.as_ref(),
        ];
        let folded: Vec<String> = texts.into_iter().flatten().map(|text| fold(text)).collect();
        // No text has this character, so nothing is found across the border of two.
        folded.join("\u{1f}")
    }
}

// By hand because a category that changes only its case is a change of the contents, though the category is the same.
impl PartialEq for Contents {
    fn eq(&self, other: &Self) -> bool {
        let spelling = |contents: &Self| {
            contents
                .category
                .as_ref()
                .map(|category| category.name().to_owned())
        };
        self.amount == other.amount
            && self.description == other.description
            && self.merchant == other.merchant
            && spelling(self) == spelling(other)
            && self.tags == other.tags
            && self.notes == other.notes
            && self.date == other.date
            && self.sharing == other.sharing
            && self.exchange == other.exchange
    }
}
impl Eq for Contents {}

// The rules of the single fields, which a new expense and an edit share.

pub(super) fn amount(amount: Decimal, currency: Currency) -> Result<Money, Rule> {
    let money = Money::from_decimal(amount, currency).map_err(Rule::Amount)?;
    if money.minor() > 0 {
        Ok(money)
    } else {
        Err(Rule::NotPositive)
    }
}

pub(super) fn description(text: &str) -> Result<Option<String>, Rule> {
    clean(text, DESCRIPTION)
}

pub(super) fn merchant(text: &str) -> Result<Option<String>, Rule> {
    clean(text, MERCHANT)
}

pub(super) fn notes(text: &str) -> Result<Option<String>, Rule> {
    clean(text, NOTES)
}

pub(super) fn tag_list(violations: &mut Violations, list: &[String]) -> Option<Vec<String>> {
    tags::parse(list)
        .map_err(|broken| {
            for (place, rule) in broken {
                violations.add(Field::Tags(place), rule);
            }
        })
        .ok()
}
