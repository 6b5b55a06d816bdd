//! What is served on a listener: not every address that one can reach is for everything.

/// A part of what is served. The health of the process is told on every listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Bars and ticks that others push in.
    Pushes,
    /// What operators ask of the server itself.
    Operations,
    /// The page, and all that it and programs read.
    Charts,
}

impl Scope {
    /// Every scope, that of all paths which no other has last.
    pub const ALL: [Self; 3] = [Self::Pushes, Self::Operations, Self::Charts];
}
