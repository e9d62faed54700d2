use constellation_shared::id::UserId;

use crate::domain::{Currency, Decimal, Money};

/// The rule by which an amount is split, frozen with the expense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Split {
    /// What the numbers mean.
    pub rule: SplitRule,
    /// Everybody's number, each person once, by id.
    pub parts: Vec<Part>,
}

/// What the numbers of a split mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SplitRule {
    /// Everybody the same.
    Equal,
    /// Everybody the amount that is named.
    Exact,
    /// Everybody the percentage that is named.
    Percent,
    /// Everybody in proportion to the number that is named.
    Shares,
}

/// Somebody's number in a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Who.
    pub member: UserId,
    /// The number: 1 for equal parts, smallest units for exact ones, millionths of a percent, or shares.
    pub weight: i64,
}

/// A percentage is a whole number of these: six decimals.
pub(crate) const PERCENT_DECIMALS: u8 = 6;
/// All of an amount, in the numbers of a split by percentages.
pub(crate) const HUNDRED_PERCENT: i64 = 100_000_000;
/// The most shares of one person.
pub(crate) const MOST_SHARES: i64 = 1_000_000;

/// Somebody's exact part of an amount: `whole` smallest units and `rest / of` of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ExactPart {
    /// The whole units.
    pub whole: i64,
    /// The numerator of what is more; less than `of`.
    pub rest: i128,
    /// Its denominator.
    pub of: i128,
}

impl ExactPart {
    /// What is more than the whole units, as a fraction in its lowest terms; none when it is nothing.
    #[must_use]
    pub(crate) fn fraction(&self) -> Option<String> {
        let (mut a, mut b) = (self.of, self.rest);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        (self.rest != 0).then(|| format!("{}/{}", self.rest / a, self.of / a))
    }
}

impl Split {
    /// Somebody's number as it was written.
    #[must_use]
    pub(crate) fn number(&self, part: &Part, currency: Currency) -> Decimal {
        let weight = i128::from(part.weight);
        match self.rule {
            SplitRule::Equal | SplitRule::Shares => Decimal::new(weight, 0),
            SplitRule::Exact => Decimal::new(weight, currency.exponent()),
            SplitRule::Percent => Decimal::new(weight, PERCENT_DECIMALS),
        }
    }

    /// What is to be said of it, when so many units were left over.
    #[must_use]
    pub(crate) fn text(&self, amount: Money, leftover: usize) -> String {
        let people = self.parts.len();
        let rule = match self.rule {
            SplitRule::Equal => "in equal parts",
            SplitRule::Exact => "by the amounts that were named",
            SplitRule::Percent => "by the percentages that were named",
            SplitRule::Shares => "by the shares that were named",
        };
        let unit = Money::from_minor(1, amount.currency());
        let rest = match leftover {
            0 => "Nothing was left over.".to_owned(),
            1 => format!(
                "{unit} was left over and went to whoever was the furthest behind: who had absorbed the least so far, what was cut off here counted too."
            ),
            units => format!(
                "{unit} was left over {units} times and went to the {units} who were the furthest behind: who had absorbed the least so far, what was cut off here counted too."
            ),
        };
        format!("{amount} was split among {people} {rule}. {rest}")
    }
    /// Somebody's exact part of the amount.
    #[must_use]
    pub(crate) fn exact(&self, amount: Money, part: &Part) -> ExactPart {
        if self.rule == SplitRule::Exact {
            return ExactPart {
                whole: part.weight,
                rest: 0,
                of: 1,
            };
        }
        let total = self
            .parts
            .iter()
            .map(|part| i128::from(part.weight))
            .sum::<i128>();
        let total = total.max(1);
        // 63 bits times 27 at most.
        let product = i128::from(amount.minor()) * i128::from(part.weight);
        ExactPart {
            // A part of the amount is no larger than the amount.
            whole: i64::try_from(product / total).unwrap_or(0),
            rest: product % total,
            of: total,
        }
    }
}
