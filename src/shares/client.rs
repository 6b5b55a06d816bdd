//! Clients as they are told apart.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ring::digest::{SHA256, digest};

/// Bits of an IPv6 address that its network cannot choose freely: a household or a rented machine has a
/// /64 of its own, and as many addresses as it likes.
const NETWORK_BITS: u32 = 64;

/// One client: an IPv4 address, the /64 network of an IPv6 address, or the subject of a token, wherever it asks
/// from.
///
/// A request that a trusted proxy passes on without a name has none, which is `None` where a client is
/// asked for: many people share it, and no share of one client bounds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Client {
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// The first address of a /64.
    V6(Ipv6Addr),
    /// The subject of a token.
    Token(TokenSubject),
}

/// Bytes of a digest that tell subjects apart: nobody finds two names with the same ones.
const SUBJECT: usize = 16;

/// Whom a token was issued to, as a digest: a name may be a person's, and stands in no log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenSubject([u8; SUBJECT]);

impl TokenSubject {
    /// The subject that `name` is, among names of the same `kind`.
    #[must_use]
    pub fn of(kind: &str, name: &str) -> Self {
        let digest = digest(&SHA256, format!("{kind}\0{name}").as_bytes());
        let mut subject = [0; SUBJECT];
        subject.copy_from_slice(&digest.as_ref()[..SUBJECT]);
        Self(subject)
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; SUBJECT] {
        self.0
    }
}

impl From<[u8; SUBJECT]> for TokenSubject {
    fn from(bytes: [u8; SUBJECT]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for TokenSubject {
    /// Enough of it to tell the lines of a log apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
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
            Self::Token(subject) => write!(f, "token {subject}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{Client, TokenSubject};

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

    #[test]
    fn a_subject_is_told_apart_and_not_by_its_name() {
        let [ann, bob] = ["ann@example.com", "bob"].map(|name| TokenSubject::of("sub", name));
        assert_eq!(ann, TokenSubject::of("sub", "ann@example.com"));
        assert!(ann != bob && bob != TokenSubject::of("jti", "bob"));
        assert_eq!(Client::Token(bob).to_string(), "token ab9034ab");
        assert_eq!(TokenSubject::from(bob.bytes()), bob);
    }
}
