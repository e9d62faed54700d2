use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::TokenVerifier;
use super::verifier::FeedState;
use crate::http::Check;

/// What `/ready` says of the check of tokens: whether there are keys, and how news of ended sessions arrive.
pub fn checks(verifier: &Arc<TokenVerifier>) -> Vec<Arc<dyn Check>> {
    let mut checks: Vec<Arc<dyn Check>> = vec![Arc::new(KeysCheck(Arc::clone(verifier)))];
    if verifier.feed().is_some() {
        checks.push(Arc::new(FeedCheck(Arc::clone(verifier))));
    }
    checks
}

struct KeysCheck(Arc<TokenVerifier>);

#[async_trait]
impl Check for KeysCheck {
    fn name(&self) -> &'static str {
        "verification keys"
    }

    async fn check(&self) -> Result<(), String> {
        if self.0.is_ready() {
            Ok(())
        } else {
            Err("the keys that verify access tokens have not been read yet".into())
        }
    }
}

struct FeedCheck(Arc<TokenVerifier>);

#[async_trait]
impl Check for FeedCheck {
    fn name(&self) -> &'static str {
        "ended sessions"
    }

    async fn check(&self) -> Result<(), String> {
        match self.0.feed() {
            Some(FeedState::Missing) => Err("the feed of ended sessions has not been read yet".into()),
            Some(FeedState::TooOld(age)) => Err(format!(
                "the feed of ended sessions is {} old, so that no token is accepted",
                seconds(age)
            )),
            _ => Ok(()),
        }
    }

    fn remark(&self) -> Option<String> {
        match self.0.feed() {
            Some(FeedState::Stale(age)) => Some(format!(
                "the feed of ended sessions is {} old, and stands until auth answers",
                seconds(age)
            )),
            _ => None,
        }
    }
}

fn seconds(age: Duration) -> String {
    format!("{} seconds", age.as_secs())
}
