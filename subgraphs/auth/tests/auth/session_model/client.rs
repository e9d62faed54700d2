//! What an operation is on the wire, and what the person who asked for it sees.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::rules::{Name, Operation};
use crate::support::{Service, claims};

/// The secrets that the person's devices keep, beside refresh tokens.
#[derive(Clone, Default)]
pub(crate) struct Pockets {
    pub(crate) email: String,
    /// The latest access token of each session, and when it was issued.
    pub(crate) access: BTreeMap<Name, (String, u64)>,
}

/// An answer, as it came.
#[derive(Debug, Clone)]
pub(crate) enum Seen {
    Tokens { access: String, refresh: String },
    Done,
    Ended(usize),
    Refused(String),
}

impl Pockets {
    pub(crate) fn session_id(&self, name: Name) -> Option<String> {
        let (access, _) = self.access.get(&name)?;
        Some(claims(access)["sid"].as_str().unwrap().to_owned())
    }

    fn access(&self, name: Name) -> Option<&str> {
        self.access.get(&name).map(|(access, _)| access.as_str())
    }
}

/// A password that no other number has.
pub(crate) fn password(number: usize) -> String {
    format!("three blue boats at sea {number}")
}

/// Sends an operation. `token` is the refresh token that it is about, if it is about one.
pub(crate) async fn send(service: &Service, pockets: &Pockets, operation: &Operation, token: &str) -> Seen {
    let (asking, field, fields, input) = match operation {
        Operation::SignIn { password: number, .. } => {
            let input = json!({ "email": pockets.email, "password": password(*number) });
            (
                None,
                "login",
                "tokens { accessToken refreshToken } userErrors { code }",
                input,
            )
        }
        Operation::Refresh { .. } => {
            let fields = "tokens { accessToken refreshToken } userErrors { code reason }";
            (None, "refresh", fields, json!({ "refreshToken": token }))
        }
        Operation::SignOut { .. } => (
            None,
            "logout",
            "userErrors { code }",
            json!({ "refreshToken": token }),
        ),
        Operation::Revoke { by, target } => {
            let input = json!({ "id": pockets.session_id(*target) });
            (Some(by.session), "revokeSession", "userErrors { code }", input)
        }
        Operation::RevokeOthers { by } => (Some(by.session), "revokeOtherSessions", "ended", Value::Null),
        Operation::ChangePassword { by, current, new } => {
            let input = json!({ "currentPassword": password(*current), "newPassword": password(*new) });
            (Some(by.session), "changePassword", "userErrors { code }", input)
        }
    };
    let query = if input.is_null() {
        format!("mutation {{ {field} {{ {fields} }} }}")
    } else {
        let kind = format!("{}{}Input", field[..1].to_uppercase(), &field[1..]);
        format!("mutation($input: {kind}!) {{ {field}(input: $input) {{ {fields} }} }}")
    };
    let access = asking.and_then(|name| pockets.access(name));
    let answer = service.graphql(access, &query, json!({ "input": input })).await;
    seen(&answer, field)
}

fn seen(answer: &Value, field: &str) -> Seen {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(error) = answer.get("errors") {
        return Seen::Refused(text(&error[0]["extensions"]["code"]));
    }
    let payload = &answer["data"][field];
    if let Some(error) = payload["userErrors"].get(0) {
        let words = [text(&error["code"]), text(&error["reason"])];
        return Seen::Refused(words.join(" ").trim().to_owned());
    }
    if let Some(tokens) = payload.get("tokens") {
        return Seen::Tokens {
            access: text(&tokens["accessToken"]),
            refresh: text(&tokens["refreshToken"]),
        };
    }
    match payload["ended"].as_u64() {
        Some(ended) => Seen::Ended(usize::try_from(ended).unwrap()),
        None => Seen::Done,
    }
}
