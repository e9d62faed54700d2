//! A token tells of the households that its holder belongs to, and is refused once they are no longer as it tells.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops, and says where"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::HeaderValue;
use constellation_shared::auth::{
    EndedSessions, HouseholdsChange, InvalidToken, Rejection, TokenVerifier, Viewer,
};
use constellation_shared::clock::Clock as _;
use constellation_shared::household::{HouseholdId, MOST_HOUSEHOLDS, MOST_MEMBERS, Membership, Role};
use constellation_shared::id::UserId;
use constellation_testing::{ManualClock, TokenForge};

const ANA: UserId = UserId::from_bytes([1; 16]);
const BO: UserId = UserId::from_bytes([2; 16]);
const HOME: HouseholdId = HouseholdId::from_bytes([9; 16]);

struct Service {
    clock: Arc<ManualClock>,
    news: EndedSessions,
    verifier: TokenVerifier,
    forge: TokenForge,
}

impl Service {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at("2100-01-31T12:00:00Z"));
        let (news, forge) = (EndedSessions::default(), TokenForge::new(1));
        let verifier = forge.verifier(clock.clone()).refusing(news.clone(), None);
        let service = Self {
            clock,
            news,
            verifier,
            forge,
        };
        service.hears(&[]);
        service
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp()
    }

    fn hears(&self, changes: &[HouseholdsChange]) {
        self.news.absorb(self.now(), &[], changes, self.clock.now());
    }

    fn token(&self, user: UserId, hv: u64, households: Vec<Membership>) -> String {
        let mut claims = self.forge.claims(user);
        (claims.iat, claims.exp) = (self.now(), self.now() + 900);
        (claims.hv, claims.households) = (hv, households);
        self.forge.sign(&self.forge.header(), &claims)
    }

    fn viewer(&self, token: &str) -> Result<Viewer, Rejection> {
        let header = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        let caller = self.verifier.authenticate(Some(&header))?;
        Ok(caller.viewer().unwrap().clone())
    }

    fn change(&self, sub: UserId, hv: u64) -> HouseholdsChange {
        let until = self.now() + 960;
        HouseholdsChange { sub, hv, until }
    }
}

fn home(members: &[(UserId, Role)]) -> Membership {
    Membership {
        id: HOME,
        currency: "EUR".into(),
        zone: "Europe/Berlin".into(),
        members: members.iter().copied().collect(),
    }
}

const STALE: Rejection = Rejection::Invalid(InvalidToken::HouseholdsChanged);

#[test]
fn a_viewer_is_in_a_household_what_their_token_says_and_in_any_other_nothing() {
    let service = Service::new();
    let token = service.token(ANA, 1, vec![home(&[(ANA, Role::Owner), (BO, Role::Child)])]);
    let ana = service.viewer(&token).unwrap();
    let (household, role) = ana.membership(HOME).unwrap();
    assert_eq!((role, household.members[&BO]), (Role::Owner, Role::Child));
    assert_eq!(ana.membership(HouseholdId::from_bytes([8; 16])), None);
    // What auth would never sign gives nothing either.
    let bo = service.viewer(&service.token(BO, 1, vec![home(&[(ANA, Role::Owner)])]));
    assert_eq!(bo.unwrap().membership(HOME), None);
}

#[test]
fn a_token_from_before_a_change_is_refused_and_its_holder_told_to_refresh() {
    let service = Service::new();
    let (before, after) = (service.token(ANA, 3, vec![]), service.token(ANA, 4, vec![]));
    let of_bo = service.token(BO, 0, vec![]);
    assert!(service.viewer(&before).is_ok());
    service.hears(&[service.change(ANA, 4)]);
    let refused = service.viewer(&before).unwrap_err();
    assert_eq!((refused, refused.status().as_u16()), (STALE, 401));
    assert_eq!(
        refused.to_string(),
        "Your households have changed. Use the refresh token to get a new access token."
    );
    assert!(service.viewer(&after).is_ok());
    assert!(service.viewer(&of_bo).is_ok());
}

#[test]
fn an_empty_or_older_feed_takes_no_change_back() {
    let service = Service::new();
    let old = service.token(ANA, 3, vec![]);
    service.hears(&[service.change(ANA, 5)]);
    service.hears(&[service.change(ANA, 2)]);
    // Nor one that would have it forgotten sooner.
    let until = service.now() - 960;
    service.hears(&[HouseholdsChange {
        until,
        ..service.change(ANA, 5)
    }]);
    service.hears(&[]);
    assert_eq!(service.viewer(&old), Err(STALE));
    assert_eq!(service.viewer(&service.token(ANA, 4, vec![])), Err(STALE));
    assert!(service.viewer(&service.token(ANA, 5, vec![])).is_ok());
}

#[test]
fn the_largest_token_that_auth_signs_is_accepted() {
    let service = Service::new();
    let member = |n: usize| UserId::from_bytes([u8::try_from(n).unwrap(); 16]);
    let household = |n: usize| Membership {
        id: HouseholdId::from_bytes([u8::try_from(n).unwrap(); 16]),
        zone: "America/Argentina/ComodRivadavia".into(),
        members: (0..MOST_MEMBERS)
            .map(|n| (member(n), Role::Viewer))
            .collect::<BTreeMap<_, _>>(),
        ..home(&[])
    };
    let token = service.token(member(0), u64::MAX, (0..MOST_HOUSEHOLDS).map(household).collect());
    assert!(service.viewer(&token).is_ok(), "{} bytes", token.len());
}
