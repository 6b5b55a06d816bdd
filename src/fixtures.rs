//! Recordings of real markets, which are not part of this repository. Tests that read them are ignored where
//! they are not: `make test` runs them where `FIGCAST_FIXTURES` names their folder.

use std::path::{Path, PathBuf};

/// Where a recording is.
pub fn path(name: &str) -> PathBuf {
    let folder = std::env::var_os("FIGCAST_FIXTURES").expect("FIGCAST_FIXTURES names a folder");
    Path::new(&folder).join(name)
}
