use hive_router::ntex::http::ResponseBuilder;
use hive_router::ntex::web::HttpResponse;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY, REFRESH,
    X_CONTENT_TYPE_OPTIONS,
};

use super::{Graphiql, State};

/// Where GraphiQL is.
pub(crate) const PATH: &str = "/graphiql";

/// Everything from this origin and nothing from any other. The editor styles its lines one by one, and has its small
/// pictures and its fonts inside its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE: &str = include_str!("../../assets/graphiql.html");
const WITHOUT: &str = include_str!("../../assets/without-graphiql.html");

/// The files that are written here, by name.
const OWN: [(&str, &str); 4] = [
    ("page.js", include_str!("../../assets/page.js")),
    ("page.css", include_str!("../../assets/page.css")),
    ("icon.svg", include_str!("../../assets/icon.svg")),
    (
        "first-steps.graphql",
        include_str!("../../assets/first-steps.graphql"),
    ),
];

impl Graphiql {
    pub(crate) fn page(&self) -> HttpResponse {
        let (status, page) = match &**self.0.load() {
            State::Ready(_) => (StatusCode::OK, PAGE.to_owned()),
            State::Waiting => {
                let reason = "<p>Its files are being fetched, once. This page looks again by itself.</p>";
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    WITHOUT.replace("{REASON}", reason),
                )
            }
            State::Missing(why) => (
                StatusCode::SERVICE_UNAVAILABLE,
                WITHOUT.replace("{REASON}", &ways_out(why)),
            ),
        };
        let mut response = headed(status, "text/html; charset=utf-8", "no-store");
        if matches!(&**self.0.load(), State::Waiting) {
            response.header(REFRESH, HeaderValue::from_static("2"));
        }
        response.body(page)
    }

    pub(crate) fn file(&self, name: &str) -> Option<HttpResponse> {
        let kind = match name.rsplit_once('.')?.1 {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        };
        if let Some((_, content)) = OWN.iter().find(|(own, _)| *own == name) {
            return Some(headed(StatusCode::OK, kind, "no-cache").body(*content));
        }
        match &**self.0.load() {
            State::Ready(assets) => {
                let (_, content) = assets.0.iter().find(|(fetched, _)| *fetched == name)?;
                // Their names carry their versions.
                let forever = "public, max-age=31536000, immutable";
                Some(headed(StatusCode::OK, kind, forever).body(content.clone()))
            }
            State::Waiting | State::Missing(_) => None,
        }
    }
}

fn headed(status: StatusCode, kind: &'static str, caching: &'static str) -> ResponseBuilder {
    let mut response = HttpResponse::build(status);
    for (name, value) in [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, caching),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        response.header(name, HeaderValue::from_static(value));
    }
    response
}

fn ways_out(why: &str) -> String {
    let why = why
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!(
        "<p>Its files could not be had: {why}.</p>\
         <p>They are fetched once from the npm registry and then kept in the cache folder. To get them, install \
         <code>npm</code>, give this machine a way to the registry, and start the router again; or copy the folder \
         <code>{}</code> out of the cache folder of a machine that has it.</p>",
        super::packages::FOLDER
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphiql::packages::PACKAGES;

    #[test]
    fn the_page_names_no_other_origin() {
        let own = OWN.iter().map(|(name, content)| (*name, *content));
        for (name, content) in own.chain([("graphiql.html", PAGE), ("without-graphiql.html", WITHOUT)]) {
            let content = content.replace("http://www.w3.org/2000/svg", "");
            assert!(
                !content.contains("http:") && !content.contains("https:"),
                "{name}"
            );
            assert!(!content.contains("\"//") && !content.contains("url("), "{name}");
        }
    }

    #[test]
    fn the_page_loads_what_is_fetched_and_nothing_else() {
        let fetched = PACKAGES
            .iter()
            .flat_map(|package| package.files)
            .map(|file| file.name);
        let mut names: Vec<_> = fetched.chain(OWN.iter().map(|(name, _)| *name)).collect();
        // The script asks for this one.
        names.retain(|name| *name != "first-steps.graphql");
        for name in &names {
            assert!(PAGE.contains(&format!("\"{PATH}/{name}\"")), "{name}");
        }
        assert_eq!(PAGE.matches("=\"/").count(), names.len());
    }
}
