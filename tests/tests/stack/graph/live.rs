//! What happens in a household is told to its members as it happens: as events, and over WebSocket.

use serde_json::{Value, json};

use super::stack;
use crate::support::{BOTH, Live, PASSWORD, Person, Said, Stack, Transport};

/// Who did it, and where, is joined from auth.
const CHANGES: &str =
    "subscription($id: ID!, $after: String) { householdChanged(householdId: $id, after: $after) {
    kind version cursor by { id displayName }
    expense { id description amount { amount currency } owner { displayName } household { name } } } }";

/// A household of two.
struct Home<'a> {
    stack: &'a Stack,
    id: String,
    ana: Person,
    bo: Person,
}

impl<'a> Home<'a> {
    async fn founded(stack: &'a Stack) -> Self {
        let (ana, id) = stack.householder("Ana").await;
        let bo = stack.newcomer("Bo").await;
        let query = "mutation($input: InviteToHouseholdInput!) { inviteToHousehold(input: $input) { code } }";
        let input = json!({ "input": { "householdId": id, "role": "ADULT" } });
        let answer = stack.ask(&ana, query, input).await;
        let input = json!({ "input": { "code": answer.data()["inviteToHousehold"]["code"] } });
        let query = "mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { refreshRequired } }";
        stack.ask(&bo, query, input).await.data();
        Self {
            ana: stack.refreshed(&ana).await,
            bo: stack.refreshed(&bo).await,
            id,
            stack,
        }
    }

    /// Ana records an expense of the household.
    async fn records(&self, description: &str) -> String {
        let fields = json!({ "householdId": self.id, "description": description });
        self.stack.expense(&self.ana, fields).await
    }

    async fn cursor(&self, person: &Person) -> Value {
        let query = "query($id: ID!) { household(id: $id) { changesCursor } }";
        let answer = self.stack.ask(person, query, json!({ "id": self.id })).await;
        answer.data()["household"]["changesCursor"].clone()
    }

    async fn listens(&self, transport: Transport, person: &Person, after: &Value) -> Live {
        let variables = json!({ "id": self.id, "after": after });
        self.stack.subscribe(transport, person, CHANGES, &variables).await
    }
}

async fn change(live: &mut Live) -> Value {
    live.data().await["householdChanged"].clone()
}

/// How a subscription ends whose token does.
fn unauthenticated(transport: Transport) -> [Said; 2] {
    let over = match transport {
        Transport::Events => Said::Complete,
        Transport::WebSocket => Said::Closed(Some(4403)),
    };
    [Said::Refused("UNAUTHENTICATED".to_owned()), over]
}

#[tokio::test]
async fn a_member_hears_what_another_recorded_and_who_they_are() {
    let home = Home::founded(stack().await).await;
    for transport in BOTH {
        let cursor = home.cursor(&home.bo).await;
        let mut live = home.listens(transport, &home.bo, &cursor).await;
        let bread = home.records("Bread").await;
        let mut heard = change(&mut live).await;
        assert!(heard["cursor"].take().is_string());
        let expected = json!({
            "kind": "CREATED",
            "version": 1,
            "cursor": null,
            "by": { "id": home.ana.id, "displayName": "Ana" },
            "expense": {
                "id": bread,
                "description": "Bread",
                "amount": { "amount": "12.30", "currency": "EUR" },
                "owner": { "displayName": "Ana" },
                "household": { "name": "Home" },
            },
        });
        assert_eq!(heard, expected, "{transport:?}");
    }
}

#[tokio::test]
async fn who_comes_back_goes_on_after_the_last_cursor_whichever_way_they_come() {
    let home = Home::founded(stack().await).await;
    let mut cursor = home.cursor(&home.bo).await;
    let (mut recorded, mut heard) = (Vec::new(), Vec::new());
    for round in 0..3 {
        for transport in BOTH {
            // Two while nobody listens, and two while somebody does, who leaves before the last is told.
            for number in 0..2 {
                recorded.push(home.records(&format!("{round} {number}")).await);
            }
            let mut live = home.listens(transport, &home.bo, &cursor).await;
            for number in 2..4 {
                recorded.push(home.records(&format!("{round} {number}")).await);
            }
            while heard.len() < recorded.len() - 1 {
                let mut change = change(&mut live).await;
                cursor = change["cursor"].take();
                heard.push(change["expense"]["id"].as_str().unwrap().to_owned());
            }
        }
    }
    assert_eq!(heard, recorded[..recorded.len() - 1]);
    // Asking tells what streams do.
    let query = "query($id: ID!, $after: String) { household(id: $id) { changesSince(after: $after) { edges { node { expense { id } } } } } }";
    let variables = json!({ "id": home.id, "after": cursor });
    let answer = home.stack.ask(&home.bo, query, variables).await;
    let rest = &answer.data()["household"]["changesSince"]["edges"];
    assert_eq!(
        rest,
        &json!([{ "node": { "expense": { "id": recorded.last() } } }])
    );
}

#[tokio::test]
async fn a_stream_ends_with_its_session_and_the_next_session_goes_on_where_it_ended() {
    let home = Home::founded(stack().await).await;
    let login =
        "mutation($input: LoginInput!) { login(input: $input) { tokens { accessToken refreshToken } } }";
    for transport in BOTH {
        let input = json!({ "input": { "email": home.bo.email, "password": PASSWORD } });
        let answer = home.stack.anonymous(login, input).await;
        let token = |name: &str| {
            let token = answer.data()["login"]["tokens"][name].as_str();
            token.unwrap().to_owned()
        };
        let phone = Person {
            id: home.bo.id.clone(),
            email: home.bo.email.clone(),
            access: token("accessToken"),
            refresh: token("refreshToken"),
        };
        let cursor = home.cursor(&home.bo).await;
        let mut phones = home.listens(transport, &phone, &cursor).await;
        let mut others = home.listens(transport, &home.bo, &cursor).await;
        home.records("Before").await;
        let last = change(&mut phones).await["cursor"].take();

        let query = "{ me { sessions { edges { node { id current } } } } }";
        let answer = home.stack.ask(&phone, query, json!({})).await;
        let sessions = answer.data()["me"]["sessions"]["edges"].as_array().unwrap();
        let current = sessions
            .iter()
            .find(|edge| edge["node"]["current"] == true)
            .unwrap();
        let query =
            "mutation($input: RevokeSessionInput!) { revokeSession(input: $input) { userErrors { code } } }";
        let input = json!({ "input": { "id": current["node"]["id"] } });
        let answer = home.stack.ask(&home.bo, query, input).await;
        assert_eq!(answer.data()["revokeSession"]["userErrors"], json!([]));
        assert_eq!(phones.end().await, unauthenticated(transport), "{transport:?}");

        // Nobody else's stream ends with it, and nothing is lost by it.
        home.records("After").await;
        let mut next = home.listens(transport, &home.bo, &last).await;
        assert_eq!(change(&mut next).await["expense"]["description"], "After");
        for description in ["Before", "After"] {
            assert_eq!(change(&mut others).await["expense"]["description"], description);
        }
    }
}

#[tokio::test]
async fn who_is_removed_from_a_household_hears_no_more_of_it() {
    for transport in BOTH {
        let mut home = Home::founded(stack().await).await;
        let mut bo = home
            .listens(transport, &home.bo, &home.cursor(&home.bo).await)
            .await;
        let mut ana = home
            .listens(transport, &home.ana, &home.cursor(&home.ana).await)
            .await;
        home.records("Before").await;
        let cursor = change(&mut bo).await["cursor"].take();
        let last = change(&mut ana).await["cursor"].take();

        let query =
            "mutation($input: RemoveMemberInput!) { removeMember(input: $input) { userErrors { code } } }";
        let input = json!({ "input": { "householdId": home.id, "userId": home.bo.id } });
        let answer = home.stack.ask(&home.ana, query, input).await;
        assert_eq!(answer.data()["removeMember"]["userErrors"], json!([]));
        assert_eq!(bo.end().await, unauthenticated(transport), "{transport:?}");
        home.bo = home.stack.refreshed(&home.bo).await;
        let mut stranger = home.listens(transport, &home.bo, &cursor).await;
        assert_eq!(stranger.hear().await, Said::Refused("NOT_FOUND".to_owned()));

        // Who stays has new tokens too, because their households have changed, and goes on.
        assert_eq!(ana.end().await, unauthenticated(transport), "{transport:?}");
        home.ana = home.stack.refreshed(&home.ana).await;
        home.records("After").await;
        let mut next = home.listens(transport, &home.ana, &last).await;
        assert_eq!(change(&mut next).await["expense"]["description"], "After");
    }
}
