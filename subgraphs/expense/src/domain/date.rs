use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, NaiveDate};

/// A day of the calendar, from the year 1000 to 9999. It has no time and no zone: a day stays the day that was
/// written, wherever it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Date(NaiveDate);

impl Date {
    /// The day as the calendar library has it.
    #[must_use]
    pub(crate) const fn naive(self) -> NaiveDate {
        self.0
    }
}

/// The text is not a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidDate {
    /// It is written in another way.
    #[error("Write a date as YYYY-MM-DD, such as 2026-11-23.")]
    Malformed,
    /// The calendar does not have it.
    #[error("The calendar has no such day (from the year 1000 to 9999).")]
    NoSuchDay,
}

impl FromStr for Date {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shaped {
            return Err(InvalidDate::Malformed);
        }
        let day: NaiveDate = text.parse().map_err(|_| InvalidDate::NoSuchDay)?;
        if day.year() < 1000 {
            return Err(InvalidDate::NoSuchDay);
        }
        Ok(Self(day))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn dates_sort_as_their_text_does(a in 0_i64..3_000_000, b in 0_i64..3_000_000) {
            let date = |days: i64| {
                NaiveDate::from_ymd_opt(1000, 1, 1).unwrap().checked_add_signed(chrono::TimeDelta::days(days)).map(Date)
            };
            let (a, b) = (date(a).unwrap(), date(b).unwrap());
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
            prop_assert_eq!(a.to_string().parse(), Ok(a));
        }
    }

    #[test]
    fn only_days_that_exist_are_dates() {
        assert!("2024-02-29".parse::<Date>().is_ok());
        assert!("9999-12-31".parse::<Date>().is_ok());
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "0999-12-31",
            "0000-01-01",
        ] {
            assert_eq!(text.parse::<Date>(), Err(InvalidDate::NoSuchDay), "{text}");
        }
        for text in [
            "",
            "2026-1-1",
            "23.11.2026",
            "2026-11-23T00:00:00Z",
            "+2026-11-2",
            "2026/11/23",
            "٢٠٢٦-11-23",
        ] {
            assert_eq!(text.parse::<Date>(), Err(InvalidDate::Malformed), "{text}");
        }
    }
}
