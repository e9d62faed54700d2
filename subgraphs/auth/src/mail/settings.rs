use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use lettre::message::Mailbox;
use url::Url;

use super::SmtpUrl;

/// How mails are sent, and what they link to.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "E-mail")]
pub struct MailSettings {
    /// The mail server: `smtp://user:password@host:587` (STARTTLS, required but on this machine; `?tls=opportunistic`
    /// and `?tls=none` ask for less) or `smtps://..` (TLS from the start)
    #[arg(
        long,
        env = "SMTP_URL",
        value_name = "SMTP_URL",
        hide_env_values = true,
        conflicts_with = "mail_dir"
    )]
    pub smtp_url: Option<SmtpUrl>,

    /// Whom mails come from, such as `Our family <family@example.org>`; needed with `SMTP_URL`
    #[arg(long, env = "MAIL_FROM", value_name = "MAIL_FROM")]
    pub mail_from: Option<Mailbox>,

    /// A folder that mails are written to in place of being sent; their links are also logged. For development
    #[arg(long, env = "MAIL_DIR", value_name = "MAIL_DIR")]
    pub mail_dir: Option<PathBuf>,

    /// The app that mails link to, with the pages `/verify-email`, `/reset-password`, `/confirm-email-change`,
    /// `/keep-account` and `/invitation` [default: auth's own pages]
    #[arg(long, env = "APP_URL", value_name = "APP_URL", value_parser = app_url)]
    pub app_url: Option<Url>,

    /// Whether an account can be used only once its address is proven; then nobody can find out by registering who
    /// has one
    #[arg(long, env = "REQUIRE_EMAIL_VERIFICATION", value_name = "REQUIRE_EMAIL_VERIFICATION", num_args = 0..=1, default_value_t = false, default_missing_value = "true")]
    pub require_email_verification: bool,
}

impl MailSettings {
    /// Lets links go to auth's own pages, which it serves at this address, unless they go to an app.
    ///
    /// # Panics
    /// Never: an address is a URL.
    #[must_use]
    pub fn linking_to(mut self, auth: SocketAddr) -> Self {
        self.app_url
            .get_or_insert_with(|| Url::parse(&format!("http://{auth}")).expect("an address is a URL"));
        self
    }
}

fn app_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("it begins with http:// or https://".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it has neither `?` nor `#`, which links add".into());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::app_url;

    #[test]
    fn an_app_is_a_web_page_that_paths_can_be_added_to() {
        assert!(app_url("https://family.example.org/app").is_ok());
        for wrong in [
            "family.example.org",
            "ftp://example.org",
            "https://example.org/?a=b",
            "https://example.org/#a",
        ] {
            assert!(app_url(wrong).is_err(), "{wrong}");
        }
    }
}
