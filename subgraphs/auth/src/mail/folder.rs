use std::path::{Path, PathBuf};

use lettre::Message;

use super::text::Text;
use super::{MailSettingsError, SendError};
use crate::domain::Letter;

/// A folder that mails are written to, for development: nothing leaves this machine.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, MailSettingsError> {
        std::fs::create_dir_all(path).map_err(|error| MailSettingsError::Folder(path.to_owned(), error))?;
        Ok(Self(path.to_owned()))
    }

    /// Writes a mail to a file that any mail program opens, and tells its link: whoever can read this log can read the
    /// folder too.
    pub(super) async fn write(
        &self,
        letter: &Letter,
        text: &Text,
        message: &Message,
    ) -> Result<(), SendError> {
        let path = self.0.join(format!("{}.eml", letter.id));
        tokio::fs::write(&path, message.formatted()).await?;
        let file = path.display();
        let link = text.link().map(tracing::field::display);
        tracing::info!(subject = text.subject(), link, %file, "a mail was written");
        Ok(())
    }
}
