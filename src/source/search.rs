//! Finding a symbol by its ticker or by words of its name.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::error::SourceError;
use crate::shares::Client;
use crate::symbol::Symbol;

/// Most characters of a search.
pub const MAX_SEARCH_LEN: usize = 64;
/// Most listings in an answer.
pub const MAX_LISTINGS: usize = 20;

/// Finds symbols for people.
#[async_trait]
pub trait Search: Send + Sync {
    /// Symbols that a person at `client` may mean, best first, at most [`MAX_LISTINGS`]; without words
    /// those that it would show first. A source that knows none by name finds none. Dropping the future
    /// abandons the search.
    ///
    /// # Errors
    /// [`SourceError`], by what the caller should do about it.
    async fn find(
        &self,
        query: &SearchQuery,
        client: Option<Client>,
    ) -> Result<Vec<Listing>, SourceError>;
}

/// What a person typed to find a symbol: one line of bounded length, or nothing yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SearchQuery(String);

/// Why a text is not a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// Longer than [`MAX_SEARCH_LEN`].
    #[error("q has at most {MAX_SEARCH_LEN} characters of a ticker or a name, as in q=apple")]
    TooLong,
    /// A control character.
    #[error("q is one line of a ticker or a name without control characters, as in q=apple")]
    Control,
}

impl SearchQuery {
    /// Trims, and makes one space of several.
    ///
    /// # Errors
    /// [`SearchError`], whose text says what would be right.
    pub fn parse(text: &str) -> Result<Self, SearchError> {
        let text = text.trim();
        if text.chars().count() > MAX_SEARCH_LEN {
            return Err(SearchError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(SearchError::Control);
        }
        Ok(Self(text.split_whitespace().collect::<Vec<_>>().join(" ")))
    }

    /// The text; empty while nothing was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was typed, which asks for what the source would show first.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How well a listing fits, the best lowest; one that a source knows better than its name tells comes last.
    #[must_use]
    pub fn rank(&self, listing: &Listing) -> u8 {
        match Fit::of(listing, &self.0) {
            Some(Fit::Ticker) => 0,
            Some(Fit::Beginning) => 1,
            Some(Fit::Name) => 2,
            None => 3,
        }
    }

    /// The listings that it finds, best first: the ticker itself, tickers that begin with it, names that
    /// have all its words or words that begin so. Without a search the first of them all.
    #[must_use]
    pub fn find(&self, listings: impl IntoIterator<Item = Listing>) -> Vec<Listing> {
        let listings = listings.into_iter();
        if self.is_empty() {
            return listings.take(MAX_LISTINGS).collect();
        }
        let fit = |listing| Some((Fit::of(&listing, &self.0)?, listing));
        let mut found: Vec<(Fit, Listing)> = listings.filter_map(fit).collect();
        found.sort_by_key(|(fit, _)| *fit);
        found.into_iter().map(|(_, listing)| listing).take(MAX_LISTINGS).collect()
    }
}

/// How well a listing fits, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Ticker,
    Beginning,
    Name,
}

impl Fit {
    fn of(listing: &Listing, search: &str) -> Option<Self> {
        let wanted: Vec<String> = words(search).collect();
        // Signs do not count, so that gspc is ^GSPC, eur/usd is EURUSD=X and sp500 is S&P 500.
        let squashed = wanted.concat();
        if squashed.is_empty() {
            return None;
        }
        let ticker = listing.symbol.as_str().trim_start_matches('^').to_lowercase();
        let root = ticker.split('=').next().unwrap_or(&ticker);
        if words(root).collect::<String>() == squashed {
            return Some(Self::Ticker);
        }
        if ticker.starts_with(&search.trim_start_matches('^').to_lowercase()) {
            return Some(Self::Beginning);
        }
        let name: Vec<String> = words(listing.name.as_deref().unwrap_or_default()).collect();
        let has = |word: &String| name.iter().any(|other| other.starts_with(word.as_str()));
        (name.concat().starts_with(&squashed) || wanted.iter().all(has)).then_some(Self::Name)
    }
}

/// Letters and digits that stand together, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// A symbol that can be charted, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// The symbol to ask for.
    pub symbol: Symbol,
    /// Name for people, such as "Apple Inc.", when known.
    pub name: Option<String>,
    /// Exchange for people, such as "NASDAQ", when known.
    pub exchange: Option<String>,
    /// What it is, when known.
    #[serde(rename = "type")]
    pub kind: Option<AssetClass>,
}

/// What a symbol stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AssetClass {
    /// A share of a company.
    Stock,
    /// A fund that is traded like a share.
    Etf,
    /// A fund with a price a day.
    Fund,
    /// An index.
    Index,
    /// A pair of currencies.
    Currency,
    /// A pair with a cryptocurrency.
    Crypto,
    /// A future.
    Future,
    /// An option.
    Option,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Listing, MAX_LISTINGS, MAX_SEARCH_LEN, SearchError, SearchQuery};
    use crate::symbol::Symbol;

    fn listing((symbol, name): (&str, &str)) -> Listing {
        let name = (!name.is_empty()).then(|| name.to_owned());
        Listing { symbol: Symbol::parse(symbol).expect(symbol), name, exchange: None, kind: None }
    }

    fn found(text: &str, listings: &[(&str, &str)]) -> Vec<String> {
        let search = SearchQuery::parse(text).expect(text);
        let listings = listings.iter().copied().map(listing);
        search.find(listings).into_iter().map(|found| found.symbol.to_string()).collect()
    }

    const MARKET: [(&str, &str); 8] = [
        ("SPY", "SPDR S&P 500 ETF"),
        ("EURUSD=X", "Euro / US dollar"),
        ("^GSPC", "S&P 500"),
        ("AAPL", "Apple"),
        ("APLE", "Apple Hospitality REIT"),
        ("BTC-USD", "Bitcoin / US dollar"),
        ("V", "Visa"),
        ("VOD.L", ""),
    ];

    #[test]
    fn a_ticker_comes_before_its_likes_and_those_before_names() {
        assert_eq!(found("v", &MARKET), ["V", "VOD.L"]);
        assert_eq!(found("apl", &MARKET), ["APLE"]);
        assert_eq!(found("ap", &MARKET), ["APLE", "AAPL"]);
    }

    #[test]
    fn words_of_a_name_are_found_by_their_beginnings_in_any_order() {
        assert_eq!(found("apple", &MARKET), ["AAPL", "APLE"]);
        assert_eq!(found("REIT hosp", &MARKET), ["APLE"]);
        assert_eq!(found("dollar", &MARKET), ["EURUSD=X", "BTC-USD"]);
        assert!(found("apple bitcoin", &MARKET).is_empty());
    }

    #[test]
    fn signs_and_spaces_do_not_count() {
        for (text, symbols) in [
            ("gspc", "^GSPC"),
            ("^gs", "^GSPC"),
            ("sp500", "^GSPC"),
            ("S&P 500", "SPY ^GSPC"),
            ("btcusd", "BTC-USD"),
            ("btc/usd", "BTC-USD"),
            ("eur/usd", "EURUSD=X"),
            ("eurusd=", "EURUSD=X"),
        ] {
            assert_eq!(found(text, &MARKET).join(" "), symbols, "{text}");
        }
        assert!(found("&", &MARKET).is_empty());
    }

    #[test]
    fn without_a_search_the_first_are_listed_and_never_more_than_there_may_be() {
        assert_eq!(found(" ", &MARKET).len(), MARKET.len());
        let names: Vec<String> = (0..=MAX_LISTINGS).map(|n| format!("A{n}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
        for text in ["", "a"] {
            let found = found(text, &many);
            assert_eq!((found.len(), &found[0]), (MAX_LISTINGS, &names[0]), "{text:?}");
        }
    }

    #[test]
    fn a_search_is_one_line_of_bounded_length() {
        let search = |text: &str| SearchQuery::parse(text).map(|search| search.as_str().to_owned());
        assert_eq!(search(" apple \u{a0}  inc ").as_deref(), Ok("apple inc"));
        assert!(search(&"ü".repeat(MAX_SEARCH_LEN)).is_ok());
        assert_eq!(search(&"ü".repeat(MAX_SEARCH_LEN + 1)), Err(SearchError::TooLong));
        for text in ["a\nb", "a\0", "\u{1b}[2J", "a\u{85}b"] {
            assert_eq!(search(text), Err(SearchError::Control), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_found_by_any_of_its_words(name in "\\PC{0,40}", at in any::<prop::sample::Index>()) {
            let words: Vec<String> = super::words(&name).collect();
            if !words.is_empty() {
                let word: String = at.get(&words).chars().take(MAX_SEARCH_LEN).collect();
                let search = SearchQuery::parse(&word).expect("a word");
                prop_assert_eq!(search.find([listing(("X", &name))]).len(), 1);
            }
        }
    }
}
