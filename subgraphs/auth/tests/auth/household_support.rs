//! What tests of households say to auth.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{Pair, Service, code};

/// Somebody with an account, and the tokens of their only device.
pub(crate) struct Somebody {
    pub(crate) id: String,
    pub(crate) access: String,
    refresh: String,
}

impl Somebody {
    pub(crate) async fn new(service: &Service) -> Self {
        Self::with(service.newcomer().await)
    }

    pub(crate) fn with(pair: Pair) -> Self {
        Self {
            id: claims(&pair.access)["sub"].as_str().unwrap().to_owned(),
            access: pair.access,
            refresh: pair.refresh,
        }
    }

    /// Gets the next tokens, which tell of their households as they are now.
    pub(crate) async fn refresh(&mut self, service: &Service) {
        let pair = service.refresh(&self.refresh).await.unwrap();
        (self.access, self.refresh) = (pair.access, pair.refresh);
    }

    /// Does something as soon as the token is good for it: a change of their households makes them refresh.
    pub(crate) async fn does(&mut self, service: &Service, name: &str, fields: &str, input: Value) -> Value {
        self.refresh(service).await;
        service.mutation_by(Some(&self.access), name, fields, input).await
    }
}

/// What a token says.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Founds a household and gives its id.
pub(crate) async fn create(service: &Service, owner: &Somebody, name: &str) -> String {
    let input = json!({ "name": name, "currency": "EUR", "timeZone": "Europe/Berlin" });
    let payload = service
        .mutation_by(
            Some(&owner.access),
            "createHousehold",
            "household { id } refreshRequired",
            input,
        )
        .await;
    assert_eq!(payload["refreshRequired"], true, "{payload}");
    payload["household"]["id"].as_str().unwrap().to_owned()
}

/// Lets somebody join with this role.
pub(crate) async fn join(
    service: &Service,
    owner: &mut Somebody,
    household: &str,
    role: &str,
    new: &mut Somebody,
) {
    let input = json!({ "householdId": household, "role": role });
    let invited = owner.does(service, "inviteToHousehold", "code", input).await;
    let input = json!({ "code": invited["code"] });
    let joined = new
        .does(service, "acceptInvitation", "household { id }", input)
        .await;
    assert_eq!(code(&joined), None, "{joined}");
}

/// What a person is in a household that was read with its members.
pub(crate) fn role<'a>(household: &'a Value, person: &Somebody) -> &'a Value {
    let members = household["members"].as_array().unwrap();
    let member = members.iter().find(|member| member["user"]["id"] == *person.id);
    member.map_or(&Value::Null, |member| &member["role"])
}
