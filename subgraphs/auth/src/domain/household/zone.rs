/// Where a household's days begin and end: a zone of the IANA time zone database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeZone(chrono_tz::Tz);

impl TimeZone {
    /// Reads the name of a zone, such as `Europe/Berlin`; `None` for any other text, offsets included: those change with
    /// the seasons.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    pub(crate) fn name(self) -> &'static str {
        self.0.name()
    }
}

#[cfg(test)]
mod tests {
    use super::TimeZone;

    #[test]
    fn a_time_zone_is_a_name_of_the_iana_database() {
        for name in ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC"] {
            assert_eq!(TimeZone::parse(name).unwrap().name(), name);
        }
        for text in ["", "Berlin", "europe/berlin", "+01:00", " Europe/Berlin"] {
            assert_eq!(TimeZone::parse(text), None, "{text:?}");
        }
    }
}
