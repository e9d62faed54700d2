//! Nobody can find out who has an account: not from answers, and not from what the server does for them.

use constellation_auth::MailSettings;
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::mailbox::in_folder;
use crate::support::{Deployment, PASSWORD};

/// What the service asked its database for while it answered: the commands, one after another.
async fn commands(deployment: &Deployment, request: impl Future<Output = Value>) -> (Value, Vec<String>) {
    let profile = deployment.stored("system.profile").await;
    let level = async |level: i32| {
        let client = deployment.stored("users").await;
        client
            .clone()
            .client()
            .database(&client.namespace().db)
            .run_command(doc! { "profile": level })
            .await
            .unwrap();
    };
    level(0).await;
    profile.drop().await.unwrap();
    level(2).await;
    let answer = request.await;
    level(0).await;
    let wanted = doc! { "appName": "auth-test" };
    let entries: Vec<Document> =
        futures_util::TryStreamExt::try_collect(profile.find(wanted).sort(doc! { "ts": 1 }).await.unwrap())
            .await
            .unwrap();
    let commands = entries
        .iter()
        .filter(|entry| !of_the_feed(entry))
        .map(|entry| {
            format!(
                "{} {}",
                entry.get_str("op").unwrap(),
                entry.get_str("ns").unwrap()
            )
        })
        .filter(|command| !command.contains("system.profile"))
        .collect();
    (answer, commands)
}

/// Whether this is the feed of ended sessions looking for news, which it does every second, whoever asks for what.
fn of_the_feed(entry: &Document) -> bool {
    let filter = entry
        .get_document("command")
        .and_then(|command| command.get_document("filter"));
    filter.is_ok_and(|filter| filter.keys().eq(["endedAt"]))
}

#[tokio::test]
async fn registering_where_addresses_must_be_verified_is_the_same_for_a_free_and_a_taken_address() {
    let deployment = Deployment::new().await;
    let settings = MailSettings {
        require_email_verification: true,
        ..deployment.mail_settings()
    };
    let auth = deployment.service_mailing(settings).await;
    let register = async |email: &str| {
        let fields = "user { id } tokens { accessToken } emailVerificationRequired";
        let input = json!({ "email": email, "password": PASSWORD, "displayName": "Somebody" });
        auth.mutation_by(None, "register", fields, input).await
    };
    let (free, for_free) = commands(&deployment, register("ana@example.org")).await;
    // Mails of one moment go out in any order.
    deployment.advance(1);
    let (taken, for_taken) = commands(&deployment, register("Ana@example.org")).await;
    let expected =
        json!({ "user": null, "tokens": null, "emailVerificationRequired": true, "userErrors": [] });
    assert_eq!((&free, &taken), (&expected, &expected));
    assert!(!for_free.is_empty());
    assert_eq!(for_free, for_taken);
    // Only the owner of the address learns the difference.
    auth.deliver().await;
    let subjects: Vec<_> = in_folder(deployment.mail_folder())
        .into_iter()
        .map(|mail| (mail.to, mail.subject))
        .collect();
    assert_eq!(
        subjects,
        [
            (
                "ana@example.org".to_owned(),
                "Is this your e-mail address?".to_owned()
            ),
            (
                "ana@example.org".to_owned(),
                "You already have an account".to_owned()
            ),
        ]
    );
}

#[tokio::test]
async fn asking_for_a_new_password_is_the_same_for_a_known_and_an_unknown_address() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    auth.register(json!({ "email": "ana@example.org", "password": PASSWORD, "displayName": "Ana" }))
        .await;
    let ask = async |email: &str| {
        auth.mutation_by(
            None,
            "requestPasswordReset",
            "accepted",
            json!({ "email": email }),
        )
        .await
    };
    let (known, for_known) = commands(&deployment, ask("ana@example.org")).await;
    let (unknown, for_unknown) = commands(&deployment, ask("bo@example.org")).await;
    assert_eq!(known, unknown);
    assert!(!for_known.is_empty());
    assert_eq!(for_known, for_unknown);
}

#[tokio::test]
async fn nobody_floods_a_mailbox_and_the_limit_is_the_same_for_known_and_unknown_addresses() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    auth.register(json!({ "email": "ana@example.org", "password": PASSWORD, "displayName": "Ana" }))
        .await;
    let query = "mutation($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { accepted userErrors { code } } }";
    let mut answers = [Vec::new(), Vec::new()];
    for (answers, email) in answers.iter_mut().zip(["ana@example.org", "bo@example.org"]) {
        for _ in 0..6 {
            answers.push(
                auth.graphql(None, query, json!({ "input": { "email": email } }))
                    .await,
            );
        }
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0][0]["data"]["requestPasswordReset"]["accepted"], true);
    let last = &answers[0][5]["errors"][0]["extensions"];
    assert_eq!(last["code"], "RATE_LIMITED");
    assert!(last["retryAfter"].as_u64().unwrap() > 0, "{last}");
}
