//! Parts of lists, as the connections of Relay's specification ask for them.

/// The most items of one page.
pub const LONGEST_PAGE: usize = 100;
/// How many items a page has when the caller does not say.
pub const DEFAULT_PAGE: usize = 20;

/// A part of a list that is asked for: up to `size` items between two positions, from one end.
///
/// Positions are keys, not offsets: what is inserted or removed elsewhere moves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageRequest<P> {
    /// Only what comes after this.
    pub after: Option<P>,
    /// Only what comes before this.
    pub before: Option<P>,
    /// How many at most.
    pub size: usize,
    /// From which end of what is left.
    pub from: From,
}

/// An end of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum From {
    /// The page is the first items.
    Start,
    /// The page is the last items.
    End,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, always in the list's order.
    pub items: Vec<T>,
    /// Whether anything comes before them.
    pub has_previous: bool,
    /// Whether anything comes after them.
    pub has_next: bool,
}

/// What was read for a page, going from the end it was asked from.
#[derive(Debug)]
pub struct Scanned<T> {
    /// Up to one item more than the page has.
    pub items: Vec<T>,
    /// Whether there is anything at or behind the position where the reading began.
    pub behind: bool,
    /// Whether there is anything at or beyond the position where it would have ended.
    pub beyond: bool,
}

/// An argument of a page is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPage {
    /// Both ends were asked for.
    #[error("Ask for `first` (from the start) or for `last` (from the end), not for both.")]
    BothEnds,
    /// The number is out of range.
    #[error("`{0}` must be from 0 to {LONGEST_PAGE}. Follow the cursors to get more.")]
    Size(&'static str),
}

impl InvalidPage {
    /// The argument that is wrong.
    #[must_use]
    pub const fn argument(self) -> &'static str {
        match self {
            Self::BothEnds => "last",
            Self::Size(argument) => argument,
        }
    }
}

impl<P> PageRequest<P> {
    /// The page that the arguments of a Relay connection ask for.
    ///
    /// # Errors
    /// When both ends are asked for, or too much.
    pub fn parse(
        first: Option<i32>,
        after: Option<P>,
        last: Option<i32>,
        before: Option<P>,
    ) -> Result<Self, InvalidPage> {
        let size = |argument, size: i32| {
            let size = usize::try_from(size).ok().filter(|size| *size <= LONGEST_PAGE);
            size.ok_or(InvalidPage::Size(argument))
        };
        let (size, from) = match (first, last) {
            (Some(_), Some(_)) => return Err(InvalidPage::BothEnds),
            (Some(first), None) => (size("first", first)?, From::Start),
            (None, Some(last)) => (size("last", last)?, From::End),
            (None, None) => (DEFAULT_PAGE, From::Start),
        };
        Ok(Self {
            after,
            before,
            size,
            from,
        })
    }

    /// The argument that says how many.
    pub const fn size_argument(&self) -> &'static str {
        match self.from {
            From::Start => "first",
            From::End => "last",
        }
    }

    /// The position where reading begins, and the one where it ends at the latest.
    #[must_use]
    pub const fn span(&self) -> (Option<&P>, Option<&P>) {
        match self.from {
            From::Start => (self.after.as_ref(), self.before.as_ref()),
            From::End => (self.before.as_ref(), self.after.as_ref()),
        }
    }

    /// The page, made of what was read for it.
    #[must_use]
    pub fn page<T>(&self, scanned: Scanned<T>) -> Page<T> {
        let mut items = scanned.items;
        let beyond = scanned.beyond || items.len() > self.size;
        items.truncate(self.size);
        let (has_previous, has_next) = match self.from {
            From::Start => (scanned.behind, beyond),
            From::End => (beyond, scanned.behind),
        };
        if self.from == From::End {
            items.reverse();
        }
        Page {
            items,
            has_previous,
            has_next,
        }
    }
}

impl<T> Page<T> {
    /// The same page of other things.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(each).collect(),
            has_previous: self.has_previous,
            has_next: self.has_next,
        }
    }

    /// The same page of other things, if all of them can be made.
    ///
    /// # Errors
    /// When one of them cannot.
    pub fn try_map<U, E>(self, each: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        Ok(Page {
            items: self.items.into_iter().map(each).collect::<Result<_, _>>()?,
            has_previous: self.has_previous,
            has_next: self.has_next,
        })
    }

    /// A page of nothing.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            items: Vec::new(),
            has_previous: false,
            has_next: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(first: Option<i32>, last: Option<i32>) -> Result<PageRequest<()>, InvalidPage> {
        PageRequest::parse(first, None, last, None)
    }

    #[test]
    fn a_page_has_a_sane_size_and_one_end() {
        assert_eq!(parse(None, None).unwrap().size, DEFAULT_PAGE);
        assert_eq!(parse(Some(0), None).unwrap().size, 0);
        assert_eq!(parse(None, Some(100)).unwrap().from, From::End);
        assert_eq!(parse(Some(1), Some(1)), Err(InvalidPage::BothEnds));
        assert_eq!(parse(Some(-1), None), Err(InvalidPage::Size("first")));
        assert_eq!(parse(None, Some(101)), Err(InvalidPage::Size("last")));
    }
}
