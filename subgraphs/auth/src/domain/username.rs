use unicode_normalization::UnicodeNormalization as _;

/// What somebody signs in with who has no e-mail address.
///
/// Only letters that cannot be taken for each other's look-alikes in another script are in it, none that cannot be seen, and
/// no `@`: it never looks like an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Username(String);

impl Username {
    const SHORTEST: usize = 3;
    const LONGEST: usize = 30;

    /// Reads a name of 3 to 30 letters a to z, digits and, between those, dots, hyphens and underscores. Neither case nor
    /// width is told apart. `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let name = text.trim().nfkc().collect::<String>().to_lowercase();
        let ours = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let fits = (Self::SHORTEST..=Self::LONGEST).contains(&name.len());
        let sound = name.chars().all(|c| ours(c) || matches!(c, '.' | '-' | '_'))
            && name.starts_with(ours)
            && name.ends_with(ours);
        (fits && sound).then_some(Self(name))
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
    use proptest::prelude::*;

    use super::Username;
    use crate::domain::Email;

    #[test]
    fn neither_case_nor_width_is_told_apart() {
        for text in [" Mia.Lima ", "mia.lima", "MIA.LIMA", "ｍｉａ.lima"] {
            assert_eq!(Username::parse(text).unwrap().as_str(), "mia.lima");
        }
    }

    #[test]
    fn what_looks_like_another_name_or_like_an_address_is_none() {
        for text in [
            "mi",
            "m\u{456}a.lima",
            "mia\u{200b}lima",
            "mia lima",
            "mia@example.org",
            "mia@",
            ".mia",
            "mia-",
            "zo\u{eb}",
            "",
            &"m".repeat(31),
        ] {
            assert_eq!(Username::parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_username_reads_as_itself_and_never_as_an_address(text in "\\PC{0,40}|[a-zA-Z0-9._-]{3,30}") {
            if let Some(name) = Username::parse(&text) {
                prop_assert_eq!(Username::parse(name.as_str()), Some(name.clone()));
                prop_assert_eq!(Email::parse(name.as_str()), None);
                prop_assert!(name.as_str().is_ascii());
            }
        }
    }
}
