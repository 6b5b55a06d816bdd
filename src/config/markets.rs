//! `[markets]`: when markets trade.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The table of markets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MarketsConfig {
    /// A table in place of the one in the binary, which is `config/markets.toml`. Empty: none.
    pub file: PathBuf,
}
