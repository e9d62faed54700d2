//! People who belong to a household together.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use constellation_shared::household::{HouseholdId, Membership, Role};
use serde_json::{Value, json};

use crate::support::{Answer, Person, Service, bread, with};

/// A household and its people, in the order of their ids.
pub(crate) struct Family {
    pub(crate) household: Membership,
    pub(crate) people: Vec<Person>,
}

impl Family {
    /// One whose people have these roles.
    pub(crate) fn of(service: &Service, roles: &[Role]) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let people: Vec<Person> = roles.iter().map(|_| service.person()).collect();
        let mut family = Self {
            household: Membership {
                id: HouseholdId::from_uuid(uuid::Uuid::from_u64_pair(0x0193_0000_0000_7000, number)),
                currency: "EUR".into(),
                zone: "Europe/Berlin".into(),
                members: BTreeMap::new(),
            },
            people,
        };
        family.now_are(&roles.iter().copied().map(Some).collect::<Vec<_>>());
        family
    }

    /// From now on the people have these roles, or have left.
    pub(crate) fn now_are(&mut self, roles: &[Option<Role>]) {
        let members = self.people.iter().zip(roles);
        self.household.members = members
            .filter_map(|(person, role)| Some((person.user(), (*role)?)))
            .collect();
        for (person, role) in self.people.iter_mut().zip(roles) {
            person.households = role.iter().map(|_| self.household.clone()).collect();
        }
    }

    pub(crate) fn id(&self) -> String {
        self.household.id.to_string()
    }

    /// The input of an expense that this household shares.
    pub(crate) fn input(&self, amount: &str, currency: &str, changes: Value) -> Value {
        let amount = json!({ "amount": amount, "currency": currency });
        with(
            with(bread(), json!({ "householdId": self.id(), "amount": amount })),
            changes,
        )
    }

    /// The ids of people, by their places.
    pub(crate) fn ids(&self, places: &[usize]) -> Vec<String> {
        places.iter().map(|place| self.people[*place].id()).collect()
    }

    /// What the household says to this one of its people.
    pub(crate) async fn tells(&self, place: usize, selection: &str, variables: Value) -> Value {
        let answer = self.asked(&self.people[place], selection, variables).await;
        assert_eq!(answer.errors, Vec::<Value>::new());
        answer.data["_entities"][0].clone()
    }

    /// What the household says to somebody.
    pub(crate) async fn asked(&self, person: &Person, selection: &str, variables: Value) -> Answer {
        person
            .ask_about_one("Household", &self.id(), selection, variables)
            .await
    }

    /// The expense, as this one of its people sees it: the selection, or none.
    pub(crate) async fn expense(&self, place: usize, id: &Value, selection: &str) -> Option<Value> {
        let ids = [id.as_str().unwrap().to_owned()];
        let answer = self.people[place].entities("Expense", &ids, selection).await;
        assert_eq!(answer.errors, Vec::<Value>::new());
        let expense = answer.data["_entities"][0].clone();
        (!expense.is_null()).then_some(expense)
    }

    /// The shares of an expense in the order of the people, null for who has none.
    pub(crate) async fn shares(&self, place: usize, id: &Value) -> Value {
        let expense = self
            .expense(place, id, "shares { member { id } amount { amount } }")
            .await
            .unwrap();
        let shares = expense["shares"].as_array().unwrap();
        let of = |person: &Person| {
            let share = shares.iter().find(|share| share["member"]["id"] == person.id());
            share.map_or(Value::Null, |share| share["amount"]["amount"].clone())
        };
        self.people.iter().map(of).collect()
    }
}
