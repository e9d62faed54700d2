use std::sync::Arc;

use chrono::TimeDelta;
use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;
use constellation_shared::id::{SessionId, UserId};
use constellation_shared::mongo::StoreError;

use super::session::Standing;
use super::{
    Action, AttemptError, Attempts, Device, DeviceToken, EndReason, EventKind, LIFETIMES, LinkSecret, MailId,
    RefreshToken, SecurityEvents, Session, SessionFeed, TokenIssuer, User,
};
use crate::keys::LiveKeys;
use crate::store::{HouseholdStore, SessionStore, UserStore};

/// The two tokens of a session.
#[derive(Debug)]
pub(crate) struct TokenPair {
    pub(crate) access: String,
    pub(crate) refresh: RefreshToken,
    /// How long the refresh token is good, if it is not used.
    pub(crate) refresh_lasts: TimeDelta,
}

/// A person who has just proven who they are, and the tokens that say so.
#[derive(Debug)]
pub(crate) struct SignIn {
    pub(crate) user: User,
    pub(crate) tokens: TokenPair,
    /// What this device can show at its next sign-in, to be known again; none where nobody signed in.
    pub(crate) device: Option<DeviceToken>,
}

/// Why a refresh gave no tokens.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    /// It is not a refresh token of ours.
    #[error("not a refresh token")]
    Invalid,
    /// It, or its session, is past its time.
    #[error("expired")]
    Expired,
    /// Its session was ended.
    #[error("the session was ended")]
    Ended(EndReason),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("an access token could not be signed")]
    Signing(#[from] jsonwebtoken::errors::Error),
    #[error(transparent)]
    Attempts(#[from] AttemptError),
}

impl RefreshError {
    /// Whether the token was looked at and found to be no good.
    const fn is_refusal(&self) -> bool {
        matches!(self, Self::Invalid | Self::Expired | Self::Ended(_))
    }
}

/// Starts, continues and ends sessions.
pub(crate) struct Sessions {
    pub(crate) store: SessionStore,
    pub(crate) users: UserStore,
    pub(crate) households: HouseholdStore,
    pub(crate) events: Arc<SecurityEvents>,
    pub(crate) attempts: Arc<Attempts>,
    pub(crate) issuer: Arc<TokenIssuer>,
    pub(crate) keys: Arc<LiveKeys>,
    pub(crate) feed: Arc<SessionFeed>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Sessions {
    /// A new session for a person who has just proven who they are, with its first tokens. Nothing is stored yet.
    pub(super) async fn begin(
        &self,
        user: UserId,
        device: Device,
    ) -> Result<(Session, TokenPair), RefreshError> {
        let now = self.clock.now();
        let id = SessionId::generate(&*self.clock, &*self.entropy);
        let keys = self.keys.load();
        let key = keys.refresh().current();
        let refresh = RefreshToken::derive(key, id, 0);
        let session = Session {
            id,
            user,
            device,
            created_at: now,
            generation: 0,
            key_id: key.id().to_owned(),
            current: refresh.hash(),
            parent: None,
            rotated_at: now,
            expires_at: now + LIFETIMES.idle,
            ends_at: now + LIFETIMES.absolute,
            ended: None,
            ended_at: None,
        };
        let standing = self.households.standing(user).await?;
        let tokens = TokenPair {
            access: self.issuer.issue(user, id, standing)?,
            refresh,
            refresh_lasts: session.lasts(now),
        };
        Ok((session, tokens))
    }

    /// Exchanges a refresh token for a new pair of tokens. The token is spent by that; presented once more within ten
    /// seconds it gives the same refresh token again, and later it ends the session. `from` is whoever presents it.
    pub(crate) async fn refresh(&self, text: &str, from: Device) -> Result<SignIn, RefreshError> {
        let token = RefreshToken::parse(text);
        let attempter = from.attempter();
        // Whatever others do from the same address, a token that a key of ours made is looked at: its holder may have ten
        // seconds to try again before it counts as stolen. Any other must be within the budget to be looked at; it may be
        // of a key that is gone, and good all the same.
        let ours = token
            .as_ref()
            .is_some_and(|token| token.authentic_generation(self.keys.load().refresh()).is_some());
        let attempt = if ours {
            None
        } else {
            Some(self.attempts.begin(Action::Refresh, attempter).await?)
        };
        let exchanged = match &token {
            Some(token) => self.exchange(token, from).await,
            None => Err(RefreshError::Invalid),
        };
        let refused = exchanged.as_ref().is_err_and(RefreshError::is_refusal);
        match attempt {
            None if refused => drop(self.attempts.begin(Action::Refresh, attempter).await?),
            Some(attempt) if !refused => self.attempts.undo(attempt).await,
            _ => {}
        }
        exchanged
    }

    async fn exchange(&self, token: &RefreshToken, from: Device) -> Result<SignIn, RefreshError> {
        if let Some(successor) = self.rotate(token).await? {
            return self.answer(successor).await;
        }
        // Nothing was rotated. Another request may have done so this very moment, so the session is read as the
        // majority of the database has it.
        let session = self
            .store
            .find(token.session())
            .await?
            .ok_or(RefreshError::Invalid)?;
        let authentic = token.authentic_generation(self.keys.load().refresh());
        match session.standing(&token.hash(), authentic, self.clock.now()) {
            Standing::Retry => self.answer(session).await,
            // It was not current when this request tried to rotate it, and cannot have become so since.
            Standing::Foreign | Standing::Current => Err(RefreshError::Invalid),
            Standing::Expired => Err(RefreshError::Expired),
            Standing::Ended(reason) => Err(RefreshError::Ended(reason)),
            Standing::Reused => {
                tracing::warn!(session = %session.id, user = %session.user, "refresh token reused; session ended");
                let ended = self.end(session.id, EndReason::ReuseDetected).await?;
                self.events
                    .record(session.user, Some(session.id), EventKind::RefreshReused, from)
                    .await;
                if ended {
                    return Err(RefreshError::Ended(EndReason::ReuseDetected));
                }
                // Somebody else ended it this very moment. What is told is what stands.
                let session = self.store.find(session.id).await?;
                let reason = session.and_then(|session| session.ended);
                Err(reason.map_or(RefreshError::Invalid, RefreshError::Ended))
            }
        }
    }

    /// Ends the session that a refresh token is of. Any token that the session ever had will do: ending it is the safe
    /// direction, and a sign-out must not lose against a refresh. Ending an ended session changes nothing.
    pub(crate) async fn logout(&self, text: &str, from: Device) -> Result<(), RefreshError> {
        let token = RefreshToken::parse(text);
        let authentic = token
            .as_ref()
            .and_then(|token| token.authentic_generation(self.keys.load().refresh()));
        if authentic.is_none() {
            // It may be of a key that is gone, and good all the same; but nobody signs out that often.
            drop(self.attempts.begin(Action::Refresh, from.attempter()).await?);
        }
        let token = token.ok_or(RefreshError::Invalid)?;
        let session = self
            .store
            .find(token.session())
            .await?
            .ok_or(RefreshError::Invalid)?;
        match session.standing(&token.hash(), authentic, self.clock.now()) {
            Standing::Foreign => Err(RefreshError::Invalid),
            Standing::Ended(_) => Ok(()),
            _ => {
                if self.end(session.id, EndReason::SignedOut).await? {
                    self.events
                        .record(session.user, Some(session.id), EventKind::SignedOut, from)
                        .await;
                }
                Ok(())
            }
        }
    }

    /// Ends every session of a person, but the one that they ask from, and counts those that had not ended yet.
    pub(crate) async fn end_all(
        &self,
        user: UserId,
        but: Option<SessionId>,
        reason: EndReason,
    ) -> Result<u64, StoreError> {
        let ended = self.store.end_all(user, but, reason, self.clock.now()).await?;
        self.feed.hear();
        Ok(ended)
    }

    /// The secret of the link in this mail.
    pub(super) fn link_secret(&self, mail: MailId) -> LinkSecret {
        LinkSecret::derive(self.keys.load().refresh().current(), mail)
    }

    /// One conditional write decides: it succeeds for a current token of a living session, and only once.
    async fn rotate(&self, token: &RefreshToken) -> Result<Option<Session>, RefreshError> {
        let Some(generation) = token.generation().checked_add(1) else {
            return Ok(None);
        };
        let keys = self.keys.load();
        let key = keys.refresh().current();
        let successor = RefreshToken::derive(key, token.session(), generation);
        let now = self.clock.now();
        Ok(self
            .store
            .rotate(token, &successor, key.id(), now, now + LIFETIMES.idle)
            .await?)
    }

    /// The tokens of a session as it stands.
    async fn answer(&self, session: Session) -> Result<SignIn, RefreshError> {
        // A key that is gone could not make the successor again, and a wrong one must never be handed out.
        let keys = self.keys.knowing(&session.key_id).await;
        let key = keys.refresh().get(&session.key_id).ok_or(RefreshError::Invalid)?;
        let refresh = RefreshToken::derive(key, session.id, session.generation);
        let access = self.issuer.issue(
            session.user,
            session.id,
            self.households.standing(session.user).await?,
        )?;
        let user = self
            .users
            .find(session.user)
            .await?
            .ok_or(RefreshError::Invalid)?;
        Ok(SignIn {
            user,
            tokens: TokenPair {
                access,
                refresh,
                refresh_lasts: session.lasts(self.clock.now()),
            },
            device: None,
        })
    }

    /// Whether it was this that ended the session.
    async fn end(&self, session: SessionId, reason: EndReason) -> Result<bool, RefreshError> {
        let ended = self.store.end(session, reason, self.clock.now()).await?;
        self.feed.hear();
        Ok(ended)
    }
}
