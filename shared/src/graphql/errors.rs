use async_graphql::{ErrorExtensionValues, Response, ServerError};

use crate::error::{ErrorCode, INTERNAL_MESSAGE};

/// Makes sure that every error that leaves has a code of ours, and that none without one tells what is internal.
///
/// Resolvers return `ApiError`s, which have codes. What has none is either the library refusing the document or
/// a value in it, which is the caller's to mend, or an error that was converted without our knowing, which
/// carries its source and might say anything.
pub(super) fn with_codes(mut response: Response) -> Response {
    for error in &mut response.errors {
        if code_of(error).is_none() {
            give_code(error);
        }
    }
    response
}

pub(super) fn code_of(error: &ServerError) -> Option<&async_graphql::Value> {
    error.extensions.as_ref()?.get("code")
}

fn give_code(error: &mut ServerError) {
    let code = if error.source.is_some() {
        tracing::error!(error = %error.message, path = ?error.path, "an error without a code was hidden");
        INTERNAL_MESSAGE.clone_into(&mut error.message);
        ErrorCode::Internal
    } else {
        if let Some(plain) = plain(&error.message) {
            error.message = plain;
        }
        ErrorCode::BadUserInput
    };
    error
        .extensions
        .get_or_insert_with(ErrorExtensionValues::default)
        .set("code", code.as_str());
}

/// What is wrong with a value that cannot be read, without the library's account of how it came upon it:
/// `Failed to parse "Date": reason (occurred while parsing "Input")` becomes `Date: reason`.
fn plain(message: &str) -> Option<String> {
    let (kind, reason) = message.strip_prefix("Failed to parse \"")?.split_once("\": ")?;
    let reason = reason.split(" (occurred while parsing \"").next()?;
    Some(format!("{kind}: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_value_that_cannot_be_read_is_told_without_the_way_to_it() {
        let long = "Failed to parse \"Date\": Write a date. (occurred while parsing \"A\") (occurred while parsing \"[B!]\")";
        assert_eq!(plain(long).as_deref(), Some("Date: Write a date."));
        assert_eq!(plain("Unknown field \"x\""), None);
    }
}
