//! A network as an operator writes it: one address, or a block of them such as `10.0.0.0/8`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};

/// Bits before an IPv4 address that is written in IPv6's form.
const MAPPED_BITS: u8 = 96;

/// A block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNet);

/// Why a text is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is neither an IP address such as 10.0.0.1 nor a network such as 10.0.0.0/8 or fd00::/8"
)]
pub struct NetworkError(String);

impl Network {
    /// Whether the address lies in it. IPv4 in IPv6's form is IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(address.to_canonical().into())
    }
}

impl From<Ipv4Addr> for Network {
    fn from(address: Ipv4Addr) -> Self {
        IpAddr::from(address).into()
    }
}

impl From<Ipv6Addr> for Network {
    fn from(address: Ipv6Addr) -> Self {
        IpAddr::from(address).into()
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(address.into());
        }
        let network: IpNet = text.parse().map_err(|_| NetworkError(text.to_owned()))?;
        Ok(Self(canonical(network).trunc()))
    }
}

/// `::ffff:10.0.0.0/104` as `10.0.0.0/8`.
fn canonical(network: IpNet) -> IpNet {
    let v4 = || match network.addr().to_canonical() {
        IpAddr::V4(v4) if network.addr().is_ipv6() => {
            Ipv4Net::new(v4, network.prefix_len().checked_sub(MAPPED_BITS)?).ok()
        }
        _ => None,
    };
    v4().map_or(network, IpNet::from)
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, NetworkError> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            self.0.addr().fmt(f)
        } else {
            self.0.fmt(f)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn a_network_is_an_address_or_a_block_and_is_written_as_briefly_as_can_be() {
        for (text, written) in [
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.1/32", "10.0.0.1"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("::1", "::1"),
            ("fd00::1/8", "fd00::/8"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(text.parse::<Network>().expect(text).to_string(), written, "{text}");
        }
        for text in ["", "ten", "10.0.0", "10.0.0.1/33", "10.0.0.0/", "::1/129", "10.0.0.1:80"] {
            let error = text.parse::<Network>().expect_err(text).to_string();
            assert!(error.contains("such as 10.0.0.0/8"), "{error}");
        }
    }

    #[test]
    fn an_address_lies_in_a_network_in_either_form() {
        let network: Network = "10.0.0.0/8".parse().expect("a network");
        for (address, inside) in
            [("10.9.9.9", true), ("::ffff:10.9.9.9", true), ("11.0.0.1", false), ("::1", false)]
        {
            assert_eq!(network.contains(address.parse().expect("an address")), inside, "{address}");
        }
    }
}
