//! Names that strangers choose, in mails to people who did not ask for any.

use crate::domain::Letter;

/// How a letter calls whom it goes to. Anybody can open an account with a stranger's address and any name, so no letter says
/// a name that is none.
pub(super) fn addressee(letter: &Letter) -> Option<&str> {
    letter.name.as_deref().and_then(harmless)
}

/// The longest name that is told to a stranger.
const LONGEST: usize = 40;

/// The name, if a mail to a stranger may say it. What could be a link or an address, or is as long as a sentence, is no
/// name: an invitation must not become a way to send people advertisements or bait in our words.
pub(super) fn harmless(name: &str) -> Option<&str> {
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let dot = matches!(letter, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}');
        let inside = dot && letters.peek().is_some_and(|next| next.is_alphanumeric());
        if inside
            || matches!(
                letter,
                '/' | '\\' | ':' | '@' | '\u{ff0f}' | '\u{ff1a}' | '\u{ff20}'
            )
        {
            return None;
        }
    }
    (name.chars().count() <= LONGEST).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn a_name_is_told_and_a_link_or_a_sentence_is_not() {
        for name in ["Ana", "Ana & Bo", "St. Pauli 7", "O'Neill (upstairs)", "家族"] {
            assert_eq!(harmless(name), Some(name));
        }
        for name in [
            "win.example.org",
            "https:..example",
            "example\u{3002}org",
            "ana@example",
            "a/b",
            "You have won a car, and all that you have to do is",
        ] {
            assert_eq!(harmless(name), None, "{name}");
        }
    }
}
