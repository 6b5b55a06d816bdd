//! Clients as they are told apart.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bits of an IPv6 address that its network cannot choose freely: a household or a rented machine has a
/// /64 of its own, and as many addresses as it likes.
const NETWORK_BITS: u32 = 64;

/// One client: an IPv4 address, or the /64 network of an IPv6 address.
///
/// A request that a trusted proxy passes on without a name has none, which is `None` where a client is
/// asked for: many people share it, and no share of one client bounds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Client {
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// The first address of a /64.
    V6(Ipv6Addr),
}

impl From<IpAddr> for Client {
    /// The client behind an address; one of IPv4 written as IPv6 is that of IPv4.
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let network = u128::MAX << (u128::BITS - NETWORK_BITS);
                Self::V6((address.to_bits() & network).into())
            }
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => address.fmt(f),
            Self::V6(network) => write!(f, "{network}/{NETWORK_BITS}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::Client;

    fn client(address: &str) -> Client {
        address.parse::<IpAddr>().expect("an address").into()
    }

    #[test]
    fn the_addresses_of_a_v6_network_are_one_client_and_those_of_v4_are_many() {
        assert_eq!(client("2001:db8:0:1::7"), client("2001:db8:0:1:ffff::8"));
        assert_ne!(client("2001:db8:0:1::7"), client("2001:db8:0:2::7"));
        assert_ne!(client("203.0.113.7"), client("203.0.113.8"));
        assert_eq!(client("::ffff:203.0.113.7"), client("203.0.113.7"));
        assert_eq!(client("2001:db8:0:1::7").to_string(), "2001:db8:0:1::/64");
        assert_eq!(client("203.0.113.7").to_string(), "203.0.113.7");
    }
}
