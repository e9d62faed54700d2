//! A family's year, through the router: a trip in three currencies, a present nobody tells of, a mistake that is found after
//! settling up, somebody who moves out, and in the end nobody owes anybody anything.

use std::time::Duration;

use constellation_shared::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::stack;
use crate::support::{Person, Stack, unique};

const LEDGER: &str = "query($id: ID!) { household(id: $id) {
    expenses { edges { node { description amount { amount currency } } } }
    totals(groupBy: CURRENCY) { count total { amount currency } }
    inEuros: totals(groupBy: CATEGORY, convert: true) { count convertedCount total { amount currency } }
    balances { member { id } amount { amount currency } }
    settlementPlan { currency planToken transfers { from { id } to { id } amount { amount } hiddenFrom { id } revealOn } }
    ledgerCheck { ok } } }";

struct Home<'a> {
    stack: &'a Stack,
    id: String,
    /// Ana, Ben, Kim and Grandma.
    people: Vec<Person>,
}

const ANA: usize = 0;
const BEN: usize = 1;
const KIM: usize = 2;
const GRANDMA: usize = 3;

impl<'a> Home<'a> {
    /// Ana founds a household, and the others join it.
    async fn founded(stack: &'a Stack) -> Self {
        let (ana, id) = stack.householder("Ana").await;
        let mut home = Self {
            stack,
            id,
            people: vec![ana],
        };
        for (name, role) in [("Ben", "ADULT"), ("Kim", "CHILD"), ("Grandma", "ADULT")] {
            let invite = json!({ "householdId": home.id, "role": role });
            let code = home.does(ANA, "inviteToHousehold", "code", invite).await["code"].take();
            home.people.push(stack.newcomer(name).await);
            let accept = json!({ "code": code });
            home.does(
                home.people.len() - 1,
                "acceptInvitation",
                "refreshRequired",
                accept,
            )
            .await;
            home.refresh().await;
        }
        home
    }

    async fn refresh(&mut self) {
        for person in &mut self.people {
            *person = self.stack.refreshed(person).await;
        }
    }

    fn ids(&self, people: &[usize]) -> Vec<&str> {
        people
            .iter()
            .map(|person| self.people[*person].id.as_str())
            .collect()
    }

    /// The payload of a mutation, in which nothing is wrong.
    async fn does(&self, who: usize, mutation: &str, selection: &str, input: Value) -> Value {
        let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {selection} userErrors {{ code message path }} }} }}"
        );
        let answer = self
            .stack
            .ask(&self.people[who], &query, json!({ "input": input }))
            .await;
        let payload = answer.data()[mutation].clone();
        assert_eq!(payload["userErrors"], json!([]));
        payload
    }

    /// Somebody pays for all of these alike. The id of the expense.
    async fn pays(
        &self,
        who: usize,
        what: &str,
        amount: (&str, &str),
        among: &[usize],
        more: Value,
    ) -> Value {
        let mut input = json!({
            "idempotencyKey": unique(), "householdId": self.id, "description": what, "date": "2026-07-14",
            "amount": { "amount": amount.0, "currency": amount.1 }, "split": { "equal": self.ids(among) },
        });
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        self.does(who, "createExpense", "expense { id }", input).await["expense"]["id"].take()
    }

    /// The ledger as somebody sees it, in which nothing is wrong.
    async fn ledger(&self, who: usize) -> Value {
        let answer = self
            .stack
            .ask(&self.people[who], LEDGER, json!({ "id": self.id }))
            .await;
        let household = answer.data()["household"].clone();
        assert_eq!(household["ledgerCheck"], json!({ "ok": true }));
        household
    }

    /// What everybody is owed in a currency, as somebody sees it: by the order of the people, null for nothing.
    async fn owed(&self, who: usize, currency: &str) -> Value {
        let ledger = self.ledger(who).await;
        let balances = ledger["balances"].as_array().unwrap();
        let of = |person: &Person| {
            let balance = balances
                .iter()
                .find(|one| one["member"]["id"] == person.id && one["amount"]["currency"] == currency);
            balance.map_or(Value::Null, |one| one["amount"]["amount"].clone())
        };
        self.people.iter().map(of).collect()
    }

    /// Somebody records all payments of the plans that they see, one after the other.
    async fn settles_up(&self, who: usize) {
        loop {
            let ledger = self.ledger(who).await;
            let Some(plan) = ledger["settlementPlan"].get(0) else {
                return;
            };
            let transfer = &plan["transfers"][0];
            let mut input = json!({
                "householdId": self.id, "idempotencyKey": unique(), "planToken": plan["planToken"], "date": "2026-08-01",
                "fromId": transfer["from"]["id"], "toId": transfer["to"]["id"],
                "amount": { "amount": transfer["amount"]["amount"], "currency": plan["currency"] },
            });
            if !transfer["revealOn"].is_null() {
                let hidden = transfer["hiddenFrom"].as_array().unwrap().iter();
                let hidden: Vec<&Value> = hidden.map(|one| &one["id"]).collect();
                input["surprise"] = json!({ "hiddenFrom": hidden, "revealOn": transfer["revealOn"] });
            }
            self.does(who, "recordSettlement", "settlement { id }", input)
                .await;
        }
    }
}

/// In summer they travel, and pay in euros, pounds and yen. What the pounds cost stands on the card's statement, what the
/// yen were worth in the newspaper. The train's id is returned.
async fn travels(home: &mut Home<'_>) -> Value {
    let all = [ANA, BEN, KIM, GRANDMA];
    let train = home
        .pays(ANA, "Train to London", ("400.00", "EUR"), &all, json!({}))
        .await;
    let dinner = json!({
        "payers": [
            { "memberId": home.people[BEN].id, "amount": "60.00" },
            { "memberId": home.people[GRANDMA].id, "amount": "30.01" },
        ],
        "exchange": { "basis": { "charged": "104.37" }, "date": "2026-07-15", "source": "card" },
    });
    home.pays(BEN, "Dinner by the river", ("90.01", "GBP"), &all, dinner)
        .await;
    home.pays(
        GRANDMA,
        "Temple in Kyoto",
        ("10001", "JPY"),
        &[ANA, BEN, KIM],
        json!({ "exchange": { "basis": { "rate": "0.00613" }, "date": "2026-07-14", "source": "newspaper" } }),
    )
    .await;
    assert_eq!(
        home.owed(KIM, "EUR").await,
        json!(["300.00", "-100.00", "-100.00", "-100.00"])
    );
    let pounds = home.owed(KIM, "GBP").await;
    assert_eq!(pounds[KIM].as_str().unwrap().get(..5), Some("-22.5"), "{pounds}");
    assert_eq!(home.owed(KIM, "JPY").await[GRANDMA], "10001");
    train
}

#[tokio::test]
async fn a_year_of_a_family_ends_with_nobody_owing_anybody_anything() {
    let mut home = Home::founded(stack().await).await;
    let all = [ANA, BEN, KIM, GRANDMA];

    let train = travels(&mut home).await;

    // Kim is to get a bicycle, and knows nothing of it: not by lists, totals, balances, plans nor the check.
    let before = home.ledger(KIM).await;
    let reveal = (SystemClock.now() + Duration::from_hours(30 * 24))
        .date_naive()
        .to_string();
    let surprise = json!({
        "visibility": "SURPRISE", "surprise": { "hiddenFrom": home.ids(&[KIM]), "revealOn": reveal },
    });
    home.pays(ANA, "Bicycle", ("299.00", "EUR"), &[ANA, BEN, GRANDMA], surprise)
        .await;
    assert_eq!(home.ledger(KIM).await, before);
    assert_eq!(
        home.ledger(BEN).await["expenses"]["edges"]
            .as_array()
            .unwrap()
            .len(),
        4
    );

    // They settle up, the bicycle too, and Kim still knows nothing.
    home.settles_up(ANA).await;
    for who in all {
        let ledger = home.ledger(who).await;
        assert_eq!(
            (&ledger["balances"], &ledger["settlementPlan"]),
            (&json!([]), &json!([]))
        );
    }
    assert_eq!(home.ledger(KIM).await["expenses"], before["expenses"]);

    // Then Ana finds that the train was dearer. What was settled stays, and only the difference is owed.
    let correction =
        json!({ "id": train, "expectedVersion": 1, "amount": { "amount": "440.00", "currency": "EUR" } });
    home.does(ANA, "updateExpense", "expense { version }", correction)
        .await;
    assert_eq!(
        home.owed(BEN, "EUR").await,
        json!(["30.00", "-10.00", "-10.00", "-10.00"])
    );

    // Grandma moves out. She sees nothing of it any more, and still owes her part.
    home.does(
        GRANDMA,
        "leaveHousehold",
        "refreshRequired",
        json!({ "householdId": home.id }),
    )
    .await;
    home.refresh().await;
    let gone = home
        .stack
        .ask(&home.people[GRANDMA], LEDGER, json!({ "id": home.id }))
        .await;
    assert_eq!(gone.body["data"]["household"], Value::Null);
    assert_eq!(
        home.owed(KIM, "EUR").await,
        json!(["30.00", "-10.00", "-10.00", "-10.00"])
    );
    let groceries = home
        .pays(BEN, "Groceries", ("10.00", "EUR"), &[ANA, BEN, KIM], json!({}))
        .await;
    assert!(groceries.is_string());

    // At the end of the year they settle up to zero.
    home.settles_up(BEN).await;
    for who in [ANA, BEN, KIM] {
        let ledger = home.ledger(who).await;
        assert_eq!(
            (&ledger["balances"], &ledger["settlementPlan"]),
            (&json!([]), &json!([]))
        );
    }
    let ledger = home.ledger(KIM).await;
    let expected = json!([
        { "count": 2, "total": { "amount": "450.00", "currency": "EUR" } },
        { "count": 1, "total": { "amount": "90.01", "currency": "GBP" } },
        { "count": 1, "total": { "amount": "10001", "currency": "JPY" } },
    ]);
    assert_eq!(ledger["totals"], expected, "without the bicycle");
    // 450.00, 104.37, and 10001 yen at 0.00613 euros, which are 61.31.
    let in_euros =
        json!([{ "count": 4, "convertedCount": 2, "total": { "amount": "615.68", "currency": "EUR" } }]);
    assert_eq!(ledger["inEuros"], in_euros);
}
