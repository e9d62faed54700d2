//! The settings of the whole backend in one program: each is a flag and an environment variable.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};
use constellation_auth::{ClientSettings, KeyUse, LeavingSettings, MailSettings, PasswordSettings, Who};
use constellation_router::settings::Origin;
use constellation_shared::auth::{ClaimSettings, FreshnessSettings};
use constellation_shared::id::UserId;
use constellation_shared::telemetry::LogSettings;

/// The whole backend of a family's apps in one program: the graph, its subgraphs, and a database.
///
/// Without a command it starts everything. No setting is needed: a MongoDB is found or fetched, keys are made, and
/// the graph is served at <http://127.0.0.1:4000/graphql>.
#[derive(Debug, Parser)]
#[command(name = "constellation", version, max_term_width = 100)]
pub(crate) struct Settings {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) up: UpSettings,

    #[command(flatten)]
    pub(crate) logs: LogSettings,
}

/// What a developer can ask for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the folder `schema/` anew from the code and supergraph.yaml
    Schema(SchemaSettings),
    /// Start only the local database, for services that run as processes of their own
    Database,
    /// List the secret keys of auth, or change them while everything runs
    Keys(KeysSettings),
    /// List accounts, disable and enable them, end their sessions, or send a link to set a new password
    ///
    /// It works on the database of auth, which is the one at `MONGODB_URI`, or else the local one, whether
    /// `constellation` runs or not. Running services take up what it ends within seconds, and send its mails.
    Users(UsersSettings),
}

/// What is done with accounts.
#[derive(Debug, Args)]
pub(crate) struct UsersSettings {
    #[command(subcommand)]
    pub(crate) command: UsersCommand,
}

/// What those who run the service can do with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum UsersCommand {
    /// Show accounts, the oldest first: id, state, signed-in devices, when it was made, address and name
    List {
        /// Only those whose e-mail address or username contains this text, in whatever case
        #[arg(long, value_name = "TEXT")]
        email: Option<String>,

        /// Only those that were made after the account with this id, to go on where a list ended
        #[arg(long, value_name = "ID")]
        after: Option<UserId>,

        /// How many at most
        #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        first: u16,
    },
    /// Let nobody sign in to an account, and end all its sessions; a new password does not open it
    Disable {
        /// The account: its id, its e-mail address or its username
        #[arg(value_name = "ACCOUNT")]
        who: Who,
    },
    /// Let the owner of a disabled account sign in again
    Enable {
        /// The account: its id, its e-mail address or its username
        #[arg(value_name = "ACCOUNT")]
        who: Who,
    },
    /// End all sessions of an account; its owner can sign in again
    EndSessions {
        /// The account: its id, its e-mail address or its username
        #[arg(value_name = "ACCOUNT")]
        who: Who,
    },
    /// Send the owner of an account a link to set a new password
    SendReset {
        /// The account: its id, its e-mail address or its username
        #[arg(value_name = "ACCOUNT")]
        who: Who,
    },
}

/// What is done with the file of secret keys.
#[derive(Debug, Args)]
pub(crate) struct KeysSettings {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

/// The steps of a rotation. Every step is taken up by running services within seconds.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Show all keys, without their secrets
    List,
    /// Make a new key and publish it; it is not used yet
    Add {
        /// What the key is for
        #[arg(value_name = "USE")]
        used_for: KeyUse,
    },
    /// Put the published key to use, once everybody has read it; the key in use becomes a previous one
    Promote {
        /// What the key is for
        #[arg(value_name = "USE")]
        used_for: KeyUse,

        /// Do not wait until everybody has read the key; tokens may be refused for up to ten minutes
        #[arg(long)]
        now: bool,
    },
    /// Forget a previous key, once nothing that it made lives any more
    Retire {
        /// The key, as the list names it
        #[arg(value_name = "ID", allow_hyphen_values = true)]
        id: String,

        /// Do not wait until nothing that it made lives any more; tokens that it made are refused from now on
        #[arg(long)]
        now: bool,
    },
}

/// How the schema files are made.
#[derive(Debug, Args)]
pub(crate) struct SchemaSettings {
    /// Change nothing; fail if a file is not what it should be
    #[arg(long)]
    pub(crate) check: bool,

    /// The list of subgraphs
    #[arg(long, value_name = "FILE", default_value = "supergraph.yaml")]
    pub(crate) supergraph: PathBuf,
}

/// How everything is started.
#[derive(Debug, Args)]
pub(crate) struct UpSettings {
    /// Where the graph is served
    #[arg(
        long,
        env = "ROUTER_LISTEN",
        value_name = "ROUTER_LISTEN",
        default_value = "127.0.0.1:4000"
    )]
    pub(crate) router_listen: SocketAddr,

    /// Where auth is served by itself, for its plain HTTP endpoints
    #[arg(
        long,
        env = "AUTH_LISTEN",
        value_name = "AUTH_LISTEN",
        default_value = "127.0.0.1:4001"
    )]
    pub(crate) auth_listen: SocketAddr,

    /// Where expense is served by itself
    #[arg(
        long,
        env = "EXPENSE_LISTEN",
        value_name = "EXPENSE_LISTEN",
        default_value = "127.0.0.1:4002"
    )]
    pub(crate) expense_listen: SocketAddr,

    /// The folder for the local database, the keys and what is fetched [default: .constellation in the project, or
    /// here]
    #[arg(long, env = "CONSTELLATION_HOME", value_name = "CONSTELLATION_HOME")]
    pub(crate) constellation_home: Option<PathBuf>,

    /// The folder for what is fetched once [default: `cache` in the folder for all that is kept]
    #[arg(long, env = "CONSTELLATION_CACHE_DIR", value_name = "CONSTELLATION_CACHE_DIR")]
    pub(crate) constellation_cache_dir: Option<PathBuf>,

    /// A MongoDB replica set to use; without it a local one is started, and fetched first if there is none
    #[arg(long, env = "MONGODB_URI", value_name = "MONGODB_URI", hide_env_values = true)]
    pub(crate) mongodb_uri: Option<String>,

    /// The name of auth's own database
    #[arg(
        long,
        env = "AUTH_DATABASE",
        value_name = "AUTH_DATABASE",
        default_value = "constellation_auth"
    )]
    pub(crate) auth_database: String,

    /// The name of expense's own database
    #[arg(
        long,
        env = "EXPENSE_DATABASE",
        value_name = "EXPENSE_DATABASE",
        default_value = "constellation_expense"
    )]
    pub(crate) expense_database: String,

    /// The file with the secret keys; made if there is none [default: `keys.json` in the folder for all that is kept]
    #[arg(long, env = "AUTH_KEYS_FILE", value_name = "AUTH_KEYS_FILE")]
    pub(crate) auth_keys_file: Option<PathBuf>,

    /// Whether clients may ask for the schema
    #[arg(
        long,
        env = "ROUTER_INTROSPECTION",
        value_name = "ROUTER_INTROSPECTION",
        default_value_t = true,
        action = ArgAction::Set
    )]
    pub(crate) router_introspection: bool,

    /// Whether GraphiQL is served at /graphiql; its files are fetched once with npm
    #[arg(
        long,
        env = "ROUTER_GRAPHIQL",
        value_name = "ROUTER_GRAPHIQL",
        default_value_t = true,
        action = ArgAction::Set
    )]
    pub(crate) router_graphiql: bool,

    /// The origins whose web pages may call the graph from a browser: `http://localhost:5173,...`
    #[arg(
        long,
        env = "ROUTER_CORS_ORIGINS",
        value_name = "ROUTER_CORS_ORIGINS",
        value_delimiter = ','
    )]
    pub(crate) router_cors_origins: Vec<Origin>,

    #[command(flatten)]
    pub(crate) claims: ClaimSettings,

    #[command(flatten)]
    pub(crate) freshness: FreshnessSettings,

    #[command(flatten)]
    pub(crate) passwords: PasswordSettings,

    #[command(flatten)]
    pub(crate) clients: ClientSettings,

    #[command(flatten)]
    pub(crate) leaving: LeavingSettings,

    /// Without a mail server, mails are written to the folder `mail` in `CONSTELLATION_HOME`.
    #[command(flatten)]
    pub(crate) mail: MailSettings,
}

impl UpSettings {
    /// The folder for all that is kept.
    pub(crate) fn home(&self) -> PathBuf {
        self.constellation_home.clone().unwrap_or_else(|| {
            // Cargo says where the project is, so that `cargo run` keeps to one folder wherever it is called from.
            let project = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
            let root = project
                .and_then(|package| package.parent().map(PathBuf::from))
                .unwrap_or_default();
            root.join(".constellation")
        })
    }

    /// The folder for what is fetched once.
    pub(crate) fn cache(&self) -> PathBuf {
        self.constellation_cache_dir
            .clone()
            .unwrap_or_else(|| self.home().join("cache"))
    }

    /// How mails are sent. Where nothing is said of it, they are written to a folder.
    pub(crate) fn mail(&self) -> MailSettings {
        let mut mail = self.mail.clone();
        if mail.smtp_url.is_none() {
            mail.mail_dir.get_or_insert_with(|| self.home().join("mail"));
        }
        mail
    }

    /// The file with the secret keys.
    pub(crate) fn keys_file(&self) -> PathBuf {
        self.auth_keys_file
            .clone()
            .unwrap_or_else(|| self.home().join("keys.json"))
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::{Command, KeysCommand, Settings};

    #[test]
    fn every_setting_is_named_as_its_environment_variable() {
        Settings::command().debug_assert();
        for argument in Settings::command().get_arguments() {
            let Some(variable) = argument.get_env() else {
                continue;
            };
            let names = argument.get_value_names().unwrap_or_default();
            assert_eq!(names.first().map(clap::builder::Str::as_str), variable.to_str());
        }
    }

    #[test]
    fn a_key_may_be_named_by_an_id_that_begins_with_a_hyphen() {
        for arguments in [["-a_b", "--now"], ["--now", "-a_b"]] {
            let arguments = ["constellation", "keys", "retire"].into_iter().chain(arguments);
            let settings = Settings::try_parse_from(arguments).unwrap();
            let Some(Command::Keys(keys)) = settings.command else {
                panic!("another command");
            };
            assert!(matches!(keys.command, KeysCommand::Retire { id, now: true } if id == "-a_b"));
        }
    }
}
