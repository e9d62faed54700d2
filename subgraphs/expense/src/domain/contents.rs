use super::category::Category;
use super::date::Date;
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
}

impl Contents {
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
