use constellation_shared::text::{is_control, visible};
use unicode_normalization::UnicodeNormalization as _;

/// What a person is called in every app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DisplayName(String);

impl DisplayName {
    /// The most characters a name may have.
    pub(crate) const LONGEST: usize = 80;

    /// Reads a name of 1 to 80 characters on one line, leaving out what nobody could see; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let name: String = visible(text).nfc().collect();
        let fits = (1..=Self::LONGEST).contains(&name.chars().count());
        (fits && !name.chars().any(is_control)).then_some(Self(name))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A name that was read from the store, where only parsed ones are.
    pub(crate) const fn stored(name: String) -> Self {
        Self(name)
    }
}

#[cfg(test)]
mod tests {
    use super::DisplayName;

    #[test]
    fn a_name_is_one_line_of_one_to_eighty_characters() {
        assert_eq!(DisplayName::parse("  Ana Lima ").unwrap().as_str(), "Ana Lima");
        assert!(DisplayName::parse(&"é".repeat(80)).is_some());
        assert!(DisplayName::parse(&"é".repeat(81)).is_none());
        assert!(DisplayName::parse("   ").is_none());
        for end in ["\n", "\r\n", "\0", "\u{85}", "\u{2028}", "\u{2029}"] {
            assert!(DisplayName::parse(&format!("Ana{end}Lima")).is_none(), "{end:?}");
        }
    }

    #[test]
    fn a_name_has_nothing_that_cannot_be_seen() {
        assert_eq!(
            DisplayName::parse("\u{202e}Ana\u{200b} Lima").unwrap().as_str(),
            "Ana Lima"
        );
        assert!(DisplayName::parse("\u{200b}\u{3164}").is_none());
    }
}
