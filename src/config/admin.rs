//! `[server.admin]`: what operators ask, at an address of its own.

use serde::{Deserialize, Serialize};

use super::listen::Listen;

/// Where operators ask.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdminConfig {
    /// Where `/metrics` is answered, and pushes are taken; where nothing is said, at `server.listen`.
    #[serde(with = "super::listen::optional")]
    pub listen: Option<Listen>,
}
