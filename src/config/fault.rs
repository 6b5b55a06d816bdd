//! What is wrong with a configuration, and where that stands.

use std::fmt;
use std::path::PathBuf;

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a file.
    File {
        /// The file.
        path: PathBuf,
        /// Line, the first being 1.
        line: usize,
    },
    /// In a variable of the environment, by its name.
    Variable(String),
    /// On the command line, by the flag.
    Flag(&'static str),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}: line {line}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands; nothing for what nobody has set.
    pub location: Option<Location>,
    /// What is wrong, and what would be right.
    pub detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            Some(location) => write!(f, "{location}: {}", self.detail),
            None => f.write_str(&self.detail),
        }
    }
}

/// Everything that is wrong: at least one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = &self.0[..] {
            return only.fmt(f);
        }
        write!(f, "{} faults in the configuration:", self.0.len())?;
        // Some details have several lines, which belong together.
        self.0.iter().try_for_each(|fault| {
            write!(f, "\n- {}", fault.to_string().trim_end().replace('\n', "\n  "))
        })
    }
}
