use std::time::Duration;

use async_trait::async_trait;
use mongodb::Database;
use mongodb::bson::doc;

use crate::error::chain;
use crate::http::Check;

const TIMEOUT: Duration = Duration::from_secs(2);

/// `/ready`: the database answers.
#[derive(Debug, Clone)]
pub struct DatabaseCheck(pub Database);

#[async_trait]
impl Check for DatabaseCheck {
    fn name(&self) -> &'static str {
        "database"
    }

    async fn check(&self) -> Result<(), String> {
        match tokio::time::timeout(TIMEOUT, self.0.run_command(doc! { "ping": 1 })).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(error = %chain(&error), "the database does not answer");
                Err("the database does not answer".into())
            }
            Err(_) => Err("the database does not answer in time".into()),
        }
    }
}
