use email_address::{EmailAddress, Options};
use unicode_normalization::UnicodeNormalization as _;

/// An e-mail address: as its owner writes it, and as it is told apart from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Email {
    written: String,
    key: String,
}

impl Email {
    /// Reads an address; `None` when it is none that mail could be sent to.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let written: String = text.trim().nfc().collect();
        // `Ana <ana@example.org>`, `ana@localhost` and `ana@[127.0.0.1]` are addresses by the standard, but not
        // what a person signs in with.
        let options = Options::default()
            .without_display_text()
            .without_domain_literal()
            .with_required_tld();
        EmailAddress::parse_with_options(&written, options).ok()?;
        // Neither case nor the form of a letter is told apart: a second account that looks the same would be a trap.
        // Mail to `exämple.org` goes to `xn--exmple-cua.org`, so the two are one address.
        let (local, domain) = written.rsplit_once('@')?;
        let local: String = local.nfkc().collect::<String>().to_lowercase();
        let key = format!("{local}@{}", idna::domain_to_ascii(domain).ok()?);
        Some(Self { written, key })
    }

    /// The address as its owner writes it.
    pub(crate) fn as_str(&self) -> &str {
        &self.written
    }

    /// The same for all ways to write this address.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::Email;

    #[test]
    fn an_address_is_told_apart_by_its_letters_not_by_their_case() {
        let email = Email::parse(" Ana.Lima@Example.ORG ").unwrap();
        assert_eq!(email.as_str(), "Ana.Lima@Example.ORG");
        assert_eq!(email.key(), Email::parse("ana.lima@example.org").unwrap().key());
    }

    #[test]
    fn two_ways_to_write_one_address_are_one_address() {
        let key = |text| Email::parse(text).unwrap().key().to_owned();
        assert_eq!(key("ﬁona@example.org"), key("fiona@example.org"));
        assert_eq!(key("ana@exämple.org"), key("ana@xn--exmple-cua.org"));
        assert_ne!(key("ana@example.org"), key("anna@example.org"));
    }

    #[test]
    fn what_no_mail_could_reach_is_no_address() {
        for text in [
            "",
            "ana",
            "ana@",
            "@example.org",
            "ana@localhost",
            "ana@[127.0.0.1]",
            "Ana <ana@example.org>",
            "a b@example.org",
            "ana@example.org\n.evil",
        ] {
            assert_eq!(Email::parse(text), None, "{text:?}");
        }
    }
}
