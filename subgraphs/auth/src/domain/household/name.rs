use constellation_shared::text::{is_control, visible};
use unicode_normalization::UnicodeNormalization as _;

/// What a household is called by its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HouseholdName(String);

impl HouseholdName {
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
