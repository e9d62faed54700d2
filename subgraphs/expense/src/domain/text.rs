//! Text that people write: one spelling for what looks the same, and none of what cannot be seen.

use constellation_shared::text::{is_control, visible};
use unicode_normalization::UnicodeNormalization as _;

use super::violation::Rule;

/// How long a text may be, in characters, and whether it may have several lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextRule {
    pub(super) longest: usize,
    pub(super) lines: bool,
}

/// Takes out what cannot be seen, trims a text and brings it to its composed form (NFC). What is blank is none.
pub(super) fn clean(text: &str, rule: TextRule) -> Result<Option<String>, Rule> {
    let text: String = visible(text).nfc().collect();
    let text = if rule.lines {
        text.replace("\r\n", "\n")
    } else {
        text
    };
    if text.is_empty() {
        return Ok(None);
    }
    let of_lines = |c: char| matches!(c, '\n' | '\t' | '\u{2028}' | '\u{2029}');
    let hidden = |c: char| is_control(c) && !(rule.lines && of_lines(c));
    if text.chars().any(hidden) {
        return Err(Rule::ControlCharacter { lines: rule.lines });
    }
    let length = text.chars().count();
    if length > rule.longest {
        return Err(Rule::TooLong {
            longest: rule.longest,
            length,
        });
    }
    Ok(Some(text))
}

/// The same, for a name: every run of spaces in it becomes one space.
pub(super) fn clean_name(text: &str, longest: usize) -> Result<Option<String>, Rule> {
    let single = TextRule {
        longest,
        lines: false,
    };
    let text = clean(text, single)?;
    Ok(text.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")))
}

/// Letters of one case, character by character, so that a part of a text always folds to a part of the folded text.
pub(super) fn lowercase(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).nfc().collect()
}

/// What a search compares: the text without case and without the accents of Latin, Greek and Cyrillic letters, so
/// that `cafe` finds `Café`.
#[must_use]
pub(crate) fn fold(text: &str) -> String {
    let accent = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
    visible(text)
        .nfkd()
        .filter(|c| !accent(c))
        .flat_map(char::to_lowercase)
        .filter(|c| !accent(c))
        .map(|c| if c == 'ς' { 'σ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHORT: TextRule = TextRule {
        longest: 5,
        lines: false,
    };

    proptest! {
        #[test]
        fn a_part_of_a_text_is_found_in_it_whatever_its_case(before in "\\PC{0,8}", part in "[a-zA-ZäöüßéñА-Яа-яΑ-Ωα-ω]{1,8}", after in "\\PC{0,8}") {
            let whole = fold(&format!("{before}{part}{after}"));
            prop_assert!(whole.contains(&fold(&part)));
            prop_assert!(whole.contains(&fold(&part.to_uppercase())) || part.contains('ß'));
        }

        #[test]
        fn cleaning_twice_changes_nothing_more(text in "\\PC{0,5}") {
            if let Ok(Some(clean_text)) = clean(&text, SHORT) {
                prop_assert_eq!(clean(&clean_text, SHORT), Ok(Some(clean_text.clone())));
            }
        }
    }

    #[test]
    fn length_counts_characters_after_trimming() {
        assert_eq!(clean("  äöüßé  ", SHORT), Ok(Some("äöüßé".into())));
        assert_eq!(
            clean("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", SHORT),
            Ok(Some("ééééé".into()))
        );
        assert_eq!(
            clean("123456", SHORT),
            Err(Rule::TooLong {
                longest: 5,
                length: 6
            })
        );
        assert_eq!(clean(" \u{a0}\t ", SHORT), Ok(None));
    }

    #[test]
    fn what_takes_no_room_is_taken_out() {
        for nothing in [
            "\u{200b}",
            "\u{202e}",
            "\u{2066}\u{2069}",
            "\u{ad}",
            "\u{3164}",
            " \u{200d}\u{feff} ",
        ] {
            assert_eq!(clean(nothing, SHORT), Ok(None), "{nothing:?}");
        }
        assert_eq!(clean("B\u{ad}r\u{202e}ead", SHORT), Ok(Some("Bread".into())));
        assert_eq!(fold("B\u{ad}read"), "bread");
    }

    #[test]
    fn control_characters_are_refused() {
        for text in ["a\0b", "a\u{1b}b", "a\nb", "a\u{85}b", "a\tb"] {
            assert_eq!(
                clean(text, SHORT),
                Err(Rule::ControlCharacter { lines: false }),
                "{text:?}"
            );
        }
        let lines = TextRule {
            longest: 5,
            lines: true,
        };
        assert_eq!(clean("a\r\nb\tc", lines), Ok(Some("a\nb\tc".into())));
        assert_eq!(
            clean("a\u{7}b", lines),
            Err(Rule::ControlCharacter { lines: true })
        );
    }

    #[test]
    fn a_search_ignores_case_and_accents() {
        assert_eq!(fold("CAFÉ Müller"), "cafe muller");
        assert_eq!(fold("ΣΊΣΥΦΟΣ"), fold("σίσυφος"));
        assert_eq!(fold("İstanbul"), "istanbul");
    }
}
