use async_graphql::{ID, SimpleObject};
use constellation_shared::graphql::DateTime;

use crate::domain;

/// A person with an account.
#[derive(SimpleObject)]
pub(crate) struct User {
    /// The person's id, the same for ever.
    id: ID,
    /// The e-mail address that they sign in with. Only they themselves see it; it is null for anybody else.
    email: Option<String>,
    /// What they are called in every app.
    display_name: String,
    /// When they registered.
    created_at: DateTime,
}

// Only the person themselves is ever shown, so the address is too.
impl From<domain::User> for User {
    fn from(user: domain::User) -> Self {
        Self {
            id: user.id.into(),
            email: Some(user.email),
            display_name: user.display_name.as_str().to_owned(),
            created_at: user.created_at.into(),
        }
    }
}
