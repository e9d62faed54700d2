//! Households: who belongs to them, who may change them, and what tokens tell of them.

use mongodb::bson::doc;
use serde_json::{Value, json};

use crate::household_support::{Somebody, claims, create, role};
use crate::support::{Deployment, Service, code};

#[tokio::test]
async fn who_founds_a_household_owns_it_and_the_next_token_tells_of_it() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut ana = Somebody::new(&service).await;
    assert_eq!(claims(&ana.access)["hv"], 0);
    assert_eq!(claims(&ana.access).get("households"), None);
    let household = create(&service, &ana, "Home").await;
    ana.refresh(&service).await;
    let told = json!([{
        "id": household, "currency": "EUR", "zone": "Europe/Berlin", "members": { &ana.id: "OWNER" },
    }]);
    assert_eq!(claims(&ana.access)["households"], told);
    assert_eq!(claims(&ana.access)["hv"], 1);

    let query = "query($id: ID!) { household(id: $id) { name currency timeZone members { role user { id displayName } } }
        me { households { id } } }";
    let answer = service
        .graphql(Some(&ana.access), query, json!({ "id": household }))
        .await;
    assert_eq!(answer["data"]["me"]["households"], json!([{ "id": household }]));
    assert_eq!(answer["data"]["household"]["timeZone"], "Europe/Berlin");
    assert_eq!(role(&answer["data"]["household"], &ana), "OWNER");
}

#[tokio::test]
async fn all_problems_of_a_new_household_are_told_at_once() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let ana = Somebody::new(&service).await;
    let input = json!({ "name": " ", "currency": "EUR", "timeZone": "+01:00" });
    let payload = service
        .mutation_by(Some(&ana.access), "createHousehold", "household { id }", input)
        .await;
    let codes: Vec<&Value> = payload["userErrors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["code"])
        .collect();
    assert_eq!(codes, ["NAME_INVALID", "TIME_ZONE_INVALID"]);
}

/// Lets `owner` invite somebody, and gives the code.
async fn code_for(service: &Service, owner: &mut Somebody, household: &str, role: &str) -> String {
    let input = json!({ "householdId": household, "role": role });
    let payload = owner.does(service, "inviteToHousehold", "code", input).await;
    payload["code"]
        .as_str()
        .unwrap_or_else(|| panic!("{payload}"))
        .to_owned()
}

#[tokio::test]
async fn a_code_lets_one_person_in_and_is_stored_as_a_hash() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let (mut ana, mut bo, mut cy) = (
        Somebody::new(&service).await,
        Somebody::new(&service).await,
        Somebody::new(&service).await,
    );
    let household = create(&service, &ana, "Home").await;
    let text = code_for(&service, &mut ana, &household, "ADULT").await;
    let stored = deployment
        .stored("invitations")
        .await
        .find_one(doc! {})
        .await
        .unwrap()
        .unwrap();
    assert!(!stored.to_string().contains(&text.replace('-', "")));
    let typed = json!({ "code": text.to_lowercase().replace('-', " ") });
    let joined = bo
        .does(
            &service,
            "acceptInvitation",
            "household { id members { role user { id } } }",
            typed.clone(),
        )
        .await;
    assert_eq!(role(&joined["household"], &bo), "ADULT");
    let again = cy
        .does(&service, "acceptInvitation", "household { id }", typed)
        .await;
    assert_eq!(code(&again).as_deref(), Some("INVITATION_INVALID"));

    // Both tokens tell of both; of each other they see the name and nothing more.
    bo.refresh(&service).await;
    ana.refresh(&service).await;
    assert_eq!(
        claims(&ana.access)["households"],
        claims(&bo.access)["households"]
    );
    let query = "query($id: ID!) { household(id: $id) { invitations { id } members { user { id displayName email createdAt accountDeleted } } } }";
    let answer = service
        .graphql(Some(&bo.access), query, json!({ "id": household }))
        .await;
    let seen = &answer["data"]["household"];
    assert_eq!(seen["invitations"], Value::Null);
    assert_eq!(
        seen["members"][0]["user"],
        json!({ "id": ana.id, "displayName": "Newcomer", "email": null, "createdAt": null, "accountDeleted": false })
    );
}

#[tokio::test]
async fn an_invitation_ends_when_it_is_declined_revoked_or_a_week_old() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let (mut ana, mut bo) = (Somebody::new(&service).await, Somebody::new(&service).await);
    let household = create(&service, &ana, "Home").await;
    let declined = code_for(&service, &mut ana, &household, "ADULT").await;
    let payload = bo
        .does(
            &service,
            "declineInvitation",
            "declined",
            json!({ "code": declined }),
        )
        .await;
    assert_eq!(payload["declined"], true);
    let revoked = code_for(&service, &mut ana, &household, "ADULT").await;
    let query = "query($id: ID!) { household(id: $id) { invitations { id } } }";
    let open = service
        .graphql(Some(&ana.access), query, json!({ "id": household }))
        .await;
    let open = open["data"]["household"]["invitations"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(open.len(), 1);
    let input = json!({ "householdId": household, "invitationId": open[0]["id"] });
    let payload = ana
        .does(&service, "revokeInvitation", "revoked", input.clone())
        .await;
    assert_eq!(payload["revoked"], true);
    let payload = ana.does(&service, "revokeInvitation", "revoked", input).await;
    assert_eq!(code(&payload).as_deref(), Some("INVITATION_NOT_FOUND"));
    let late = code_for(&service, &mut ana, &household, "ADULT").await;
    for (text, refusal) in [
        (&declined, "INVITATION_INVALID"),
        (&revoked, "INVITATION_INVALID"),
    ] {
        let payload = bo
            .does(
                &service,
                "acceptInvitation",
                "household { id }",
                json!({ "code": text }),
            )
            .await;
        assert_eq!(code(&payload).as_deref(), Some(refusal));
    }
    // A day at a time, so that nobody's session ends meanwhile.
    for _ in 0..7 {
        deployment.advance(86_400);
        bo.refresh(&service).await;
    }
    let payload = bo
        .does(
            &service,
            "acceptInvitation",
            "household { id }",
            json!({ "code": late }),
        )
        .await;
    assert_eq!(code(&payload).as_deref(), Some("INVITATION_EXPIRED"));
}

#[tokio::test]
async fn whoever_guesses_codes_waits() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mallory = Somebody::new(&service).await;
    let query = "mutation { acceptInvitation(input: { code: \"BCDFG-HJKLM\" }) { userErrors { code } } }";
    for _ in 0..10 {
        let answer = service.graphql(Some(&mallory.access), query, json!({})).await;
        assert_eq!(
            answer["data"]["acceptInvitation"]["userErrors"][0]["code"],
            "INVITATION_INVALID"
        );
    }
    let answer = service.graphql(Some(&mallory.access), query, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED");
}

#[tokio::test]
async fn the_last_owner_stays_until_somebody_else_owns_it_or_nobody_else_is_there() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let (mut ana, mut bo) = (Somebody::new(&service).await, Somebody::new(&service).await);
    let household = create(&service, &ana, "Home").await;
    let text = code_for(&service, &mut ana, &household, "ADULT").await;
    bo.does(
        &service,
        "acceptInvitation",
        "household { id }",
        json!({ "code": text }),
    )
    .await;
    let input = json!({ "householdId": household });
    let payload = ana.does(&service, "leaveHousehold", "left", input.clone()).await;
    assert_eq!(code(&payload).as_deref(), Some("LAST_OWNER"));
    let demotion = json!({ "householdId": household, "userId": ana.id, "role": "ADULT" });
    let payload = ana
        .does(&service, "changeMemberRole", "household { id }", demotion)
        .await;
    assert_eq!(code(&payload).as_deref(), Some("LAST_OWNER"));
    let heir = json!({ "householdId": household, "userId": bo.id, "role": "OWNER" });
    ana.does(&service, "changeMemberRole", "household { id }", heir)
        .await;
    let payload = ana.does(&service, "leaveHousehold", "left", input.clone()).await;
    assert_eq!(payload["left"], true);
    ana.refresh(&service).await;
    assert_eq!(claims(&ana.access).get("households"), None);

    // Bo still sees what she is called, and, alone, may go.
    bo.refresh(&service).await;
    let query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { displayName } } }";
    let person = json!({ "r": [{ "__typename": "User", "id": ana.id }] });
    let answer = service.graphql(Some(&bo.access), query, person.clone()).await;
    assert_eq!(
        answer["data"]["_entities"],
        json!([{ "displayName": "Newcomer" }])
    );
    let payload = bo.does(&service, "leaveHousehold", "left", input).await;
    assert_eq!(payload["left"], true);
    bo.refresh(&service).await;
    let answer = service.graphql(Some(&bo.access), query, person).await;
    assert_eq!(answer["data"]["_entities"], json!([null]));
}

#[tokio::test]
async fn nobody_belongs_to_more_than_five_households_however_many_they_found_at_once() {
    let deployment = Deployment::new().await;
    let replicas = [deployment.service().await, deployment.service().await];
    let mut ana = Somebody::new(&replicas[0]).await;
    let query = "mutation { createHousehold(input: { name: \"X\", currency: \"EUR\", timeZone: \"UTC\" }) { userErrors { code } } }";
    for _ in 0..2 {
        ana.refresh(&replicas[0]).await;
        let found = (0..6).map(|at| replicas[at % 2].graphql(Some(&ana.access), query, json!({})));
        futures_util::future::join_all(found).await;
    }
    ana.refresh(&replicas[0]).await;
    assert!(claims(&ana.access)["households"].as_array().unwrap().len() <= 5);
    while claims(&ana.access)["households"].as_array().unwrap().len() < 5 {
        create(&replicas[0], &ana, "One more").await;
        ana.refresh(&replicas[0]).await;
    }
    let answer = replicas[0].graphql(Some(&ana.access), query, json!({})).await;
    assert_eq!(
        answer["data"]["createHousehold"]["userErrors"],
        json!([{ "code": "TOO_MANY_HOUSEHOLDS" }])
    );
}
