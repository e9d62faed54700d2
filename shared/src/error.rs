//! The errors of the whole graph.
//!
//! Which type to use when: what a caller did, and may hear about, is an [`ApiError`] with a code of
//! [`ErrorCode`]; what is broken on our side is [`ApiError::internal`], whose cause is logged once, here,
//! and never shown. The expected refusals of a mutation (a wrong password, an old version) are neither: they
//! are `userErrors`, data in that mutation's payload.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::time::Duration;

use async_graphql::ErrorExtensionValues;

/// The stable, public code of an error: `extensions.code`. See docs/ERRORS.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The operation needs a signed-in caller, or the token is not valid.
    Unauthenticated,
    /// The caller may see the thing, but may not do this to it.
    Forbidden,
    /// There is no such thing, or the caller may not know that there is.
    NotFound,
    /// The document, its variables or an argument are wrong.
    BadUserInput,
    /// The change contradicts the present state.
    Conflict,
    /// Too many attempts; `extensions.retryAfter` says how many seconds to wait.
    RateLimited,
    /// A part that is needed cannot be reached or is overloaded; trying again later may work, after
    /// `extensions.retryAfter` seconds where that is told.
    Unavailable,
    /// A fault of ours. The request id finds it in the logs.
    Internal,
}

impl ErrorCode {
    /// Every code there is.
    pub const ALL: [Self; 8] = [
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::BadUserInput,
        Self::Conflict,
        Self::RateLimited,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The code as clients see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Conflict => "CONFLICT",
            Self::RateLimited => "RATE_LIMITED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }
}

/// What is said of every fault of ours, whatever its cause.
pub const INTERNAL_MESSAGE: &str =
    "Something went wrong on our side. The request id finds the cause in the logs.";
/// What is said while a part that is needed cannot be reached.
pub const UNAVAILABLE_MESSAGE: &str =
    "A part of the service cannot be reached right now. Try again in a moment.";

/// What is said while there is more to do than can be done.
const OVERLOADED_MESSAGE: &str = "There is too much to do right now. Try again in a moment.";

/// A failed operation, as a resolver returns it.
///
/// It has no `Display` on purpose: async-graphql turns everything that has one into an error without a
/// code, and this type must not take that way.
#[derive(Debug, Clone)]
pub struct ApiError {
    code: ErrorCode,
    message: String,
    argument: Option<&'static str>,
    retry_after: Option<u64>,
}

impl ApiError {
    fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            argument: None,
            retry_after: None,
        }
    }

    /// The caller is anonymous and must not be.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(
            ErrorCode::Unauthenticated,
            "Sign in first: send an access token as `Authorization: Bearer <token>`.",
        )
    }

    /// There is no such `thing`, or the caller may not know that there is.
    #[must_use]
    pub fn not_found(thing: &str) -> Self {
        Self::new(
            ErrorCode::NotFound,
            format!("There is no such {thing}, or it is not yours to see."),
        )
    }

    /// `argument` is wrong, and `message` says how to mend it.
    pub fn bad_input(argument: &'static str, message: impl Into<String>) -> Self {
        Self {
            argument: Some(argument),
            ..Self::new(ErrorCode::BadUserInput, message)
        }
    }

    /// Something needed cannot be reached. The cause is logged, not shown.
    pub fn unavailable(cause: &(dyn StdError + 'static)) -> Self {
        tracing::warn!(error = %chain(cause), "a dependency is unavailable");
        Self::new(ErrorCode::Unavailable, UNAVAILABLE_MESSAGE)
    }

    /// There were too many attempts; the next one is looked at after this long.
    #[must_use]
    pub fn rate_limited(wait: Duration) -> Self {
        let seconds = whole_seconds(wait);
        let unit = if seconds == 1 { "second" } else { "seconds" };
        Self {
            retry_after: Some(seconds),
            ..Self::new(
                ErrorCode::RateLimited,
                format!("Too many attempts. Try again in {seconds} {unit}."),
            )
        }
    }

    /// There is more to do than can be done; after this long there may be room.
    #[must_use]
    pub fn overloaded(wait: Duration) -> Self {
        Self {
            retry_after: Some(whole_seconds(wait)),
            ..Self::new(ErrorCode::Unavailable, OVERLOADED_MESSAGE)
        }
    }

    /// One person has as many subscriptions as one person may have.
    #[must_use]
    pub fn too_many_subscriptions(most: usize, wait: Duration) -> Self {
        Self {
            retry_after: Some(whole_seconds(wait)),
            ..Self::new(
                ErrorCode::RateLimited,
                format!(
                    "You have {most} subscriptions open, which is the most. End one that is no longer looked at."
                ),
            )
        }
    }

    /// A fault of ours. The cause is logged, not shown.
    pub fn internal(cause: &(dyn StdError + 'static)) -> Self {
        tracing::error!(error = %chain(cause), "a request failed");
        Self::new(ErrorCode::Internal, INTERNAL_MESSAGE)
    }

    /// The public code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// After how many seconds it makes sense to try again, where that is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    /// The public message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<ApiError> for async_graphql::Error {
    fn from(error: ApiError) -> Self {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", error.code.as_str());
        if let Some(argument) = error.argument {
            extensions.set("argument", argument);
        }
        if let Some(seconds) = error.retry_after {
            extensions.set("retryAfter", seconds);
        }
        Self {
            message: error.message,
            source: None,
            extensions: Some(extensions),
        }
    }
}

/// Whole seconds, at least one, that are surely over when the time is: a client that waits them is not turned away again
/// for the rest of a second.
fn whole_seconds(wait: Duration) -> u64 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    seconds.max(1)
}

/// An error and all that caused it, on one line.
#[must_use]
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        // Writing to a String cannot fail.
        let _ = write!(text, ": {cause}");
        next = cause.source();
    }
    text
}
