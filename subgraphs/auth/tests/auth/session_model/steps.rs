//! What may happen.

use constellation_testing::Cut;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// Something that somebody may want to do. Which session it is about is told once it is known which there are.
#[derive(Debug, Clone)]
pub(crate) enum Wish {
    SignIn,
    /// With the token that is this many generations old.
    Refresh {
        session: Index,
        age: usize,
    },
    SignOut {
        session: Index,
        age: usize,
    },
    Revoke {
        by: Index,
        target: Index,
    },
    RevokeOthers {
        by: Index,
    },
    ChangePassword {
        by: Index,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    One {
        wish: Wish,
        replica: usize,
    },
    /// All at the same moment, by turns at either replica.
    AtOnce(Vec<Wish>),
    /// A replica dies while it does something, and another process takes its place.
    Crash {
        wish: Wish,
        replica: usize,
        cut: Cut,
    },
    Wait(u64),
    Restart {
        replica: usize,
    },
    /// All keys change, while the replicas are replaced one after the other.
    RotateKeys,
}

fn wish() -> impl Strategy<Value = Wish> {
    let age = || prop_oneof![12 => Just(0_usize), 5 => Just(1), 1 => 2..4_usize];
    prop_oneof![
        3 => Just(Wish::SignIn),
        16 => (any::<Index>(), age()).prop_map(|(session, age)| Wish::Refresh { session, age }),
        2 => (any::<Index>(), age()).prop_map(|(session, age)| Wish::SignOut { session, age }),
        2 => (any::<Index>(), any::<Index>()).prop_map(|(by, target)| Wish::Revoke { by, target }),
        1 => any::<Index>().prop_map(|by| Wish::RevokeOthers { by }),
        1 => any::<Index>().prop_map(|by| Wish::ChangePassword { by }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let day: u64 = 24 * 60 * 60;
    let cut = (0..5_usize, any::<bool>()).prop_map(|(after, carried_out)| Cut { after, carried_out });
    prop_oneof![
        20 => (wish(), 0..2_usize).prop_map(|(wish, replica)| Step::One { wish, replica }),
        8 => vec(wish(), 2..4).prop_map(Step::AtOnce),
        4 => (wish(), 0..2_usize, cut).prop_map(|(wish, replica, cut)| Step::Crash { wish, replica, cut }),
        6 => prop_oneof![8 => 1..5_u64, 4 => 9..11_u64, 1 => 890..920_u64, 1 => (6 * day)..(8 * day)].prop_map(Step::Wait),
        1 => (0..2_usize).prop_map(|replica| Step::Restart { replica }),
        1 => Just(Step::RotateKeys),
    ]
}

/// What happens to one person.
pub(crate) fn history() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 5..40)
}
