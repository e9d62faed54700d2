use chrono::TimeDelta;
use maud::{DOCTYPE, html};
use url::Url;

use super::names::{addressee, harmless};
use crate::domain::{Content, Letter, LinkSecret, Purpose};

/// What a letter says, in words: once as plain text and once as HTML.
pub(super) struct Text {
    subject: &'static str,
    greeting: String,
    paragraphs: Vec<String>,
    button: Option<Button>,
    closing: &'static str,
}

/// A link, and what it does.
struct Button {
    label: &'static str,
    link: Url,
    lifetime: String,
}

const IGNORE: &str = "If this was not you, you need not do anything.";
const ALARM: &str =
    "If this was not you, set a new password at once: ask for a link with \"forgot password\" in the app.";

impl Text {
    #[expect(clippy::too_many_lines, reason = "it is the list of what letters say")]
    pub(super) fn of(letter: &Letter, app: &Url) -> Self {
        let button = |label, path, purpose: Purpose, secret: &LinkSecret| {
            Some(Button {
                label,
                link: link(app, path, &secret.reveal()),
                lifetime: purpose.lifetime().map_or_else(
                    || "The link works once, until then.".to_owned(),
                    |lifetime| format!("The link works once, within {}.", hours(lifetime)),
                ),
            })
        };
        let (subject, paragraphs, button, closing) = match &letter.content {
            Content::VerifyEmail { link } => (
                "Is this your e-mail address?",
                vec!["Somebody, probably you, opened an account with this address and chose its password. If it was you, please tell us that the address is yours.".to_owned()],
                button("I opened the account", "verify-email", Purpose::VerifyEmail, link),
                "If it was not you, do not use the link: it would let whoever opened the account use it in your name. You need not do anything.",
            ),
            Content::AddressInUse { link } => (
                "You already have an account",
                vec![
                    "Somebody, perhaps you, wanted to use this address for an account. You have one with it already, and nothing was changed.".to_owned(),
                    "Sign in with your password. If you do not know it any more, or never set it yourself, choose a new one.".to_owned(),
                ],
                button("Choose a new password", "reset-password", Purpose::ResetPassword, link),
                IGNORE,
            ),
            Content::ResetPassword { link } => (
                "Choose a new password",
                vec!["Somebody, probably you, forgot the password of your account. Choose a new one, and all devices will be signed out.".to_owned()],
                button("Choose a new password", "reset-password", Purpose::ResetPassword, link),
                IGNORE,
            ),
            Content::PasswordChanged => (
                "Your password was changed",
                vec!["The password of your account was changed, and your other devices were signed out.".to_owned()],
                None,
                ALARM,
            ),
            Content::LeaveAddress { link, new } => (
                "Do you want to change your e-mail address?",
                vec![format!("Somebody, probably you, wants to move your account from this address to {new}. Please confirm that. A second mail went to the new address, and must be confirmed too.")],
                button("Yes, change my address", "confirm-email-change", Purpose::LeaveAddress, link),
                ALARM,
            ),
            Content::TakeAddress { link } => (
                "Is this your new e-mail address?",
                vec!["Somebody, probably you, wants to move an account to this address. Please tell us that it is yours.".to_owned()],
                button("This is my address", "confirm-email-change", Purpose::TakeAddress, link),
                IGNORE,
            ),
            Content::AddressLeft { new } => (
                "Your e-mail address was changed",
                vec![format!("Your account has moved from this address to {new}. Sign in with the new address from now on.")],
                None,
                "If this was not you, tell whoever runs this service at once.",
            ),
            Content::DeletionPlanned { link, due } => (
                "Your account is going to be deleted",
                vec![
                    format!("Somebody, probably you, asked to have your account deleted. That will be done on {}, and all devices were signed out.", due.format("%-d %B %Y at %H:%M UTC")),
                    "Until then you can change your mind: with this link, or by signing in and keeping the account. After that nobody can bring back what was in it.".to_owned(),
                ],
                button("Keep my account", "keep-account", Purpose::KeepAccount, link),
                "If this was not you, keep your account with the link and set a new password at once: ask for it with \"forgot password\" in the app.",
            ),
            Content::AccountDeleted { at } => (
                "Your account was deleted",
                vec![
                    format!("On {}, your account with this address was deleted as it was asked for, and in every app all that was yours alone. Nobody can bring it back.", at.format("%-d %B %Y at %H:%M UTC")),
                    "This address is forgotten now too. You can open a new account with it at any time.".to_owned(),
                ],
                None,
                "If this was not you, tell whoever runs this service.",
            ),
            Content::Invitation { code, household, invited_by, expires_at } => {
                let who = invited_by.as_ref().and_then(|name| harmless(name.as_str())).unwrap_or("Somebody");
                let what = harmless(household.as_str())
                    .map_or_else(|| "their household".to_owned(), |name| format!("the household \"{name}\""));
                let code = code.reveal();
                (
                    "You are invited into a household",
                    vec![
                        format!("{who} invites you into {what}. Sign in, or open an account with any address you like, and accept."),
                        format!("If the app asks for a code, it is {code}. Whoever has it can join in your place, so do not pass it on."),
                    ],
                    Some(Button {
                        label: "See the invitation",
                        link: link(app, "invitation", &code),
                        lifetime: format!("The link works once, until {}.", expires_at.format("%-d %B %Y at %H:%M UTC")),
                    }),
                    "If you do not know who this is, you need not do anything.",
                )
            }
        };
        Self {
            subject,
            greeting: addressee(letter).map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},")),
            paragraphs,
            button,
            closing,
        }
    }

    pub(super) const fn subject(&self) -> &'static str {
        self.subject
    }

    pub(super) fn link(&self) -> Option<&Url> {
        self.button.as_ref().map(|button| &button.link)
    }

    pub(super) fn plain(&self) -> String {
        let button = self
            .button
            .as_ref()
            .map(|button| format!("{}:\n{}\n\n{}", button.label, button.link, button.lifetime));
        [self.greeting.clone()]
            .into_iter()
            .chain(self.paragraphs.iter().cloned())
            .chain(button)
            .chain([self.closing.to_owned()])
            .collect::<Vec<_>>()
            .join("\n\n")
    }

    /// Whatever a person wrote is escaped.
    pub(super) fn html(&self) -> String {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    title { (self.subject) }
                }
                body style="font-family: sans-serif; line-height: 1.5; max-width: 36em; margin: 2em auto; padding: 0 1em" {
                    p { (self.greeting) }
                    @for paragraph in &self.paragraphs {
                        p { (paragraph) }
                    }
                    @if let Some(button) = &self.button {
                        p {
                            a href=(button.link) style="display: inline-block; padding: .6em 1.2em; border-radius: .4em; background: #2b4a9b; color: #fff; text-decoration: none" {
                                (button.label)
                            }
                        }
                        p { (button.lifetime) " It is: " a href=(button.link) { (button.link) } }
                    }
                    p { (self.closing) }
                }
            }
        }
        .into_string()
    }
}

/// A page of the app, with the secret as the argument `token`.
fn link(app: &Url, page: &str, secret: &str) -> Url {
    let mut url = app.clone();
    let path = format!("{}/{page}", app.path().trim_end_matches('/'));
    url.set_path(&path);
    url.query_pairs_mut().append_pair("token", secret);
    url
}

fn hours(lifetime: TimeDelta) -> String {
    match lifetime.num_hours() {
        1 => "an hour".to_owned(),
        hours => format!("{hours} hours"),
    }
}
