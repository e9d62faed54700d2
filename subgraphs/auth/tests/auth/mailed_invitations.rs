//! Invitations by mail: whoever reads the mail may join, and nobody else learns the code.

use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::household_support::{Somebody, create, role};
use crate::mailbox::{SmtpServer, in_folder, latest};
use crate::support::{Deployment, PASSWORD, Service, code, pair};

const SUBJECT: &str = "You are invited";

/// Somebody with this address, which they have proven if `proven`.
async fn with_address(deployment: &Deployment, service: &Service, email: &str, proven: bool) -> Somebody {
    // Of mails of one moment none is the latest.
    deployment.advance(1);
    let input = json!({ "email": email, "password": PASSWORD, "displayName": "Bo" });
    let somebody = Somebody::with(pair(&service.register(input).await).unwrap());
    if proven {
        service.deliver().await;
        let token = latest(deployment.mail_folder(), "Is this your").token();
        let input = json!({ "token": token });
        let payload = service
            .mutation_by(None, "verifyEmail", "emailVerified", input)
            .await;
        assert_eq!(payload["emailVerified"], true);
    }
    somebody
}

async fn invite(service: &Service, owner: &mut Somebody, household: &str, email: &str) -> Value {
    let input = json!({ "householdId": household, "role": "ADULT", "email": email });
    let fields = "code invitation { id email state role }";
    owner.does(service, "inviteToHousehold", fields, input).await
}

/// The code in the mail that came last.
async fn mailed_code(deployment: &Deployment, service: &Service) -> String {
    service.deliver().await;
    latest(deployment.mail_folder(), SUBJECT).token()
}

async fn accept(service: &Service, person: &mut Somebody, input: Value) -> Value {
    let fields = "household { id members { role user { id } } }";
    person.does(service, "acceptInvitation", fields, input).await
}

async fn received(service: &Service, person: &mut Somebody) -> Value {
    person.refresh(service).await;
    let query = "{ me { invitations { id householdName role invitedBy } } }";
    let answer = service.graphql(Some(&person.access), query, json!({})).await;
    answer["data"]["me"]["invitations"].clone()
}

async fn listed(service: &Service, owner: &mut Somebody, household: &str, states: &str) -> Value {
    owner.refresh(service).await;
    let query =
        format!("query($id: ID!) {{ household(id: $id) {{ invitations{states} {{ email state }} }} }}");
    let answer = service
        .graphql(Some(&owner.access), &query, json!({ "id": household }))
        .await;
    answer["data"]["household"]["invitations"].clone()
}

#[tokio::test]
async fn the_code_in_the_mail_lets_one_person_in_whatever_their_address_and_nobody_else_is_told_it() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let (mut ana, mut cy) = (Somebody::new(&service).await, Somebody::new(&service).await);
    let household = create(&service, &ana, "Home").await;
    let invited = invite(&service, &mut ana, &household, "bo@example.org").await;
    assert_eq!(invited["code"], Value::Null);
    assert_eq!(invited["invitation"]["email"], "bo@example.org");
    let text = mailed_code(&deployment, &service).await;
    let mail = latest(deployment.mail_folder(), SUBJECT);
    assert_eq!(mail.to, "bo@example.org");
    assert!(
        mail.link()
            .starts_with("https://app.example.org/invitation?token=")
    );
    for words in ["Newcomer invites you into the household \"Home\"", &text] {
        assert!(mail.plain.contains(words), "{}", mail.plain);
    }
    for collection in ["invitations", "outbox"] {
        let stored = deployment.stored(collection).await;
        let stored: Vec<Document> =
            futures_util::TryStreamExt::try_collect(stored.find(doc! {}).await.unwrap())
                .await
                .unwrap();
        assert!(!format!("{stored:?}").contains(text.split('-').next().unwrap()));
    }

    // Bo registers with another address than the one that was invited.
    let mut bo = with_address(&deployment, &service, "bo@elsewhere.example", false).await;
    let joined = accept(&service, &mut bo, json!({ "code": text })).await;
    assert_eq!(role(&joined["household"], &bo), "ADULT");
    let again = accept(&service, &mut cy, json!({ "code": text })).await;
    assert_eq!(code(&again).as_deref(), Some("INVITATION_INVALID"));
    assert_eq!(listed(&service, &mut ana, &household, "").await, json!([]));
    let ended = listed(&service, &mut ana, &household, "(states: [OPEN, ACCEPTED])").await;
    assert_eq!(ended, json!([{ "email": "bo@example.org", "state": "ACCEPTED" }]));
}

#[tokio::test]
async fn whoever_has_proven_the_address_sees_the_invitation_and_answers_it_without_a_code() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut ana = Somebody::new(&service).await;
    let mut bo = with_address(&deployment, &service, "Bo@Example.org", true).await;
    let mut other = with_address(&deployment, &service, "other@example.org", true).await;
    let household = create(&service, &ana, "Home").await;
    assert_eq!(received(&service, &mut bo).await, json!([]));
    let invited = invite(&service, &mut ana, &household, "bo@example.ORG").await;
    let id = &invited["invitation"]["id"];
    let shown = json!([{ "id": id, "householdName": "Home", "role": "ADULT", "invitedBy": "Newcomer" }]);
    assert_eq!(received(&service, &mut bo).await, shown);
    assert_eq!(received(&service, &mut other).await, json!([]));

    // The id alone, which the owner knows too, opens nothing for anybody else.
    for person in [&mut other, &mut ana] {
        let payload = accept(&service, person, json!({ "invitationId": id })).await;
        assert_eq!(code(&payload).as_deref(), Some("INVITATION_INVALID"));
    }
    let joined = accept(&service, &mut bo, json!({ "invitationId": id })).await;
    assert_eq!(role(&joined["household"], &bo), "ADULT");
    assert_eq!(received(&service, &mut bo).await, json!([]));
    let again = accept(&service, &mut bo, json!({ "invitationId": id })).await;
    assert_eq!(code(&again).as_deref(), Some("INVITATION_INVALID"));

    let declined = invite(&service, &mut ana, &household, "other@example.org").await;
    let input = json!({ "invitationId": declined["invitation"]["id"] });
    let payload = other.does(&service, "declineInvitation", "declined", input).await;
    assert_eq!(payload["declined"], true);
    assert_eq!(received(&service, &mut other).await, json!([]));
}

#[tokio::test]
async fn an_address_that_is_not_proven_matches_no_invitation() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut ana = Somebody::new(&service).await;
    // Whoever registers with somebody else's address must not get what is meant for them.
    let mut mallory = with_address(&deployment, &service, "bo@example.org", false).await;
    let household = create(&service, &ana, "Home").await;
    let invited = invite(&service, &mut ana, &household, "bo@example.org").await;
    assert_eq!(received(&service, &mut mallory).await, json!([]));
    let input = json!({ "invitationId": invited["invitation"]["id"] });
    for name in ["acceptInvitation", "declineInvitation"] {
        let payload = mallory.does(&service, name, "__typename", input.clone()).await;
        assert_eq!(code(&payload).as_deref(), Some("INVITATION_INVALID"));
    }
    let open = listed(&service, &mut ana, &household, "").await;
    assert_eq!(open[0]["state"], "OPEN");
}

#[tokio::test]
async fn a_second_invitation_of_an_address_takes_the_place_of_the_first() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let (mut ana, mut bo) = (Somebody::new(&service).await, Somebody::new(&service).await);
    let household = create(&service, &ana, "Home").await;
    invite(&service, &mut ana, &household, "bo@example.org").await;
    let first = mailed_code(&deployment, &service).await;
    // The third is made before the second was sent, which is not sent any more.
    for _ in 0..2 {
        deployment.advance(1);
        invite(&service, &mut ana, &household, "BO@example.org").await;
    }
    assert_eq!(service.deliver().await, 1);
    let third = latest(deployment.mail_folder(), SUBJECT).token();
    let payload = accept(&service, &mut bo, json!({ "code": first })).await;
    assert_eq!(code(&payload).as_deref(), Some("INVITATION_INVALID"));
    let states = "(states: [OPEN, REPLACED])";
    let all = listed(&service, &mut ana, &household, states).await;
    let states: Vec<_> = all.as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["REPLACED", "REPLACED", "OPEN"]);
    let payload = accept(&service, &mut bo, json!({ "code": third })).await;
    assert_eq!(code(&payload), None);
}

#[tokio::test]
async fn an_invitation_that_nobody_answers_is_listed_as_expired() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut ana = Somebody::new(&service).await;
    let mut bo = with_address(&deployment, &service, "bo@example.org", true).await;
    let household = create(&service, &ana, "Home").await;
    let invited = invite(&service, &mut ana, &household, "bo@example.org").await;
    for _ in 0..7 {
        deployment.advance(86_400);
        bo.refresh(&service).await;
        ana.refresh(&service).await;
    }
    let late = listed(&service, &mut ana, &household, "(states: [EXPIRED])").await;
    assert_eq!(late, json!([{ "email": "bo@example.org", "state": "EXPIRED" }]));
    assert_eq!(received(&service, &mut bo).await, json!([]));
    let input = json!({ "invitationId": invited["invitation"]["id"] });
    let payload = accept(&service, &mut bo, input).await;
    assert_eq!(code(&payload).as_deref(), Some("INVITATION_EXPIRED"));
}

#[tokio::test]
async fn mails_to_strangers_are_limited_by_person_and_by_address() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut ana = Somebody::new(&service).await;
    let household = create(&service, &ana, "Home").await;
    ana.refresh(&service).await;
    let ask = async |who: &Somebody, household: &str, email: String| {
        let query = "mutation($input: InviteToHouseholdInput!) { inviteToHousehold(input: $input) { userErrors { code } } }";
        let input = json!({ "input": { "householdId": household, "role": "ADULT", "email": email } });
        let answer = service.graphql(Some(&who.access), query, input).await;
        answer["errors"][0]["extensions"]["code"]
            .as_str()
            .map(str::to_owned)
    };
    let limited = Some("RATE_LIMITED".to_owned());
    for number in 0..10 {
        assert_eq!(
            ask(&ana, &household, format!("p{number}@example.org")).await,
            None
        );
    }
    assert_eq!(ask(&ana, &household, "p10@example.org".into()).await, limited);
    // A code to read aloud sends no mail, and is not limited by that.
    let input = json!({ "householdId": household, "role": "ADULT" });
    let payload = ana.does(&service, "inviteToHousehold", "code", input).await;
    assert_eq!(code(&payload), None);

    // One address gets five mails, whoever has them sent.
    let mut sent = 0;
    for _ in 0..3 {
        let bo = Somebody::new(&service).await;
        let household = create(&service, &bo, "Other").await;
        let mut bo = bo;
        bo.refresh(&service).await;
        for _ in 0..3 {
            sent += usize::from(ask(&bo, &household, "victim@example.org".into()).await.is_none());
        }
    }
    assert_eq!(sent, 5);
}

#[tokio::test]
async fn a_household_sends_no_more_mails_however_many_owners_it_has() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut ana = Somebody::new(&service).await;
    let household = create(&service, &ana, "Home").await;
    let mut owners = Vec::new();
    for _ in 0..2 {
        let mut owner = Somebody::new(&service).await;
        let input = json!({ "householdId": household, "role": "OWNER" });
        let payload = ana.does(&service, "inviteToHousehold", "code", input).await;
        let joined = accept(&service, &mut owner, json!({ "code": payload["code"] })).await;
        assert_eq!(code(&joined), None);
        owners.push(owner);
    }
    owners.push(ana);
    let mut sent = 0;
    for (at, owner) in owners.iter_mut().enumerate() {
        owner.refresh(&service).await;
        for number in 0..8 {
            let query = "mutation($input: InviteToHouseholdInput!) { inviteToHousehold(input: $input) { invitation { id } userErrors { code } } }";
            let email = format!("p{at}.{number}@example.org");
            let input = json!({ "householdId": household, "role": "ADULT", "email": email });
            let answer = service
                .graphql(Some(&owner.access), query, json!({ "input": input }))
                .await;
            let Some(id) = answer["data"]["inviteToHousehold"]["invitation"]["id"].as_str() else {
                assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED");
                continue;
            };
            sent += 1;
            // Taking it back frees its place among the open ones, and takes back no mail.
            let input = json!({ "householdId": household, "invitationId": id });
            let payload = service
                .mutation_by(Some(&owner.access), "revokeInvitation", "revoked", input)
                .await;
            assert_eq!(payload["revoked"], true);
        }
    }
    assert_eq!(sent, 20);
}

#[tokio::test]
async fn who_may_not_invite_sends_no_mail_and_counts_for_nobody() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let (mut ana, mut mallory) = (Somebody::new(&service).await, Somebody::new(&service).await);
    let household = create(&service, &ana, "Home").await;
    for _ in 0..30 {
        let payload = invite(&service, &mut mallory, &household, "bo@example.org").await;
        assert_eq!(code(&payload).as_deref(), Some("NOT_FOUND"));
    }
    let payload = invite(&service, &mut ana, &household, "no address").await;
    assert_eq!(code(&payload).as_deref(), Some("EMAIL_INVALID"));
    assert_eq!(payload["userErrors"][0]["path"], json!(["input", "email"]));
    let payload = invite(&service, &mut ana, &household, "bo@example.org").await;
    assert_eq!(code(&payload), None);
    service.deliver().await;
    let mails = in_folder(deployment.mail_folder());
    let sent = mails.iter().filter(|mail| mail.subject.contains(SUBJECT));
    assert_eq!(sent.count(), 1);
}

#[tokio::test]
async fn an_invitation_outlives_a_mail_server_that_is_down() {
    let deployment = Deployment::new().await;
    let mut server = SmtpServer::start().await;
    let service = deployment.service_mailing(server.settings()).await;
    let (mut ana, mut bo) = (Somebody::new(&service).await, Somebody::new(&service).await);
    service.deliver().await;
    let household = create(&service, &ana, "Home").await;
    server.mails();
    server.go_down();
    invite(&service, &mut ana, &household, "bo@example.org").await;
    assert_eq!(service.deliver().await, 0);
    server.come_up();
    deployment.advance(31);
    assert_eq!(service.deliver().await, 1);
    let text = server.mails().remove(0).token();
    let payload = accept(&service, &mut bo, json!({ "code": text })).await;
    assert_eq!(code(&payload), None);
}

#[tokio::test]
async fn a_mail_to_a_stranger_says_no_name_that_is_bait() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut ana = Somebody::new(&service).await;
    let household = create(&service, &ana, "Free money at win.example").await;
    invite(&service, &mut ana, &household, "bo@example.org").await;
    service.deliver().await;
    let mail = latest(deployment.mail_folder(), SUBJECT);
    for text in [&mail.plain, &mail.html] {
        assert!(!text.contains("win.example"), "{text}");
        assert!(
            text.contains("Newcomer invites you into their household."),
            "{text}"
        );
    }
}

#[tokio::test]
async fn the_page_behind_the_link_shows_the_code_and_repeats_nothing_else() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let page = service.get("/invitation?token=bcdfghjklm").await;
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["referrer-policy"], "no-referrer");
    assert!(page.text().await.unwrap().contains("BCDFG-HJKLM"));
    let page = service.get("/invitation?token=your+account+is+locked").await;
    assert_eq!(page.status(), 400);
    assert!(!page.text().await.unwrap().contains("locked"));
}

#[tokio::test]
async fn an_erased_account_leaves_no_invitation_with_its_address() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let mut ana = Somebody::new(&service).await;
    let mut bo = with_address(&deployment, &service, "bo@example.org", true).await;
    let household = create(&service, &ana, "Home").await;
    invite(&service, &mut ana, &household, "Bo@Example.org").await;
    let input = json!({ "password": PASSWORD });
    bo.does(&service, "deleteAccount", "deletionScheduledAt", input)
        .await;
    for _ in 0..31 {
        deployment.advance(86_400);
    }
    assert_eq!(service.erase().await, 1);
    let left = deployment.stored("invitations").await;
    assert_eq!(left.count_documents(doc! {}).await.unwrap(), 0);
}
