//! A text that no log and no error shows.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// A key or a password.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Whether there is one.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        !self.0.is_empty()
    }

    /// The text itself, for the one that it is a secret with.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is shown in its place.
    const fn shown(&self) -> &'static str {
        if self.is_set() { "***" } else { "" }
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_is_neither_printed_nor_written() {
        let secret: Secret = serde_json::from_str("\"hush\"").unwrap();
        assert_eq!(secret.reveal(), "hush");
        let shown = format!("{secret:?} {}", serde_json::to_string(&secret).unwrap());
        assert_eq!(shown, "*** \"***\"");
        assert!(!Secret::default().is_set());
    }
}
