use super::category::Category;
use super::contents::{self, Contents};
use super::date::Date;
use super::exchange::{self, Paid, RawExchange};
use super::money::{Currency, Decimal, Money};
use super::sharing::{Circle, RawSharing, Sharing, SplitRule, resolve};
use super::violation::{Field, Rule, Violation, Violations};

/// What an edit does to one field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Edit<T> {
    /// It stays.
    #[default]
    Keep,
    /// It becomes none.
    Clear,
    /// It becomes this.
    Set(T),
}

/// An edit as a caller wrote it.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawPatch {
    /// The number and the currency.
    pub amount: Edit<(Decimal, Currency)>,
    /// What it was.
    pub description: Edit<String>,
    /// Where.
    pub merchant: Edit<String>,
    /// What for.
    pub category: Edit<String>,
    /// Labels.
    pub tags: Edit<Vec<String>>,
    /// Anything else.
    pub notes: Edit<String>,
    /// The day.
    pub date: Edit<Date>,
    /// How it is shared.
    pub sharing: RawSharing,
    /// What it was worth in another currency.
    pub exchange: Edit<RawExchange>,
}

/// An edit that obeys every rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Patch {
    amount: Edit<Money>,
    description: Edit<String>,
    merchant: Edit<String>,
    category: Edit<Category>,
    tags: Edit<Vec<String>>,
    notes: Edit<String>,
    date: Edit<Date>,
    /// What it comes to is known only when the expense is: see [`Patch::apply`].
    sharing: RawSharing,
    /// The same.
    exchange: Edit<RawExchange>,
}

impl<T> Edit<T> {
    /// The edit of a field that every expense has.
    fn required<U>(
        self,
        wrong: &mut Violations,
        field: Field,
        parse: impl FnOnce(T) -> Result<Option<U>, Rule>,
    ) -> Edit<U> {
        match self {
            Self::Keep => Edit::Keep,
            Self::Clear => {
                wrong.add(field, Rule::Required);
                Edit::Keep
            }
            Self::Set(value) => wrong.require(field, parse(value)).map_or(Edit::Keep, Edit::Set),
        }
    }

    /// The edit of a field that an expense may be without: what is blank clears it.
    fn optional<U>(
        self,
        wrong: &mut Violations,
        field: Field,
        parse: impl FnOnce(T) -> Result<Option<U>, Rule>,
    ) -> Edit<U> {
        match self {
            Self::Keep => Edit::Keep,
            Self::Clear => Edit::Clear,
            Self::Set(value) => match wrong.check(field, parse(value)) {
                Some(Some(value)) => Edit::Set(value),
                _ => Edit::Clear,
            },
        }
    }

    fn or(self, present: T) -> T {
        match self {
            Self::Set(value) => value,
            Self::Keep | Self::Clear => present,
        }
    }

    fn or_none(self, present: Option<T>) -> Option<T> {
        match self {
            Self::Keep => present,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl Patch {
    /// Checks every rule.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first.
    pub(crate) fn parse(raw: RawPatch) -> Result<Self, Vec<Violation>> {
        let mut wrong = Violations::default();
        let wrongs = &mut wrong;
        let patch = Self {
            amount: raw.amount.required(wrongs, Field::Amount, |(amount, currency)| {
                contents::amount(amount, currency).map(Some)
            }),
            description: raw
                .description
                .required(wrongs, Field::Description, |text| contents::description(&text)),
            merchant: raw
                .merchant
                .optional(wrongs, Field::Merchant, |text| contents::merchant(&text)),
            category: raw
                .category
                .optional(wrongs, Field::Category, |text| Category::parse(&text)),
            tags: match raw.tags {
                Edit::Keep => Edit::Keep,
                Edit::Clear => Edit::Set(Vec::new()),
                Edit::Set(tags) => contents::tag_list(wrongs, &tags).map_or(Edit::Keep, Edit::Set),
            },
            notes: raw
                .notes
                .optional(wrongs, Field::Notes, |text| contents::notes(&text)),
            date: raw.date.required(wrongs, Field::Date, |date| Ok(Some(date))),
            sharing: raw.sharing,
            exchange: raw.exchange,
        };
        wrong.finish(Some(patch))
    }

    /// The contents after the edit, shared among this circle.
    ///
    /// # Errors
    /// Everything that is wrong with how it is shared and what it was worth then.
    pub(crate) fn apply(
        mut self,
        present: Contents,
        circle: Option<&Circle<'_>>,
    ) -> Result<Contents, Vec<Violation>> {
        let mut wrong = Violations::default();
        let raw = std::mem::take(&mut self.sharing);
        let exchange = std::mem::take(&mut self.exchange);
        let before = present.clone();
        let mut next = self.apply_words(present);
        match circle {
            Some(circle) if !raw.is_empty() || next.amount != before.amount => {
                if next.amount.currency() != before.amount.currency() {
                    forbid_amounts_of_before(&raw, circle.before, &mut wrong);
                }
                next.sharing = resolve(raw, circle, next.amount, &mut wrong);
                next.keep_shares(&before);
            }
            None if !raw.is_empty() => wrong.add(Field::Household, Rule::NeedsHousehold),
            _ => {}
        }
        if exchange != Edit::Keep || next.amount != before.amount {
            let paid = Paid {
                amount: next.amount,
                date: next.date,
                household: circle.map(|circle| circle.household.currency.as_str()),
            };
            let kept = before.exchange.as_ref();
            let kept = kept.map(|exchange| (exchange, before.amount));
            next.exchange = exchange::resolve(exchange, kept, paid, &mut wrong);
        }
        wrong.finish(Some(next))
    }

    fn apply_words(self, present: Contents) -> Contents {
        Contents {
            amount: self.amount.or(present.amount),
            description: self.description.or(present.description),
            merchant: self.merchant.or_none(present.merchant),
            category: self.category.or_none(present.category),
            tags: self.tags.or(present.tags),
            notes: self.notes.or_none(present.notes),
            date: self.date.or(present.date),
            sharing: present.sharing,
            exchange: present.exchange,
        }
    }
}

/// Amounts in smallest units of one currency mean something else in another one: who changes the currency names them anew.
fn forbid_amounts_of_before(raw: &RawSharing, before: Option<&Sharing>, wrong: &mut Violations) {
    let Some(before) = before else { return };
    if raw.payers == Edit::Keep && before.payers.len() > 1 {
        wrong.add(Field::Payers, Rule::PayersOfOtherCurrency);
    }
    if let (Edit::Keep, Some(split)) = (&raw.split, &before.split)
        && split.rule == SplitRule::Exact
    {
        wrong.add(Field::Split(split.rule), Rule::SplitOfOtherCurrency);
    }
}

impl Contents {
    /// Shares stay as they were worked out once, if what they were worked out from is the same.
    fn keep_shares(&mut self, before: &Self) {
        if let (Some(next), Some(previous)) = (&mut self.sharing, &before.sharing)
            && self.amount == before.amount
            && next.split == previous.split
            && (next.split.is_some() || next.payers == previous.payers)
        {
            next.shares.clone_from(&previous.shares);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents() -> Contents {
        Contents {
            amount: Money::from_minor(1250, Currency::from_code("EUR").unwrap()),
            description: "Bread".into(),
            merchant: Some("Bakery".into()),
            category: Category::parse("Groceries").unwrap(),
            tags: vec!["kids".into()],
            notes: Some("two".into()),
            date: "2026-11-23".parse().unwrap(),
            sharing: None,
            exchange: None,
        }
    }

    #[test]
    fn an_edit_changes_what_it_names_and_nothing_else() {
        assert_eq!(
            Patch::parse(RawPatch::default())
                .unwrap()
                .apply(contents(), None)
                .unwrap(),
            contents()
        );
        let patch = RawPatch {
            description: Edit::Set("Rolls".into()),
            merchant: Edit::Clear,
            notes: Edit::Set("  ".into()),
            tags: Edit::Clear,
            ..RawPatch::default()
        };
        let edited = Patch::parse(patch).unwrap().apply(contents(), None).unwrap();
        let expected = Contents {
            description: "Rolls".into(),
            merchant: None,
            notes: None,
            tags: vec![],
            ..contents()
        };
        assert_eq!(edited, expected);
    }

    #[test]
    fn what_every_expense_has_cannot_be_cleared() {
        let patch = RawPatch {
            amount: Edit::Clear,
            description: Edit::Set(" ".into()),
            date: Edit::Clear,
            ..RawPatch::default()
        };
        let wrong = Patch::parse(patch).unwrap_err();
        assert!(wrong.iter().all(|wrong| wrong.rule == Rule::Required));
        assert_eq!(wrong.len(), 3);
    }

    #[test]
    fn a_category_that_changes_only_its_case_is_a_change() {
        let patch = RawPatch {
            category: Edit::Set("GROCERIES".into()),
            ..RawPatch::default()
        };
        assert_ne!(
            Patch::parse(patch).unwrap().apply(contents(), None).unwrap(),
            contents()
        );
    }
}
