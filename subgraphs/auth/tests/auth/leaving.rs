use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::mailbox::{NOBODY, SmtpServer, latest};
use crate::support::{Deployment, PASSWORD, Pair, Service, code, pair};

const DAY: u64 = 24 * 60 * 60;

async fn ana(auth: &Service) -> Pair {
    let input = json!({ "email": "ana@example.org", "password": PASSWORD, "displayName": "Ana" });
    pair(&auth.register(input).await).unwrap()
}

async fn login(auth: &Service) -> Result<Pair, String> {
    pair(
        &auth
            .login(json!({ "email": "ana@example.org", "password": PASSWORD }))
            .await,
    )
}

async fn delete(auth: &Service, person: &Pair, password: &str) -> Value {
    let input = json!({ "password": password });
    auth.mutation_by(
        Some(&person.access),
        "deleteAccount",
        "deletionScheduledAt",
        input,
    )
    .await
}

async fn keep(auth: &Service, person: Option<&Pair>, token: Option<&str>) -> Value {
    let access = person.map(|person| person.access.as_str());
    auth.mutation_by(access, "cancelAccountDeletion", "kept", json!({ "token": token }))
        .await
}

async fn scheduled(auth: &Service, person: &Pair) -> Value {
    let query = "{ me { deletionScheduledAt } }";
    let answer = auth.graphql(Some(&person.access), query, json!({})).await;
    answer["data"]["me"]["deletionScheduledAt"].clone()
}

/// The page of the log after this number.
async fn log(auth: &Service, after: u32) -> Value {
    let path = format!("/.well-known/erased-accounts?after={after}");
    let text = auth.get(&path).await.text().await.unwrap();
    let part = text.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// What is stored about anybody, in each collection.
async fn stored(deployment: &Deployment) -> Vec<(&'static str, u64)> {
    let mut counts = Vec::new();
    for name in ["users", "sessions", "securityEvents", "links", "outbox"] {
        let documents = deployment
            .stored(name)
            .await
            .count_documents(doc! {})
            .await
            .unwrap();
        counts.push((name, documents));
    }
    counts
}

#[tokio::test]
async fn an_account_is_deleted_after_the_grace_and_nothing_of_it_stays_but_its_id() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let leaving = ana(&auth).await;
    let answer = auth
        .graphql(Some(&leaving.access), "{ me { id } }", json!({}))
        .await;
    let id = answer["data"]["me"]["id"].clone();
    assert_eq!(
        code(&delete(&auth, &leaving, "wrong").await).as_deref(),
        Some("PASSWORD_WRONG")
    );
    let planned = delete(&auth, &leaving, PASSWORD).await;
    assert_eq!(planned["deletionScheduledAt"], "2100-03-02T12:00:00.000Z");
    assert_eq!(
        auth.refresh(&leaving.refresh).await.unwrap_err(),
        "SESSION_REVOKED"
    );
    auth.deliver().await;
    latest(deployment.mail_folder(), "going to be deleted");

    deployment.advance(30 * DAY - 1);
    assert_eq!(auth.erase().await, 0);
    // Somebody who looks in on the last day changes nothing by that, and asking again moves nothing.
    let last_day = login(&auth).await.unwrap();
    assert_eq!(scheduled(&auth, &last_day).await, "2100-03-02T12:00:00.000Z");
    let again = delete(&auth, &last_day, PASSWORD).await;
    assert_eq!(again["deletionScheduledAt"], "2100-03-02T12:00:00.000Z");
    let open = login(&auth).await.unwrap();

    deployment.advance(1);
    assert_eq!(auth.erase().await, 1);
    assert_eq!(auth.refresh(&open.refresh).await.unwrap_err(), "SESSION_REVOKED");
    assert_eq!(login(&auth).await.unwrap_err(), "INVALID_CREDENTIALS");
    auth.deliver().await;
    let farewell = latest(deployment.mail_folder(), "was deleted");
    assert!(farewell.plain.contains("2 March 2100"), "{}", farewell.plain);
    deployment.advance(20 * 60);
    assert_eq!(auth.erase().await, 0);
    for (name, documents) in stored(&deployment).await {
        // The failed sign-in above is of nobody.
        let nobodys = u64::from(name == "securityEvents");
        assert!(documents <= nobodys, "{name}: {documents}");
    }
    let tombstone = deployment.stored("erasedAccounts").await;
    let tombstone: Document = tombstone.find_one(doc! {}).await.unwrap().unwrap();
    assert_eq!(
        tombstone.keys().map(String::as_str).collect::<Vec<_>>(),
        ["_id", "userId", "erasedAt"]
    );
    let page = log(&auth, 0).await;
    assert_eq!(
        (&page["accounts"], &page["upto"], &page["last"]),
        (&json!([id]), &json!(1), &json!(1))
    );
    assert_eq!(log(&auth, 1).await["accounts"], json!([]));
    // The address is free again, for somebody else.
    ana(&auth).await;
}

#[tokio::test]
async fn without_any_grace_one_mail_says_that_the_account_is_gone_and_its_address_is_forgotten_with_it() {
    let deployment = Deployment::new().await;
    let mut server = SmtpServer::start().await;
    let auth = deployment.service_without_grace(server.settings()).await;
    let leaving = ana(&auth).await;
    auth.deliver().await;
    server.mails();
    let planned = delete(&auth, &leaving, PASSWORD).await;
    assert_eq!(planned["deletionScheduledAt"], "2100-01-31T12:00:00.000Z");
    // Nothing says so before it is so.
    assert_eq!(auth.deliver().await, 0);
    assert_eq!(auth.erase().await, 1);

    // Neither a mail server that is down nor what removes the remains of the account takes the mail away.
    server.go_down();
    assert_eq!(auth.deliver().await, 0);
    deployment.advance(20 * 60);
    auth.erase().await;
    server.come_up();
    assert_eq!(auth.deliver().await, 1);
    let mail = server.mails().remove(0);
    assert_eq!(
        (mail.to.as_str(), mail.subject.as_str()),
        ("ana@example.org", "Your account was deleted")
    );
    assert!(
        mail.plain.contains("31 January 2100 at 12:00 UTC"),
        "{}",
        mail.plain
    );
    for (name, documents) in stored(&deployment).await {
        assert_eq!(documents, 0, "{name}");
    }
}

#[tokio::test]
async fn an_address_that_no_farewell_reaches_is_forgotten_too() {
    let deployment = Deployment::new().await;
    let server = SmtpServer::start().await;
    let auth = deployment.service_without_grace(server.settings()).await;
    let input = json!({ "email": NOBODY, "password": PASSWORD, "displayName": "Nobody" });
    let leaving = pair(&auth.register(input).await).unwrap();
    delete(&auth, &leaving, PASSWORD).await;
    assert_eq!(auth.erase().await, 1);
    assert_eq!(auth.deliver().await, 0);
    let outbox = deployment.stored("outbox").await;
    assert_eq!(outbox.count_documents(doc! {}).await.unwrap(), 0);
}

#[tokio::test]
async fn whoever_thinks_better_of_it_keeps_the_account_by_the_link_or_by_signing_in() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let leaving = ana(&auth).await;
    delete(&auth, &leaving, PASSWORD).await;
    auth.deliver().await;
    let token = latest(deployment.mail_folder(), "going to be deleted").token();
    deployment.advance(29 * DAY);
    assert_eq!(keep(&auth, None, Some(&token)).await["kept"], true);
    assert_eq!(
        code(&keep(&auth, None, Some(&token)).await).as_deref(),
        Some("TOKEN_INVALID")
    );

    let back = login(&auth).await.unwrap();
    assert_eq!(scheduled(&auth, &back).await, Value::Null);
    delete(&auth, &back, PASSWORD).await;
    let again = login(&auth).await.unwrap();
    assert_eq!(keep(&auth, Some(&again), None).await["kept"], true);
    deployment.advance(31 * DAY);
    assert_eq!(auth.erase().await, 0);
    login(&auth).await.unwrap();
}

#[tokio::test]
async fn a_link_to_keep_an_account_ends_with_the_grace_and_not_with_a_new_password() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let leaving = ana(&auth).await;
    delete(&auth, &leaving, PASSWORD).await;
    auth.deliver().await;
    let token = latest(deployment.mail_folder(), "going to be deleted").token();
    let thief = login(&auth).await.unwrap();
    let input = json!({ "currentPassword": PASSWORD, "newPassword": "seven quiet herons by the river" });
    let changed = auth
        .mutation_by(Some(&thief.access), "changePassword", "user { id }", input)
        .await;
    assert_eq!(code(&changed), None);
    let path = format!("/keep-account?token={token}");
    assert_eq!(auth.get(&path).await.status(), 200);
    let (status, page) = auth.submit(&path, &[("token", &token)]).await;
    assert_eq!(status, 200, "{page}");
    deployment.advance(31 * DAY);
    assert_eq!(auth.erase().await, 0);

    let leaving = {
        let input = json!({ "email": "ana@example.org", "password": "seven quiet herons by the river" });
        pair(&auth.login(input).await).unwrap()
    };
    delete(&auth, &leaving, "seven quiet herons by the river").await;
    auth.deliver().await;
    let token = latest(deployment.mail_folder(), "going to be deleted").token();
    deployment.advance(30 * DAY);
    assert_eq!(
        code(&keep(&auth, None, Some(&token)).await).as_deref(),
        Some("TOKEN_EXPIRED")
    );
}

#[tokio::test]
async fn replicas_that_erase_at_the_same_time_erase_everybody_once_and_leave_no_gap_in_the_log() {
    let deployment = Deployment::new().await;
    let replicas = [deployment.service().await, deployment.service().await];
    for _ in 0..6 {
        let person = replicas[0].newcomer().await;
        assert_eq!(code(&delete(&replicas[0], &person, PASSWORD).await), None);
    }
    deployment.advance(30 * DAY);
    let (first, second) = tokio::join!(replicas[0].erase(), replicas[1].erase());
    assert_eq!(first + second, 6);
    let page = log(&replicas[1], 0).await;
    assert_eq!(page["accounts"].as_array().unwrap().len(), 6);
    assert_eq!((&page["upto"], &page["last"]), (&json!(6), &json!(6)));
}

#[tokio::test]
async fn an_erasure_that_was_stopped_halfway_is_finished_by_the_next_to_look() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let leaving = ana(&auth).await;
    delete(&auth, &leaving, PASSWORD).await;
    deployment.advance(30 * DAY);
    // Another process has erased the account, and died before it removed anything else.
    deployment.refuse_writes("erasedAccounts").await;
    assert!(auth.try_erase().await.is_err());
    let users = deployment
        .stored("users")
        .await
        .count_documents(doc! {})
        .await
        .unwrap();
    assert_eq!(users, 1, "an account is gone of which nobody is told");
    deployment
        .run(doc! { "collMod": "erasedAccounts", "validator": {} })
        .await;
    assert_eq!(auth.erase().await, 1);
    let events = deployment.stored("securityEvents").await;
    let _ = events.insert_one(doc! { "userId": 1 }).await.unwrap();
    let theirs = deployment
        .stored("erasedAccounts")
        .await
        .find_one(doc! {})
        .await
        .unwrap()
        .unwrap();
    events
        .insert_one(doc! { "userId": theirs.get("userId") })
        .await
        .unwrap();
    deployment.advance(20 * 60);
    auth.erase().await;
    assert_eq!(events.count_documents(doc! {}).await.unwrap(), 1);
}
