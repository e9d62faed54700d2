use crate::domain::{Password, PasswordProblem};

/// What the person who chose a password is told of it: how to choose a better one.
pub(crate) fn advice(problem: PasswordProblem) -> String {
    match problem {
        PasswordProblem::TooShort(shortest) => {
            format!("Use at least {shortest} characters. A few words in a row are easy to remember.")
        }
        PasswordProblem::TooLong => format!("Use at most {} characters.", Password::LONGEST),
        PasswordProblem::Personal => {
            "This is easy to guess: it is mostly your own name or address. Use a few unrelated words."
                .to_owned()
        }
        PasswordProblem::Guessable(Some(warning)) => {
            format!("This is easy to guess. {warning} Use a few unrelated words.")
        }
        PasswordProblem::Guessable(None) => {
            "This is easy to guess. Use a few unrelated words, and uncommon ones.".to_owned()
        }
    }
}
