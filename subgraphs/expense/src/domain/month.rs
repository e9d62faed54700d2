use std::fmt;
use std::str::FromStr;

/// A month of the calendar, from the year 1000 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Month {
    year: u16,
    month: u8,
}

/// The text is not a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Write a month as YYYY-MM, such as 2026-11, from the year 1000 to 9999.")]
pub(crate) struct InvalidMonth;

impl Month {
    /// The month before; none before the first.
    #[must_use]
    pub(crate) fn before(self) -> Option<Self> {
        let before = match self.month {
            1 => Self {
                year: self.year - 1,
                month: 12,
            },
            month => Self {
                month: month - 1,
                ..self
            },
        };
        (before.year >= 1000).then_some(before)
    }
}

impl FromStr for Month {
    type Err = InvalidMonth;

    fn from_str(text: &str) -> Result<Self, InvalidMonth> {
        let (year, month) = text.split_once('-').ok_or(InvalidMonth)?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if year.len() != 4 || month.len() != 2 || !digits(year) || !digits(month) {
            return Err(InvalidMonth);
        }
        let parsed = Self {
            year: year.parse().map_err(|_| InvalidMonth)?,
            month: month.parse().map_err(|_| InvalidMonth)?,
        };
        let exists = parsed.year >= 1000 && (1..=12).contains(&parsed.month);
        exists.then_some(parsed).ok_or(InvalidMonth)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_written_in_one_way() {
        for text in ["1000-01", "2026-11", "9999-12"] {
            assert_eq!(text.parse::<Month>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-00",
            "2026-1",
            "0999-12",
            "2026-11-23",
            "+026-01",
            "2026-+1",
        ] {
            assert_eq!(text.parse::<Month>(), Err(InvalidMonth), "{text}");
        }
    }

    #[test]
    fn the_month_before_january_is_december() {
        let before = |text: &str| {
            text.parse::<Month>()
                .unwrap()
                .before()
                .map(|month| month.to_string())
        };
        assert_eq!(before("2026-11"), Some("2026-10".into()));
        assert_eq!(before("2026-01"), Some("2025-12".into()));
        assert_eq!(before("1000-01"), None);
    }
}
