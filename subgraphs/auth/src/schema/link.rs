use crate::domain::BadLink;

/// What is said of a link that does not work.
pub(crate) const fn told(link: BadLink) -> &'static str {
    match link {
        BadLink::Invalid => {
            "This link does not work: it was used already, or a newer one has taken its place. Ask for another."
        }
        BadLink::Expired => "This link is too old. Ask for another.",
    }
}
