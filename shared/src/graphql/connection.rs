//! The connections of Relay's specification, as far as they are the same for every list.

use async_graphql::connection::PageInfo;

use crate::error::ApiError;
use crate::page::{DEFAULT_PAGE, LONGEST_PAGE, Page, PageRequest};

/// The arguments by which a client asks for a part of a list.
pub struct PageArguments {
    /// How many at most, from the start.
    pub first: Option<i32>,
    /// Only what comes after this cursor.
    pub after: Option<String>,
    /// How many at most, from the end.
    pub last: Option<i32>,
    /// Only what comes before this cursor.
    pub before: Option<String>,
}

impl PageArguments {
    /// The part that is asked for; `position` reads the cursor of the named argument.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when an argument is out of range, or is no cursor of this list.
    pub fn parse<P>(
        self,
        position: impl Fn(&'static str, &str) -> Result<P, ApiError>,
    ) -> Result<PageRequest<P>, ApiError> {
        let read =
            |argument, cursor: Option<String>| cursor.map(|cursor| position(argument, &cursor)).transpose();
        let (after, before) = (read("after", self.after)?, read("before", self.before)?);
        PageRequest::parse(self.first, after, self.last, before)
            .map_err(|invalid| ApiError::bad_input(invalid.argument(), invalid.to_string()))
    }
}

/// What a connection counts against the limit of a query: its fields once for every item it may have.
pub fn complexity(first: Option<i32>, last: Option<i32>, child: usize) -> usize {
    let size = first
        .or(last)
        .map_or(DEFAULT_PAGE, |size| usize::try_from(size).unwrap_or(0));
    // A page that is too long is refused where it can be said which argument is wrong.
    let size = if size > LONGEST_PAGE { 1 } else { size };
    size.saturating_mul(child).saturating_add(1)
}

/// What a connection says of its page, whose items have these cursors.
pub fn page_info<T>(page: &Page<T>, cursor: impl Fn(&T) -> String) -> PageInfo {
    PageInfo {
        has_previous_page: page.has_previous,
        has_next_page: page.has_next,
        start_cursor: page.items.first().map(&cursor),
        end_cursor: page.items.last().map(cursor),
    }
}
