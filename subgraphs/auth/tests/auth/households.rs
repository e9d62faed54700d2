//! Households: who belongs to them, who may change them, and what tokens tell of them.

use serde_json::{Value, json};

use crate::household_support::{Somebody, claims, create, role};
use crate::support::Deployment;

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
