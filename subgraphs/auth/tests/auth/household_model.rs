//! Random lives of households, with several people acting at the same moment at two replicas: what must hold does after
//! every moment, whoever came first.

use std::collections::{BTreeMap, BTreeSet};

use constellation_shared::household::MOST_HOUSEHOLDS;
use futures_util::TryStreamExt as _;
use futures_util::future::join_all;
use mongodb::bson::{Document, doc};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::household_support::{Somebody, claims};
use crate::support::{Deployment, Service};

const PEOPLE: usize = 4;

#[derive(Debug, Clone)]
enum Act {
    Create,
    Invite {
        household: usize,
        role: usize,
    },
    Accept {
        code: usize,
    },
    ChangeRole {
        household: usize,
        member: usize,
        role: usize,
    },
    Remove {
        household: usize,
        member: usize,
    },
    Leave {
        household: usize,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let (household, member, role) = (0..3_usize, 0..PEOPLE, 0..4_usize);
    prop_oneof![
        2 => Just(Act::Create),
        3 => (household.clone(), 0..2_usize).prop_map(|(household, role)| Act::Invite { household, role }),
        4 => (0..4_usize).prop_map(|code| Act::Accept { code }),
        3 => (household.clone(), member.clone(), role)
            .prop_map(|(household, member, role)| Act::ChangeRole { household, member, role }),
        2 => (household.clone(), member).prop_map(|(household, member)| Act::Remove { household, member }),
        2 => household.prop_map(|household| Act::Leave { household }),
    ]
}

/// What is known from outside.
#[derive(Default)]
struct World {
    people: Vec<Somebody>,
    households: Vec<String>,
    codes: Vec<String>,
    joined_by: BTreeMap<String, usize>,
    /// Of each person: the count of changes, and the households as their latest token tells of them.
    seen: BTreeMap<String, (u64, Value)>,
}

const ROLES: [&str; 4] = ["OWNER", "ADULT", "CHILD", "VIEWER"];

impl World {
    /// Lets somebody act, with the token that they have, and gives what the answer says of it.
    async fn does(&self, service: &Service, person: usize, act: &Act) -> (String, Value, Value) {
        let household = |index: usize| self.households.get(index).cloned().unwrap_or_default();
        let member = |index: usize| &self.people[index].id;
        // The latest codes, so that some are still open.
        let code = |index: usize| self.codes.iter().rev().nth(index).cloned().unwrap_or_default();
        let (name, fields, input) = match act {
            Act::Create => (
                "createHousehold",
                "household { id }",
                json!({ "name": "Home", "currency": "EUR", "timeZone": "UTC" }),
            ),
            Act::Invite { household: at, role } => (
                "inviteToHousehold",
                "code",
                json!({ "householdId": household(*at), "role": ROLES[*role] }),
            ),
            Act::Accept { code: at } => (
                "acceptInvitation",
                "household { id }",
                json!({ "code": code(*at) }),
            ),
            Act::ChangeRole {
                household: at,
                member: who,
                role,
            } => (
                "changeMemberRole",
                "household { id }",
                json!({ "householdId": household(*at), "userId": member(*who), "role": ROLES[*role] }),
            ),
            Act::Remove {
                household: at,
                member: who,
            } => (
                "removeMember",
                "household { id }",
                json!({ "householdId": household(*at), "userId": member(*who) }),
            ),
            Act::Leave { household: at } => {
                ("leaveHousehold", "left", json!({ "householdId": household(*at) }))
            }
        };
        let input_type = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {input_type}!) {{ {name}(input: $input) {{ {fields} userErrors {{ code }} }} }}"
        );
        let token = Some(self.people[person].access.as_str());
        let answer = service.graphql(token, &query, json!({ "input": &input })).await;
        if let Some(errors) = answer.get("errors") {
            // Somebody else's act at this moment has made the token stale.
            assert_eq!(errors[0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
        }
        (name.to_owned(), input, answer["data"][name].clone())
    }

    fn learns(&mut self, (name, input, payload): (String, Value, Value)) {
        if payload.is_null() || payload["userErrors"] != json!([]) {
            return;
        }
        match name.as_str() {
            "createHousehold" => self
                .households
                .push(payload["household"]["id"].as_str().unwrap().to_owned()),
            "inviteToHousehold" => self.codes.push(payload["code"].as_str().unwrap().to_owned()),
            "acceptInvitation" => {
                let code = input["code"].as_str().unwrap().to_owned();
                *self.joined_by.entry(code).or_default() += 1;
            }
            _ => {}
        }
    }

    async fn holds(&mut self, deployment: &Deployment, service: &Service) {
        for (code, times) in &self.joined_by {
            assert_eq!(*times, 1, "{code} was used more than once");
        }
        let stored: Vec<Document> = deployment
            .stored("households")
            .await
            .find(doc! {})
            .sort(doc! { "_id": 1 })
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        let mut homes: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for household in &stored {
            let members = household.get_array("members").unwrap();
            let members: BTreeMap<String, String> = members
                .iter()
                .map(|member| {
                    let member = member.as_document().unwrap();
                    let id = uuid(member, "userId");
                    (id, member.get_str("role").unwrap().to_owned())
                })
                .collect();
            let owned = members.values().any(|role| role == "OWNER");
            assert!(owned || members.is_empty(), "nobody owns {household}");
            let told =
                json!({ "id": uuid(household, "_id"), "currency": "EUR", "zone": "UTC", "members": members });
            for member in members.keys() {
                homes.entry(member.clone()).or_default().push(told.clone());
            }
        }
        for person in &mut self.people {
            person.refresh(service).await;
            let told = claims(&person.access);
            let of_them = homes.remove(&person.id).unwrap_or_default();
            assert!(of_them.len() <= MOST_HOUSEHOLDS);
            let households = told.get("households").cloned().unwrap_or(json!([]));
            assert_eq!(
                households,
                json!(of_them),
                "a token tells something else than the database"
            );
            let hv = told["hv"].as_u64().unwrap();
            let (before, known) = self.seen.get(&person.id).cloned().unwrap_or((0, json!([])));
            assert!(hv > before || households == known, "what changed was not counted");
            assert!(hv >= before);
            self.seen.insert(person.id.clone(), (hv, households));
        }
    }
}

fn uuid(document: &Document, field: &str) -> String {
    let mongodb::bson::Bson::Binary(binary) = document.get(field).unwrap() else {
        panic!("{field} is no id");
    };
    binary.to_uuid().unwrap().to_string()
}

#[test]
fn whoever_acts_at_the_same_moment_households_are_owned_codes_used_once_and_tokens_true() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        cases: 6,
        failure_persistence: None,
        ..Config::default()
    };
    let moments = vec(vec((0..PEOPLE, act()), 1..4), 10..25);
    TestRunner::new(config)
        .run(&moments, |moments| {
            runtime.block_on(async {
                let deployment = Deployment::new().await;
                let replicas = [deployment.service().await, deployment.service().await];
                let mut world = World::default();
                for _ in 0..PEOPLE {
                    world.people.push(Somebody::new(&replicas[0]).await);
                }
                for moment in moments {
                    // Each person has one token, and acts once at a moment.
                    let mut busy = BTreeSet::new();
                    let acts = moment
                        .iter()
                        .filter(|(person, _)| busy.insert(*person))
                        .enumerate();
                    let acts = acts.map(|(at, (person, act))| world.does(&replicas[at % 2], *person, act));
                    for done in join_all(acts).await {
                        world.learns(done);
                    }
                    world.holds(&deployment, &replicas[0]).await;
                }
            });
            Ok(())
        })
        .unwrap();
}
