//! What sessions ought to do: the rules of signing in, in as few words as they can be said. Here nothing happens at the
//! same time, nothing is lost, and every operation is done wholly.

use std::collections::BTreeMap;

const RETRY: u64 = 10;
const IDLE: u64 = 7 * 24 * 60 * 60;
const ABSOLUTE: u64 = 90 * 24 * 60 * 60;
/// An access token's quarter of an hour, and ten seconds for clocks that differ.
const ACCESS: u64 = 15 * 60 + 10;

/// A session, by the number of the sign-in that began it.
pub(crate) type Name = usize;

/// All that is known of one person's sign-ins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) password: usize,
    pub(crate) sessions: BTreeMap<Name, Session>,
    /// The refresh tokens that anybody holds, by session and generation: one each, whoever asks and however often.
    pub(crate) tokens: BTreeMap<(Name, u64), String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Session {
    pub(crate) generation: u64,
    began: u64,
    rotated: u64,
    pub(crate) ended: Option<&'static str>,
}

/// What somebody asks for.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    SignIn { name: Name, password: usize },
    Refresh { name: Name, generation: u64 },
    SignOut { name: Name, generation: u64 },
    Revoke { by: Asking, target: Name },
    RevokeOthers { by: Asking },
    ChangePassword { by: Asking, current: usize, new: usize },
}

/// Who shows an access token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking {
    pub(crate) session: Name,
    pub(crate) issued: u64,
}

/// What they are told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// The refresh token of this generation of this session.
    Token(Name, u64),
    Done,
    /// So many sessions were ended.
    Ended(usize),
    Refused(String),
}

impl World {
    pub(crate) fn new(first: Name, token: String) -> Self {
        let mut world = Self {
            now: 0,
            password: 0,
            sessions: BTreeMap::new(),
            tokens: BTreeMap::from([((first, 0), token)]),
        };
        world.begin(first);
        world
    }

    /// Every way in which an operation may go from here. There are two only where an access token of an ended session is
    /// shown: for some seconds it may still be accepted.
    pub(crate) fn perform(&self, operation: &Operation) -> Vec<(Self, Answer)> {
        let refused = |code: &str| (self.clone(), Answer::Refused(code.into()));
        let mut outcomes = Vec::new();
        if let Operation::Revoke { by, .. }
        | Operation::RevokeOthers { by }
        | Operation::ChangePassword { by, .. } = operation
        {
            if self.now >= by.issued + ACCESS {
                return vec![refused("UNAUTHENTICATED")];
            }
            if self
                .sessions
                .get(&by.session)
                .is_none_or(|session| session.ended.is_some())
            {
                outcomes.push(refused("UNAUTHENTICATED"));
            }
        }
        let mut next = self.clone();
        let answer = next.obey(operation);
        outcomes.push((next, answer));
        outcomes
    }

    fn obey(&mut self, operation: &Operation) -> Answer {
        match *operation {
            Operation::SignIn { name, password } if password == self.password => {
                self.begin(name);
                Answer::Token(name, 0)
            }
            Operation::SignIn { .. } => Answer::Refused("INVALID_CREDENTIALS".into()),
            Operation::Refresh { name, generation } => self.refresh(name, generation),
            Operation::SignOut { name, .. } => {
                self.end(name, "SIGNED_OUT");
                Answer::Done
            }
            Operation::Revoke { by, target } => {
                let own = by.session == target;
                self.end(target, if own { "SIGNED_OUT" } else { "SIGNED_OUT_ELSEWHERE" });
                Answer::Done
            }
            Operation::RevokeOthers { by } => {
                Answer::Ended(self.end_others(by.session, "SIGNED_OUT_ELSEWHERE"))
            }
            Operation::ChangePassword { by, current, new } => {
                if current != self.password {
                    return Answer::Refused("CURRENT_PASSWORD_WRONG".into());
                }
                self.password = new;
                self.end_others(by.session, "PASSWORD_CHANGED");
                Answer::Done
            }
        }
    }

    fn begin(&mut self, name: Name) {
        let session = Session {
            generation: 0,
            began: self.now,
            rotated: self.now,
            ended: None,
        };
        self.sessions.insert(name, session);
    }

    fn refresh(&mut self, name: Name, presented: u64) -> Answer {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&name) else {
            return Answer::Refused("TOKEN_INVALID".into());
        };
        if let Some(reason) = session.ended {
            return Answer::Refused(format!("SESSION_REVOKED {reason}"));
        }
        if now >= session.rotated + IDLE || now >= session.began + ABSOLUTE {
            return Answer::Refused("TOKEN_EXPIRED".into());
        }
        if presented == session.generation {
            session.generation += 1;
            session.rotated = now;
        } else if presented + 1 != session.generation || now >= session.rotated + RETRY {
            session.ended = Some("REUSE_DETECTED");
            return Answer::Refused("SESSION_REVOKED REUSE_DETECTED".into());
        }
        Answer::Token(name, session.generation)
    }

    /// Ends a session; one that has ended keeps its first reason.
    fn end(&mut self, name: Name, reason: &'static str) -> bool {
        let Some(session) = self.sessions.get_mut(&name) else {
            return false;
        };
        let ends = session.ended.is_none();
        session.ended.get_or_insert(reason);
        ends
    }

    fn end_others(&mut self, kept: Name, reason: &'static str) -> usize {
        let others: Vec<_> = self
            .sessions
            .keys()
            .copied()
            .filter(|name| *name != kept)
            .collect();
        others.into_iter().filter(|name| self.end(*name, reason)).count()
    }
}
