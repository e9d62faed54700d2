//! The names of test databases. A server that is not ours keeps the databases of finished tests, so their
//! names tell their age, and old ones are dropped.

use mongodb::Client;
use uuid::Uuid;

const PREFIX: &str = "constellation_test_";

/// The longest that a test can still be running, in seconds.
const OLD: u64 = 24 * 60 * 60;

pub(super) fn new_name() -> String {
    format!("{PREFIX}{}", new_id().simple())
}

/// Drops the databases of tests that ran a day ago or longer. This is tidiness: that it fails is no test's concern.
pub(super) async fn drop_old(uri: &str) {
    let Ok(client) = Client::with_uri_str(uri).await else {
        return;
    };
    let names = client.list_database_names().await.unwrap_or_default();
    for name in names.into_iter().filter(|name| is_old(name, new_id())) {
        let _ = client.database(&name).drop().await;
    }
}

fn is_old(name: &str, now: Uuid) -> bool {
    let made = name
        .strip_prefix(PREFIX)
        .and_then(|id| Uuid::try_parse(id).ok())
        .and_then(seconds);
    made.zip(seconds(now)).is_some_and(|(made, now)| made + OLD < now)
}

fn seconds(id: Uuid) -> Option<u64> {
    id.get_timestamp().map(|timestamp| timestamp.to_unix().0)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test database's name must be unique, and nothing else depends on it"
)]
fn new_id() -> Uuid {
    Uuid::now_v7()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(seconds: u64) -> String {
        format!("{PREFIX}{}", at(seconds).simple())
    }

    fn at(seconds: u64) -> Uuid {
        Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, 0))
    }

    #[test]
    fn only_test_databases_of_an_earlier_day_are_old() {
        let now = 1_800_000_000;

        assert!(is_old(&name(now - OLD - 1), at(now)));
        assert!(!is_old(&name(now - OLD), at(now)));
        assert!(!is_old(&name(now), at(now)));
        assert!(!is_old("constellation", at(now)));
        assert!(!is_old(&format!("{PREFIX}mine"), at(now)));
        assert!(!is_old(&name(now - OLD - 1).replace("test", "live"), at(now)));
    }

    #[tokio::test]
    async fn old_databases_are_dropped_and_no_others() {
        let database = crate::testing::database().await;
        let client = database.connect().await.client().clone();
        let old = name(1_700_000_000);
        for name in [&old, &database.name] {
            client.database(name).create_collection("numbers").await.unwrap();
        }

        drop_old(&database.uri).await;

        let left = client.list_database_names().await.unwrap();
        assert!(!left.contains(&old), "{left:?}");
        assert!(left.contains(&database.name), "{left:?}");
    }
}
