use secrecy::{ExposeSecret as _, SecretString};
use unicode_normalization::UnicodeNormalization as _;

/// A password as it is hashed: in one Unicode form, so that the same keys pressed on another machine are the same
/// password. It is never printed, and wiped from memory when it is dropped.
pub(crate) struct Password(SecretString);

impl Password {
    /// The most characters a password may have. Long passphrases are welcome; megabytes are not.
    pub(crate) const LONGEST: usize = 256;

    /// A password as somebody typed it.
    pub(crate) fn typed(text: &SecretString) -> Self {
        Self(text.expose_secret().nfkc().collect::<String>().into())
    }

    /// Only hashing asks for this.
    pub(super) fn expose(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }

    /// Whether it is longer than any password that could have been set.
    pub(super) fn is_too_long(&self) -> bool {
        self.0.expose_secret().chars().count() > Self::LONGEST
    }
}

/// Why a password cannot be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PasswordProblem {
    /// It has fewer characters than this.
    TooShort(u8),
    /// It has more than [`Password::LONGEST`] characters.
    TooLong,
    /// It is little more than the person's own name or address, or one thing repeated.
    Guessable,
}

/// What a new password must be (NIST SP 800-63B-4): long, and not a guess. There are no rules about which
/// characters it must mix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PasswordPolicy {
    shortest: u8,
}

/// How few different characters make a password a guess, however long it is.
const FEWEST_DIFFERENT: usize = 5;

impl PasswordPolicy {
    pub(crate) const fn new(shortest: u8) -> Self {
        Self { shortest }
    }

    /// Whether a person with these words about them (name, address) may choose this password.
    pub(crate) fn check(self, password: &Password, about: &[&str]) -> Result<(), PasswordProblem> {
        let text = password.0.expose_secret();
        if text.chars().count() < usize::from(self.shortest) {
            return Err(PasswordProblem::TooShort(self.shortest));
        }
        if password.is_too_long() {
            return Err(PasswordProblem::TooLong);
        }
        // What is left of the password when all that anybody knows of the person is taken out of it.
        let mut rest = text.to_lowercase();
        for word in about.iter().flat_map(|text| words(text)) {
            rest = rest.replace(&word, "");
        }
        let different: std::collections::HashSet<char> = rest.chars().collect();
        if different.len() < FEWEST_DIFFERENT {
            Err(PasswordProblem::Guessable)
        } else {
            Ok(())
        }
    }
}

/// The words of a name or an address that are long enough to matter, longest first.
fn words(text: &str) -> Vec<String> {
    let text: String = text.nfkc().collect::<String>().to_lowercase();
    let mut words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .chain([text.as_str()])
        .filter(|word| word.chars().count() >= 3)
        .map(str::to_owned)
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), PasswordProblem> {
        PasswordPolicy::new(15).check(
            &Password::typed(&text.into()),
            &["Ana Lima", "ana.lima@example.org"],
        )
    }

    #[test]
    fn a_long_phrase_is_enough() {
        assert_eq!(check("three blue boats at sea"), Ok(()));
        assert_eq!(check("パスワードは長い方がずっと安全です"), Ok(()));
    }

    #[test]
    fn short_endless_and_guessable_passwords_are_refused() {
        assert_eq!(check("Tr0ub4dor&3"), Err(PasswordProblem::TooShort(15)));
        assert_eq!(check(&"long phrase ".repeat(30)), Err(PasswordProblem::TooLong));
        assert_eq!(check("aaaaaaaaaaaaaaaaaaaa"), Err(PasswordProblem::Guessable));
        assert_eq!(check("ana.lima@example.org1"), Err(PasswordProblem::Guessable));
        assert_eq!(check("AnaLimaAnaLimaAnaLima"), Err(PasswordProblem::Guessable));
    }

    #[test]
    fn the_same_letters_typed_on_another_machine_are_the_same_password() {
        let composed = Password::typed(&"caf\u{e9} au lait, merci".into());
        let decomposed = Password::typed(&"cafe\u{301} au lait, merci".into());
        assert_eq!(composed.expose(), decomposed.expose());
    }
}
