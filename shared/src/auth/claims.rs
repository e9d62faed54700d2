use serde::{Deserialize, Serialize};

use crate::household::Membership;
use crate::id::{SessionId, UserId};

/// The `typ` header of an access token (RFC 9068), which keeps any other JWT from being taken for one.
pub const TOKEN_TYPE: &str = "at+jwt";

/// What an access token says. Times are seconds since 1970.
///
/// Claims that this version does not know are ignored, so that auth can add some before its readers learn them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Who issued the token.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// The person.
    pub sub: UserId,
    /// The session.
    pub sid: SessionId,
    /// This token's own id.
    pub jti: String,
    /// When it was issued.
    pub iat: i64,
    /// When it ends.
    pub exp: i64,
    /// The households that the person belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub households: Vec<Membership>,
    /// How often those had changed when the token was issued: any change of what is told here of a household counts one
    /// for each of its members, and for whoever has just left. A later count makes this token stale.
    #[serde(default)]
    pub hv: u64,
}
