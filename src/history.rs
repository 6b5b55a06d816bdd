//! The history: bars that stay, in one SQLite file.
//!
//! A [`History`] has one writer, a thread that commits what is queued together, and answers only what is
//! committed. Readers have connections of their own and never wait for it. A [`Watcher`] is told of every
//! commit that changes its series, whether or not the sender still waits for the answer.

mod error;
mod key;
mod push;
mod read;
mod record;
mod row;
mod schema;
mod store;
mod symbols;
mod ticks;
mod watch;
mod writer;

pub use error::HistoryError;
pub use key::HistoryKey;
pub use push::{
    KeptRows, Limits, Push, PushOutcome, PushRows, RowFault, SymbolPush, Tick, TimedBar,
};
pub use read::{KeptBars, KeptSeries, Reach};
pub use record::{RecordedSeries, SourceBars};
pub use store::History;
pub use symbols::{KeptSymbol, KeptSymbols};
pub use watch::{Changes, Watcher, Watchers};
