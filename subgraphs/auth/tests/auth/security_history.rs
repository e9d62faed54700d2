//! What a person sees of what happened to their account.

use mongodb::bson::doc;
use serde_json::{Value, json};

use crate::attempts::WRONG;
use crate::mailbox::{SmtpServer, latest};
use crate::support::{Deployment, PASSWORD, Pair, Service, claims, code, pair};

const HISTORY: &str = "query($first: Int, $after: String, $last: Int, $before: String) { me {
    securityEvents(first: $first, after: $after, last: $last, before: $before) {
      edges { cursor node { id kind at sessionId deviceName userAgent address } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }";

async fn history(service: &Service, person: &Pair, page: Value) -> Value {
    let answer = service.graphql(Some(&person.access), HISTORY, page).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["me"]["securityEvents"].clone()
}

fn nodes(connection: &Value) -> Vec<&Value> {
    connection["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| &edge["node"])
        .collect()
}

async fn kinds(service: &Service, person: &Pair) -> Vec<String> {
    let connection = history(service, person, json!({})).await;
    let kinds = nodes(&connection)
        .into_iter()
        .map(|event| event["kind"].as_str().unwrap().to_owned());
    kinds.collect()
}

async fn ana(service: &Service) -> Pair {
    let input = json!({ "email": "ana@example.org", "password": PASSWORD, "displayName": "Ana", "deviceName": "Phone" });
    pair(&service.register(input).await).unwrap()
}

async fn sign_in(service: &Service, password: &str) -> Value {
    let input = json!({ "email": "ana@example.org", "password": password, "deviceName": "Tablet" });
    service.login(input).await
}

#[tokio::test]
async fn a_person_sees_what_happened_to_their_account_with_device_address_and_time() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let phone = ana(&auth.at("192.0.2.1")).await;
    deployment.advance(60);
    assert_eq!(
        code(&sign_in(&auth.at("198.51.100.7"), WRONG).await).as_deref(),
        Some("INVALID_CREDENTIALS")
    );
    deployment.advance(60);
    let tablet = pair(&sign_in(&auth.at("2001:db8::7"), PASSWORD).await).unwrap();
    deployment.advance(60);
    auth.refresh(&tablet.refresh).await.unwrap();
    deployment.advance(60);
    assert!(
        auth.at("203.0.113.9").refresh(&tablet.refresh).await.is_err(),
        "a spent token was good"
    );
    deployment.advance(60);
    auth.logout(&phone.refresh).await.unwrap();
    // Signing out twice is no second event.
    auth.logout(&phone.refresh).await.unwrap();

    // A session that was ended shows nothing any more, so the person signs in once more to look.
    deployment.advance(60);
    let laptop = pair(&sign_in(&auth, PASSWORD).await).unwrap();
    let connection = history(&auth, &laptop, json!({})).await;
    let events = nodes(&connection).split_off(1);
    let told = |field: &str| {
        events
            .iter()
            .map(|event| event[field].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        json!(told("kind")),
        json!([
            "SIGNED_OUT",
            "REFRESH_REUSED",
            "SIGNED_IN",
            "SIGN_IN_FAILED",
            "REGISTERED"
        ])
    );
    assert_eq!(
        json!(told("address")),
        json!([
            "127.0.0.1",
            "203.0.113.9",
            "2001:db8::7",
            "198.51.100.7",
            "192.0.2.1"
        ])
    );
    assert_eq!(
        json!(told("deviceName")),
        json!([null, null, "Tablet", "Tablet", "Phone"])
    );
    assert_eq!(events[4]["at"], "2100-01-31T12:00:00.000Z");
    assert_eq!(events[0]["at"], "2100-01-31T12:05:00.000Z");
    // The session tells which sign-in was ended by whom.
    assert_eq!(events[0]["sessionId"], events[4]["sessionId"]);
    assert_eq!(events[1]["sessionId"], events[2]["sessionId"]);
    assert_ne!(events[0]["sessionId"], events[1]["sessionId"]);
    assert_eq!(events[3]["sessionId"], Value::Null);
}

#[tokio::test]
async fn ending_a_session_is_in_the_history_once_whoever_of_its_devices_did_it() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let phone = ana(&auth.at("192.0.2.1")).await;
    deployment.advance(60);
    let tablet = pair(&sign_in(&auth, PASSWORD).await).unwrap();
    let laptop = pair(&sign_in(&auth, PASSWORD).await).unwrap();
    deployment.advance(60);
    let session = |pair: &Pair| claims(&pair.access)["sid"].clone();
    let revoke = "mutation($id: ID!) { revokeSession(input: { id: $id }) { userErrors { code } } }";
    let others = "mutation { revokeOtherSessions { ended } }";
    let at = auth.at("192.0.2.1");
    // What is over already is ended no second time.
    for _ in 0..2 {
        let id = json!({ "id": session(&tablet) });
        let answer = at.graphql(Some(&phone.access), revoke, id).await;
        assert_eq!(
            answer["data"]["revokeSession"]["userErrors"],
            json!([]),
            "{answer}"
        );
        assert_eq!(kinds(&auth, &phone).await[0], "SESSION_ENDED");
    }
    assert_eq!(
        kinds(&auth, &phone).await,
        ["SESSION_ENDED", "SIGNED_IN", "SIGNED_IN", "REGISTERED"]
    );
    deployment.advance(60);
    for ended in [1, 0] {
        let answer = at.graphql(Some(&phone.access), others, json!({})).await;
        assert_eq!(answer["data"]["revokeOtherSessions"]["ended"], ended, "{answer}");
    }
    let connection = history(&auth, &phone, json!({})).await;
    let events = nodes(&connection);
    assert_eq!(events.len(), 5);
    assert_eq!(events[0]["kind"], "SESSION_ENDED");
    assert_eq!(events[0]["sessionId"], Value::Null);
    assert_eq!(events[1]["sessionId"], session(&tablet));
    assert_eq!(events[1]["address"], "192.0.2.1");

    // The session that asks is signed out.
    let id = json!({ "id": session(&phone) });
    deployment.advance(60);
    at.graphql(Some(&phone.access), revoke, id).await;
    deployment.advance(60);
    let back = pair(&sign_in(&auth, PASSWORD).await).unwrap();
    assert_eq!(kinds(&auth, &back).await[1], "SIGNED_OUT");
    assert!(auth.refresh(&laptop.refresh).await.is_err());
}

#[tokio::test]
async fn a_sign_in_with_a_cookie_is_in_the_history_and_so_is_the_session_that_it_replaces() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let ana = ana(&auth).await;
    deployment.advance(60);
    let query = "mutation($input: LoginInput!) { login(input: $input) { tokens { accessToken } userErrors { code } } }";
    let input = json!({ "email": "ana@example.org", "password": PASSWORD, "refreshTokenDelivery": "COOKIE" });
    let request = reqwest::Client::new()
        .post(format!("{}/graphql", auth.url))
        .header(
            "cookie",
            format!("__Secure-constellation-refresh={}", ana.refresh),
        )
        .json(&json!({ "query": query, "variables": { "input": input } }));
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let browser = Pair {
        access: answer["data"]["login"]["tokens"]["accessToken"]
            .as_str()
            .unwrap()
            .to_owned(),
        refresh: String::new(),
    };
    let mut kinds = kinds(&auth, &browser).await;
    kinds.sort();
    assert_eq!(kinds, ["REGISTERED", "SIGNED_IN", "SIGNED_OUT"]);
}

#[tokio::test]
async fn every_change_of_what_a_person_signs_in_with_is_in_the_history() {
    const NEW: &str = "seven quiet herons by the river";
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let ana = ana(&auth).await;
    let token = async |subject: &str| {
        auth.deliver().await;
        latest(deployment.mail_folder(), subject).token()
    };
    let change = async |who: Option<&Pair>, name: &str, fields: &str, input: Value| {
        deployment.advance(60);
        let access = who.map(|who| who.access.as_str());
        let payload = auth.mutation_by(access, name, fields, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{name}");
    };
    let verify = json!({ "token": token("Is this your e-mail address").await });
    change(None, "verifyEmail", "emailVerified", verify).await;
    let new = json!({ "newEmail": "ana.lima@example.com", "password": PASSWORD });
    change(Some(&ana), "requestEmailChange", "accepted", new).await;
    for subject in ["want to change your e-mail address", "your new e-mail address"] {
        let confirm = json!({ "token": token(subject).await });
        change(None, "confirmEmailChange", "confirmed", confirm).await;
    }
    let passwords = json!({ "currentPassword": PASSWORD, "newPassword": NEW });
    change(Some(&ana), "changePassword", "user { id }", passwords).await;
    let email = json!({ "email": "ana.lima@example.com" });
    change(None, "requestPasswordReset", "accepted", email).await;
    deployment.advance(60);
    let reset = json!({ "token": token("new password").await, "newPassword": PASSWORD });
    change(None, "resetPassword", "passwordReset", reset).await;

    deployment.advance(60);
    let input = json!({ "email": "ana.lima@example.com", "password": PASSWORD });
    let back = pair(&auth.login(input).await).unwrap();
    assert_eq!(
        kinds(&auth, &back).await,
        [
            "SIGNED_IN",
            "PASSWORD_RESET",
            "PASSWORD_RESET_REQUESTED",
            "PASSWORD_CHANGED",
            "EMAIL_CHANGED",
            "EMAIL_CHANGE_REQUESTED",
            "EMAIL_VERIFIED",
            "REGISTERED"
        ]
    );
}

async fn ask_for_a_new_password(service: &Service, email: &str) {
    let input = json!({ "email": email });
    let payload = service
        .mutation_by(None, "requestPasswordReset", "accepted", input)
        .await;
    assert_eq!(payload["accepted"], true, "{payload}");
}

#[tokio::test]
async fn asking_for_a_new_password_is_in_the_history_once_however_often_its_mail_is_tried() {
    let deployment = Deployment::new().await;
    let server = SmtpServer::start().await;
    let auth = deployment.service_mailing(server.settings()).await;
    let me = ana(&auth).await;
    auth.deliver().await;
    server.go_down();
    deployment.advance(60);
    ask_for_a_new_password(&auth.at("203.0.113.9"), "ANA@example.org").await;
    deployment.advance(60);
    // Whoever has the account sees it whether the mail gets through or not.
    for _ in 0..3 {
        assert_eq!(auth.deliver().await, 0);
        let connection = history(&auth, &me, json!({})).await;
        let events = nodes(&connection);
        assert_eq!(events.len(), 2, "{connection}");
        assert_eq!(events[0]["kind"], "PASSWORD_RESET_REQUESTED");
        assert_eq!(events[0]["address"], "203.0.113.9");
        assert_eq!(events[0]["at"], "2100-01-31T12:01:00.000Z");
        deployment.advance(120);
    }
    server.come_up();
    assert_eq!(auth.deliver().await, 1);
    assert_eq!(
        kinds(&auth, &me).await,
        ["PASSWORD_RESET_REQUESTED", "REGISTERED"]
    );
}

#[tokio::test]
async fn where_a_new_password_was_asked_for_is_kept_for_its_history_only() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let me = ana(&auth).await;
    auth.deliver().await;
    let outbox = deployment.stored("outbox").await;
    let asked = doc! { "kind": "PASSWORD_RESET", "asker.address": "203.0.113.9" };
    for email in ["ana@example.org", "bo@example.org"] {
        ask_for_a_new_password(&auth.at("203.0.113.9"), email).await;
        assert_eq!(outbox.count_documents(asked.clone()).await.unwrap(), 1);
        auth.deliver().await;
        assert_eq!(outbox.count_documents(asked.clone()).await.unwrap(), 0);
    }
    // Nobody has the second address, and nothing is written about it.
    let events = deployment.stored("securityEvents").await;
    assert_eq!(events.count_documents(doc! {}).await.unwrap(), 2);
    assert_eq!(kinds(&auth, &me).await.len(), 2);
}

#[tokio::test]
async fn a_mail_from_before_it_was_kept_where_it_was_asked_for_is_still_sent() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let me = ana(&auth).await;
    deployment.advance(1);
    ask_for_a_new_password(&auth, "ana@example.org").await;
    let outbox = deployment.stored("outbox").await;
    let older = doc! { "$unset": { "asker": "" } };
    let changed = outbox.update_one(doc! { "kind": "PASSWORD_RESET" }, older).await;
    assert_eq!(changed.unwrap().modified_count, 1);
    assert_eq!(auth.deliver().await, 2);
    latest(deployment.mail_folder(), "new password");
    let connection = history(&auth, &me, json!({})).await;
    assert_eq!(nodes(&connection)[0]["kind"], "PASSWORD_RESET_REQUESTED");
    assert_eq!(nodes(&connection)[0]["address"], Value::Null);
}

#[tokio::test]
async fn nobody_sees_the_history_of_anybody_else() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let me = ana(&auth).await;
    let other = auth.newcomer().await;
    sign_in(&auth, WRONG).await;
    assert_eq!(kinds(&auth, &other).await, ["REGISTERED"]);
    // The cursors of another's history show only one's own.
    deployment.advance(1);
    sign_in(&auth, PASSWORD).await;
    let theirs = history(&auth, &me, json!({ "first": 1 })).await["pageInfo"]["endCursor"].clone();
    let mine = history(&auth, &other, json!({ "after": theirs })).await;
    assert_eq!(nodes(&mine).len(), 1);
    assert_eq!(nodes(&mine)[0]["kind"], "REGISTERED");
    let anonymous = auth.graphql(None, HISTORY, json!({})).await;
    assert_eq!(anonymous, json!({ "data": { "me": null } }));
}

#[tokio::test]
async fn a_history_is_read_page_by_page_from_both_ends() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let me = ana(&auth).await;
    for _ in 0..6 {
        deployment.advance(1);
        sign_in(&auth, PASSWORD).await;
    }
    let all = history(&auth, &me, json!({})).await;
    let ids = |connection: &Value| {
        nodes(connection)
            .into_iter()
            .map(|event| event["id"].clone())
            .collect::<Vec<_>>()
    };
    let (mut forth, mut back) = (Vec::new(), Vec::new());
    let (mut after, mut before) = (Value::Null, Value::Null);
    for page in 0..3 {
        let next = history(&auth, &me, json!({ "first": 3, "after": after })).await;
        assert_eq!(next["pageInfo"]["hasNextPage"], page < 2);
        assert_eq!(next["pageInfo"]["hasPreviousPage"], page > 0);
        after = next["pageInfo"]["endCursor"].clone();
        forth.extend(ids(&next));
        let previous = history(&auth, &me, json!({ "last": 3, "before": before })).await;
        assert_eq!(previous["pageInfo"]["hasPreviousPage"], page < 2);
        assert_eq!(previous["pageInfo"]["hasNextPage"], page > 0);
        before = previous["pageInfo"]["startCursor"].clone();
        back.splice(0..0, ids(&previous));
    }
    assert_eq!((&forth, &back), (&ids(&all), &ids(&all)));

    for (page, argument) in [
        (json!({ "first": 101 }), "first"),
        (json!({ "first": 1, "last": 1 }), "last"),
        (json!({ "after": "elsewhere" }), "after"),
    ] {
        let answer = auth.graphql(Some(&me.access), HISTORY, page).await;
        let expected = json!({ "code": "BAD_USER_INPUT", "argument": argument });
        assert_eq!(answer["errors"][0]["extensions"], expected, "{answer}");
    }
}

#[tokio::test]
async fn what_happened_is_kept_for_400_days() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    ana(&auth).await;
    deployment.advance(400 * 24 * 3600 - 1);
    let me = pair(&sign_in(&auth, PASSWORD).await).unwrap();
    assert_eq!(kinds(&auth, &me).await, ["SIGNED_IN", "REGISTERED"]);
    deployment.advance(1);
    assert_eq!(kinds(&auth, &me).await, ["SIGNED_IN"]);
    assert!(deployment.forgets_by("securityEvents", "expiresAt").await);
}

#[tokio::test]
async fn a_failed_sign_in_to_no_account_writes_as_much_and_is_forgotten_at_once() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let input = json!({ "email": "bo@example.org", "password": WRONG });
    auth.login(input).await;
    let events = deployment.stored("securityEvents").await;
    let event = events.find_one(doc! {}).await.unwrap().unwrap();
    assert_eq!(event.get("expiresAt"), event.get("at"));
    assert!(!format!("{event:?}").contains("bo@example.org"));
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_recorded_still_signs_in_and_an_account_is_not_made_without_a_trace() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    ana(&auth).await;
    deployment.refuse_writes("securityEvents").await;
    assert!(pair(&sign_in(&auth, PASSWORD).await).is_ok());
    assert_eq!(
        code(&sign_in(&auth, WRONG).await).as_deref(),
        Some("INVALID_CREDENTIALS")
    );
    let query = "mutation($input: RegisterInput!) { register(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "email": "bo@example.org", "password": PASSWORD, "displayName": "Bo" } });
    let answer = auth.graphql(None, query, input).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INTERNAL");
    let users = deployment.stored("users").await;
    assert_eq!(users.count_documents(doc! {}).await.unwrap(), 1);
}
