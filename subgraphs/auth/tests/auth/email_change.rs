use constellation_auth::MailSettings;
use serde_json::{Value, json};

use crate::mailbox::{in_folder, latest};
use crate::support::{Deployment, PASSWORD, Pair, Service, code, pair};

const OLD: &str = "ana@example.org";
const NEW: &str = "ana.lima@example.com";

async fn register(auth: &Service, email: &str) -> Pair {
    pair(
        &auth
            .register(json!({ "email": email, "password": PASSWORD, "displayName": "Ana" }))
            .await,
    )
    .unwrap()
}

/// Ana, whose address is verified.
async fn ana(deployment: &Deployment, auth: &Service) -> Pair {
    let ana = register(auth, OLD).await;
    auth.deliver().await;
    let token = latest(deployment.mail_folder(), "your e-mail address").token();
    auth.mutation_by(None, "verifyEmail", "emailVerified", json!({ "token": token }))
        .await;
    ana
}

async fn ask(auth: &Service, who: &Pair, new: &str, password: &str) -> Value {
    let input = json!({ "newEmail": new, "password": password });
    auth.mutation_by(Some(&who.access), "requestEmailChange", "accepted", input)
        .await
}

/// The tokens at the old and the new address.
async fn tokens(deployment: &Deployment, auth: &Service) -> (String, String) {
    auth.deliver().await;
    let old = latest(deployment.mail_folder(), "want to change your e-mail address");
    let new = latest(deployment.mail_folder(), "your new e-mail address");
    assert_eq!(old.to, OLD);
    assert!(old.plain.contains(&new.to));
    (old.token(), new.token())
}

/// Whether the account has moved, or the code of the refusal.
async fn confirm(auth: &Service, token: &str) -> Result<bool, String> {
    let payload = auth
        .mutation_by(
            None,
            "confirmEmailChange",
            "confirmed emailChanged",
            json!({ "token": token }),
        )
        .await;
    assert_eq!(payload["confirmed"], code(&payload).is_none());
    code(&payload).map_or_else(|| Ok(payload["emailChanged"].as_bool().unwrap()), Err)
}

async fn address(auth: &Service, who: &Pair) -> Value {
    auth.graphql(Some(&who.access), "{ me { email emailVerified } }", json!({}))
        .await["data"]["me"]
        .clone()
}

#[tokio::test]
async fn an_account_moves_when_both_addresses_have_confirmed_it_in_either_order() {
    for old_first in [true, false] {
        let deployment = Deployment::new().await;
        let auth = deployment.service().await;
        let ana = ana(&deployment, &auth).await;
        assert_eq!(
            ask(&auth, &ana, NEW, PASSWORD).await,
            json!({ "accepted": true, "userErrors": [] })
        );
        let (old, new) = tokens(&deployment, &auth).await;
        let [first, second] = if old_first { [old, new] } else { [new, old] };
        assert_eq!(confirm(&auth, &first).await, Ok(false));
        assert_eq!(
            confirm(&auth, &first).await.unwrap_err(),
            "TOKEN_INVALID",
            "one address cannot confirm twice"
        );
        assert_eq!(address(&auth, &ana).await["email"], OLD);
        assert_eq!(confirm(&auth, &second).await, Ok(true));
        assert_eq!(
            address(&auth, &ana).await,
            json!({ "email": NEW, "emailVerified": true })
        );
        let login = auth.login(json!({ "email": NEW, "password": PASSWORD })).await;
        assert_eq!(code(&login), None);
        auth.deliver().await;
        let told = latest(deployment.mail_folder(), "address was changed");
        assert_eq!(told.to, OLD);
        assert!(told.plain.contains(NEW));
    }
}

#[tokio::test]
async fn two_confirmations_at_the_same_moment_do_not_miss_each_other() {
    for _ in 0..5 {
        let deployment = Deployment::new().await;
        let auth = deployment.service().await;
        let ana = ana(&deployment, &auth).await;
        ask(&auth, &ana, NEW, PASSWORD).await;
        let (old, new) = tokens(&deployment, &auth).await;
        let (old, new) = futures_util::join!(confirm(&auth, &old), confirm(&auth, &new));
        // One was the first, the other moved the account.
        assert_ne!(old.unwrap(), new.unwrap());
        assert_eq!(address(&auth, &ana).await["email"], NEW);
    }
}

#[tokio::test]
async fn who_does_not_know_the_password_moves_nothing() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let ana = ana(&deployment, &auth).await;
    let refused = ask(&auth, &ana, NEW, "a wrong long password").await;
    assert_eq!(code(&refused).as_deref(), Some("PASSWORD_WRONG"));
    let before = in_folder(deployment.mail_folder()).len();
    auth.deliver().await;
    assert_eq!(in_folder(deployment.mail_folder()).len(), before);
    let query =
        "mutation($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) { accepted } }";
    let input = json!({ "input": { "newEmail": NEW, "password": PASSWORD } });
    let anonymous = auth.graphql(None, query, input).await;
    assert_eq!(anonymous["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn what_is_no_other_address_is_refused() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let ana = ana(&deployment, &auth).await;
    register(&auth, "bo@example.org").await;
    for (new, expected) in [
        ("nonsense", "EMAIL_INVALID"),
        (OLD, "EMAIL_UNCHANGED"),
        ("Bo@example.org", "EMAIL_TAKEN"),
    ] {
        assert_eq!(
            code(&ask(&auth, &ana, new, PASSWORD).await).as_deref(),
            Some(expected)
        );
    }
    // Another way to write one's own address is a change like any other.
    assert_eq!(code(&ask(&auth, &ana, "Ana@example.org", PASSWORD).await), None);
}

#[tokio::test]
async fn an_address_that_somebody_gets_meanwhile_is_theirs() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let ana = ana(&deployment, &auth).await;
    ask(&auth, &ana, NEW, PASSWORD).await;
    let (old, new) = tokens(&deployment, &auth).await;
    register(&auth, NEW).await;
    assert_eq!(confirm(&auth, &old).await, Ok(false));
    assert_eq!(confirm(&auth, &new).await.unwrap_err(), "EMAIL_TAKEN");
    assert_eq!(address(&auth, &ana).await["email"], OLD);
}

#[tokio::test]
async fn a_second_wish_and_a_new_password_end_the_first_wish() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let ana = ana(&deployment, &auth).await;
    ask(&auth, &ana, "first@example.com", PASSWORD).await;
    let (first_old, first_new) = tokens(&deployment, &auth).await;
    deployment.advance(1);
    ask(&auth, &ana, NEW, PASSWORD).await;
    // Before the second mails are sent, too.
    assert_eq!(confirm(&auth, &first_old).await.unwrap_err(), "TOKEN_INVALID");
    let (old, new) = tokens(&deployment, &auth).await;
    assert_eq!(confirm(&auth, &first_new).await.unwrap_err(), "TOKEN_INVALID");
    assert_eq!(confirm(&auth, &old).await, Ok(false));
    let input = json!({ "currentPassword": PASSWORD, "newPassword": "seven quiet herons by the river" });
    auth.mutation_by(Some(&ana.access), "changePassword", "user { id }", input)
        .await;
    assert_eq!(confirm(&auth, &new).await.unwrap_err(), "TOKEN_INVALID");
    assert_eq!(address(&auth, &ana).await["email"], OLD);
}

#[tokio::test]
async fn a_mistyped_address_that_was_never_verified_is_mended_by_the_new_one_alone() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let ana = register(&auth, OLD).await;
    ask(&auth, &ana, NEW, PASSWORD).await;
    auth.deliver().await;
    let new = latest(deployment.mail_folder(), "your new e-mail address").token();
    assert_eq!(confirm(&auth, &new).await, Ok(true));
    assert_eq!(
        address(&auth, &ana).await,
        json!({ "email": NEW, "emailVerified": true })
    );
}

#[tokio::test]
async fn where_addresses_must_be_verified_a_change_does_not_tell_who_has_an_account() {
    let deployment = Deployment::new().await;
    let loose = deployment.service().await;
    let ana = ana(&deployment, &loose).await;
    register(&loose, "bo@example.org").await;
    loose.deliver().await;
    let auth = deployment
        .service_mailing(MailSettings {
            require_email_verification: true,
            ..deployment.mail_settings()
        })
        .await;
    let free = ask(&auth, &ana, NEW, PASSWORD).await;
    deployment.advance(1);
    assert_eq!(ask(&auth, &ana, "bo@example.org", PASSWORD).await, free);
    auth.deliver().await;
    let old = latest(deployment.mail_folder(), "want to change your e-mail address").token();
    assert_eq!(confirm(&auth, &old).await, Ok(false));
    assert_eq!(
        latest(deployment.mail_folder(), "already have an account").to,
        "bo@example.org"
    );
    assert_eq!(address(&auth, &ana).await["email"], OLD);
}

#[tokio::test]
async fn a_change_of_address_dies_with_the_password_that_asked_for_it_also_before_its_mails_are_sent() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let ana = ana(&deployment, &auth).await;
    // A thief asks for it while no mail can be sent, and the owner changes the password.
    assert_eq!(ask(&auth, &ana, NEW, PASSWORD).await["accepted"], true);
    let passwords = json!({ "currentPassword": PASSWORD, "newPassword": "seven quiet herons by the river" });
    auth.mutation_by(Some(&ana.access), "changePassword", "user { id }", passwords)
        .await;
    auth.deliver().await;
    let mails = in_folder(deployment.mail_folder());
    assert!(
        mails.iter().all(|mail| mail.to != NEW),
        "a link went to the thief"
    );
    assert_eq!(address(&auth, &ana).await["email"], OLD);
}
