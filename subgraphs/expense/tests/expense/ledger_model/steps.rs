//! What may happen.

use constellation_shared::household::Role;
use constellation_testing::Cut;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Something that somebody may want to do. Whom and what it is about is told once it is known what there is.
#[derive(Debug, Clone)]
pub(crate) enum Wish {
    Record(Index, Money, Seen),
    Edit {
        by: Index,
        target: Index,
        age: usize,
        edit: Edit,
    },
    Void {
        by: Index,
        target: Index,
        age: usize,
        voided: bool,
    },
    /// A transfer of a plan, or a part of one. The plan may be of a while ago.
    FollowPlan {
        by: Index,
        transfer: Index,
        part: bool,
        old: bool,
    },
    Pay {
        by: Index,
        people: [Index; 2],
        minor: i64,
        currency: &'static str,
        hidden: Option<(Index, u64)>,
    },
    VoidSettlement {
        by: Index,
        target: Index,
        age: usize,
        voided: bool,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum Edit {
    Category(Option<&'static str>),
    Amount(i64),
    Money(Money),
    Seen(Seen),
}

/// An amount, who paid, and how it is split among whom, by numbers that are made to fit.
#[derive(Debug, Clone)]
pub(crate) struct Money {
    pub(crate) minor: i64,
    pub(crate) currency: &'static str,
    pub(crate) payers: Vec<(Index, i64)>,
    pub(crate) rule: Option<&'static str>,
    pub(crate) parts: Vec<(Index, i64)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Seen {
    ByAll,
    ByMe,
    /// Not by these until so many days have begun.
    NotBy(Vec<Index>, u64),
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    One(Wish),
    /// All at the same moment, by turns at either replica; the first one perhaps twice.
    AtOnce(Vec<Wish>, bool),
    /// A replica dies while it does something, another process takes its place, and whoever asked may ask again.
    Crash {
        wish: Wish,
        cut: Cut,
        again: bool,
    },
    /// Somebody's role changes, or they join or leave.
    Role(Index, Option<Role>),
    /// So many seconds.
    Wait(u64),
    /// Until a surprise ends, or the second before.
    WaitForReveal {
        almost: bool,
    },
}

const CURRENCIES: [&str; 3] = ["EUR", "JPY", "KWD"];

fn money() -> impl Strategy<Value = Money> {
    let minor = prop_oneof![12 => 1..=50_i64, 4 => 50..=200_000_i64, 1 => Just(4_000_000_000_000_000)];
    let rule = option::weighted(
        0.85,
        prop_oneof![
            6 => Just("equal"), 2 => Just("shares"), 2 => Just("percent"), 1 => Just("exact"),
        ],
    );
    let people = |count| vec((any::<Index>(), 1..=9_i64), count);
    (minor, select(&CURRENCIES[..]), people(1..=3), rule, people(1..=5)).prop_map(
        |(minor, currency, payers, rule, parts)| Money {
            minor,
            currency,
            payers,
            rule,
            parts,
        },
    )
}

fn seen() -> impl Strategy<Value = Seen> {
    prop_oneof![
        6 => Just(Seen::ByAll),
        1 => Just(Seen::ByMe),
        3 => (vec(any::<Index>(), 1..=2), 1..=9_u64).prop_map(|(people, days)| Seen::NotBy(people, days)),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        2 => option::of(select(&["Food", "Travel", "Gifts"][..])).prop_map(Edit::Category),
        3 => (1..=90_i64).prop_map(Edit::Amount),
        3 => money().prop_map(Edit::Money),
        3 => seen().prop_map(Edit::Seen),
    ]
}

fn wish() -> impl Strategy<Value = Wish> {
    let index = any::<Index>;
    let age = || prop_oneof![6 => Just(0_usize), 1 => 1..3_usize];
    let about = (index(), index(), age());
    let hidden = option::weighted(0.3, (index(), 1..=9_u64));
    let pay = (
        index(),
        [index(), index()],
        1..=40_i64,
        select(&CURRENCIES[..]),
        hidden,
    );
    prop_oneof![
        7 => (index(), money(), seen()).prop_map(|(by, money, seen)| Wish::Record(by, money, seen)),
        6 => (about.clone(), edit()).prop_map(|((by, target, age), edit)| Wish::Edit { by, target, age, edit }),
        4 => (about.clone(), any::<bool>())
            .prop_map(|((by, target, age), voided)| Wish::Void { by, target, age, voided }),
        5 => (index(), index(), prop::bool::weighted(0.3), prop::bool::weighted(0.2))
            .prop_map(|(by, transfer, part, old)| Wish::FollowPlan { by, transfer, part, old }),
        1 => pay.prop_map(|(by, people, minor, currency, hidden)| Wish::Pay { by, people, minor, currency, hidden }),
        2 => (about, any::<bool>())
            .prop_map(|((by, target, age), voided)| Wish::VoidSettlement { by, target, age, voided }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let cut = (0..9_usize, any::<bool>()).prop_map(|(after, carried_out)| Cut { after, carried_out });
    let role = prop_oneof![
        4 => Just(Some(Role::Adult)), 1 => Just(Some(Role::Owner)), 2 => Just(Some(Role::Child)),
        1 => Just(Some(Role::Viewer)), 3 => Just(None),
    ];
    prop_oneof![
        20 => wish().prop_map(Step::One),
        8 => (vec(wish(), 2..4), prop::bool::weighted(0.3))
            .prop_map(|(wishes, twice)| Step::AtOnce(wishes, twice)),
        5 => (wish(), cut, any::<bool>()).prop_map(|(wish, cut, again)| Step::Crash { wish, cut, again }),
        3 => (any::<Index>(), role).prop_map(|(who, role)| Step::Role(who, role)),
        2 => (1..=200_000_u64).prop_map(Step::Wait),
        4 => any::<bool>().prop_map(|almost| Step::WaitForReveal { almost }),
    ]
}

/// How many people there are, and what happens to them. The last of them joins only if somebody lets them.
pub(crate) fn history() -> impl Strategy<Value = (usize, Vec<Step>)> {
    (3..=5_usize, vec(step(), 4..28))
}
