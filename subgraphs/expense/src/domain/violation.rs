use std::fmt;

use super::money::InvalidAmount;

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
            Rule::NotPositive => f.write_str("The amount must be more than zero: write what was paid."),
            Rule::Amount(invalid) => invalid.fmt(f),
            Rule::NotAKey => write!(
                f,
                "The {field} must be 1 to 128 visible ASCII characters; a random UUID is a good one."
            ),
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
