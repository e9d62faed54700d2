use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use constellation_shared::id::UserId;

use crate::domain::Date;

/// Who may see what a household shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// Every member.
    Household,
    /// Its creator alone. It moves nobody's balance: its creator paid it and bears it.
    Private,
    /// Every member but some, and from a day on every member.
    Surprise(Surprise),
}

/// From whom something is hidden, and until when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Surprise {
    /// From whom, each once, by id; somebody.
    pub hidden_from: Vec<UserId>,
    /// The day on which they see it.
    pub reveal_on: Date,
    /// The moment at which that day begins where the household was when this was decided.
    pub reveal_at: DateTime<Utc>,
}

/// The kinds of [`Visibility`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VisibilityKind {
    /// See [`Visibility::Household`].
    Household,
    /// See [`Visibility::Private`].
    Private,
    /// See [`Visibility::Surprise`].
    Surprise,
}

/// A visibility as a caller wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawVisibility {
    /// Which.
    pub kind: VisibilityKind,
    /// From whom it is hidden, and the day on which they see it.
    pub surprise: Option<(Vec<String>, Date)>,
}

impl RawVisibility {
    /// What every member sees.
    #[must_use]
    pub(crate) const fn household() -> Self {
        Self {
            kind: VisibilityKind::Household,
            surprise: None,
        }
    }
}

impl RawVisibility {
    /// Whether this is what is so already.
    pub(super) fn says(&self, present: &Visibility) -> bool {
        match (&self.surprise, present.surprise()) {
            (Some((names, day)), Some(surprise)) => {
                let people: Option<BTreeSet<UserId>> = names.iter().map(|name| name.parse().ok()).collect();
                let same = people.is_some_and(|people| people.iter().eq(&surprise.hidden_from));
                self.kind == present.kind() && *day == surprise.reveal_on && same
            }
            (said, present_one) => said.is_none() && present_one.is_none() && self.kind == present.kind(),
        }
    }
}

impl Visibility {
    /// Whether there are or were members who may not see it.
    #[must_use]
    pub(crate) const fn is_restricted(&self) -> bool {
        !matches!(self, Self::Household)
    }

    /// The surprise that it is, for as long as it is one.
    #[must_use]
    pub(crate) const fn surprise(&self) -> Option<&Surprise> {
        match self {
            Self::Surprise(surprise) => Some(surprise),
            Self::Household | Self::Private => None,
        }
    }

    /// Its kind.
    #[must_use]
    pub(crate) const fn kind(&self) -> VisibilityKind {
        match self {
            Self::Household => VisibilityKind::Household,
            Self::Private => VisibilityKind::Private,
            Self::Surprise(_) => VisibilityKind::Surprise,
        }
    }
}
