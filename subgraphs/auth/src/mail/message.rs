use lettre::Message;
use lettre::message::{Mailbox, MultiPart};

use super::SendError;
use super::names::addressee;
use super::text::Text;
use crate::domain::Letter;

/// A letter in the form of a mail, with a plain and an HTML text. The same letter always has the same `Message-ID`, by
/// which a mailbox that gets it twice can tell.
pub(super) fn message(letter: &Letter, text: &Text, from: &Mailbox) -> Result<Message, SendError> {
    let to = Mailbox::new(addressee(letter).map(str::to_owned), letter.to.parse()?);
    let message = Message::builder()
        .message_id(Some(format!("<{}@{}>", letter.id, from.email.domain())))
        .date(letter.written_at.into())
        .from(from.clone())
        .to(to)
        .subject(text.subject())
        .multipart(MultiPart::alternative_plain_html(text.plain(), text.html()))?;
    Ok(message)
}
