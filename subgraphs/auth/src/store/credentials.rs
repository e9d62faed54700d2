//! The changes of passwords and addresses: each is one transaction, with its mails, its event and all that it ends.

use chrono::Utc;
use constellation_shared::id::SessionId;
use constellation_shared::mongo::{StoreError, is_duplicate_key};
use futures_util::FutureExt as _;
use mongodb::ClientSession;

use super::{Stores, Taken};
use crate::domain::{
    BadLink, Email, EmailChange, EndReason, Link, Mail, PasswordHash, SecurityEvent, Session, User,
};

type InTransaction<T> = mongodb::error::Result<T>;

/// A new password in the place of the present one.
pub(crate) struct NewPassword<'a> {
    pub(crate) user: &'a User,
    pub(crate) hash: &'a PasswordHash,
    /// Tells the owner, if they have an address.
    pub(crate) mail: Option<&'a Mail>,
    pub(crate) event: &'a SecurityEvent,
    pub(crate) now: chrono::DateTime<Utc>,
}

/// What came of confirming a change of address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Confirmed {
    /// The other address has to confirm it too.
    Waiting,
    /// The account has the new address.
    Changed,
}

impl Stores {
    /// Begins a session for somebody whose password has this hash, and puts a stronger hash in its place if there is
    /// one. `false`, and no session, when the password was replaced or the account disabled meanwhile: a session that was begun with an old
    /// password must not outlive the change that ended all others.
    pub(crate) async fn begin_session(
        &self,
        session: &Session,
        present: &PasswordHash,
        renewed: Option<&PasswordHash>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        Ok(transaction
            .start_transaction()
            .and_run(
                (self, session, present, renewed),
                |transaction, (stores, session, present, renewed)| {
                    async {
                        let unchanged = stores
                            .users
                            .note_sign_in(transaction, session.user, present, *renewed)
                            .await?;
                        if unchanged {
                            stores.sessions.insert_in(transaction, session).await?;
                        }
                        Ok(unchanged)
                    }
                    .boxed()
                },
            )
            .await?)
    }

    /// Replaces a password, if it still is the one with the hash `present`, and ends all sessions but `kept`.
    pub(crate) async fn change_password(
        &self,
        new: &NewPassword<'_>,
        present: &PasswordHash,
        kept: SessionId,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        Ok(transaction
            .start_transaction()
            .and_run((self, new, present), |transaction, (stores, new, present)| {
                async {
                    let replaced = stores
                        .users
                        .replace_hash(transaction, new.user.id, present, new.hash)
                        .await?;
                    if replaced {
                        stores.after_new_password(transaction, new, Some(kept)).await?;
                    }
                    Ok(replaced)
                }
                .boxed()
            })
            .await?)
    }

    /// Sets a password by a link, which proves the address too, and ends all sessions.
    pub(crate) async fn reset_password(
        &self,
        new: &NewPassword<'_>,
        link: &Link,
    ) -> Result<Result<(), BadLink>, StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        Ok(transaction
            .start_transaction()
            .and_run((self, new, link), |transaction, (stores, new, link)| {
                async {
                    if !stores.links.use_up(transaction, link, new.now).await? {
                        return Ok(Err(BadLink::Invalid));
                    }
                    stores.users.set_hash(transaction, new.user.id, new.hash).await?;
                    stores
                        .users
                        .verify_email(transaction, new.user.id, new.now)
                        .await?;
                    stores.after_new_password(transaction, new, None).await?;
                    Ok(Ok(()))
                }
                .boxed()
            })
            .await?)
    }

    /// A new password ends whatever somebody else may have started with the old one.
    async fn after_new_password(
        &self,
        transaction: &mut ClientSession,
        new: &NewPassword<'_>,
        kept: Option<SessionId>,
    ) -> InTransaction<()> {
        let user = new.user.id;
        self.users.forget_email_change(transaction, user).await?;
        self.links.end_all(transaction, user, new.now).await?;
        self.sessions
            .end_all_in(transaction, user, kept, EndReason::PasswordChanged, new.now)
            .await?;
        if let Some(mail) = new.mail {
            self.outbox.insert_in(transaction, mail).await?;
        }
        self.events.insert_in(transaction, new.event).await
    }

    /// Notes that the owner of an address has proven that it is theirs.
    pub(crate) async fn verify_email(
        &self,
        link: &Link,
        event: &SecurityEvent,
        now: chrono::DateTime<Utc>,
    ) -> Result<Result<(), BadLink>, StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        Ok(transaction
            .start_transaction()
            .and_run((self, link, event), |transaction, (stores, link, event)| {
                async {
                    if !stores.links.use_up(transaction, link, now).await? {
                        return Ok(Err(BadLink::Invalid));
                    }
                    stores.users.verify_email(transaction, link.user, now).await?;
                    stores.events.insert_in(transaction, event).await?;
                    Ok(Ok(()))
                }
                .boxed()
            })
            .await?)
    }

    /// Notes the wish to change an address, in the place of an older one, with the mails that ask to confirm it.
    pub(crate) async fn request_email_change(
        &self,
        user: &User,
        change: &EmailChange,
        mails: &[Mail],
        event: &SecurityEvent,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        Ok(transaction
            .start_transaction()
            .and_run(
                (self, user, change, mails, event),
                |transaction, (stores, user, change, mails, event)| {
                    async {
                        stores
                            .users
                            .begin_email_change(transaction, user.id, change)
                            .await?;
                        for mail in *mails {
                            stores.outbox.insert_in(transaction, mail).await?;
                        }
                        stores.events.insert_in(transaction, event).await
                    }
                    .boxed()
                },
            )
            .await?)
    }

    /// Confirms a change of address at one of the two addresses. When both have, the account moves, and `told` goes to
    /// the old one. `Taken` when another account has got the address meanwhile.
    pub(crate) async fn confirm_email_change(
        &self,
        link: &Link,
        told: Option<&Mail>,
        event: &SecurityEvent,
        now: chrono::DateTime<Utc>,
    ) -> Result<Result<Result<Confirmed, BadLink>, Taken>, StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        let confirmed = transaction
            .start_transaction()
            .and_run(
                (self, link, told, event),
                |transaction, (stores, link, told, event)| {
                    async {
                        if !stores.links.use_up(transaction, link, now).await? {
                            return Ok(Err(BadLink::Invalid));
                        }
                        // Both confirmations write this document, so two at the same moment cannot miss each other.
                        let Some(change) = stores.users.confirm_email_change(transaction, link).await? else {
                            return Ok(Err(BadLink::Invalid));
                        };
                        if !change.is_confirmed() {
                            return Ok(Ok(Confirmed::Waiting));
                        }
                        stores
                            .users
                            .move_to_address(transaction, link.user, &change.email, now)
                            .await?;
                        stores.households.let_go(transaction, link.user).await?;
                        stores.links.end_all(transaction, link.user, now).await?;
                        if let Some(told) = *told {
                            stores.outbox.insert_in(transaction, told).await?;
                        }
                        stores.events.insert_in(transaction, event).await?;
                        Ok(Ok(Confirmed::Changed))
                    }
                    .boxed()
                },
            )
            .await;
        match confirmed {
            Ok(confirmed) => Ok(Ok(confirmed)),
            Err(error) if is_duplicate_key(&error) => Ok(Err(Taken)),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a new person who has to prove their address before they sign in, or, when the address has an account,
    /// leaves that as it is; with the mail that fits. Both take the same commands, so that the time tells neither.
    pub(crate) async fn insert_unproven_user(
        &self,
        user: &User,
        email: &Email,
        hash: &PasswordHash,
        mails: &NewOrKnown<'_>,
        event: &SecurityEvent,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        Ok(transaction
            .start_transaction()
            .and_run(
                (self, user, email, hash, mails, event),
                |transaction, (stores, user, email, hash, mails, event)| {
                    async {
                        let new = stores
                            .users
                            .insert_if_free(transaction, user, email, hash)
                            .await?;
                        let mail = if new { mails.new } else { mails.known };
                        stores.outbox.insert_in(transaction, mail).await?;
                        let mut event = (*event).clone();
                        if !new {
                            // Nobody has this history. It is written and forgotten at once.
                            event.expires_at = event.at;
                        }
                        stores.events.insert_in(transaction, &event).await
                    }
                    .boxed()
                },
            )
            .await?)
    }
}

/// The mail for an address, whether it had no account or has one.
pub(crate) struct NewOrKnown<'a> {
    pub(crate) new: &'a Mail,
    pub(crate) known: &'a Mail,
}
