//! Whose bars a file holds, by the tickers that it names.

use crate::source::replay::error::FileProblem;
use crate::symbol::Symbol;

/// Most tickers that a message names.
const NAMED: usize = 8;

/// The tickers among `held` that are those of `symbol`, or of what the configuration calls it: `AAPL.US`
/// and `NASDAQ:AAPL` are AAPL, `BTC/USD` is BTC-USD. All of them are spellings of one.
///
/// # Errors
/// [`FileProblem`] when there is none, or more than one.
pub(super) fn of<'a>(
    held: &[&'a str],
    symbol: &Symbol,
    told: Option<&str>,
) -> Result<Vec<&'a str>, FileProblem> {
    let alike = |held: &str| match told {
        Some(told) => u8::from(held.eq_ignore_ascii_case(told.trim())),
        None => likeness(held, symbol.as_str()),
    };
    let best = held.iter().map(|held| alike(held)).max().unwrap_or(0);
    let found: Vec<&str> =
        held.iter().copied().filter(|held| best > 0 && alike(held) == best).collect();
    let wanted = told.map_or_else(|| symbol.to_string(), str::to_owned);
    if found.is_empty() {
        return Err(FileProblem::OtherTickers { wanted, held: listed(held) });
    }
    if found.iter().any(|ticker| squeezed(ticker) != squeezed(found[0])) {
        return Err(FileProblem::SeveralTickers { wanted, held: listed(&found) });
    }
    Ok(found)
}

/// Whether the only value of a column is the ticker of something else than `symbol`, and not a company's
/// name. `is_name` says that it stands in a column for those.
pub(super) fn is_another(held: &str, symbol: &Symbol, is_name: bool) -> bool {
    if likeness(held, symbol.as_str()) > 0 {
        return false;
    }
    let ticker = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || ".-^=/:".contains(c);
    let is_short = held.len() <= 5 && held.chars().any(|c| c.is_ascii_uppercase());
    if is_name {
        return is_short && held.chars().all(ticker);
    }
    // BTCUSDT is what some exchanges have of BTC-USD.
    let (one, other) = (squeezed(held), squeezed(symbol.as_str()));
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    let is_same_pair = short.len() >= 6 && long.starts_with(&short);
    !held.contains(' ') && !is_same_pair
}

/// How surely `held` is `symbol`; 0 when it is not.
fn likeness(held: &str, symbol: &str) -> u8 {
    if held.eq_ignore_ascii_case(symbol) {
        return 3;
    }
    if squeezed(held) == squeezed(symbol) {
        return 2;
    }
    let is_bare =
        squeezed(bare(held)) == squeezed(symbol) || squeezed(held) == squeezed(bare(symbol));
    u8::from(is_bare)
}

/// A ticker without the exchange before or behind it, and without what makes it a currency or future.
fn bare(ticker: &str) -> &str {
    let ticker = ticker.rsplit_once(':').map_or(ticker, |(_, ticker)| ticker);
    let ticker = ticker.split_once(' ').map_or(ticker, |(ticker, _)| ticker);
    let ticker = ticker.split_once('=').map_or(ticker, |(ticker, _)| ticker);
    match ticker.rsplit_once('.') {
        Some((bare, exchange)) if !bare.is_empty() && exchange.len() <= 4 => bare,
        _ => ticker,
    }
}

/// Letters and digits in upper case.
pub(super) fn squeezed(ticker: &str) -> String {
    let signs = ticker.chars().filter(char::is_ascii_alphanumeric);
    signs.map(|c| c.to_ascii_uppercase()).collect()
}

fn listed(held: &[&str]) -> String {
    let named: Vec<String> =
        held.iter().take(NAMED).map(|ticker| ticker.chars().take(40).collect()).collect();
    let more = held.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{is_another, of};
    use crate::symbol::Symbol;

    fn found(held: &[&str], symbol: &str, told: Option<&str>) -> Result<String, String> {
        let symbol = Symbol::parse(symbol).expect("valid");
        of(held, &symbol, told).map(|found| found.join(" ")).map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_ticker_is_found_as_every_vendor_writes_it() {
        for (held, symbol, expected) in [
            (&["MSFT", "aapl"][..], "AAPL", "aapl"),
            (&["AAPL.US", "MSFT.US"], "AAPL", "AAPL.US"),
            (&["NASDAQ:AAPL", "NYSE:A"], "AAPL", "NASDAQ:AAPL"),
            (&["AAPL US Equity", "MSFT US Equity"], "AAPL", "AAPL US Equity"),
            (&["BTC/USD", "ETH/USD"], "BTC-USD", "BTC/USD"),
            (&["BRK.A", "BRK.B"], "BRK-B", "BRK.B"),
            (&["7203", "9984"], "7203.T", "7203"),
            (&["EURUSD", "GBPUSD"], "EURUSD=X", "EURUSD"),
            (&["GSPC", "NDX"], "^GSPC", "GSPC"),
            (&["A", "AA", "AAPL"], "A", "A"),
            (&["AAPL", "AAPL.MX"], "AAPL", "AAPL"),
        ] {
            assert_eq!(found(held, symbol, None).as_deref(), Ok(expected), "{held:?} {symbol}");
        }
        assert_eq!(found(&["MSFT", "AAPL"], "FRUIT", Some("aapl")).as_deref(), Ok("AAPL"));
    }

    #[test]
    fn none_and_several_are_refused_with_what_the_file_holds() {
        let message = found(&["AAPL", "MSFT"], "TSLA", None).expect_err("none");
        assert!(message.starts_with("holds bars of AAPL, MSFT, and none of TSLA"), "{message}");
        let message = found(&["BRK.A", "BRK.B"], "BRK", None).expect_err("two");
        assert!(message.contains("BRK.A, BRK.B"), "{message}");
        assert!(found(&["BRK.B"], "BRK-A", None).is_err());
        let many: Vec<String> = (0..20).map(|i| format!("S{i}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let message = found(&many, "TSLA", None).expect_err("none");
        assert!(message.contains("S6, S7 and 12 more, and none of TSLA"), "{message}");
    }

    #[test]
    fn a_single_other_ticker_is_told_from_the_name_of_a_company() {
        let other = |held, symbol, is_name| {
            is_another(held, &Symbol::parse(symbol).expect("valid"), is_name)
        };
        for (held, symbol) in [("MSFT", "AAPL"), ("GOOG", "GOOGL"), ("ETH/USD", "BTC-USD")] {
            assert!(other(held, symbol, false), "{held}");
        }
        for (held, symbol) in [
            ("AAPL.US", "AAPL"),
            ("Apple Inc.", "AAPL"),
            ("BTCUSDT", "BTC-USD"),
            ("7203", "7203.T"),
        ] {
            assert!(!other(held, symbol, false), "{held}");
        }
        assert!(other("MSFT", "AAPL", true));
        assert!(!other("Apple", "AAPL", true));
        assert!(!other("2781", "BTC-USD", true));
    }
}
