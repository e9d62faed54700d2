//! How mails get from the database to a mailbox.

use mongodb::bson::doc;
use serde_json::json;

use crate::mailbox::{NOBODY, SmtpServer};
use crate::support::{Deployment, PASSWORD, Service, code};

async fn register(auth: &Service, email: &str, name: &str) {
    let payload = auth
        .register(json!({ "email": email, "password": PASSWORD, "displayName": name }))
        .await;
    assert_eq!(code(&payload), None);
}

#[tokio::test]
async fn a_mail_arrives_over_smtp_with_a_plain_and_an_html_text_that_say_the_same() {
    let deployment = Deployment::new().await;
    let mut server = SmtpServer::start().await;
    let auth = deployment.service_mailing(server.settings()).await;
    register(&auth, "ana@example.org", "Ana <b>& Bo<b>").await;
    assert_eq!(auth.deliver().await, 1);
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(
        (mail.from.as_str(), mail.to.as_str()),
        ("family@example.org", "ana@example.org")
    );
    assert_eq!(mail.subject, "Is this your e-mail address?");
    assert!(
        mail.link()
            .starts_with("https://app.example.org/verify-email?token=")
    );
    assert!(mail.plain.contains("Hello Ana <b>& Bo<b>,"), "{}", mail.plain);
    // What a person wrote about themselves is text, and nothing else.
    assert!(
        mail.html.contains("Hello Ana &lt;b&gt;&amp; Bo&lt;b&gt;,"),
        "{}",
        mail.html
    );
    assert!(mail.html.contains("works once, within 24 hours"));
}

#[tokio::test]
async fn whoever_opens_an_account_with_a_strangers_address_cannot_write_to_them() {
    let deployment = Deployment::new().await;
    let mut server = SmtpServer::start().await;
    let auth = deployment.service_mailing(server.settings()).await;
    register(&auth, "ana@example.org", "you won! evil.example/prize").await;
    assert_eq!(auth.deliver().await, 1);
    let mail = &server.mails()[0];
    assert!(mail.plain.starts_with("Hello,"), "{}", mail.plain);
    assert!(!format!("{mail:?}").contains("evil.example"), "{mail:?}");
}

#[tokio::test]
async fn a_mail_is_sent_at_once_by_the_work_in_the_background() {
    let deployment = Deployment::new().await;
    let mut server = SmtpServer::start().await;
    let auth = deployment.service_mailing(server.settings()).await;
    let _working = auth.work_in_the_background();
    register(&auth, "ana@example.org", "Ana").await;
    assert_eq!(server.next().await.to, "ana@example.org");
    register(&auth, "bo@example.org", "Bo").await;
    assert_eq!(server.next().await.to, "bo@example.org");
}

#[tokio::test]
async fn a_mail_outlives_a_mail_server_that_is_down_and_nobody_waits_for_it() {
    let deployment = Deployment::new().await;
    let mut server = SmtpServer::start().await;
    server.go_down();
    let auth = deployment.service_mailing(server.settings()).await;
    register(&auth, "ana@example.org", "Ana").await;
    assert_eq!(auth.deliver().await, 0);
    server.come_up();
    // It is not its time yet: a server that is down is not asked all the time.
    assert_eq!(auth.deliver().await, 0);
    deployment.advance(31);
    // Another replica does as well: the first may be gone.
    let other = deployment.service_mailing(server.settings()).await;
    assert_eq!(other.deliver().await, 1);
    assert_eq!(server.mails().len(), 1);
    assert_eq!(auth.deliver().await, 0);
}

#[tokio::test]
async fn a_mail_is_sent_once_however_many_replicas_send_mails() {
    let deployment = Deployment::new().await;
    let mut server = SmtpServer::start().await;
    let replicas = [
        deployment.service_mailing(server.settings()).await,
        deployment.service_mailing(server.settings()).await,
    ];
    for number in 0..10 {
        register(&replicas[0], &format!("person{number}@example.org"), "Person").await;
    }
    let sent = futures_util::future::join_all(replicas.iter().map(Service::deliver)).await;
    assert_eq!(sent.iter().sum::<usize>(), 10);
    let mut to: Vec<_> = server.mails().into_iter().map(|mail| mail.to).collect();
    to.sort();
    to.dedup();
    assert_eq!(to.len(), 10);
}

#[tokio::test]
async fn a_mail_whose_sender_died_before_noting_so_is_sent_again_as_the_same_mail() {
    let deployment = Deployment::new().await;
    let mut server = SmtpServer::start().await;
    let auth = deployment.service_mailing(server.settings()).await;
    register(&auth, "ana@example.org", "Ana").await;
    auth.deliver().await;
    deployment.advance(1);
    let email = json!({ "email": "ana@example.org" });
    auth.mutation_by(None, "requestPasswordReset", "accepted", email)
        .await;
    auth.deliver().await;
    let first = server.mails().pop().unwrap();
    sender_died(&deployment).await;
    assert_eq!(auth.deliver().await, 1);
    let second = server.mails().remove(0);
    assert_eq!((&second.id, second.link()), (&first.id, first.link()));

    // Once its link is used, no copy of the mail makes it work again.
    let reset = async || {
        let input = json!({ "token": first.token(), "newPassword": "seven quiet herons by the river" });
        code(
            &auth
                .mutation_by(None, "resetPassword", "passwordReset", input)
                .await,
        )
    };
    assert_eq!(reset().await, None);
    auth.deliver().await;
    server.mails();
    sender_died(&deployment).await;
    assert_eq!(auth.deliver().await, 0);
    assert_eq!(reset().await.as_deref(), Some("TOKEN_INVALID"));
}

/// Leaves the mail about a new password as it is stored when a worker has taken it and has not come back in time.
async fn sender_died(deployment: &Deployment) {
    let taken = mongodb::bson::DateTime::from(constellation_shared::clock::Clock::now(&*deployment.clock));
    let changed = deployment
        .stored("outbox")
        .await
        .update_one(
            doc! { "kind": "PASSWORD_RESET" },
            doc! { "$set": { "dueAt": taken }, "$unset": { "sentAt": "", "forgetAt": "" } },
        )
        .await
        .unwrap();
    assert_eq!(changed.modified_count, 1);
}

#[tokio::test]
async fn a_mail_is_given_up_after_three_days_and_the_record_says_why() {
    let deployment = Deployment::new().await;
    let mut server = SmtpServer::start().await;
    server.go_down();
    let auth = deployment.service_mailing(server.settings()).await;
    register(&auth, "ana@example.org", "Ana").await;
    let mut attempts = 0;
    for _ in 0..74 {
        assert_eq!(auth.deliver().await, 0);
        attempts += 1;
        deployment.advance(60 * 60);
    }
    let record = deployment
        .stored("outbox")
        .await
        .find_one(doc! {})
        .await
        .unwrap()
        .unwrap();
    assert!(record.get_datetime("gaveUpAt").is_ok(), "{record}");
    assert!(record.get_i64("attempts").unwrap() <= attempts);
    assert!(
        record.get_str("lastError").unwrap().contains("mail server"),
        "{record}"
    );
    server.come_up();
    assert_eq!(auth.deliver().await, 0);
    assert_eq!(server.mails().len(), 0);
}

#[tokio::test]
async fn a_mailbox_that_the_server_does_not_know_is_not_tried_again() {
    let deployment = Deployment::new().await;
    let server = SmtpServer::start().await;
    let auth = deployment.service_mailing(server.settings()).await;
    register(&auth, NOBODY, "Nobody").await;
    assert_eq!(auth.deliver().await, 0);
    let record = deployment
        .stored("outbox")
        .await
        .find_one(doc! {})
        .await
        .unwrap()
        .unwrap();
    assert!(record.get_datetime("gaveUpAt").is_ok(), "{record}");
}

#[tokio::test]
async fn whoever_reads_the_database_can_use_no_link() {
    let deployment = Deployment::new().await;
    let mut server = SmtpServer::start().await;
    let auth = deployment.service_mailing(server.settings()).await;
    register(&auth, "ana@example.org", "Ana").await;
    let stored = async |collection| {
        let collection = deployment.stored(collection).await;
        format!("{:?}", collection.find_one(doc! {}).await.unwrap())
    };
    let before = stored("outbox").await;
    auth.deliver().await;
    let token = server.mails().remove(0).token();
    for text in [
        before,
        stored("outbox").await,
        stored("links").await,
        stored("users").await,
    ] {
        assert!(!text.contains(&token), "{text}");
    }
}
