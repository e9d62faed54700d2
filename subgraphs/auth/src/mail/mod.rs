//! Sending mails: what they say, and how they leave the house. When and to whom is decided in `domain/`.

mod folder;
mod mailer;
mod message;
mod names;
mod settings;
mod smtp_url;
mod text;

pub(crate) use mailer::Mailer;
pub use settings::MailSettings;
pub use smtp_url::SmtpUrl;

use std::path::PathBuf;

/// Why mails cannot be sent the way the settings say.
#[derive(Debug, thiserror::Error)]
pub enum MailSettingsError {
    /// There is no way to send mails.
    #[error("mails have nowhere to go: set SMTP_URL to send them, or MAIL_DIR to write them to a folder")]
    NoWay,
    /// Mails have no sender.
    #[error("MAIL_FROM is missing: SMTP_URL needs to know whom mails come from")]
    NoSender,
    /// Links have nowhere to go.
    #[error("APP_URL is missing: links in mails have to go somewhere")]
    NoApp,
    /// The server's address cannot be used.
    #[error("SMTP_URL cannot be used")]
    Smtp(#[source] lettre::transport::smtp::Error),
    /// The folder cannot be used.
    #[error("MAIL_DIR={0} cannot be made")]
    Folder(PathBuf, #[source] std::io::Error),
}

/// Why one mail was not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// The mail cannot be put in the form of one.
    #[error("the mail cannot be written")]
    Message(#[from] lettre::error::Error),
    #[error("the address is not usable")]
    Address(#[from] lettre::address::AddressError),
    #[error("the mail server did not take the mail")]
    Smtp(#[from] lettre::transport::smtp::Error),
    #[error("the mail server did not answer in time")]
    Timeout,
    #[error("the mail cannot be written to MAIL_DIR")]
    Folder(#[from] std::io::Error),
}

/// The answers of a mail server that are about the one mailbox, and will be the same tomorrow (RFC 5321, 4.2.3). Other
/// refusals may come from our settings, or the server's, and be gone when they are mended.
const NO_SUCH_MAILBOX: [u16; 3] = [550, 551, 553];

impl SendError {
    /// Whether trying again is of no use.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Message(_) | Self::Address(_) => true,
            Self::Smtp(error) => error
                .status()
                .is_some_and(|code| NO_SUCH_MAILBOX.contains(&u16::from(code))),
            Self::Timeout | Self::Folder(_) => false,
        }
    }
}
