use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use constellation_shared::entropy::{Entropy, random};

use super::hashing_threads::{HashingThreads, NotDone};
use super::{Password, PasswordPolicy, PasswordProblem};
use crate::settings::PasswordSettings;

/// How long it takes until a full queue has surely moved.
pub(crate) const HASHING_PAUSE: Duration = Duration::from_secs(2);

/// A stored hash is not trusted to say how much work it may make: more than this is refused.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 20;

/// A hashed password in PHC form, `$argon2id$v=19$m=..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PasswordHash(pub(crate) String);

/// Why hashing failed; none of it is the caller's doing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HashingError {
    /// All slots are taken, and as many wait as may.
    #[error("too many passwords wait to be hashed")]
    Busy,
    #[error("a stored password hash is not usable")]
    Stored,
    #[error("a password could not be hashed")]
    Failed(#[from] argon2::password_hash::Error),
    #[error("hashing panicked")]
    Panicked,
}

/// What came of comparing a password with a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub(crate) enum Verdict {
    Wrong,
    Right,
    /// Right, and here is a hash with today's parameters to put in the weaker one's place.
    RightButWeak(PasswordHash),
}

/// Hashes and verifies passwords with argon2id, on threads of its own, a bounded number at a time: each takes many
/// megabytes and a whole processor. Some more may wait; the rest is turned away.
pub(crate) struct PasswordHasher {
    argon2: Argon2<'static>,
    threads: HashingThreads,
    /// The hash of a password that nobody knows, verified in place of an unknown person's.
    nobody: PasswordHash,
    entropy: Arc<dyn Entropy>,
}

impl PasswordHasher {
    pub(crate) fn new(settings: &PasswordSettings, entropy: Arc<dyn Entropy>) -> Result<Self, String> {
        let params = Params::new(
            settings.password_hash_memory_kib,
            settings.password_hash_passes,
            1,
            None,
        )
        .map_err(|error| error.to_string())?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let slots = settings
            .password_hash_slots
            .or_else(|| available_parallelism().ok())
            .map_or(1, std::num::NonZeroUsize::get);
        let nobody =
            hash(&argon2, &random::<32>(&*entropy), &random(&*entropy)).map_err(|error| error.to_string())?;
        let threads = HashingThreads::new(slots, settings.password_hash_queue.into())
            .map_err(|error| error.to_string())?;
        Ok(Self {
            argon2,
            threads,
            nobody,
            entropy,
        })
    }

    /// Whether there is room for one more. Asked first, a request that will be turned away costs nothing else.
    pub(crate) fn check_room(&self) -> Result<(), HashingError> {
        self.threads.have_room().then_some(()).ok_or(HashingError::Busy)
    }

    /// The password, if somebody with these words about them may choose it. How good a guess it is takes the longer to say
    /// the more a stranger has made of it, so it is said where passwords are hashed: a bounded number at a time, and
    /// everything else goes first.
    pub(crate) async fn judge(
        &self,
        policy: PasswordPolicy,
        password: Password,
        about: Vec<String>,
    ) -> Result<Result<Password, PasswordProblem>, HashingError> {
        self.run(move || {
            let about: Vec<&str> = about.iter().map(String::as_str).collect();
            Ok(policy.check(&password, &about).map(|()| password))
        })
        .await
    }

    pub(crate) async fn hash(&self, password: Password) -> Result<PasswordHash, HashingError> {
        let (argon2, salt) = (self.argon2.clone(), random::<16>(&*self.entropy));
        self.run(move || Ok(hash(&argon2, password.expose(), &salt)?))
            .await
    }

    /// Compares a password with a stored hash. Without one, for a person who does not exist, it does the same work and
    /// says `Wrong`, so that the time of the answer tells nothing.
    pub(crate) async fn verify(
        &self,
        password: Password,
        stored: Option<PasswordHash>,
    ) -> Result<Verdict, HashingError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        let (argon2, salt) = (self.argon2.clone(), random::<16>(&*self.entropy));
        self.run(move || {
            let parsed = phc::PasswordHash::new(&stored.0).map_err(|_| HashingError::Stored)?;
            let params = Params::try_from(&parsed).map_err(|_| HashingError::Stored)?;
            if params.m_cost() > MOST_MEMORY_KIB || params.t_cost() > MOST_PASSES {
                return Err(HashingError::Stored);
            }
            let right = argon2.verify_password(password.expose(), &parsed).is_ok();
            if !(right && known) {
                // A hash from before the parameters rose was compared sooner than nobody's would have been, which would
                // tell that there is an account.
                if let Some(missing) = missing_work(&params, argon2.params()) {
                    let padding = Argon2::new(Algorithm::Argon2id, Version::V0x13, missing);
                    hash(&padding, password.expose(), &salt)?;
                }
                return Ok(Verdict::Wrong);
            }
            if is_weaker(&params, argon2.params()) {
                Ok(Verdict::RightButWeak(hash(&argon2, password.expose(), &salt)?))
            } else {
                Ok(Verdict::Right)
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashingError> + Send + 'static,
    ) -> Result<T, HashingError> {
        // Whoever would wait too long is told so at once, whether they have an account or not, and nothing is hashed.
        self.threads.run(work).await.map_err(|not_done| match not_done {
            NotDone::Busy => HashingError::Busy,
            NotDone::Panicked => HashingError::Panicked,
        })?
    }
}

fn is_weaker(stored: &Params, wanted: &Params) -> bool {
    stored.m_cost() < wanted.m_cost() || stored.t_cost() < wanted.t_cost()
}

/// How much memory a hash fills in all its passes, which is what its time goes by.
fn work(params: &Params) -> u64 {
    u64::from(params.m_cost()) * u64::from(params.t_cost())
}

/// Parameters of the work by which `stored` is less than `wanted`; none where it is not, or by too little to be seen.
fn missing_work(stored: &Params, wanted: &Params) -> Option<Params> {
    let missing = work(wanted).checked_sub(work(stored))?;
    // In as few passes as the memory of a whole hash allows.
    let passes = missing.div_ceil(u64::from(wanted.m_cost())).max(1);
    let memory = u32::try_from(missing / passes).ok()?;
    Params::new(memory, u32::try_from(passes).ok()?, 1, None).ok()
}

fn hash(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8; 16],
) -> Result<PasswordHash, argon2::password_hash::Error> {
    let hash: phc::PasswordHash = argon2.hash_password_with_salt(password, salt)?;
    Ok(PasswordHash(hash.to_string()))
}

#[cfg(test)]
mod tests {
    use constellation_shared::entropy::SystemEntropy;

    use super::*;

    fn hasher(memory_kib: u32) -> PasswordHasher {
        let settings = PasswordSettings {
            password_hash_memory_kib: memory_kib,
            ..PasswordSettings::default()
        };
        PasswordHasher::new(&settings, Arc::new(SystemEntropy)).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::typed(&text.into())
    }

    #[tokio::test]
    async fn only_the_same_password_verifies() {
        let hasher = hasher(7_168);
        let hash = hasher.hash(password("three blue boats")).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=7168,t=2,p=1$"), "{}", hash.0);
        assert_eq!(
            hasher
                .verify(password("three blue boats"), Some(hash.clone()))
                .await
                .unwrap(),
            Verdict::Right
        );
        assert_eq!(
            hasher
                .verify(password("three blue boat"), Some(hash))
                .await
                .unwrap(),
            Verdict::Wrong
        );
    }

    #[tokio::test]
    async fn nobody_can_sign_in_as_a_person_who_does_not_exist() {
        assert_eq!(
            hasher(7_168).verify(password("anything"), None).await.unwrap(),
            Verdict::Wrong
        );
    }

    #[tokio::test]
    async fn a_hash_with_weaker_parameters_is_renewed_when_its_password_is_right() {
        let weak = hasher(7_168).hash(password("three blue boats")).await.unwrap();
        let Verdict::RightButWeak(renewed) = hasher(8_192)
            .verify(password("three blue boats"), Some(weak.clone()))
            .await
            .unwrap()
        else {
            panic!("the weak hash was left as it is");
        };
        assert!(renewed.0.contains("m=8192"));
        assert_eq!(
            hasher(8_192).verify(password("wrong"), Some(weak)).await.unwrap(),
            Verdict::Wrong
        );
    }

    #[test]
    fn a_weaker_hash_and_its_padding_are_as_much_work_as_a_hash_of_today() {
        let params = |memory, passes| Params::new(memory, passes, 1, None).unwrap();
        for wanted in [params(19_456, 2), params(7_168, 5), params(65_536, 3)] {
            for stored in [
                params(7_168, 1),
                params(7_168, 4),
                params(4_096, 3),
                params(19_456, 1),
            ] {
                let padding = missing_work(&stored, &wanted).unwrap();
                let done = work(&stored) + work(&padding);
                let off = work(&wanted).abs_diff(done);
                assert!(
                    off * 1_000 < work(&wanted),
                    "{stored:?} with {padding:?} for {wanted:?}"
                );
                assert!(padding.m_cost() <= wanted.m_cost(), "{padding:?}");
            }
            assert!(missing_work(&wanted, &wanted).is_none());
        }
        // What was made when the parameters were higher needs none.
        assert!(missing_work(&params(65_536, 3), &params(19_456, 2)).is_none());
    }

    #[tokio::test]
    async fn a_stored_hash_cannot_make_the_server_use_all_its_memory() {
        let greedy = PasswordHash("$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into());
        assert!(matches!(
            hasher(7_168).verify(password("x"), Some(greedy)).await,
            Err(HashingError::Stored)
        ));
    }
}
