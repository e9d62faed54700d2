//! Logs: for a person in a terminal, JSON otherwise. They go to standard error.

use std::io::{IsTerminal as _, stderr};

use clap::{Args, ValueEnum};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// What is logged, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logs")]
pub struct LogSettings {
    /// What is logged: a level (error, warn, info, debug, trace), or rules such as `info,constellation_auth=debug`
    #[arg(long, env = "LOG", value_name = "LOG", default_value = "info", value_parser = parse_rules)]
    pub log: String,

    /// How it is written
    #[arg(long, env = "LOG_FORMAT", value_name = "LOG_FORMAT", default_value = "auto")]
    pub log_format: LogFormat,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text in a terminal, JSON otherwise.
    Auto,
    /// Text for a person.
    Text,
    /// One JSON object per line.
    Json,
}

fn parse_rules(rules: &str) -> Result<String, String> {
    EnvFilter::try_new(rules)
        .map(|_| rules.to_owned())
        .map_err(|error| error.to_string())
}

impl LogSettings {
    /// Starts logging for the whole process. Only the first call has an effect.
    pub fn start(&self) {
        // The libraries' own informational lines are not about this product.
        // Hive Router logs under `router::`. It warns of every wrong document that a client sends, and repeats a
        // variable that has the wrong type, which may be a password.
        let quiet = "hive_router=warn,router=error,router::coerce_variables=off,hyper=warn,mongodb=warn,ntex=warn,\
                     h2=warn,reqwest=warn,rustls=warn";
        let rules =
            EnvFilter::try_new(format!("{quiet},{}", self.log)).unwrap_or_else(|_| EnvFilter::new("info"));
        let builder = tracing_subscriber::fmt()
            .with_env_filter(rules)
            .with_span_events(FmtSpan::NONE)
            .with_writer(stderr);
        let text = match self.log_format {
            LogFormat::Auto => stderr().is_terminal(),
            LogFormat::Text => true,
            LogFormat::Json => false,
        };
        // An error means that logging was started before, which is what was asked for.
        let _ = if text {
            builder
                .with_target(false)
                .with_ansi(stderr().is_terminal())
                .try_init()
        } else {
            builder
                .json()
                .flatten_event(true)
                .with_span_list(false)
                .try_init()
        };
    }
}
