use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What a device is given when it has signed in, to be known again: 256 bits that nobody can guess. It opens nothing; it
/// only keeps its owner from being counted with strangers.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DeviceToken([u8; 32]);

impl DeviceToken {
    pub(super) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads what a client sent; `None` when it has not the form of a token, which is no error: the device is unknown.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The text to hand to the client.
    pub(crate) fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Only what names its counter asks for this: a hash, which is all that is stored of it.
    pub(super) const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(..)")
    }
}
