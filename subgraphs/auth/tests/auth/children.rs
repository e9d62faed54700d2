//! The accounts of children who have no address: made and recovered by the adults of their household.

use mongodb::bson::doc;
use serde_json::{Value, json};

use crate::household_support::{Somebody, claims, create, join};
use crate::mailbox::in_folder;
use crate::support::{Deployment, PASSWORD, Service, code, pair};

const CHILDS: &str = "green hats on seven cats";
const NEXT: &str = "forty quiet herons by a lake";

async fn make(service: &Service, adult: &mut Somebody, household: &str, username: &str) -> Value {
    let input = json!({
        "householdId": household, "displayName": "Mia", "username": username, "newPassword": CHILDS,
    });
    let fields = "child { managed role user { id displayName } } username";
    adult.does(service, "createChildAccount", fields, input).await
}

/// A child's account, and its id.
async fn child(service: &Service, adult: &mut Somebody, household: &str, username: &str) -> String {
    let payload = make(service, adult, household, username).await;
    assert_eq!(code(&payload), None, "{payload}");
    payload["child"]["user"]["id"].as_str().unwrap().to_owned()
}

async fn sign_in(service: &Service, username: &str, password: &str) -> Result<Somebody, String> {
    let input = json!({ "username": username, "password": password });
    pair(&service.login(input).await).map(Somebody::with)
}

async fn reset(service: &Service, adult: &mut Somebody, household: &str, child: &str, own: &str) -> Value {
    let input = json!({
        "householdId": household, "userId": child, "password": own, "newPassword": NEXT,
    });
    adult.does(service, "resetChildPassword", "username", input).await
}

async fn kinds(service: &Service, person: &mut Somebody) -> Vec<String> {
    person.refresh(service).await;
    let query = "{ me { securityEvents(first: 20) { edges { node { kind address } } } } }";
    let answer = service.graphql(Some(&person.access), query, json!({})).await;
    let edges = answer["data"]["me"]["securityEvents"]["edges"]
        .as_array()
        .unwrap();
    edges
        .iter()
        .map(|edge| edge["node"]["kind"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_child_without_an_address_signs_in_with_its_username() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut ana = Somebody::new(&service).await;
    let household = create(&service, &ana, "Home").await;
    let made = make(&service, &mut ana, &household, "Mia.Lima").await;
    assert_eq!(made["username"], "mia.lima");
    assert_eq!(made["child"]["role"], "CHILD");
    assert_eq!(made["child"]["managed"], true);
    // A second account without an address is no trouble.
    child(&service, &mut ana, &household, "leo").await;

    let mia = sign_in(&service, " MIA.lima", CHILDS).await.unwrap();
    assert_eq!(claims(&mia.access)["households"][0]["members"][&mia.id], "CHILD");
    let query = "{ me { email emailVerified username displayName invitations { id } } }";
    let answer = service.graphql(Some(&mia.access), query, json!({})).await;
    let me = json!({
        "email": null, "emailVerified": null, "username": "mia.lima", "displayName": "Mia", "invitations": [],
    });
    assert_eq!(answer["data"]["me"], me);
    let body = json!({ "username": "mia.lima", "password": CHILDS });
    assert_eq!(service.post("/login", body).await.0, 200);
    let mails = in_folder(deployment.mail_folder());
    assert_eq!(mails.len(), 0);
    assert_eq!(service.deliver().await, 1, "only Ana is asked for her address");

    // Others see the name that everybody sees, and not what it signs in with.
    let query = "query($id: ID!) { household(id: $id) { members { user { displayName username } } } }";
    ana.refresh(&service).await;
    let answer = service
        .graphql(Some(&ana.access), query, json!({ "id": household }))
        .await;
    let seen = &answer["data"]["household"]["members"][1]["user"];
    assert_eq!(seen, &json!({ "displayName": "Mia", "username": null }));
}

#[tokio::test]
async fn a_sign_in_names_one_account() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let query = "mutation($input: LoginInput!) { login(input: $input) { userErrors { code } } }";
    for input in [
        json!({ "password": PASSWORD }),
        json!({ "email": "ana@example.org", "username": "mia", "password": PASSWORD }),
    ] {
        let answer = service.graphql(None, query, json!({ "input": input })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        let (status, _, body) = service.post("/login", input).await;
        assert_eq!((status, &body["error"]), (400, &json!("invalid_request")));
    }
}

#[tokio::test]
async fn an_unknown_username_is_answered_and_counted_like_a_wrong_password() {
    let deployment = Deployment::new().await;
    let service = deployment.strict_service().await;
    let mut ana = Somebody::new(&service).await;
    let household = create(&service, &ana, "Home").await;
    child(&service, &mut ana, &household, "mia").await;
    let ask = async |username: &str| {
        let query =
            "mutation($input: LoginInput!) { login(input: $input) { userErrors { code message path } } }";
        let input = json!({ "input": { "username": username, "password": "not the right one" } });
        let mut answer = service.graphql(None, query, input).await;
        if let Some(extensions) = answer.pointer_mut("/errors/0/extensions") {
            extensions.as_object_mut().unwrap().remove("requestId");
        }
        answer
    };
    for _ in 0..12 {
        let known = ask("mia").await;
        assert_eq!(known, ask("nobody").await);
    }
    assert_eq!(
        ask("mia").await["errors"][0]["extensions"]["code"],
        "RATE_LIMITED"
    );
    // Nobody learns from the time either: the same writes were made for both.
    let events = deployment.stored("securityEvents").await;
    let failed = doc! { "kind": "SIGN_IN_FAILED" };
    assert_eq!(events.count_documents(failed).await.unwrap() % 2, 0);
}

#[tokio::test]
async fn a_taken_username_is_told_to_adults_who_do_not_ask_often() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut ana = Somebody::new(&service).await;
    let household = create(&service, &ana, "Home").await;
    child(&service, &mut ana, &household, "mia").await;
    for _ in 0..4 {
        let payload = make(&service, &mut ana, &household, "MIA").await;
        assert_eq!(code(&payload).as_deref(), Some("USERNAME_TAKEN"));
        assert_eq!(payload["userErrors"][0]["path"], json!(["input", "username"]));
    }
    ana.refresh(&service).await;
    let query = "mutation($input: CreateChildAccountInput!) { createChildAccount(input: $input) { userErrors { code } } }";
    let input =
        json!({ "householdId": household, "displayName": "Mia", "username": "mia", "newPassword": CHILDS });
    let answer = service
        .graphql(Some(&ana.access), query, json!({ "input": input }))
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED");

    let input =
        json!({ "householdId": household, "displayName": " ", "username": "a@b", "newPassword": "short" });
    let query = "mutation($input: CreateChildAccountInput!) { createChildAccount(input: $input) { userErrors { code path } } }";
    let answer = service
        .graphql(Some(&ana.access), query, json!({ "input": input }))
        .await;
    let problems = answer["data"]["createChildAccount"]["userErrors"]
        .as_array()
        .unwrap();
    let codes: Vec<_> = problems.iter().map(|problem| &problem["code"]).collect();
    assert_eq!(
        codes,
        ["DISPLAY_NAME_INVALID", "USERNAME_INVALID", "PASSWORD_TOO_WEAK"]
    );
}

#[tokio::test]
async fn an_adult_recovers_a_child_and_both_histories_say_so() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let (mut ana, mut bo) = (Somebody::new(&service).await, Somebody::new(&service).await);
    let household = create(&service, &ana, "Home").await;
    let id = child(&service, &mut ana, &household, "mia").await;
    join(&service, &mut ana, &household, "ADULT", &mut bo).await;
    let old = service
        .login(json!({ "username": "mia", "password": CHILDS }))
        .await;
    let old = pair(&old).unwrap();

    let payload = reset(&service, &mut bo, &household, &id, "not Bo's password").await;
    assert_eq!(code(&payload).as_deref(), Some("PASSWORD_WRONG"));
    let payload = reset(&service, &mut bo, &household, &id, PASSWORD).await;
    assert_eq!(payload["username"], "mia", "{payload}");
    let query =
        "mutation($t: String!) { refresh(input: { refreshToken: $t }) { userErrors { code reason } } }";
    let answer = service.graphql(None, query, json!({ "t": old.refresh })).await;
    let ended = json!([{ "code": "SESSION_REVOKED", "reason": "PASSWORD_RESET_BY_ADULT" }]);
    assert_eq!(answer["data"]["refresh"]["userErrors"], ended);
    assert_eq!(
        sign_in(&service, "mia", CHILDS).await.err().as_deref(),
        Some("INVALID_CREDENTIALS")
    );
    let mut mia = sign_in(&service, "mia", NEXT).await.unwrap();
    let of_mia = kinds(&service, &mut mia).await;
    assert!(
        of_mia.contains(&"PASSWORD_RESET_BY_ADULT".to_owned()),
        "{of_mia:?}"
    );
    let of_bo = kinds(&service, &mut bo).await;
    assert!(of_bo.contains(&"CHILD_PASSWORD_RESET".to_owned()), "{of_bo:?}");
}

#[tokio::test]
async fn nobody_recovers_whoever_has_an_address_or_is_in_another_household() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let (mut ana, mut teen) = (Somebody::new(&service).await, Somebody::new(&service).await);
    let mut stranger = Somebody::new(&service).await;
    let household = create(&service, &ana, "Home").await;
    let elsewhere = create(&service, &stranger, "Elsewhere").await;
    let mia = child(&service, &mut ana, &household, "mia").await;
    join(&service, &mut ana, &household, "CHILD", &mut teen).await;
    for (household, refusal) in [(&household, "NOT_FOUND"), (&elsewhere, "MEMBER_NOT_FOUND")] {
        let payload = reset(&service, &mut stranger, household, &mia, PASSWORD).await;
        assert_eq!(code(&payload).as_deref(), Some(refusal));
    }
    let payload = reset(&service, &mut teen, &household, &mia, PASSWORD).await;
    assert_eq!(code(&payload).as_deref(), Some("FORBIDDEN"));
    let payload = reset(&service, &mut ana, &household, &teen.id, PASSWORD).await;
    assert_eq!(code(&payload).as_deref(), Some("NOT_MANAGED"));
    assert!(sign_in(&service, "mia", CHILDS).await.is_ok());
}

#[tokio::test]
async fn a_child_without_an_address_stays_where_it_can_be_recovered() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let (mut ana, mut stranger) = (Somebody::new(&service).await, Somebody::new(&service).await);
    let household = create(&service, &ana, "Home").await;
    let elsewhere = create(&service, &stranger, "Elsewhere").await;
    let id = child(&service, &mut ana, &household, "mia").await;
    let mut mia = sign_in(&service, "mia", CHILDS).await.unwrap();

    let member = json!({ "householdId": household, "userId": id });
    let payload = ana.does(&service, "removeMember", "__typename", member).await;
    assert_eq!(code(&payload).as_deref(), Some("MANAGED_ACCOUNT"));
    for role in ["OWNER", "ADULT", "VIEWER"] {
        let input = json!({ "householdId": household, "userId": id, "role": role });
        let payload = ana.does(&service, "changeMemberRole", "__typename", input).await;
        assert_eq!(code(&payload).as_deref(), Some("MANAGED_ACCOUNT"));
    }
    let here = json!({ "householdId": household });
    let payload = mia
        .does(&service, "leaveHousehold", "__typename", here.clone())
        .await;
    assert_eq!(code(&payload).as_deref(), Some("FORBIDDEN"));
    let payload = ana.does(&service, "leaveHousehold", "__typename", here).await;
    assert_eq!(code(&payload).as_deref(), Some("LAST_OWNER"));

    // Adults of a household that a child is lured into must not come by its account.
    let input = json!({ "householdId": elsewhere, "role": "CHILD" });
    let invited = stranger.does(&service, "inviteToHousehold", "code", input).await;
    let input = json!({ "code": invited["code"] });
    let payload = mia.does(&service, "acceptInvitation", "__typename", input).await;
    assert_eq!(code(&payload).as_deref(), Some("EMAIL_REQUIRED"));
    let input = json!({ "name": "Mine", "currency": "EUR", "timeZone": "UTC" });
    let payload = mia.does(&service, "createHousehold", "__typename", input).await;
    assert_eq!(code(&payload).as_deref(), Some("EMAIL_REQUIRED"));
    let payload = reset(&service, &mut ana, &household, &id, PASSWORD).await;
    assert_eq!(code(&payload), None);
}

#[tokio::test]
async fn a_child_goes_with_the_last_who_looks_after_it_and_not_before() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let (mut ana, mut bo) = (Somebody::new(&service).await, Somebody::new(&service).await);
    let household = create(&service, &ana, "Home").await;
    let id = child(&service, &mut ana, &household, "mia").await;
    join(&service, &mut ana, &household, "VIEWER", &mut bo).await;
    let users = deployment.stored("users").await;
    let leave = async |person: &mut Somebody| {
        let input = json!({ "password": PASSWORD });
        let payload = person
            .does(&service, "deleteAccount", "deletionScheduledAt", input)
            .await;
        assert_eq!(code(&payload), None);
        deployment.advance(31 * 86_400);
        service.erase().await
    };
    let mut keep = sign_in(&service, "mia", CHILDS).await.unwrap();
    assert_eq!(leave(&mut ana).await, 1);
    assert_eq!(users.count_documents(doc! {}).await.unwrap(), 2);
    // A viewer has become the owner, and not the child, which joined before; so Bo recovers it.
    keep = sign_in(&service, "mia", CHILDS).await.unwrap_or(keep);
    let members = &claims(&keep.access)["households"][0]["members"];
    assert_eq!(
        (&members[&bo.id], &members[&id]),
        (&json!("OWNER"), &json!("CHILD"))
    );
    let mut bo = relogin(&deployment, &service, &bo).await;
    let payload = reset(&service, &mut bo, &household, &id, PASSWORD).await;
    assert_eq!(code(&payload), None);
    assert_eq!(leave(&mut bo).await, 2);
    assert_eq!(users.count_documents(doc! {}).await.unwrap(), 0);
}

/// Signs somebody in anew whose sessions are over.
async fn relogin(deployment: &Deployment, service: &Service, person: &Somebody) -> Somebody {
    let users = deployment.stored("users").await;
    let id: uuid::Uuid = person.id.parse().unwrap();
    let user = users
        .find_one(doc! { "_id": mongodb::bson::Uuid::from_bytes(id.into_bytes()) })
        .await
        .unwrap()
        .unwrap();
    let input = json!({ "email": user.get_str("email").unwrap(), "password": PASSWORD });
    Somebody::with(pair(&service.login(input).await).unwrap())
}

#[tokio::test]
async fn a_child_that_grows_up_adds_an_address_and_looks_after_itself() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut ana = Somebody::new(&service).await;
    let household = create(&service, &ana, "Home").await;
    let id = child(&service, &mut ana, &household, "mia").await;
    let mut mia = sign_in(&service, "mia", CHILDS).await.unwrap();
    service.deliver().await;
    // Mails of one moment are in no order.
    deployment.advance(1);
    let input = json!({ "newEmail": "mia@example.org", "password": CHILDS });
    let payload = mia.does(&service, "requestEmailChange", "accepted", input).await;
    assert_eq!(payload["accepted"], true, "{payload}");
    assert_eq!(service.deliver().await, 1);
    let mail = in_folder(deployment.mail_folder()).pop().unwrap();
    assert_eq!(mail.to, "mia@example.org");
    // Until it is confirmed, nothing has changed.
    let payload = reset(&service, &mut ana, &household, &id, PASSWORD).await;
    assert_eq!(code(&payload), None);
    let token = json!({ "token": mail.token() });
    let confirm = async |token: &Value| {
        let fields = "confirmed emailChanged";
        service
            .mutation_by(None, "confirmEmailChange", fields, token.clone())
            .await
    };
    // The adult's new password has ended the wish; the child has it again.
    assert_eq!(code(&confirm(&token).await).as_deref(), Some("TOKEN_INVALID"));
    let mut mia = sign_in(&service, "mia", NEXT).await.unwrap();
    deployment.advance(1);
    let input = json!({ "newEmail": "mia@example.org", "password": NEXT });
    mia.does(&service, "requestEmailChange", "accepted", input).await;
    service.deliver().await;
    let token = json!({ "token": in_folder(deployment.mail_folder()).pop().unwrap().token() });
    assert_eq!(confirm(&token).await["emailChanged"], true);
    assert_eq!(service.deliver().await, 0, "there is no old address to tell");

    let payload = reset(&service, &mut ana, &household, &id, PASSWORD).await;
    assert_eq!(code(&payload).as_deref(), Some("NOT_MANAGED"));
    let input = json!({ "email": "mia@example.org", "password": NEXT });
    assert_eq!(code(&service.login(input).await), None);
    assert!(sign_in(&service, "mia", NEXT).await.is_ok());
    let member = json!({ "householdId": household, "userId": id });
    let payload = ana
        .does(&service, "removeMember", "household { id }", member)
        .await;
    assert_eq!(code(&payload), None);
}

#[tokio::test]
async fn an_account_without_an_address_can_be_changed_left_and_kept_and_no_mail_is_missed() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut ana = Somebody::new(&service).await;
    let household = create(&service, &ana, "Home").await;
    child(&service, &mut ana, &household, "mia").await;
    service.deliver().await;
    let mut mia = sign_in(&service, "mia", CHILDS).await.unwrap();
    let input = json!({ "currentPassword": CHILDS, "newPassword": NEXT });
    let payload = mia.does(&service, "changePassword", "user { id }", input).await;
    assert_eq!(code(&payload), None);
    let query = "mutation { requestEmailVerification { userErrors { code } } }";
    let answer = service.graphql(Some(&mia.access), query, json!({})).await;
    let errors = &answer["data"]["requestEmailVerification"]["userErrors"];
    assert_eq!(errors, &json!([{ "code": "NO_EMAIL" }]));
    let leave = async |mia: &mut Somebody| {
        let input = json!({ "password": NEXT });
        mia.does(&service, "deleteAccount", "deletionScheduledAt", input)
            .await
    };
    assert_eq!(code(&leave(&mut mia).await), None);
    let mut mia = sign_in(&service, "mia", NEXT).await.unwrap();
    let payload = mia
        .does(&service, "cancelAccountDeletion", "kept", json!({}))
        .await;
    assert_eq!(payload["kept"], true);
    assert_eq!(code(&leave(&mut mia).await), None);
    assert_eq!(service.deliver().await, 0);
    deployment.advance(31 * 86_400);
    assert_eq!(service.erase().await, 1);
    assert!(sign_in(&service, "mia", NEXT).await.is_err());
}

#[tokio::test]
async fn a_database_from_before_is_made_ready_and_keeps_its_addresses_apart() {
    let deployment = Deployment::new().await;
    let before = doc! {
        "createIndexes": "users", "indexes": [{ "key": { "emailKey": 1 }, "name": "emailKey_1", "unique": true }],
    };
    deployment.run(before).await;
    let service = deployment.service().await;
    // A replica that starts later finds everything done.
    deployment.service().await;
    let mut ana = Somebody::new(&service).await;
    let household = create(&service, &ana, "Home").await;
    for username in ["mia", "leo"] {
        child(&service, &mut ana, &household, username).await;
    }
    let input = json!({ "email": "bo@example.org", "password": PASSWORD, "displayName": "Bo" });
    assert_eq!(code(&service.register(input.clone()).await), None);
    assert_eq!(
        code(&service.register(input).await).as_deref(),
        Some("EMAIL_TAKEN")
    );
    let names = deployment.stored("users").await.list_index_names().await.unwrap();
    assert!(!names.contains(&"emailKey_1".to_owned()), "{names:?}");
}

#[tokio::test]
async fn operators_see_and_handle_accounts_without_an_address() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut ana = Somebody::new(&service).await;
    let household = create(&service, &ana, "Home").await;
    let id = child(&service, &mut ana, &household, "mia").await;
    let operators = deployment.operators().await;
    let page = operators.list(Some("mi"), None, 10).await.unwrap();
    assert_eq!(page.accounts.len(), 1);
    let mia = &page.accounts[0];
    assert_eq!(
        (mia.email.as_deref(), mia.username.as_deref()),
        (None, Some("mia"))
    );
    let who = "MIA".parse().unwrap();
    let (account, _) = operators.disable(&who).await.unwrap();
    assert_eq!(account.id.to_string(), id);
    assert_eq!(
        sign_in(&service, "mia", CHILDS).await.err().as_deref(),
        Some("ACCOUNT_DISABLED")
    );
    let refused = operators.send_reset(&who).await.unwrap_err();
    assert!(refused.to_string().contains("no e-mail address"));
}
