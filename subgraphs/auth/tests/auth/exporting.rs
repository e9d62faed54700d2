//! What somebody takes along of what auth holds about them.

use serde_json::{Value, json};

use crate::household_support::{Somebody, create};
use crate::support::{Deployment, PASSWORD, Service, pair};

async fn export(auth: &Service, token: &str, selection: &str) -> Value {
    let query = format!("{{ exportMyData {{ {selection} }} }}");
    let answer = auth.graphql(Some(token), &query, json!({})).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["exportMyData"].clone()
}

async fn ana(auth: &Service) -> Somebody {
    let input = json!({ "email": "ana@example.org", "password": PASSWORD, "displayName": "Ana" });
    Somebody::with(pair(&auth.register(input).await).unwrap())
}

#[tokio::test]
async fn who_is_signed_in_takes_along_everything_that_is_held_about_them() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let mut ana = ana(&auth).await;
    deployment.advance(1);
    let other = pair(
        &auth
            .login(json!({ "email": "ana@example.org", "password": PASSWORD, "deviceName": "Tablet" }))
            .await,
    );
    deployment.advance(1);
    auth.logout(&other.unwrap().refresh).await.unwrap();
    let input = json!({ "newEmail": "ana@example.net", "password": PASSWORD });
    auth.mutation_by(Some(&ana.access), "requestEmailChange", "accepted", input)
        .await;
    let left = create(&auth, &ana, "Left").await;
    ana.does(&auth, "leaveHousehold", "left", json!({ "householdId": left }))
        .await;
    ana.refresh(&auth).await;
    let home = create(&auth, &ana, "Home").await;
    ana.refresh(&auth).await;

    let told = export(
        &auth,
        &ana.access,
        "id account { id email displayName households { id name members { role } } securityEvents(last: 2) { edges { node { kind } } } }
         emailVerifiedAt emailChange { newEmail oldConfirmed newConfirmed } formerMemberships { householdId leftAt }
         sessions { edges { node { name current endReason endedAt } } }",
    )
    .await;
    assert_eq!(told["id"], ana.id.as_str());
    let account = &told["account"];
    assert_eq!(
        (&account["id"], &account["email"], &account["displayName"]),
        (&told["id"], &json!("ana@example.org"), &json!("Ana"))
    );
    assert_eq!(
        account["households"],
        json!([{ "id": home, "name": "Home", "members": [{ "role": "OWNER" }] }])
    );
    assert_eq!(
        account["securityEvents"]["edges"],
        json!([{ "node": { "kind": "SIGNED_IN" } }, { "node": { "kind": "REGISTERED" } }])
    );
    assert_eq!(told["emailVerifiedAt"], Value::Null);
    assert_eq!(
        told["emailChange"],
        json!({ "newEmail": "ana@example.net", "oldConfirmed": true, "newConfirmed": false })
    );
    assert_eq!(
        told["formerMemberships"],
        json!([{ "householdId": left, "leftAt": "2100-01-31T12:00:02.000Z" }])
    );
    assert_eq!(
        told["sessions"]["edges"],
        json!([
            { "node": { "name": "Tablet", "current": false, "endReason": "SIGNED_OUT", "endedAt": "2100-01-31T12:00:02.000Z" } },
            { "node": { "name": null, "current": true, "endReason": null, "endedAt": null } },
        ])
    );
}

#[tokio::test]
async fn all_sessions_are_paged_to_the_end_and_nobody_elses_are_among_them() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let ana = ana(&auth).await;
    auth.newcomer().await;
    for _ in 0..4 {
        let login = json!({ "email": "ana@example.org", "password": PASSWORD });
        auth.logout(&pair(&auth.login(login).await).unwrap().refresh)
            .await
            .unwrap();
    }
    let (mut sizes, mut after) = (Vec::new(), Value::Null);
    loop {
        let selection = format!(
            "sessions(first: 2, after: {after}) {{ edges {{ cursor }} pageInfo {{ hasNextPage endCursor }} }}"
        );
        let page = export(&auth, &ana.access, &selection).await["sessions"].take();
        sizes.push(page["edges"].as_array().unwrap().len());
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(sizes, [2, 2, 1]);
}

#[tokio::test]
async fn an_export_is_made_for_its_person_and_nobody_else() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let (ana, bo) = (ana(&auth).await, Somebody::new(&auth).await);
    let answer = auth.graphql(None, "{ exportMyData { id } }", json!({})).await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
        "{answer}"
    );
    let query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on DataExport { id account { email } } } }";
    let both = [&ana.id, &bo.id].map(|id| json!({ "__typename": "DataExport", "id": id }));
    let answer = auth.graphql(Some(&ana.access), query, json!({ "r": both })).await;
    let own = json!({ "id": ana.id, "account": { "email": "ana@example.org" } });
    assert_eq!(answer, json!({ "data": { "_entities": [own, null] } }));
    let answer = auth.graphql(None, query, json!({ "r": both })).await;
    assert_eq!(answer, json!({ "data": { "_entities": [null, null] } }));
}
