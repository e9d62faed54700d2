//! The settings of the expense service: each is a flag and an environment variable.

use std::net::SocketAddr;

use clap::Parser;
use constellation_shared::auth::VerifierSettings;
use constellation_shared::erased::ErasedSettings;
use constellation_shared::mongo::MongoSettings;
use constellation_shared::telemetry::LogSettings;

/// The expense service of Constellation: money that was spent, and its history.
#[derive(Parser)]
#[command(name = "constellation-expense", version, max_term_width = 100)]
pub struct Settings {
    /// The address to listen on
    #[arg(
        long,
        env = "EXPENSE_LISTEN",
        value_name = "EXPENSE_LISTEN",
        default_value = "127.0.0.1:4002"
    )]
    pub expense_listen: SocketAddr,

    #[command(flatten)]
    pub mongo: MongoSettings,

    /// The name of this service's own database
    #[arg(
        long,
        env = "EXPENSE_DATABASE",
        value_name = "EXPENSE_DATABASE",
        default_value = "constellation_expense"
    )]
    pub expense_database: String,

    #[command(flatten)]
    pub tokens: VerifierSettings,

    #[command(flatten)]
    pub erased: ErasedSettings,

    #[command(flatten)]
    pub logs: LogSettings,
}
