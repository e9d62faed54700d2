//! One history: what is done, and which worlds are left.

use constellation_auth::{KeyFile, KeyUse};
use constellation_shared::entropy::{SystemEntropy, random};
use constellation_testing::{Cut, Wire};
use futures_util::future::join_all;
use mongodb::bson::{Binary, Document, doc, spec::BinarySubtype};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use super::client::{Pockets, Seen, password, send};
use super::rules::{Answer, Asking, Name, Operation, World};
use super::steps::{Step, Wish};
use crate::support::{Deployment, Service, claims, pair};

struct Replica {
    wire: Wire,
    service: Service,
}

/// How a history ended that broke no rule.
pub(crate) enum End {
    Reached,
    /// The service was cut off from nothing, and still answered `UNAVAILABLE`: the database stalled for seconds. Whether it
    /// does what it was asked, and when, is not known, as the published text of this code says.
    Stalled,
}

/// Why a history goes no further.
enum Stop {
    Broken(TestCaseError),
    Stalled,
}

impl From<TestCaseError> for Stop {
    fn from(broken: TestCaseError) -> Self {
        Self::Broken(broken)
    }
}

pub(crate) struct History<'a> {
    deployment: &'a Deployment,
    replicas: Vec<Replica>,
    /// An address of this person's own, so that nobody else's attempts count against them.
    address: String,
    pockets: Pockets,
    /// Everything that may be the case.
    worlds: Vec<World>,
    /// Sign-ins, and passwords, get numbers in their order.
    counted: usize,
    trace: Vec<String>,
}

impl<'a> History<'a> {
    pub(crate) async fn begin(deployment: &'a Deployment) -> Self {
        let [a, b, c, d] = random::<4>(&SystemEntropy);
        let address = format!("10.{a}.{b}.{c}");
        let email = format!("person-{}@example.org", u32::from_be_bytes([a, b, c, d]));
        let mut history = Self {
            deployment,
            replicas: Vec::new(),
            address,
            pockets: Pockets {
                email: email.clone(),
                ..Pockets::default()
            },
            worlds: Vec::new(),
            counted: 0,
            trace: Vec::new(),
        };
        for _ in 0..2 {
            history.replicas.push(history.replica().await);
        }
        let input = json!({ "email": email, "password": password(0), "displayName": "Somebody" });
        let first = pair(&history.replicas[0].service.register(input).await).unwrap();
        history.pockets.access.insert(0, (first.access, 0));
        history.worlds.push(World::new(0, first.refresh));
        history
    }

    async fn replica(&self) -> Replica {
        let wire = self.deployment.wire().await;
        let service = self.deployment.service_behind(&wire).await.at(&self.address);
        Replica { wire, service }
    }

    pub(crate) async fn follow(self, steps: Vec<Step>) -> Result<End, TestCaseError> {
        match self.take(steps).await {
            Ok(()) => Ok(End::Reached),
            Err(Stop::Stalled) => Ok(End::Stalled),
            Err(Stop::Broken(error)) => Err(error),
        }
    }

    async fn take(mut self, steps: Vec<Step>) -> Result<(), Stop> {
        for step in steps {
            match step {
                Step::One { wish, replica } => {
                    if let Some(operation) = self.resolve(&wish) {
                        self.together(&[(operation, replica)]).await?;
                    }
                }
                Step::AtOnce(wishes) => {
                    let operations = wishes.iter().filter_map(|wish| self.resolve(wish));
                    let operations: Vec<_> = operations
                        .collect::<Vec<_>>()
                        .into_iter()
                        .zip([0, 1, 0])
                        .collect();
                    self.together(&operations).await?;
                }
                Step::Crash { wish, replica, cut } => {
                    if let Some(operation) = self.resolve(&wish) {
                        self.crash(operation, replica, cut).await?;
                    }
                }
                Step::Wait(seconds) => {
                    self.trace.push(format!("{seconds} seconds go by"));
                    self.deployment.advance(seconds);
                    for world in &mut self.worlds {
                        world.now += seconds;
                    }
                }
                Step::Restart { replica } => {
                    self.trace.push(format!("replica {replica} is replaced"));
                    self.replicas[replica] = self.replica().await;
                }
                Step::RotateKeys => self.rotate_keys().await,
            }
        }
        self.at_the_end().await
    }

    /// An operation for a wish, if there is one that fits.
    fn resolve(&mut self, wish: &Wish) -> Option<Operation> {
        let world = &self.worlds[0];
        let held = |session: &Index, age: usize| {
            let name = *session.get(&world.tokens.keys().map(|(name, _)| *name).collect::<Vec<_>>());
            let mut generations = world.tokens.range((name, 0)..(name + 1, 0)).rev();
            generations
                .nth(age)
                .map(|((name, generation), _)| (*name, *generation))
        };
        // Mostly those who are signed in ask; the others only sometimes, as the first of them all may.
        let access = &self.pockets.access;
        let living = |name: &&Name| {
            world
                .sessions
                .get(name)
                .is_some_and(|session| session.ended.is_none())
        };
        let asking = |by: &Index| {
            let names: Vec<Name> = access
                .keys()
                .filter(living)
                .chain(access.keys().take(1))
                .copied()
                .collect();
            let session = *by.get(&names);
            Asking {
                session,
                issued: access[&session].1,
            }
        };
        Some(match wish {
            Wish::SignIn => {
                let password = world.password;
                self.counted += 1;
                Operation::SignIn {
                    name: self.counted,
                    password,
                }
            }
            Wish::Refresh { session, age } => {
                let (name, generation) = held(session, *age)?;
                Operation::Refresh { name, generation }
            }
            Wish::SignOut { session, age } => {
                let (name, generation) = held(session, *age)?;
                Operation::SignOut { name, generation }
            }
            Wish::Revoke { by, target } => {
                let names: Vec<Name> = access.keys().copied().collect();
                Operation::Revoke {
                    by: asking(by),
                    target: *target.get(&names),
                }
            }
            Wish::RevokeOthers { by } => Operation::RevokeOthers { by: asking(by) },
            Wish::ChangePassword { by } => {
                let (by, current) = (asking(by), world.password);
                self.counted += 1;
                Operation::ChangePassword {
                    by,
                    current,
                    new: self.counted,
                }
            }
        })
    }

    fn token(&self, operation: &Operation) -> &str {
        match operation {
            Operation::Refresh { name, generation } | Operation::SignOut { name, generation } => {
                &self.worlds[0].tokens[&(*name, *generation)]
            }
            _ => "",
        }
    }

    async fn send(&self, operation: &Operation, replica: usize) -> Seen {
        let service = &self.replicas[replica].service;
        send(service, &self.pockets, operation, self.token(operation)).await
    }

    /// Does all of this at the same moment, and keeps the worlds in which the answers are right in some order.
    async fn together(&mut self, operations: &[(Operation, usize)]) -> Result<(), Stop> {
        let sent = operations
            .iter()
            .map(|(operation, replica)| self.send(operation, *replica));
        let seen = join_all(sent).await;
        if seen.iter().any(Seen::is_unknown) {
            return Err(Stop::Stalled);
        }
        let mut left = Vec::new();
        for world in &self.worlds {
            for order in orders(operations.len()) {
                in_order(world, operations, &order, &seen, &mut left);
            }
        }
        for ((operation, replica), seen) in operations.iter().zip(&seen) {
            let token = match seen {
                Seen::Tokens { refresh, .. } => left.iter().find_map(|world: &World| world.holder(refresh)),
                _ => None,
            };
            self.trace.push(format!(
                "replica {replica}: {operation:?} -> {} {token:?}",
                seen.told()
            ));
            if let (Seen::Tokens { access, .. }, Some((name, _))) = (seen, token) {
                let said = claims(access)["sid"].clone();
                let before = self.pockets.session_id(name);
                if before.is_some_and(|before| said != before) {
                    return Err(TestCaseError::fail("another session's access token").into());
                }
                self.pockets
                    .access
                    .insert(name, (access.clone(), self.worlds[0].now));
            }
        }
        self.leave(
            left,
            if operations.len() > 1 {
                "in any order"
            } else {
                "by the rules"
            },
        )
    }

    /// Does this at a replica that dies on the way.
    async fn crash(&mut self, operation: Operation, replica: usize, cut: Cut) -> Result<(), Stop> {
        let mut is_cut = self.replicas[replica].wire.plan(cut);
        let answer = tokio::select! {
            biased;
            _ = is_cut.wait_for(|is_cut| *is_cut) => None,
            seen = self.send(&operation, replica) => Some(seen),
        };
        if let Some(seen) = answer {
            // It had fewer writes.
            self.replicas[replica].wire.spare();
            if seen.is_unknown() {
                return Err(Stop::Stalled);
            }
            let mut left = Vec::new();
            for world in &self.worlds {
                in_order(
                    world,
                    &[(operation.clone(), replica)],
                    &[0],
                    std::slice::from_ref(&seen),
                    &mut left,
                );
            }
            self.trace
                .push(format!("replica {replica}: {operation:?} -> {}", seen.told()));
            if let Seen::Tokens { access, refresh } = seen
                && let Some((name, _)) = left.iter().find_map(|world| world.holder(&refresh))
            {
                self.pockets.access.insert(name, (access, self.worlds[0].now));
            }
            return self.leave(left, "by the rules");
        }
        self.trace
            .push(format!("replica {replica} dies in {operation:?} at {cut:?}"));
        self.replicas[replica].wire.end_transaction().await;
        self.replicas[replica] = self.replica().await;
        let mut left = self.worlds.clone();
        for world in &self.worlds {
            for (outcome, _unheard) in world.perform(&operation) {
                if !left.contains(&outcome) {
                    left.push(outcome);
                }
            }
        }
        self.leave(left, "wholly or not at all")
    }

    async fn rotate_keys(&mut self) {
        self.trace.push("all keys change".into());
        let (clock, file) = (&*self.deployment.clock, KeyFile::at(&self.deployment.keys_file()));
        for used_for in [KeyUse::Signing, KeyUse::Refresh] {
            file.add(used_for, clock, &SystemEntropy).unwrap();
        }
        for replica in 0..2 {
            self.replicas[replica] = self.replica().await;
        }
        for used_for in [KeyUse::Signing, KeyUse::Refresh] {
            file.promote(used_for, true, clock).unwrap();
        }
        // One takes the new keys up at once, the other when it reads their file again.
        self.replicas[0] = self.replica().await;
    }

    /// Every session is asked for once more, and then with its oldest token; the database holds the same in the end.
    async fn at_the_end(mut self) -> Result<(), Stop> {
        let names: Vec<Name> = self.pockets.access.keys().copied().collect();
        for name in names {
            let tokens = self.worlds[0].tokens.range((name, 0)..(name + 1, 0));
            let held: Vec<u64> = tokens.map(|((_, generation), _)| *generation).collect();
            for generation in [held.last(), held.first(), held.last()].into_iter().flatten() {
                let operation = Operation::Refresh {
                    name,
                    generation: *generation,
                };
                self.together(&[(operation, name % 2)]).await?;
            }
        }
        let sessions = self.stored().await;
        let ids: Vec<_> = self
            .pockets
            .access
            .keys()
            .map(|name| (*name, self.pockets.session_id(*name)))
            .collect();
        let mut left = self.worlds.clone();
        left.retain(|world| {
            sessions.len() == world.sessions.len()
                && ids.iter().all(|(name, id)| {
                    let stored = sessions.iter().find(|session| Some(hex_id(session)) == *id);
                    let meant = &world.sessions[name];
                    stored.is_some_and(|stored| {
                        stored.get_i64("generation").ok() == i64::try_from(meant.generation).ok()
                            && stored.get_str("endReason").ok() == meant.ended
                    })
                })
        });
        self.trace.push(format!("the database holds {sessions:?}"));
        self.leave(left, "in the database")
    }

    async fn stored(&self) -> Vec<Document> {
        use futures_util::TryStreamExt as _;
        let users = self.deployment.stored("users").await;
        let user = users
            .find_one(doc! { "emailKey": &self.pockets.email })
            .await
            .unwrap()
            .unwrap();
        let sessions = self.deployment.stored("sessions").await;
        let own = doc! { "userId": user.get("_id").unwrap() };
        sessions.find(own).await.unwrap().try_collect().await.unwrap()
    }

    fn leave(&mut self, left: Vec<World>, how: &str) -> Result<(), Stop> {
        if left.is_empty() {
            let before: Vec<_> = self.worlds.iter().map(|world| &world.sessions).collect();
            return Err(Stop::Broken(TestCaseError::fail(format!(
                "this cannot have happened {how}:\n  {}\nbefore it, this may have been:\n{before:#?}",
                self.trace.join("\n  "),
            ))));
        }
        self.worlds = left;
        Ok(())
    }
}

/// The id of a stored session, as a token names it.
fn hex_id(session: &Document) -> String {
    match session.get("_id") {
        Some(mongodb::bson::Bson::Binary(Binary {
            subtype: BinarySubtype::Uuid,
            bytes,
        })) => uuid::Uuid::from_slice(bytes).unwrap().to_string(),
        other => panic!("{other:?} is no session's id"),
    }
}

impl Seen {
    fn is_unknown(&self) -> bool {
        matches!(self, Self::Refused(code) if code == "UNAVAILABLE")
    }

    fn told(&self) -> String {
        match self {
            Self::Tokens { .. } => "a token".into(),
            other => format!("{other:?}"),
        }
    }
}

impl World {
    /// Which token this is.
    fn holder(&self, token: &str) -> Option<(Name, u64)> {
        let found = self.tokens.iter().find(|(_, known)| *known == token);
        found.map(|(which, _)| *which)
    }

    /// Whether what was seen is what was to be seen; a token that is new is noted.
    fn agrees(&mut self, expected: &Answer, seen: &Seen) -> bool {
        match (expected, seen) {
            (Answer::Token(name, generation), Seen::Tokens { refresh, .. }) => {
                // No generation ever has two tokens, nor has a token two generations.
                let which = (*name, *generation);
                let is_new = self.holder(refresh).is_none();
                let known = self.tokens.entry(which).or_insert_with(|| refresh.clone());
                known == refresh && (is_new || self.holder(refresh) == Some(which))
            }
            (Answer::Done, Seen::Done) => true,
            (Answer::Ended(expected), Seen::Ended(seen)) => expected == seen,
            (Answer::Refused(expected), Seen::Refused(seen)) => expected == seen,
            _ => false,
        }
    }
}

/// Adds the worlds in which these operations, in this order, are answered as was seen.
fn in_order(
    world: &World,
    operations: &[(Operation, usize)],
    order: &[usize],
    seen: &[Seen],
    left: &mut Vec<World>,
) {
    let Some((first, later)) = order.split_first() else {
        if !left.contains(world) {
            left.push(world.clone());
        }
        return;
    };
    for (mut outcome, answer) in world.perform(&operations[*first].0) {
        if outcome.agrees(&answer, &seen[*first]) {
            in_order(&outcome, operations, later, seen, left);
        }
    }
}

/// All orders of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    match count {
        0 => vec![Vec::new()],
        _ => orders(count - 1)
            .into_iter()
            .flat_map(|order| {
                (0..count).map(move |at| {
                    let mut longer = order.clone();
                    longer.insert(at, count - 1);
                    longer
                })
            })
            .collect(),
    }
}
