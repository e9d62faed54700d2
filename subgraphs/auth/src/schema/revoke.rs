use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::device::device_of;
use super::session::Session;
use super::sessions;

#[derive(Default)]
pub(crate) struct RevokeMutation;

#[Object]
impl RevokeMutation {
    /// Ends one of your own sessions, on this device or another. Ending it twice is no error. Its access tokens stop
    /// working everywhere within seconds.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session to end.")] input: RevokeSessionInput,
    ) -> Result<RevokeSessionPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let ended = match input.id.parse() {
            Ok(id) => sessions(ctx).revoke(viewer, id, device_of(ctx, None)).await?,
            Err(_) => None,
        };
        Ok(match ended {
            Some(session) => RevokeSessionPayload {
                session: Some(Session::seen_by(viewer, session)),
                user_errors: Vec::new(),
            },
            None => RevokeSessionPayload {
                session: None,
                user_errors: vec![RevokeSessionUserError {
                    code: RevokeSessionErrorCode::NotFound,
                    message: "You have no such session.".into(),
                    path: Some(vec!["input".into(), "id".into()]),
                }],
            },
        })
    }

    /// Ends all of your sessions but the one that this request is made in. Their access tokens stop working everywhere
    /// within seconds.
    async fn revoke_other_sessions(&self, ctx: &Context<'_>) -> Result<RevokeOtherSessionsPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let ended = sessions(ctx).revoke_others(viewer, device_of(ctx, None)).await?;
        Ok(RevokeOtherSessionsPayload {
            ended: i32::try_from(ended).unwrap_or(i32::MAX),
        })
    }
}

/// The session to end.
#[derive(InputObject)]
struct RevokeSessionInput {
    /// The id of one of your own sessions.
    id: ID,
}

/// What came of ending a session.
#[derive(SimpleObject)]
struct RevokeSessionPayload {
    /// The session, which is over now; null when there are user errors.
    session: Option<Session>,
    /// Why no session was ended; empty when it is over.
    user_errors: Vec<RevokeSessionUserError>,
}

/// Why a session could not be ended.
#[derive(SimpleObject)]
struct RevokeSessionUserError {
    /// The reason, for a program.
    code: RevokeSessionErrorCode,
    /// The reason, for a person.
    message: String,
    /// The input that is wrong.
    path: Option<Vec<String>>,
}

/// The reasons why a session could not be ended.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum RevokeSessionErrorCode {
    /// You have no such session, or it ended so long ago that it was forgotten.
    NotFound,
}

/// What came of ending all other sessions. Nothing can be wrong with that, so there are no user errors.
#[derive(SimpleObject)]
struct RevokeOtherSessionsPayload {
    /// How many sessions were ended.
    ended: i32,
}
