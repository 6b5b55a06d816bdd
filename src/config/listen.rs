//! Where the server listens, as an operator writes it: an address or a name of this machine, and a port.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::str::FromStr;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name that a port alone stands for: nobody but this machine is let in by leaving something out.
const LOOPBACK: &str = "localhost";

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    host: Host,
    /// 0 takes a free one.
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    Name(String),
}

/// Why a text says nowhere to listen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is nowhere to listen: write host:port as in 127.0.0.1:8080, localhost:8080 or [::1]:8080, \
     0.0.0.0:8080 or [::]:8080 for all interfaces, or 8080, which is localhost:8080"
)]
pub struct ListenError(String);

impl Listen {
    /// Whether any free port will do.
    #[must_use]
    pub const fn is_any_port(&self) -> bool {
        self.port == 0
    }

    /// The addresses that the host has, each with the port. Blocks while a name is looked up.
    ///
    /// # Errors
    /// When the name is not known.
    pub fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        match &self.host {
            Host::Address(address) => Ok(vec![SocketAddr::new(*address, self.port)]),
            Host::Name(name) => {
                let mut addresses: Vec<_> = (name.as_str(), self.port).to_socket_addrs()?.collect();
                addresses.sort_unstable();
                addresses.dedup();
                Ok(addresses)
            }
        }
    }
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Self {
        Self { host: Host::Address(address.ip()), port: address.port() }
    }
}

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(address.into());
        }
        let (name, port) = text.rsplit_once(':').unwrap_or(("", text));
        let name = if name.is_empty() { LOOPBACK } else { name };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        // A name of digits and dots alone is an address that somebody has mistyped.
        let is_name = name.chars().all(plain) && name.contains(|c: char| c.is_ascii_alphabetic());
        let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
        match port.parse() {
            Ok(port) if is_name && is_port => {
                Ok(Self { host: Host::Name(name.to_ascii_lowercase()), port })
            }
            _ => Err(ListenError(text.to_owned())),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(address) => SocketAddr::new(*address, self.port).fmt(f),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

impl Serialize for Listen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListenText)
    }
}

/// A text, or the port as a number.
struct ListenText;

impl Visitor<'_> for ListenText {
    type Value = Listen;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a host and a port such as \"127.0.0.1:8080\", or a port")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Listen, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Listen, E> {
        let port = u16::try_from(number);
        let port = port.map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))?;
        Ok(Listen { host: Host::Name(LOOPBACK.to_owned()), port })
    }
}

/// An address that may be left out, which is written as nothing.
pub(super) mod optional {
    use super::{Deserializer, Error, Listen, ListenText, Serializer, Visitor, fmt};

    #[expect(clippy::ref_option, reason = "serde hands a field over so")]
    pub fn serialize<S: Serializer>(listen: &Option<Listen>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(listen.as_ref().map_or(&"" as &dyn fmt::Display, |listen| listen))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Listen>, D::Error> {
        from.deserialize_any(OptionalListenText)
    }

    /// What an address can be, or an empty text.
    struct OptionalListenText;

    impl Visitor<'_> for OptionalListenText {
        type Value = Option<Listen>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            ListenText.expecting(f)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            if text.is_empty() { Ok(None) } else { ListenText.visit_str(text).map(Some) }
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
            ListenText.visit_i64(number).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Listen;

    #[test]
    fn a_host_is_an_address_a_name_or_left_out_which_is_this_machine_alone() {
        for (text, canonical) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("0.0.0.0:8080", "0.0.0.0:8080"),
            ("[::1]:8080", "[::1]:8080"),
            ("[::]:0", "[::]:0"),
            ("localhost:8080", "localhost:8080"),
            ("LocalHost:8080", "localhost:8080"),
            ("charts.example.com:80", "charts.example.com:80"),
            (":8080", "localhost:8080"),
            ("8080", "localhost:8080"),
        ] {
            let listen: Listen = text.parse().expect(text);
            assert_eq!(listen.to_string(), canonical);
            assert_eq!(canonical.parse(), Ok(listen), "{canonical} is read back");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_what_could_be() {
        for text in [
            "",
            ":",
            "nowhere",
            "localhost",
            "localhost:",
            "127.0.0.1",
            "::1",
            "::1:8080",
            "256.0.0.1:8080",
            "localhost:99999",
            "localhost:+80",
            "local host:80",
            "http://localhost:8080",
            "a/b:80",
            "99999",
        ] {
            let error = text.parse::<Listen>().expect_err(text).to_string();
            assert!(error.contains("is nowhere to listen: write host:port as in"), "{error}");
        }
    }

    #[test]
    fn a_port_alone_is_no_open_door() {
        for text in ["8080", ":8080", "localhost:8080"] {
            let addresses = text.parse::<Listen>().expect(text).resolve().expect("known");
            assert!(!addresses.is_empty(), "{text}");
            assert!(addresses.iter().all(|address| address.ip().is_loopback()), "{addresses:?}");
        }
    }

    #[test]
    fn in_a_file_a_port_may_be_a_number() {
        let listen = |value: toml::Value| value.try_into::<Listen>();
        assert_eq!(listen(8080.into()), Ok("8080".parse().expect("a port")));
        assert!(listen(70_000.into()).expect_err("too many").message().contains("or a port"));
        assert!(listen(true.into()).is_err());
    }
}
