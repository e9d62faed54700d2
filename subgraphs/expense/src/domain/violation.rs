use std::fmt;

use super::money::{Decimal, InvalidAmount, InvalidRate, Money};
use super::sharing::SplitRule;

/// A field of an expense, as far as an input can get it wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// The key that makes a create safe to repeat.
    IdempotencyKey,
    /// The amount of money.
    Amount,
    /// What was bought.
    Description,
    /// Where.
    Merchant,
    /// What for.
    Category,
    /// The tags, or the one at this place in the list.
    Tags(Option<usize>),
    /// Anything else.
    Notes,
    /// When.
    Date,
    /// The note of a settlement.
    Note,
    /// Who paid a settlement.
    From,
    /// Who was paid.
    To,
    /// The household that shares it.
    Household,
    /// Who paid.
    Payers,
    /// The payer at this place in the list.
    PayerMember(usize),
    /// What the payer at this place paid.
    PayerAmount(usize),
    /// The split.
    Split(SplitRule),
    /// The person at this place of the split.
    SplitMember(SplitRule, usize),
    /// The number of the person at this place of the split.
    SplitNumber(SplitRule, usize),
    /// Who may see it.
    Visibility,
    /// From whom it is hidden, or the person at this place of that list.
    HiddenFrom(Option<usize>),
    /// When they see it.
    RevealOn,
    /// What it was worth in another currency.
    Exchange,
    /// The rate of that.
    ExchangeRate,
    /// What was charged.
    ExchangeCharged,
    /// The other currency.
    ExchangeCurrency,
    /// Where that was read.
    ExchangeSource,
}

/// A rule that a field breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It cannot be blank or null.
    Required,
    /// It is too long, counted in characters.
    TooLong {
        /// The longest it may be.
        longest: usize,
        /// How long it is.
        length: usize,
    },
    /// There are too many.
    TooMany {
        /// How many there may be.
        most: usize,
    },
    /// It has characters that cannot be seen.
    ControlCharacter {
        /// Whether line breaks and tabs are fine.
        lines: bool,
    },
    /// An amount must be more than zero.
    NotPositive,
    /// An amount does not fit its currency.
    Amount(InvalidAmount),
    /// A key must be visible ASCII.
    NotAKey,
    /// There is no such household of the caller's.
    NoSuchHousehold,
    /// The caller's role in the household does not suffice.
    RoleTooLow,
    /// Only what a household shares has this.
    NeedsHousehold,
    /// Nobody of that id belongs to the household.
    NotAMember,
    /// Everybody is named once.
    Repeated,
    /// What the payers paid is not the amount.
    PayersSum {
        /// What it is, in the amount's smallest units.
        sum: i128,
        /// What it should be.
        amount: Money,
    },
    /// What is borne is not the amount.
    SplitSum {
        /// What it is, in the amount's smallest units.
        sum: i128,
        /// What it should be.
        amount: Money,
    },
    /// A part of a split must be more than zero.
    PartNotPositive,
    /// The percentages are not a hundred in all.
    PercentSum(Decimal),
    /// A percentage has too many decimals.
    PercentTooPrecise,
    /// Shares are a whole number, and not so many.
    TooManyShares {
        /// How many there may be.
        most: i64,
    },
    /// Only its creator decides who may see an expense.
    NotCreator,
    /// What is private has nobody else in it.
    PrivateShared,
    /// A surprise says for whom and until when.
    SurpriseMissing,
    /// Only a surprise says that.
    NoSurprise,
    /// Nothing is hidden from its creator.
    HiddenFromCreator,
    /// Nothing is hidden from whoever paid it.
    HiddenFromPayer,
    /// What several payers paid is kept while the currency changes.
    PayersOfOtherCurrency,
    /// The amounts of an exact split are kept while the currency changes.
    SplitOfOtherCurrency,
    /// The day of the reveal has begun already.
    RevealNotLater,
    /// The day of the reveal is too far away.
    RevealTooFar,
    /// A number cannot be a rate.
    Rate(InvalidRate),
    /// An expense is worth what it is in its own currency.
    ExchangeNotNeeded,
    /// A household has a currency of its own.
    ExchangeCurrencyForeign,
    /// Who has none says which one is meant.
    ExchangeCurrencyMissing,
    /// At this rate the expense is worth more than an amount can be.
    WorthTooLarge,
    /// What is kept was of another currency or amount.
    ExchangeOutdated,
}

/// One thing that is wrong with an input. Its text says how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Where.
    pub field: Field,
    /// What.
    pub rule: Rule,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IdempotencyKey => "idempotency key",
            Self::Amount => "amount",
            Self::Description => "description",
            Self::Merchant => "merchant",
            Self::Category => "category",
            Self::Tags(None) => "list of tags",
            Self::Tags(Some(_)) => "tag",
            Self::Notes => "text of the notes",
            Self::Date => "date",
            Self::Note => "note",
            Self::From => "payer",
            Self::To => "payee",
            Self::Household => "household",
            Self::Payers | Self::PayerMember(_) => "list of payers",
            Self::PayerAmount(_) => "amount that is paid",
            Self::Split(_) | Self::SplitMember(..) => "split",
            Self::SplitNumber(..) => "part of the split",
            Self::Visibility => "visibility",
            Self::HiddenFrom(_) => "list of those it is hidden from",
            Self::RevealOn => "day of the reveal",
            Self::Exchange | Self::ExchangeCurrency => "exchange",
            Self::ExchangeRate => "rate",
            Self::ExchangeCharged => "amount that was charged",
            Self::ExchangeSource => "source of the exchange",
        })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field;
        match &self.rule {
            Rule::Required => write!(f, "An expense needs its {field}: it cannot be empty or null."),
            Rule::TooLong { longest, length } => {
                write!(
                    f,
                    "The {field} may have {longest} characters; this one has {length}."
                )
            }
            Rule::TooMany { most } => write!(f, "The {field} may have {most} entries."),
            Rule::ControlCharacter { lines: false } => {
                write!(
                    f,
                    "The {field} has a line break or another control character. Write it in one line."
                )
            }
            Rule::ControlCharacter { lines: true } => {
                write!(
                    f,
                    "The {field} has a control character that is no line break or tab. Remove it."
                )
            }
            Rule::NotPositive => write!(f, "The {field} must be more than zero: write what was paid."),
            Rule::Amount(invalid) => invalid.fmt(f),
            Rule::Rate(invalid) => invalid.fmt(f),
            Rule::NotAKey => write!(
                f,
                "The {field} must be 1 to 128 visible ASCII characters; a random UUID is a good one."
            ),
            Rule::PayersSum { sum, amount } | Rule::SplitSum { sum, amount } => write!(
                f,
                "The parts of the {field} are {} {} in all; they must be {amount}.",
                Decimal::new(*sum, amount.currency().exponent()),
                amount.currency()
            ),
            Rule::PercentSum(sum) => {
                write!(f, "The percentages are {sum} in all; they must be exactly 100.")
            }
            other => f.write_str(other.sentence()),
        }
    }
}

impl Rule {
    /// What is told of a rule that needs no figures.
    const fn sentence(&self) -> &'static str {
        match self {
            Self::NoSuchHousehold => "There is no such household that you belong to.",
            Self::RoleTooLow => "Your role in this household does not let you do that. An adult of it can.",
            Self::NeedsHousehold => "Only an expense of a household has this: name the household too.",
            Self::PartNotPositive => "A part must be more than zero: leave out whoever bears nothing.",
            Self::NotAMember => "Nobody of this id belongs to the household.",
            Self::Repeated => "Name everybody once.",
            Self::PercentTooPrecise => "Write a percentage with six decimals at most.",
            Self::TooManyShares { .. } => "Write a whole number of shares, from 1 to 1000000.",
            Self::NotCreator => "Only whoever recorded it decides who may see it.",
            Self::PrivateShared => {
                "What only you see can't make anybody owe anything: pay it and bear it alone, or let the household see it."
            }
            Self::SurpriseMissing => {
                "A surprise needs to know from whom it is hidden and until when: fill in `surprise`."
            }
            Self::NoSurprise => "`surprise` is only for the visibility SURPRISE.",
            Self::HiddenFromCreator => "It can't be hidden from whoever recorded it.",
            Self::HiddenFromPayer => "It can't be hidden from somebody who paid it.",
            Self::PayersOfOtherCurrency => {
                "What each of them paid is in the earlier currency: with a new one, name the payers anew."
            }
            Self::SplitOfOtherCurrency => {
                "The parts are amounts in the earlier currency: with a new one, name the split anew."
            }
            Self::RevealNotLater => {
                "The day of the reveal must be a later one than today, where the household is."
            }
            Self::ExchangeNotNeeded => {
                "The expense is in that currency already: leave the exchange out, or with an edit of the amount set it to null."
            }
            Self::ExchangeCurrencyForeign => {
                "What a household shares is worth something in the household's own currency: leave `currency` out."
            }
            Self::ExchangeCurrencyMissing => {
                "An expense in no household needs the `currency` in which it is worth something."
            }
            Self::WorthTooLarge => "At this rate the expense is worth more than the largest amount.",
            Self::ExchangeOutdated => {
                "The exchange of this expense is of its earlier amount or currency: give a new one in the same edit, or null."
            }
            _ => "The day of the reveal may be a year away at most.",
        }
    }
}

/// Collects everything that is wrong with one input, so that it is told all at once.
#[derive(Debug, Default)]
pub(super) struct Violations(Vec<Violation>);

impl Violations {
    /// The value, or its violation kept for later.
    pub(super) fn check<T>(&mut self, field: Field, value: Result<T, Rule>) -> Option<T> {
        value.map_err(|rule| self.add(field, rule)).ok()
    }

    /// The value that a field cannot be without.
    pub(super) fn require<T>(&mut self, field: Field, value: Result<Option<T>, Rule>) -> Option<T> {
        self.check(field, value.and_then(|value| value.ok_or(Rule::Required)))
    }

    pub(super) fn add(&mut self, field: Field, rule: Rule) {
        self.0.push(Violation { field, rule });
    }

    /// All of them; `complete` is the parsed input when nothing was wrong.
    pub(super) fn finish<T>(self, complete: Option<T>) -> Result<T, Vec<Violation>> {
        match complete {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0),
        }
    }
}
