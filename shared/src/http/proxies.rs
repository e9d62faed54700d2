use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Who may say for whom a request is made.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Clients")]
pub struct ProxySettings {
    /// The proxies in front, the router included, whose X-Forwarded-For is believed: addresses or networks such as
    /// `10.0.0.0/8`, with commas between them. Empty: nobody's
    #[arg(
        long,
        env = "TRUSTED_PROXIES",
        value_name = "TRUSTED_PROXIES",
        default_value_t
    )]
    pub trusted_proxies: TrustedProxies,
}

/// The proxies whose `X-Forwarded-For` is believed; the machine itself unless said otherwise. A clone is cheap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// The address of the device behind a request: going back from the other end of the connection, the first that is
    /// no trusted proxy. What stands before it was written by that device, which may write what it likes.
    ///
    /// A request without a connection comes from the router in the same process, and nobody else can make one, so what
    /// the router says of its own other end is believed.
    pub(super) fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let mut nearest = peer.map(|peer| peer.to_canonical());
        let mut said: Vec<&str> = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .collect();
        while nearest.is_none_or(|nearest| self.trust(nearest)) {
            // A word that is no address ends the chain: nobody knows what lies behind it.
            let Some(before) = said.pop().and_then(address) else {
                break;
            };
            nearest = Some(before);
        }
        nearest
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// One address as proxies write it: alone, or with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse()
        .or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip()))
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

impl Default for TrustedProxies {
    fn default() -> Self {
        let v4 = IpNet::new_assert(IpAddr::from([127, 0, 0, 0]), 8);
        let v6 = IpNet::from(IpAddr::from(Ipv6Addr::LOCALHOST));
        Self([v4, v6].into())
    }
}

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let networks = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        networks
            .map(|part| {
                part.parse::<IpNet>()
                    .or_else(|_| part.parse::<IpAddr>().map(IpNet::from))
                    .map_err(|_| format!("{part:?} is neither an address nor a network such as 10.0.0.0/8"))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let networks: Vec<_> = self.0.iter().map(IpNet::to_string).collect();
        f.write_str(&networks.join(","))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn client(trusted: &str, peer: Option<&str>, said: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in said {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let peer = peer.map(|peer| peer.parse().unwrap());
        let trusted: TrustedProxies = trusted.parse().unwrap();
        trusted.client(peer, &headers).map(|address| address.to_string())
    }

    #[test]
    fn a_header_is_believed_only_behind_a_trusted_proxy() {
        let said = ["198.51.100.7"];
        assert_eq!(
            client("10.0.0.0/8", Some("10.1.2.3"), &said).unwrap(),
            "198.51.100.7"
        );
        assert_eq!(
            client("10.0.0.0/8", Some("203.0.113.9"), &said).unwrap(),
            "203.0.113.9"
        );
        assert_eq!(client("", Some("127.0.0.1"), &said).unwrap(), "127.0.0.1");
        assert_eq!(
            client("10.0.0.1, ::1", Some("10.0.0.1"), &said).unwrap(),
            "198.51.100.7"
        );
    }

    #[test]
    fn of_a_chain_the_last_address_that_is_not_ours_counts_whatever_the_client_wrote_before_it() {
        let forged = ["1.2.3.4", "203.0.113.9, 10.0.0.2"];
        assert_eq!(
            client("10.0.0.0/8", Some("10.0.0.1"), &forged).unwrap(),
            "203.0.113.9"
        );
        assert_eq!(client("10.0.0.0/8", None, &forged).unwrap(), "203.0.113.9");
        assert_eq!(
            client("10.0.0.0/8", Some("10.0.0.1"), &["unknown, 10.0.0.2"]).unwrap(),
            "10.0.0.2"
        );
        assert_eq!(
            client("10.0.0.0/8", Some("10.0.0.1"), &["10.0.0.3"]).unwrap(),
            "10.0.0.3"
        );
        assert_eq!(client("", None, &[]), None);
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (written, read) in [
            ("198.51.100.7:4711", "198.51.100.7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
        ] {
            assert_eq!(client("", None, &[written]).unwrap(), read);
        }
    }

    #[test]
    fn a_setting_that_is_no_network_is_refused_by_name() {
        assert!(
            "10.0.0.0/8,nginx"
                .parse::<TrustedProxies>()
                .unwrap_err()
                .contains("\"nginx\"")
        );
        let default = TrustedProxies::default().to_string();
        assert_eq!(default, "127.0.0.0/8,::1/128");
        assert_eq!(default.parse(), Ok(TrustedProxies::default()));
    }

    proptest! {
        #[test]
        fn whoever_is_not_trusted_cannot_choose_their_address(said in proptest::collection::vec("[ -~]{0,40}", 0..4)) {
            let said: Vec<&str> = said.iter().map(String::as_str).collect();
            prop_assert_eq!(client("10.0.0.0/8", Some("203.0.113.9"), &said).unwrap(), "203.0.113.9");
            let through_us: Vec<&str> = said.iter().copied().chain(["203.0.113.9"]).collect();
            prop_assert_eq!(client("10.0.0.0/8", Some("10.0.0.1"), &through_us).unwrap(), "203.0.113.9");
        }
    }
}
