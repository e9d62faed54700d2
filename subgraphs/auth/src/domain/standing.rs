use constellation_shared::household::Membership;

/// What an access token tells of its holder's households.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// How often they had changed.
    pub(crate) hv: u64,
    pub(crate) households: Vec<Membership>,
}
