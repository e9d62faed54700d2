use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use url::Url;

use super::folder::Folder;
use super::message::message;
use super::text::Text;
use super::{MailSettings, MailSettingsError, SendError};
use crate::domain::Letter;

/// How long sending one mail may take: less than a worker has it for itself.
const TIMEOUT: Duration = Duration::from_mins(2);

/// Sends letters.
pub(crate) struct Mailer {
    way: Way,
    from: Mailbox,
    app: Url,
}

/// How letters leave the house.
enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(Folder),
}

impl Mailer {
    /// # Errors
    /// When the settings contradict each other, or the folder cannot be made.
    pub(crate) fn new(settings: &MailSettings) -> Result<Self, MailSettingsError> {
        let (way, from) = match (&settings.smtp_url, &settings.mail_dir) {
            (Some(url), _) => {
                let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose())
                    .map_err(MailSettingsError::Smtp)?
                    .build();
                let from = settings.mail_from.clone().ok_or(MailSettingsError::NoSender)?;
                (Way::Smtp(transport), from)
            }
            (None, Some(folder)) => {
                let from = settings.mail_from.clone().unwrap_or_else(nobody);
                (Way::Folder(Folder::open(folder)?), from)
            }
            (None, None) => return Err(MailSettingsError::NoWay),
        };
        let app = settings.app_url.clone().ok_or(MailSettingsError::NoApp)?;
        Ok(Self { way, from, app })
    }

    /// Hands a letter over.
    pub(crate) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let text = Text::of(letter, &self.app);
        let message = message(letter, &text, &self.from)?;
        match &self.way {
            Way::Smtp(transport) => tokio::time::timeout(TIMEOUT, transport.send(message))
                .await
                .map_err(|_| SendError::Timeout)?
                .map(|_| ())
                .map_err(SendError::from),
            Way::Folder(folder) => folder.write(letter, &text, &message).await,
        }
    }
}

/// The sender where nothing is sent.
fn nobody() -> Mailbox {
    "Constellation <constellation@localhost>"
        .parse()
        .expect("this is a mailbox")
}
