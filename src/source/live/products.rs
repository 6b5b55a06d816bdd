//! What an exchange trades: its list of symbols, fetched once in a while and kept.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use log::debug;
use tokio::sync::Mutex as Turn;
use tokio::time::Instant;

use crate::bars::Bars;
use crate::interval::DAY;
use crate::market::{Hours, Instrument, Timetable, TradingWeek, Weekdays};
use crate::source::error::SourceError;
use crate::source::search::{AssetClass, Listing, SearchQuery};
use crate::source::update::Fetched;
use crate::symbol::Symbol;

/// How long a list is used before the next one is fetched.
const FRESH: Duration = Duration::from_hours(1);
/// When to try again after a failure.
const RETRY: Duration = Duration::from_mins(1);
/// Most symbols of a list.
pub const MAX_PRODUCTS: usize = 20_000;
/// Most decimals that are believed of a price.
const MAX_DECIMALS: usize = 12;

/// What can be traded for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// As people write it here.
    pub symbol: Symbol,
    /// What is traded, such as BTC.
    pub base: String,
    /// What its price is counted in, such as USDT.
    pub quote: String,
    /// Decimals of its prices, from the smallest step of them.
    pub decimals: Option<u8>,
    /// Its name, where it is more than what is traded for what.
    pub title: Option<String>,
}

/// The list of one exchange.
#[derive(Debug)]
pub struct Products {
    /// The exchange's name for people.
    exchange: &'static str,
    /// What is traded there.
    kind: AssetClass,
    /// Bases that are shown first.
    popular: &'static [&'static str],
    known: Mutex<Option<KnownProducts>>,
    /// Held by the one that fetches.
    fetching: Turn<()>,
}

#[derive(Debug, Clone)]
struct KnownProducts {
    list: Arc<Vec<Product>>,
    until: Instant,
}

impl Products {
    /// Nothing is known.
    #[must_use]
    pub fn new(exchange: &'static str, kind: AssetClass, popular: &'static [&'static str]) -> Self {
        Self { exchange, kind, popular, known: Mutex::default(), fetching: Turn::default() }
    }

    /// The list, fetched by `fetch` unless it is fresh. One that is older is better than none.
    ///
    /// # Errors
    /// That of `fetch`, where no list was ever fetched.
    pub async fn get(
        &self,
        fetch: impl AsyncFnOnce() -> Result<Vec<Product>, SourceError>,
    ) -> Result<Arc<Vec<Product>>, SourceError> {
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let _one = self.fetching.lock().await;
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        match fetch().await {
            Ok(mut list) => {
                list.truncate(MAX_PRODUCTS);
                list.sort_by_cached_key(|product| self.rank(product));
                list.dedup_by(|later, former| later.symbol == former.symbol);
                let list = Arc::new(list);
                self.keep(Arc::clone(&list), FRESH);
                Ok(list)
            }
            Err(error) => {
                let old = self.known().as_ref().map(|known| Arc::clone(&known.list));
                let old = old.ok_or(error)?;
                debug!("{}: the list of symbols stays the old one", self.exchange);
                self.keep(Arc::clone(&old), RETRY);
                Ok(old)
            }
        }
    }

    /// The product of a symbol, as far as it is known by now.
    pub fn find(&self, symbol: &Symbol) -> Option<Product> {
        let list = self.known().as_ref().map(|known| Arc::clone(&known.list))?;
        list.iter().find(|product| product.symbol == *symbol).cloned()
    }

    /// The listings that a search finds in a list.
    pub fn search(&self, list: &[Product], query: &SearchQuery) -> Vec<Listing> {
        let listing = |product: &Product| Listing {
            symbol: product.symbol.clone(),
            name: Some(product.name()),
            exchange: Some(self.exchange.to_owned()),
            kind: Some(self.kind),
        };
        query.find(list.iter().map(listing))
    }

    /// Bars of a symbol as an answer, described as well as it is known by now.
    pub fn describe(&self, symbol: &Symbol, bars: Bars) -> Fetched {
        let product = self.find(symbol);
        let instrument = Instrument {
            name: product.as_ref().map(Product::name),
            currency: product.as_ref().map(|product| product.quote.clone()),
            exchange: Some(self.exchange.to_owned()),
            week: TradingWeek::new(Weekdays::ALL, Vec::new()),
            price_decimals: product.and_then(|product| product.decimals),
            ..Instrument::unnamed(symbol.clone(), TimeZone::UTC)
        };
        Fetched {
            bars,
            instrument,
            hours: Hours::Continuous { day: DAY },
            quote: None,
            delay: None,
            timetable: Timetable::always(),
            split: None,
        }
    }

    /// Popular bases first, each counted in dollars before the others.
    fn rank(&self, product: &Product) -> (usize, usize, Symbol) {
        let of = |list: &[&str], text: &str| list.iter().position(|other| *other == text);
        let base = of(self.popular, &product.base).unwrap_or(usize::MAX);
        let quote = of(&["USD", "USDT", "EUR", "USDC"], &product.quote).unwrap_or(usize::MAX);
        (base, quote, product.symbol.clone())
    }

    fn fresh(&self) -> Option<Arc<Vec<Product>>> {
        let known = self.known();
        let known = known.as_ref().filter(|known| Instant::now() < known.until);
        known.map(|known| Arc::clone(&known.list))
    }

    fn keep(&self, list: Arc<Vec<Product>>, time: Duration) {
        *self.known() = Some(KnownProducts { list, until: Instant::now() + time });
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Option<KnownProducts>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Product {
    fn name(&self) -> String {
        self.title.clone().unwrap_or_else(|| format!("{} / {}", self.base, self.quote))
    }
}

/// The decimals of a price whose smallest step is written so, such as `0.01000000`.
#[must_use]
pub fn decimals_of_step(step: &str) -> Option<u8> {
    let (whole, decimals) = step.split_once('.').unwrap_or((step, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(decimals) {
        return None;
    }
    let decimals = decimals.trim_end_matches('0').len();
    u8::try_from(decimals).ok().filter(|_| decimals <= MAX_DECIMALS)
}

/// Text of an exchange that is safe to show: short, printable, in ASCII.
#[must_use]
pub fn asset_name(text: &str) -> Option<String> {
    let is_safe = (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    is_safe.then(|| text.to_owned())
}

/// An exchange's own words, made safe to show.
#[must_use]
pub fn words_of(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::{FRESH, Product, Products, decimals_of_step};
    use crate::source::error::SourceError;
    use crate::source::search::{AssetClass, SearchQuery};
    use crate::symbol::Symbol;

    fn product(base: &str, quote: &str) -> Product {
        Product {
            symbol: Symbol::parse(&format!("{base}{quote}")).unwrap(),
            base: base.to_owned(),
            quote: quote.to_owned(),
            decimals: Some(2),
            title: None,
        }
    }

    #[test]
    fn the_smallest_step_of_a_price_tells_its_decimals() {
        for (step, decimals) in [
            ("0.01000000", Some(2)),
            ("1.00000000", Some(0)),
            ("10", Some(0)),
            ("0.00000001", Some(8)),
            ("", None),
            ("-0.1", None),
            ("1e-8", None),
            ("0.00000000000000000001", None),
        ] {
            assert_eq!(decimals_of_step(step), decimals, "{step}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_is_fetched_once_in_a_while_and_an_old_one_is_better_than_none() {
        let products = Products::new("Test", AssetClass::Crypto, &["BTC"]);
        let down = || SourceError::Malformed { origin: "test", detail: String::new() };
        assert!(products.get(async || Err(down())).await.is_err());
        let list = vec![product("ETH", "EUR"), product("BTC", "EUR"), product("BTC", "USDT")];
        let fetched = products.get(async || Ok(list.clone())).await.unwrap();
        let of = |query: &str| {
            let found = products.search(&fetched, &SearchQuery::parse(query).unwrap());
            found.into_iter().map(|listing| listing.symbol.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(of(""), ["BTCUSDT", "BTCEUR", "ETHEUR"]);
        assert_eq!(of("btc/eur"), ["BTCEUR"]);
        advance(FRESH / 2).await;
        let never = async || -> Result<_, SourceError> { unreachable!("it is fresh") };
        assert_eq!(products.get(never).await.unwrap().len(), 3);
        advance(FRESH).await;
        assert_eq!(products.get(async || Err(down())).await.unwrap().len(), 3);
        advance(FRESH).await;
        assert_eq!(products.get(async || Ok(Vec::new())).await.unwrap().len(), 0);
    }
}
