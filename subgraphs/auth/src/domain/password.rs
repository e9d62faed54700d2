use std::collections::BTreeSet;

use secrecy::{ExposeSecret as _, SecretString};
use unicode_normalization::UnicodeNormalization as _;
use zxcvbn::feedback::{Feedback, Warning};
use zxcvbn::{Score, zxcvbn};

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

    /// A password that is only compared. No account has one that is too long, and hashing megabytes is work that an
    /// attacker would have for free, so an empty one stands for it.
    pub(crate) fn to_compare(text: &SecretString) -> Self {
        let password = Self::typed(text);
        if password.is_too_long() {
            Self(SecretString::default())
        } else {
            password
        }
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
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum PasswordProblem {
    /// It has fewer characters than this.
    TooShort(u8),
    /// It has more than [`Password::LONGEST`] characters.
    TooLong,
    /// It is little more than the person's own name or address.
    Personal,
    /// It is among the first that a guesser would try, and this is why, where one reason stands out.
    Guessable(Option<Warning>),
}

/// What a new password must be (NIST SP 800-63B-4): long, and not a guess. There are no rules about which
/// characters it must mix.
///
/// How good a guess it is, the zxcvbn estimate says, which knows common passwords, words, names, dates, keyboard
/// patterns and repetitions. Its score must be 3 of 4 or better, which are more than 10^8 guesses, both for the password
/// as it is and for what is left of it without the person's own name and address. Letters count as small ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PasswordPolicy {
    shortest: u8,
}

const ENOUGH: Score = Score::Three;

/// The work of an estimate grows with the square of the text, and whoever asks for it may be an attacker. So only the
/// first characters are looked at, which have to be good enough by themselves.
const ESTIMATED: usize = 64;

/// What the estimate takes for a letter in disguise. It looks at the text in all combinations of what each may stand for, so
/// their number is bounded too: the text ends before one too many.
const DISGUISES: &str = "4@8({[<3691!|70$5+%2";
const MOST_DISGUISES: usize = 8;

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
        let beginning = estimated(text);
        let estimate = zxcvbn(&beginning, &[]);
        if estimate.score() < ENOUGH {
            let reason = estimate.feedback().and_then(Feedback::warning);
            return Err(PasswordProblem::Guessable(reason));
        }
        // The estimate is told of no words of the person, because it counts dots and digits between them as if nobody
        // could guess those. What is left without the words has to be good enough by itself.
        let mut rest = beginning;
        for word in about.iter().flat_map(|text| words(text)) {
            rest = rest.replace(&word, "");
        }
        if zxcvbn(&rest, &[]).score() < ENOUGH {
            return Err(PasswordProblem::Personal);
        }
        Ok(())
    }
}

/// What of a password is looked at.
fn estimated(text: &str) -> String {
    let mut disguises = BTreeSet::new();
    text.chars()
        .flat_map(char::to_lowercase)
        .take(ESTIMATED)
        .take_while(|letter| {
            if DISGUISES.contains(*letter) {
                disguises.insert(*letter);
            }
            disguises.len() <= MOST_DISGUISES
        })
        .collect()
}

/// A name or an address and those of its words that are long enough to matter, longest first.
fn words(text: &str) -> Vec<String> {
    let text: String = text.nfkc().flat_map(char::to_lowercase).take(ESTIMATED).collect();
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
    fn only_so_much_is_looked_at_as_an_attacker_may_make_work_of() {
        assert_eq!(estimated(&"A".repeat(100)), "a".repeat(64));
        assert_eq!(
            estimated("4@8({[<3 and then 4@8 6 more"),
            "4@8({[<3 and then 4@8 "
        );
        // A generated password is as good as ever.
        assert_eq!(check("x4@8({[<3691!|70$5+%2x"), Ok(()));
    }

    #[test]
    fn length_is_counted_in_characters_as_a_person_does() {
        assert_eq!(check("Tr0ub4dor&3"), Err(PasswordProblem::TooShort(15)));
        assert_eq!(check(&"é".repeat(14)), Err(PasswordProblem::TooShort(15)));
        assert_eq!(check(&"long phrase ".repeat(30)), Err(PasswordProblem::TooLong));
    }

    #[test]
    fn a_guess_is_refused_with_the_reason_that_it_is_one() {
        for (text, reason) in [
            (
                "aaaaaaaaaaaaaaaaaaaa",
                Some(Warning::RepeatsLikeAaaAreEasyToGuess),
            ),
            (
                "passwordpassword",
                Some(Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess),
            ),
            ("abcdefghijklmnopq", Some(Warning::SequencesLikeAbcAreEasyToGuess)),
            (
                "qwertyuiopasdfghjkl",
                Some(Warning::ThisIsSimilarToACommonlyUsedPassword),
            ),
        ] {
            assert_eq!(check(text), Err(PasswordProblem::Guessable(reason)), "{text}");
        }
    }

    #[test]
    fn ones_own_name_and_address_make_no_password_however_they_are_written() {
        for text in [
            "ana.lima@example.org1",
            "ANA.LIMA@EXAMPLE.ORG",
            "Lima.Example.2024",
            "lima ana example",
        ] {
            assert_eq!(check(text), Err(PasswordProblem::Personal), "{text}");
        }
        // For somebody else the same is a password like any other.
        let other = PasswordPolicy::new(15).check(&Password::typed(&"ana.lima@example.org1".into()), &["Bo"]);
        assert_eq!(other, Ok(()));
    }

    #[test]
    fn only_the_beginning_of_a_password_is_worth_an_estimate() {
        let repeated = format!("{}{}", "a".repeat(ESTIMATED), "three blue boats at sea");
        assert!(matches!(check(&repeated), Err(PasswordProblem::Guessable(_))));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, ..Default::default() })]
        #[test]
        fn any_text_gets_an_answer(text in "\\PC{15,256}", name in "\\PC{0,100}") {
            let _ = PasswordPolicy::new(15).check(&Password::typed(&text.into()), &[&name]);
        }
    }

    #[test]
    fn the_same_letters_typed_on_another_machine_are_the_same_password() {
        let composed = Password::typed(&"caf\u{e9} au lait, merci".into());
        let decomposed = Password::typed(&"cafe\u{301} au lait, merci".into());
        assert_eq!(composed.expose(), decomposed.expose());
    }
}
