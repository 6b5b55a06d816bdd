//! The names of what is kept in Redis.

use crate::source::SeriesKey;

/// The keys of one series. They share a tag in braces, so that a sharded Redis would keep them together.
#[derive(Debug, Clone)]
pub struct SeriesKeys {
    /// Which node leads, for as long as its lease lasts.
    pub lease: String,
    /// The newest changes, a stream.
    pub tail: String,
    /// The whole at one of them.
    pub snapshot: String,
    /// That a node needs a newer snapshot, or a newer epoch.
    pub asked: String,
}

impl SeriesKeys {
    /// Those of a series of the source with that name, which nodes may call by different symbols.
    pub fn new(prefix: &str, source: &str, key: &SeriesKey) -> Self {
        let bare = SeriesKey { symbol: key.symbol.bare(), ..key.clone() };
        let series = bare.to_string().replace(' ', ":");
        let name = |what: &str| format!("{prefix}:{{{source}:{series}}}:{what}");
        Self {
            lease: name("lease"),
            tail: name("tail"),
            snapshot: name("snapshot"),
            asked: name("asked"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SeriesKey, SeriesKeys};
    use crate::interval::Interval;
    use crate::symbol::Symbol;
    use crate::view::{Range, Session};

    #[test]
    fn the_keys_of_a_series_name_it_whether_or_not_its_symbol_names_the_source() {
        for symbol in ["AAPL", "YAHOO:AAPL"] {
            let symbol = Symbol::parse(symbol).expect("valid");
            let (grain, depth) = (Interval::Minute1, Range::Day5);
            let key = SeriesKey { symbol, grain, depth, session: Session::Extended };
            let keys = SeriesKeys::new("desk", "yahoo", &key);
            assert_eq!(keys.lease, "desk:{yahoo:AAPL:1m/5d:extended}:lease");
            assert_eq!(keys.tail, "desk:{yahoo:AAPL:1m/5d:extended}:tail");
        }
    }
}
