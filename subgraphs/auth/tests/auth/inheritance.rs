//! What becomes of the households of somebody whose account is erased.

use mongodb::bson::doc;
use serde_json::{Value, json};

use crate::household_support::{Somebody, claims, create, join};
use crate::support::{Deployment, PASSWORD, Service, code};

/// Lets somebody go for good.
async fn go(service: &Service, person: &mut Somebody) {
    let input = json!({ "password": PASSWORD });
    let payload = person
        .does(service, "deleteAccount", "deletionScheduledAt", input)
        .await;
    assert_eq!(code(&payload), None, "{payload}");
    assert_eq!(service.erase().await, 1);
}

/// Who belongs to a household and as what, as the next token of somebody tells.
async fn members(service: &Service, person: &mut Somebody) -> Value {
    person.refresh(service).await;
    claims(&person.access)["households"][0]["members"].clone()
}

#[tokio::test]
async fn the_last_owners_place_goes_to_the_eldest_adult_or_else_to_the_eldest_member() {
    let deployment = Deployment::new().await;
    let service = deployment.service_without_grace(deployment.mail_settings()).await;
    let (mut ana, mut viewer) = (Somebody::new(&service).await, Somebody::new(&service).await);
    let (mut elder, mut younger) = (Somebody::new(&service).await, Somebody::new(&service).await);
    let mut child = Somebody::new(&service).await;
    let household = create(&service, &ana, "Home").await;
    for (role, person) in [
        ("VIEWER", &mut viewer),
        ("CHILD", &mut child),
        ("ADULT", &mut elder),
        ("ADULT", &mut younger),
    ] {
        deployment.advance(1);
        join(&service, &mut ana, &household, role, person).await;
    }
    go(&service, &mut ana).await;
    let left = json!({ &viewer.id: "VIEWER", &child.id: "CHILD", &elder.id: "OWNER", &younger.id: "ADULT" });
    assert_eq!(members(&service, &mut younger).await, left);

    // Where an owner is left, nobody becomes another.
    let input = json!({ "householdId": household, "userId": viewer.id, "role": "OWNER" });
    elder
        .does(&service, "changeMemberRole", "household { id }", input)
        .await;
    go(&service, &mut elder).await;
    let left = json!({ &viewer.id: "OWNER", &child.id: "CHILD", &younger.id: "ADULT" });
    assert_eq!(members(&service, &mut younger).await, left);

    let input = json!({ "householdId": household, "userId": younger.id, "role": "VIEWER" });
    viewer
        .does(&service, "changeMemberRole", "household { id }", input)
        .await;
    go(&service, &mut viewer).await;
    let left = json!({ &child.id: "OWNER", &younger.id: "VIEWER" });
    assert_eq!(members(&service, &mut child).await, left);
}

#[tokio::test]
async fn a_household_of_one_ends_with_its_owner_and_lets_nobody_in_any_more() {
    let deployment = Deployment::new().await;
    let service = deployment.service_without_grace(deployment.mail_settings()).await;
    let (mut ana, mut bo) = (Somebody::new(&service).await, Somebody::new(&service).await);
    let household = create(&service, &ana, "Home").await;
    let input = json!({ "householdId": household, "role": "ADULT" });
    let invited = ana.does(&service, "inviteToHousehold", "code", input).await;
    go(&service, &mut ana).await;
    let households = deployment.stored("households").await;
    let with_anybody = doc! { "members.0": { "$exists": true } };
    assert_eq!(households.count_documents(with_anybody).await.unwrap(), 0);
    let input = json!({ "code": invited["code"] });
    let joined = bo
        .does(&service, "acceptInvitation", "household { id }", input)
        .await;
    assert_eq!(code(&joined).as_deref(), Some("INVITATION_INVALID"));
}
