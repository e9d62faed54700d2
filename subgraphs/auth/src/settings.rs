//! The settings of the auth service: each is a flag and an environment variable.

use std::net::SocketAddr;
use std::num::NonZeroUsize;

use clap::{Args, Parser};
use constellation_shared::auth::ClaimSettings;
use constellation_shared::http::ProxySettings;
use constellation_shared::mongo::MongoSettings;
use constellation_shared::telemetry::LogSettings;

use crate::cookie_path::CookiePath;
use crate::keys::KeySettings;
use crate::mail::MailSettings;

/// The auth service of Constellation: users, passwords, sessions and tokens.
#[derive(Parser)]
#[command(name = "constellation-auth", version, max_term_width = 100)]
pub struct Settings {
    /// The address to listen on
    #[arg(
        long,
        env = "AUTH_LISTEN",
        value_name = "AUTH_LISTEN",
        default_value = "127.0.0.1:4001"
    )]
    pub auth_listen: SocketAddr,

    #[command(flatten)]
    pub mongo: MongoSettings,

    /// The name of this service's own database
    #[arg(
        long,
        env = "AUTH_DATABASE",
        value_name = "AUTH_DATABASE",
        default_value = "constellation_auth"
    )]
    pub auth_database: String,

    #[command(flatten)]
    pub keys: KeySettings,

    #[command(flatten)]
    pub claims: ClaimSettings,

    #[command(flatten)]
    pub passwords: PasswordSettings,

    #[command(flatten)]
    pub mail: MailSettings,

    #[command(flatten)]
    pub clients: ClientSettings,

    #[command(flatten)]
    pub leaving: LeavingSettings,

    #[command(flatten)]
    pub logs: LogSettings,
}

/// How clients are told apart, how often they may try, and what is kept with them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Clients")]
pub struct ClientSettings {
    #[command(flatten)]
    pub proxies: ProxySettings,

    /// How many times the usual budget of attempts one network address has; raise it where many people share one
    #[arg(long, env = "ADDRESS_BUDGET", value_name = "ADDRESS_BUDGET", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub address_budget: u32,

    /// The path by which browsers reach the graph: they send the cookie with a refresh token to it and to nothing else
    #[arg(
        long,
        env = "REFRESH_COOKIE_PATH",
        value_name = "REFRESH_COOKIE_PATH",
        default_value_t
    )]
    pub refresh_cookie_path: CookiePath,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            proxies: ProxySettings::default(),
            address_budget: 1,
            refresh_cookie_path: CookiePath::default(),
        }
    }
}

/// What happens when somebody wants to leave.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Leaving")]
pub struct LeavingSettings {
    /// How many days an account is kept after its owner asked to have it deleted; 0 leaves nobody time to change their mind, and the only mail says that it is gone
    #[arg(long, env = "ACCOUNT_DELETION_GRACE_DAYS", value_name = "ACCOUNT_DELETION_GRACE_DAYS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(0..=365))]
    pub account_deletion_grace_days: u16,
}

impl Default for LeavingSettings {
    fn default() -> Self {
        Self {
            account_deletion_grace_days: 30,
        }
    }
}

/// What a password must be, and how it is hashed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Passwords")]
pub struct PasswordSettings {
    /// The fewest characters a new password may have (NIST SP 800-63B asks for 15 where it is the only factor)
    #[arg(long, env = "PASSWORD_MIN_LENGTH", value_name = "PASSWORD_MIN_LENGTH", default_value_t = 15, value_parser = clap::value_parser!(u8).range(8..=64))]
    pub password_min_length: u8,

    /// Memory for hashing one password with argon2id, in KiB; a stored weaker hash is renewed at the next sign-in
    #[arg(long, env = "PASSWORD_HASH_MEMORY_KIB", value_name = "PASSWORD_HASH_MEMORY_KIB", default_value_t = 19_456, value_parser = clap::value_parser!(u32).range(7_168..=1_048_576))]
    pub password_hash_memory_kib: u32,

    /// How many passes argon2id makes over that memory
    #[arg(long, env = "PASSWORD_HASH_PASSES", value_name = "PASSWORD_HASH_PASSES", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub password_hash_passes: u32,

    /// How many passwords may be hashed at the same time [default: the number of processors]
    #[arg(long, env = "PASSWORD_HASH_SLOTS", value_name = "PASSWORD_HASH_SLOTS")]
    pub password_hash_slots: Option<NonZeroUsize>,

    /// How many more may wait for that before the next one is turned away
    #[arg(
        long,
        env = "PASSWORD_HASH_QUEUE",
        value_name = "PASSWORD_HASH_QUEUE",
        default_value_t = 64
    )]
    pub password_hash_queue: u16,
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self {
            password_min_length: 15,
            password_hash_memory_kib: 19_456,
            password_hash_passes: 2,
            password_hash_slots: None,
            password_hash_queue: 64,
        }
    }
}
