//! The two ways to hold a refresh token: an app keeps it itself, or a browser keeps it in a cookie that no script can read.

use std::sync::Arc;

use async_graphql::{Context, Enum};
use constellation_shared::auth::{REFRESH_COOKIE, RefreshCookies};
use constellation_shared::error::ApiError;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use http::header::SET_COOKIE;

use super::device::device_of;
use super::tokens::TokenPair;
use crate::cookie_path::CookiePath;
use crate::domain::{self, RefreshError, Sessions};

/// The ways to hand over a refresh token.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RefreshTokenDelivery {
    /// In the payload: the app keeps it. For programs that are no web pages.
    Payload,
    /// In a cookie that the browser keeps, sends with `refresh` and `logout`, and shows to no script: `HttpOnly`, `Secure`,
    /// `SameSite=Strict`, and sent with the graph's path only. For web pages of this site.
    Cookie,
}

/// A refresh token as it was presented, and the way in which its successor goes back.
pub(super) struct Presented {
    pub(super) token: String,
    pub(super) by: RefreshTokenDelivery,
}

/// Why it cannot be told which refresh token is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unclear {
    /// None was presented.
    Missing,
    /// One was in the input, and another in a cookie.
    Both,
    /// There were two cookies.
    TwoCookies,
}

impl Unclear {
    pub(super) const fn told(self) -> &'static str {
        match self {
            Self::Missing => {
                "There is no refresh token: give it in the input, or sign in with the delivery COOKIE and let the browser \
                 send its cookies (`credentials: \"include\"`)."
            }
            Self::Both => {
                "There is a refresh token in the input and another in the cookie, and they may be of two people. Leave \
                 the input's out, or send no cookies (`credentials: \"omit\"`)."
            }
            Self::TwoCookies => {
                "The browser sent two refresh tokens in cookies: another site has planted one of them. Delete the cookies \
                 of this site, and sign in again."
            }
        }
    }
}

/// Finds out which refresh token is meant. A guess could end, or go on with, the session of another person.
pub(super) fn presented(
    ctx: &Context<'_>,
    input: Option<String>,
) -> Result<Result<Presented, Unclear>, ApiError> {
    let cookies = ctx.data_unchecked::<RefreshCookies>().reveal();
    Ok(match (input, cookies) {
        (Some(token), []) => Ok(Presented {
            token,
            by: RefreshTokenDelivery::Payload,
        }),
        (None, [token]) => {
            once(ctx)?;
            Ok(Presented {
                token: token.clone(),
                by: RefreshTokenDelivery::Cookie,
            })
        }
        (None, []) => Err(Unclear::Missing),
        (Some(_), _) => Err(Unclear::Both),
        (None, _) => Err(Unclear::TwoCookies),
    })
}

impl RefreshTokenDelivery {
    /// Before anything is done: whether it can be delivered in this way.
    pub(super) fn check(self, ctx: &Context<'_>) -> Result<(), ApiError> {
        match self {
            Self::Payload => Ok(()),
            Self::Cookie => once(ctx),
        }
    }

    /// Hands over the tokens of somebody who has signed in.
    ///
    /// The session whose cookie is replaced ends: nobody could use it again, and it would only stand in the list of
    /// devices.
    pub(super) async fn hand_over_first(self, ctx: &Context<'_>, tokens: domain::TokenPair) -> TokenPair {
        if self == Self::Cookie
            && let [replaced] = ctx.data_unchecked::<RefreshCookies>().reveal()
        {
            let sessions = ctx.data_unchecked::<Arc<Sessions>>();
            let ended = sessions.logout(replaced, device_of(ctx, None)).await;
            if let Err(RefreshError::Store(error)) = ended {
                tracing::warn!(%error, "the session of a replaced cookie was not ended");
            }
        }
        self.hand_over(ctx, tokens)
    }

    /// Hands over the tokens of a session.
    pub(super) fn hand_over(self, ctx: &Context<'_>, tokens: domain::TokenPair) -> TokenPair {
        match self {
            Self::Payload => TokenPair::with_refresh_token(tokens),
            Self::Cookie => {
                let lasts = Duration::seconds(tokens.refresh_lasts.num_seconds());
                set_cookie(ctx, tokens.refresh.reveal(), lasts);
                TokenPair::without_refresh_token(tokens)
            }
        }
    }

    /// Takes back the cookie of somebody who has signed out.
    ///
    /// Nothing else ever does. An answer to a failed refresh might arrive after that of a sign-in or of another refresh,
    /// and a browser cannot be told to forget one cookie and keep its successor.
    pub(super) fn take_back(self, ctx: &Context<'_>) {
        if self == Self::Cookie {
            set_cookie(ctx, String::new(), Duration::ZERO);
        }
    }
}

/// Of two changes of the cookie in one operation, the browser would keep the latter, and the tokens of the former payload
/// would be those of another session.
fn once(ctx: &Context<'_>) -> Result<(), ApiError> {
    if ctx.http_header_contains(SET_COOKIE) {
        return Err(ApiError::bad_input(
            "input",
            "An operation can change the cookie with the refresh token once.",
        ));
    }
    Ok(())
}

fn set_cookie(ctx: &Context<'_>, token: String, lasts: Duration) {
    let path = ctx.data_unchecked::<CookiePath>();
    let cookie = Cookie::build((REFRESH_COOKIE, token))
        .path(path.as_str())
        .max_age(lasts)
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Strict)
        .build();
    ctx.insert_http_header(SET_COOKIE, cookie.to_string());
}
