use std::hash::{Hash, Hasher};

use super::text::{clean_name, lowercase};
use super::violation::Rule;

const LONGEST: usize = 50;

/// What an expense is for, in the person's own words. Two categories are the same when they differ only in case.
#[derive(Debug, Clone)]
pub(crate) struct Category {
    name: String,
    key: String,
}

impl Category {
    /// A category of this name; none when the name is blank.
    ///
    /// # Errors
    /// When the name is too long or has control characters.
    pub(crate) fn parse(name: &str) -> Result<Option<Self>, Rule> {
        Ok(clean_name(name, LONGEST)?.map(Self::stored))
    }

    /// A category whose name has been parsed before.
    #[must_use]
    pub(crate) fn stored(name: String) -> Self {
        Self {
            key: lowercase(&name),
            name,
        }
    }

    /// The name as it was written.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The same for all spellings that differ only in case.
    #[must_use]
    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

// By key: a filter for `groceries` and one for `Groceries` are the same filter.
impl PartialEq for Category {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for Category {}
impl Hash for Category {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}
