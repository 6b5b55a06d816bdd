//! Where bars come from.
//!
//! A [`Source`] opens series and says what is new of them. `Polled` makes one of any [`Fetch`]: `sim`, `yahoo`
//! and `replay` are fetchers. A [`Router`] holds the sources of a server.

pub mod alpaca;
pub mod binance;
pub mod coinbase;
mod coverage;
mod error;
mod fetch;
pub mod form;
mod key;
pub mod kraken;
pub mod live;
mod open;
mod poll;
mod popular;
pub mod pushed;
mod recorded;
pub mod replay;
mod router;
mod seam;
mod search;
pub mod sim;
mod update;
mod upstream;
pub mod yahoo;

pub use coverage::{Coverage, FetchPlan, OutOfRange};
pub use error::SourceError;
pub use fetch::{Backlog, Fetch, FetchRequest, PollPolicy, Priority, Window};
pub use key::SeriesKey;
pub use open::{OpenError, calendars, check, open};
#[cfg(test)]
pub(crate) use poll::{Answers, Verdict};
pub use poll::{PollTiming, Polled};
pub use recorded::Recorded;
pub use router::{Found, Router, SourceListing};
pub use seam::Source;
pub use search::{
    AssetClass, Listing, MAX_LISTINGS, MAX_SEARCH_LEN, Search, SearchError, SearchQuery,
};
pub use update::{Fetched, Known, Quote, Update};
