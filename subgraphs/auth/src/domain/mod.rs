//! Accounts, passwords, sessions and tokens: plain types and rules. Nothing here knows GraphQL, HTTP or BSON.

mod access_token;
mod accounts;
mod attempts;
mod credentials;
mod display_name;
mod email;
mod email_change;
mod erasure;
mod events;
mod hashing;
mod hashing_threads;
mod household;
mod invitation_mail;
mod letter;
mod link;
mod mail;
mod mail_room;
mod operators;
mod password;
mod refresh_token;
mod session;
mod session_feed;
mod session_list;
mod sessions;
mod standing;
mod user;
mod username;

pub(crate) use access_token::TokenIssuer;
pub(crate) use accounts::{
    Accounts, Fault, GivenName, LoginError, Registered, Registration, RegistrationError, RegistrationProblem,
};
pub(crate) use attempts::{
    Action, Admission, AttemptError, Attempter, Attempts, CLOSED, CounterKey, DeviceToken, Pace,
};
pub(crate) use credentials::{
    ChangePasswordError, Children, ConfirmEmailError, Credentials, DeleteAccountError, EmailChangeError,
    LinkError, NewChild, ResetPasswordError, VerificationError,
};
pub(crate) use display_name::DisplayName;
pub(crate) use email::Email;
pub(crate) use email_change::EmailChange;
pub(crate) use erasure::{Erased, Erasure};
pub(crate) use events::{EventId, EventKind, SecurityEvent, SecurityEvents};
pub(crate) use hashing::{HASHING_PAUSE, HashingError, PasswordHash, PasswordHasher};
pub(crate) use household::{
    Answered, CodeHash, FormerMember, Household, HouseholdError, HouseholdName, Households,
    INVITATION_LIFETIME, Invitation, InvitationCode, InvitationEnd, InvitationId, InvitationState,
    Invitations, MOST_INVITATIONS, Member, Named, NewHousehold, Permission, Problem, ReceivedInvitation,
    TimeZone,
};
pub(crate) use letter::{Content, Letter};
pub(crate) use link::{BadLink, Link, LinkHash, LinkSecret, Purpose};
pub(crate) use mail::{EmailChangeId, Mail, MailId, Occasion};
pub(crate) use mail_room::MailRoom;
pub use operators::{Account, AccountPage, OperatorError, Operators, Who};
pub(crate) use password::{Password, PasswordPolicy, PasswordProblem};
pub(crate) use refresh_token::{RefreshToken, TokenHash};
pub(crate) use session::{Device, EndReason, LIFETIMES, Session};
pub(crate) use session_feed::{FeedError, SessionFeed};
pub(crate) use sessions::{RefreshError, Sessions, SignIn, TokenPair};
pub(crate) use standing::Standing;
pub(crate) use user::{AccountRecord, SignInName, User};
pub(crate) use username::Username;
