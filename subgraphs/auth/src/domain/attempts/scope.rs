use std::net::{IpAddr, Ipv6Addr};

use sha2::{Digest as _, Sha256};

use super::Action;

/// Within what attempts are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// On one account, from anywhere.
    Account,
    /// From one address, on any account.
    Address,
    /// On one account from one address.
    AccountFromAddress,
    /// On one account from one device that has signed in to it before.
    Device,
}

impl Scope {
    const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Address => "address",
            Self::AccountFromAddress => "account from address",
            Self::Device => "device",
        }
    }
}

/// Names a counter. It is a hash, so that the counters hold no address of anybody, and are all of one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CounterKey(pub(crate) [u8; 32]);

impl CounterKey {
    /// The counter of an action within a scope, for what tells it apart there.
    pub(super) fn of(action: Action, scope: Scope, parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        // The parts cannot run into each other: each is told with its length.
        for part in [action.name().as_bytes(), scope.name().as_bytes()]
            .iter()
            .chain(parts)
        {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

/// What counts as one address: an IPv4 address, or the 2^64 IPv6 addresses that a single home gets.
pub(super) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let home = Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX));
            format!("{home}/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::7"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::7"), of("2001:db8:1:3::7"));
        assert_eq!(of("::ffff:198.51.100.7"), of("198.51.100.7"));
        assert_ne!(of("198.51.100.7"), of("198.51.100.8"));
    }

    #[test]
    fn no_two_counters_share_a_key() {
        let of = |scope, parts: &[&str]| {
            let parts: Vec<_> = parts.iter().map(|part| part.as_bytes()).collect();
            CounterKey::of(Action::SignIn, scope, &parts)
        };
        assert_ne!(of(Scope::Account, &["a"]), of(Scope::Address, &["a"]));
        assert_ne!(
            of(Scope::AccountFromAddress, &["ab", "c"]),
            of(Scope::AccountFromAddress, &["a", "bc"])
        );
        assert_ne!(
            of(Scope::Account, &["a"]),
            CounterKey::of(Action::Registration, Scope::Account, &[b"a"])
        );
    }
}
