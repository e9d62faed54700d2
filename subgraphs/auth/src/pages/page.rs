use axum::response::{Html, IntoResponse, Response};
use constellation_shared::error::{ApiError, ErrorCode};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_FRAME_OPTIONS};
use maud::{DOCTYPE, Markup, html};

use crate::domain::{BadLink, Fault};
use crate::schema::told;

const STYLE: &str = "body{font-family:sans-serif;line-height:1.5;max-width:32em;margin:3em auto;padding:0 1em}\
    input,button{font:inherit;padding:.5em;width:100%;box-sizing:border-box;margin:.3em 0}";

/// No script runs, nothing is loaded from anywhere, and no other page may frame this one and catch a click.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page. Its address holds a token, so it is neither kept nor told to other sites.
pub(super) fn page(status: StatusCode, title: &str, body: &Markup) -> Response {
    let html = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
                style { (STYLE) }
            }
            body {
                h1 { (title) }
                (body)
            }
        }
    };
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    (status, headers, Html(html.into_string())).into_response()
}

/// A page that says one thing.
pub(super) fn notice(status: StatusCode, title: &str, text: &str) -> Response {
    page(status, title, &html! { p { (text) } })
}

/// A page with one button, which sends the link's token to where the page came from.
pub(super) fn button(title: &str, text: &str, label: &str, token: &str) -> Response {
    let body = html! {
        p { (text) }
        form method="post" {
            input type="hidden" name="token" value=(token);
            button { (label) }
        }
    };
    page(StatusCode::OK, title, &body)
}

pub(super) fn bad_link(link: BadLink) -> Response {
    notice(StatusCode::BAD_REQUEST, "This link does not work", told(link))
}

/// A fault of ours, which is logged here.
pub(super) fn failed(fault: Fault) -> Response {
    let error = ApiError::from(fault);
    let status = match error.code() {
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    notice(status, "That did not work", error.message())
}
