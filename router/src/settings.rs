//! The router as a program of its own.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use clap::{ArgAction, Parser};
use constellation_shared::auth::VerifierSettings;
use constellation_shared::clock::SystemClock;
use constellation_shared::http::bind;
use constellation_shared::program::{self, Failure, Stop};
use constellation_shared::telemetry::LogSettings;
use url::Url;

use crate::graphiql::Graphiql;
use crate::{RouterError, RouterOptions, SubgraphTransport, SupergraphError, SupergraphSource, run};

/// The graph's one door: takes a client's operation, asks the subgraphs, and answers as one
#[derive(Debug, Clone, Parser)]
#[command(name = "constellation-router", version)]
pub struct Settings {
    /// Where to listen
    #[arg(
        long,
        env = "ROUTER_LISTEN",
        value_name = "ROUTER_LISTEN",
        default_value = "127.0.0.1:4000"
    )]
    router_listen: SocketAddr,

    /// The file with the composed schema; a change is taken up without a restart
    #[arg(
        long,
        env = "ROUTER_SUPERGRAPH",
        value_name = "ROUTER_SUPERGRAPH",
        default_value = "schema/supergraph.graphql"
    )]
    router_supergraph: PathBuf,

    /// Where subgraphs are, if not where the supergraph says: `auth=http://auth:4001/graphql,expense=...`
    #[arg(
        long,
        env = "ROUTER_SUBGRAPH_URLS",
        value_name = "ROUTER_SUBGRAPH_URLS",
        value_delimiter = ','
    )]
    router_subgraph_urls: Vec<SubgraphUrl>,

    /// Whether clients may ask for the schema
    #[arg(
        long,
        env = "ROUTER_INTROSPECTION",
        value_name = "ROUTER_INTROSPECTION",
        default_value_t = true,
        action = ArgAction::Set
    )]
    router_introspection: bool,

    /// Whether GraphiQL is served at /graphiql; its files are fetched once with npm
    #[arg(
        long,
        env = "ROUTER_GRAPHIQL",
        value_name = "ROUTER_GRAPHIQL",
        default_value_t = false,
        action = ArgAction::Set
    )]
    router_graphiql: bool,

    /// The folder that keeps GraphiQL's files
    #[arg(
        long,
        env = "ROUTER_GRAPHIQL_CACHE",
        value_name = "ROUTER_GRAPHIQL_CACHE",
        default_value = ".constellation/cache"
    )]
    router_graphiql_cache: PathBuf,

    /// The origins whose web pages may call the graph from a browser: `https://app.example.org,...`
    #[arg(
        long,
        env = "ROUTER_CORS_ORIGINS",
        value_name = "ROUTER_CORS_ORIGINS",
        value_delimiter = ','
    )]
    router_cors_origins: Vec<Origin>,

    /// Whether a reverse proxy in front sets X-Forwarded-For, so that it can be believed
    #[arg(
        long,
        env = "ROUTER_TRUST_FORWARDED_FOR",
        value_name = "ROUTER_TRUST_FORWARDED_FOR",
        default_value_t = false,
        action = ArgAction::Set
    )]
    router_trust_forwarded_for: bool,

    #[command(flatten)]
    tokens: VerifierSettings,

    #[command(flatten)]
    logs: LogSettings,
}

/// The whole program.
pub fn main() -> ExitCode {
    program::run(|settings: &Settings| &settings.logs, serve)
}

async fn serve(settings: Settings, stop: Stop) -> Result<(), Failure> {
    let listener = bind("ROUTER_LISTEN", settings.router_listen).await?;
    let verifier = Arc::new(settings.tokens.verifier(Arc::new(SystemClock))?);
    let options = RouterOptions {
        subgraphs: settings.subgraphs(),
        graphiql: settings
            .router_graphiql
            .then(|| Graphiql::provided(settings.router_graphiql_cache)),
        introspection: settings.router_introspection,
        cors_origins: settings.router_cors_origins.into_iter().map(Into::into).collect(),
        trust_forwarded_for: settings.router_trust_forwarded_for,
        ..RouterOptions::new(SupergraphSource::File(settings.router_supergraph), verifier)
    };
    let ready = |address| tracing::info!(%address, "the graph is served at http://{address}/graphql");
    Ok(run(listener, options, stop.requested(), ready)
        .await
        .map_err(named)?)
}

/// What is wrong with the supergraph comes from one of two settings.
#[derive(Debug, thiserror::Error)]
enum Wrong {
    #[error("{setting} cannot be used")]
    Setting {
        setting: &'static str,
        #[source]
        source: SupergraphError,
    },
    #[error(transparent)]
    Other(RouterError),
}

fn named(error: RouterError) -> Wrong {
    match error {
        RouterError::Supergraph(source @ SupergraphError::UnknownSubgraph { .. }) => Wrong::Setting {
            setting: "ROUTER_SUBGRAPH_URLS",
            source,
        },
        RouterError::Supergraph(source) => Wrong::Setting {
            setting: "ROUTER_SUPERGRAPH",
            source,
        },
        other => Wrong::Other(other),
    }
}

impl Settings {
    fn subgraphs(&self) -> HashMap<String, SubgraphTransport> {
        self.router_subgraph_urls
            .iter()
            .map(|subgraph| {
                (
                    subgraph.name.clone(),
                    SubgraphTransport::Http(subgraph.url.clone()),
                )
            })
            .collect()
    }
}

/// `name=url`, a subgraph and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SubgraphUrl {
    name: String,
    url: Url,
}

impl FromStr for SubgraphUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, url) = text
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or("write it as `name=url`, such as `auth=http://127.0.0.1:4001/graphql`")?;
        let url = Url::parse(url).map_err(|error| format!("{url:?} is not a URL: {error}"))?;
        if matches!(url.scheme(), "http" | "https") {
            Ok(Self {
                name: name.to_owned(),
                url,
            })
        } else {
            Err(format!(
                "{} URLs cannot be called, only http and https",
                url.scheme()
            ))
        }
    }
}

/// An origin as a browser writes it: scheme, host and port, and nothing after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("{text:?} is not an origin: {error}"))?;
        let origin = url.origin().ascii_serialization();
        if matches!(url.scheme(), "http" | "https") && origin == text {
            Ok(Self(origin))
        } else {
            Err(format!(
                "{text:?} is not an origin: write it as `https://app.example.org`, without a path"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Settings::command().debug_assert();
    }

    #[test]
    fn every_setting_is_named_as_its_environment_variable() {
        for argument in Settings::command().get_arguments() {
            let Some(variable) = argument.get_env() else {
                continue;
            };
            let names = argument.get_value_names().unwrap_or_default();
            let variable = variable.to_str().unwrap();
            assert_eq!(names.first().map(clap::builder::Str::as_str), Some(variable));
            let flag = variable.to_lowercase().replace('_', "-");
            assert_eq!(argument.get_long(), Some(flag.as_str()));
        }
    }

    #[test]
    fn a_subgraphs_url_is_a_name_and_a_url() {
        let url = "http://auth:4001/graphql";
        assert_eq!(
            format!("auth={url}").parse(),
            Ok(SubgraphUrl {
                name: "auth".into(),
                url: Url::parse(url).unwrap()
            })
        );
        for wrong in [
            "auth",
            "=http://auth/graphql",
            "auth=here",
            "auth=ftp://auth/graphql",
            "",
        ] {
            assert!(wrong.parse::<SubgraphUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_origin_has_no_path() {
        assert!("https://app.example.org".parse::<Origin>().is_ok());
        assert!("http://localhost:5173".parse::<Origin>().is_ok());
        for wrong in [
            "https://app.example.org/",
            "https://app.example.org/app",
            "*",
            "app.example.org",
            "",
        ] {
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }
}
