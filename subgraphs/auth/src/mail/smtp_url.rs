use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

/// The address of a mail server, which may hold a password: it is never printed.
#[derive(Clone)]
pub struct SmtpUrl(SecretString);

impl SmtpUrl {
    /// The address in the form that says everything about TLS.
    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl FromStr for SmtpUrl {
    type Err = String;

    /// Reads an address. Without a word about it, `smtp://` asks for TLS, except on this machine: a password, or a link
    /// that sets one, must not cross a network in the open because somebody did not think of it.
    fn from_str(text: &str) -> Result<Self, String> {
        // The parser's own words could repeat what is between them, so they are not told.
        let mut url = Url::parse(text).map_err(|_| "it is no URL such as smtp://user:password@host:587")?;
        let Some(host) = url.host() else {
            return Err("it names no host".into());
        };
        let here = is_here(&host);
        let wish = url.query().map(str::to_owned);
        let tls = match (url.scheme(), wish.as_deref()) {
            ("smtps", None) => None,
            ("smtp", None) if here => None,
            ("smtp", None | Some("tls=required")) => Some("tls=required"),
            ("smtp", Some("tls=opportunistic")) => Some("tls=opportunistic"),
            ("smtp", Some("tls=none")) if here || url.password().is_none() => None,
            ("smtp", Some("tls=none")) => {
                return Err("a password must not cross a network without TLS".into());
            }
            ("smtp" | "smtps", Some(_)) => {
                return Err(
                    "behind `?` there may be tls=required, tls=opportunistic or tls=none, with smtp://"
                        .into(),
                );
            }
            _ => return Err("it begins with smtp:// or smtps://".into()),
        };
        url.set_query(tls);
        Ok(Self(String::from(url).into()))
    }
}

fn is_here(host: &Host<&str>) -> bool {
    match host {
        // The scheme is not a web one, so an address of four numbers is read as a name.
        Host::Domain(name) => {
            *name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpUrl(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::SmtpUrl;

    fn read(text: &str) -> Result<String, String> {
        text.parse::<SmtpUrl>().map(|url| url.expose().to_owned())
    }

    #[test]
    fn tls_is_asked_for_unless_the_server_is_on_this_machine_or_it_is_waived() {
        for (text, understood) in [
            (
                "smtp://mail.example.org:587",
                "smtp://mail.example.org:587?tls=required",
            ),
            (
                "smtp://a:b@mail.example.org",
                "smtp://a:b@mail.example.org?tls=required",
            ),
            ("smtp://127.0.0.1:2525", "smtp://127.0.0.1:2525"),
            ("smtp://a:b@localhost:2525", "smtp://a:b@localhost:2525"),
            ("smtp://[::1]:2525", "smtp://[::1]:2525"),
            ("smtp://mailpit:1025?tls=none", "smtp://mailpit:1025"),
            ("smtps://a:b@mail.example.org", "smtps://a:b@mail.example.org"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(understood));
        }
    }

    #[test]
    fn what_is_no_mail_server_is_refused_and_no_password_is_repeated() {
        for text in [
            "mail.example.org",
            "http://u:hunter2@mail.example.org",
            "smtp://u:hunter2@",
            "smtp://u:hunter2@mail.example.org?tls=none",
            "smtp://u:hunter2@mail.example.org?tls=maybe",
            "smtps://u:hunter2@mail.example.org?tls=none",
            "smtp://u:hunter2@mail.example.org:99999",
        ] {
            let error = read(text).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert_eq!(
            format!("{:?}", "smtp://u:hunter2@localhost".parse::<SmtpUrl>().unwrap()),
            "SmtpUrl(..)"
        );
    }
}
