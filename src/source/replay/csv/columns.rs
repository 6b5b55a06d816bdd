//! Which column holds what, by the names in the header.

use std::collections::HashMap;

use super::tickers::{self, squeezed};
use super::words::{
    ADJUSTED, CLOCKS, CURRENCIES, DATES, NAMES, OTHER_VOLUMES, PRICES, QUALIFIERS, TICKERS, TIMES,
    VOLUMES, plain,
};
use crate::source::replay::error::FileProblem;
use crate::symbol::Symbol;

/// Signs between the two words of a name such as `AAPL.Open` or `('Open', 'AAPL')`.
const BETWEEN: &[char] =
    &[' ', '.', '_', '-', ',', '/', '|', ':', '(', ')', '\'', '"', '[', ']', '<', '>'];
/// Longest header that a message repeats, in characters.
const QUOTED: usize = 120;

/// Which column holds what, by its place from the left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// The start, or the date and the time of day.
    pub(super) start: Vec<usize>,
    /// Open, high, low, close.
    pub(super) prices: [usize; 4],
    /// What may be the volume, the surest first: the first that is not zero throughout is.
    pub(super) volumes: Vec<usize>,
    /// The column of tickers, and whether it may be one of companies' names.
    pub(super) ticker: Option<(usize, bool)>,
    /// Whether times without an offset are in UTC.
    pub(super) is_utc: bool,
}

/// A column's place and the lines of its header, which are its names.
pub(super) type Name = (usize, Vec<String>);

/// Whether a cell is the name of a price.
pub(super) fn is_price(cell: &str) -> bool {
    matches!(price_beside(cell, ""), Some((Word::Price(_), _)))
}

/// What stands in a name beside a ticker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Price(usize),
    Volume,
    Adjusted,
}

/// The columns of one ticker among others, or of none in particular.
#[derive(Debug, Default)]
struct Group {
    ticker: String,
    prices: [Option<usize>; 4],
    volume: Option<usize>,
}

impl Columns {
    /// Finds the columns of `symbol`, which the file may call `told`.
    ///
    /// # Errors
    /// [`FileProblem`], with the columns that there are.
    pub(super) fn find(
        header: &[Name],
        symbol: &Symbol,
        told: Option<&str>,
    ) -> Result<Self, FileProblem> {
        let start = start(header);
        let plain_prices = PRICES.map(|names| one_of(header, names));
        let groups = groups(header, told.unwrap_or(symbol.as_str()));
        let lacks_all = plain_prices[..3].iter().all(Option::is_none);
        let group = if lacks_all { chosen(&groups, symbol, told)? } else { None };
        let (prices, own_volume) = match group {
            Some(group) => (group.prices, group.volume),
            None => (plain_prices, None),
        };
        let ([_, ..], [Some(open), Some(high), Some(low), Some(close)]) = (&*start, prices) else {
            return Err(lacking(header, &start, prices));
        };
        let volumes = match group {
            Some(_) => own_volume.into_iter().collect(),
            None => volumes(header, symbol),
        };
        let ticker = one_of(header, TICKERS).map(|column| (column, false));
        let ticker = ticker.or_else(|| one_of(header, NAMES).map(|column| (column, true)));
        let name = |column: usize| header.iter().find(|(place, _)| *place == column);
        let is_utc = start.iter().filter_map(|column| name(*column)).any(|(_, names)| {
            names.iter().any(|name| {
                let name = plain(name);
                name.contains("utc") || name.starts_with("gmt")
            })
        });
        let ticker = ticker.filter(|_| group.is_none());
        Ok(Self { start, prices: [open, high, low, close], volumes, ticker, is_utc })
    }

    /// The columns that a setting names from the left.
    ///
    /// # Errors
    /// [`FileProblem::Setting`] when there is no time or no close among them.
    pub(super) fn told(names: &[String]) -> Result<Self, FileProblem> {
        let header: Vec<Name> =
            names.iter().enumerate().map(|(place, name)| (place, vec![name.clone()])).collect();
        let symbol = Symbol::parse("A").expect("a symbol");
        Self::find(&header, &symbol, None)
            .map_err(|_| FileProblem::Setting { found: names.join(", ") })
    }
}

/// The column of the surest of these names.
fn one_of(header: &[Name], wanted: &[&str]) -> Option<usize> {
    let place = |wanted: &&str| {
        let named = |(_, names): &&Name| match &**names {
            [only] => plain(only) == *wanted,
            names => names.iter().any(|name| plain(name) == *wanted) && is_alone(names, wanted),
        };
        header.iter().find(named).map(|(place, _)| *place)
    };
    wanted.iter().find_map(place)
}

/// Whether nothing but `wanted` and names of header lines stand over a column: a ticker beside a price
/// makes it one of several.
fn is_alone(names: &[String], wanted: &str) -> bool {
    let is_level = |name: &str| ["price", "ticker", "attributes", "symbols"].contains(&name);
    names
        .iter()
        .map(|name| plain(name))
        .all(|name| name.is_empty() || name == wanted || is_level(&name) && TIMES.contains(&wanted))
}

fn start(header: &[Name]) -> Vec<usize> {
    let surest = one_of(header, TIMES);
    let date = one_of(header, DATES);
    let clock = one_of(header, CLOCKS);
    let is_epoch = |column: usize| {
        let names = header.iter().find(|(place, _)| *place == column).map(|(_, names)| names);
        names.into_iter().flatten().any(|name| !CLOCKS.contains(&&*plain(name)))
    };
    match (date, clock) {
        // A stamp that is neither of the two says all by itself.
        (Some(date), Some(clock))
            if surest.is_none_or(|surest| surest == date || !is_epoch(surest)) =>
        {
            vec![date, clock]
        }
        _ => surest.or_else(|| unnamed(header)).into_iter().collect(),
    }
}

/// The first column without a name, as tables have it whose rows are named by their times.
fn unnamed(header: &[Name]) -> Option<usize> {
    let (place, names) = header.first()?;
    let is_level =
        |name: &String| ["", "unnamed0", "index", "price", "ticker"].contains(&&*plain(name));
    names.iter().all(is_level).then_some(*place)
}

/// The word of a name that is no ticker, and what stands beside it. Tickers such as LOW and OPEN are words
/// as well, hence the `favoured` one.
fn price_beside(name: &str, favoured: &str) -> Option<(Word, String)> {
    let exact = plain(name);
    let named = |words: &[&str]| words.contains(&&*exact);
    if named(ADJUSTED) {
        return Some((Word::Adjusted, String::new()));
    }
    if let Some(price) = PRICES.iter().position(|words| named(words)) {
        return Some((Word::Price(price), String::new()));
    }
    if named(VOLUMES) {
        return Some((Word::Volume, String::new()));
    }
    let words = [
        ("adj close", Word::Adjusted),
        ("adj. close", Word::Adjusted),
        ("adj_close", Word::Adjusted),
        ("adj.close", Word::Adjusted),
        ("adjclose", Word::Adjusted),
        ("adjusted", Word::Adjusted),
        ("adj", Word::Adjusted),
        ("open", Word::Price(0)),
        ("high", Word::Price(1)),
        ("low", Word::Price(2)),
        ("close", Word::Price(3)),
        ("volume", Word::Volume),
        ("vol", Word::Volume),
    ];
    let name = name.trim_matches(BETWEEN);
    let mut found = words.into_iter().filter_map(|(word, is)| Some((is, beside(name, word)?)));
    let first = found.next()?;
    let is_favoured = |rest: &str| squeezed(rest) == squeezed(favoured);
    let better = found.find(|(_, rest)| is_favoured(rest) && !is_favoured(&first.1));
    Some(better.unwrap_or(first))
}

/// What stands before or behind `word` in `name`.
fn beside(name: &str, word: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let behind = lower.strip_prefix(word).filter(|rest| rest.starts_with(BETWEEN));
    let before = || lower.strip_suffix(word).filter(|rest| rest.ends_with(BETWEEN));
    let rest = match behind {
        Some(rest) => &name[name.len() - rest.len()..],
        None => &name[..before()?.len()],
    };
    Some(rest.trim_matches(BETWEEN).to_owned())
}

/// The word and the ticker of a column, whose header may have several lines.
fn word_and_ticker((_, names): &Name, favoured: &str) -> Option<(Word, String)> {
    if let [only] = &**names {
        return price_beside(only, favoured);
    }
    let at = names.iter().position(|name| {
        matches!(price_beside(name, favoured), Some((_, rest)) if rest.is_empty())
            && squeezed(name) != squeezed(favoured)
    })?;
    let (word, _) = price_beside(&names[at], favoured)?;
    let others = names.iter().enumerate().filter(|(place, name)| *place != at && !name.is_empty());
    let ticker: Vec<&str> = others.map(|(_, name)| &**name).collect();
    Some((word, ticker.join(" ")))
}

/// The columns by what stands beside the names of the prices.
fn groups(header: &[Name], favoured: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places = HashMap::new();
    for name in header {
        let Some((word, ticker)) = word_and_ticker(name, favoured) else { continue };
        let at = *places.entry(squeezed(&ticker)).or_insert_with(|| {
            groups.push(Group { ticker, ..Group::default() });
            groups.len() - 1
        });
        let place = match word {
            Word::Price(price) => &mut groups[at].prices[price],
            Word::Volume => &mut groups[at].volume,
            Word::Adjusted => continue,
        };
        place.get_or_insert(name.0);
    }
    groups.retain(|group| group.prices.iter().all(Option::is_some));
    groups
}

/// The columns of `symbol`; none where there are none of any ticker.
fn chosen<'a>(
    groups: &'a [Group],
    symbol: &Symbol,
    told: Option<&str>,
) -> Result<Option<&'a Group>, FileProblem> {
    let is_plain = |group: &&Group| {
        let ticker = &*plain(&group.ticker);
        let is_money = groups.len() == 1 && CURRENCIES.contains(&ticker);
        ticker.is_empty() || QUALIFIERS.contains(&ticker) || is_money
    };
    if let Some(group) = groups.iter().find(is_plain) {
        return Ok(Some(group));
    }
    let held: Vec<&str> = groups.iter().map(|group| &*group.ticker).collect();
    if held.is_empty() {
        return Ok(None);
    }
    let found = tickers::of(&held, symbol, told)?;
    Ok(groups.iter().find(|group| found.contains(&&*group.ticker)))
}

/// What may be the volume, the surest first: plain names, then that of the symbol's own coin, then others
/// in their order.
fn volumes(header: &[Name], symbol: &Symbol) -> Vec<usize> {
    let plain_ones = VOLUMES.iter().filter_map(|name| one_of(header, &[name]));
    let coin = symbol.as_str().split(['-', '/', '=']).next().unwrap_or_default();
    let beside = header.iter().filter_map(|name| {
        let (word, rest) = word_and_ticker(name, coin)?;
        let other = rest.split(BETWEEN).any(|word| OTHER_VOLUMES.contains(&&*plain(word)));
        (word == Word::Volume && !rest.is_empty() && !other).then_some((name.0, rest))
    });
    let beside: Vec<(usize, String)> = beside.collect();
    let own = beside.iter().filter(|(_, rest)| rest.eq_ignore_ascii_case(coin));
    let all = plain_ones.chain(own.chain(&beside).map(|(place, _)| *place));
    let mut volumes: Vec<usize> = Vec::new();
    for place in all {
        if !volumes.contains(&place) {
            volumes.push(place);
        }
    }
    volumes
}

fn lacking(header: &[Name], start: &[usize], prices: [Option<usize>; 4]) -> FileProblem {
    let time = start.is_empty().then_some("time");
    let lacking = PRICES.iter().zip(prices).filter(|(_, found)| found.is_none());
    let names: Vec<String> =
        header.iter().map(|(_, names)| names.join(" ").trim().to_owned()).collect();
    FileProblem::Columns {
        missing: time.into_iter().chain(lacking.map(|(names, _)| names[0])).collect(),
        found: names.join(",").chars().take(QUOTED).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Columns, Name};
    use crate::symbol::Symbol;

    fn header(lines: &[&str]) -> Vec<Name> {
        let cells: Vec<Vec<&str>> = lines.iter().map(|line| line.split(';').collect()).collect();
        let column = |place: usize| cells.iter().map(|line| line[place].to_owned()).collect();
        (0..cells[0].len()).map(|place| (place, column(place))).collect()
    }

    /// Start, prices, volumes and ticker as one text.
    fn found(lines: &[&str], symbol: &str) -> Result<String, String> {
        let symbol = Symbol::parse(symbol).expect("valid");
        let columns =
            Columns::find(&header(lines), &symbol, None).map_err(|problem| problem.to_string())?;
        let Columns { start, prices, volumes, ticker, is_utc } = columns;
        let ticker = ticker.map_or(String::new(), |(column, _)| format!(" of {column}"));
        let utc = if is_utc { " utc" } else { "" };
        Ok(format!("{start:?} {prices:?} {volumes:?}{ticker}{utc}"))
    }

    #[test]
    fn columns_are_found_by_the_names_that_programs_give_them() {
        for (names, expected) in [
            ("Date;Open;High;Low;Close;Volume", "[0] [1, 2, 3, 4] [5]"),
            ("Date;Adj.Close;Close;High;Low;Open", "[0] [5, 3, 4, 2] []"),
            ("Date;Adjusted;Adj Close;adjclose;c;h;l;o", "[0] [7, 5, 6, 4] []"),
            (
                "unix;date;symbol;open;high;low;close;Volume BTC;Volume USD",
                "[0] [3, 4, 5, 6] [7, 8] of 2",
            ),
            (
                "Timestamp;Open;High;Low;Close;Volume_(BTC);Volume_(Currency)",
                "[0] [1, 2, 3, 4] [5, 6]",
            ),
            ("time;high;low;open;volumefrom;volumeto;close", "[0] [3, 1, 2, 6] [4]"),
            (
                "<DATE>;<TIME>;<OPEN>;<HIGH>;<LOW>;<CLOSE>;<TICKVOL>;<VOL>;<SPREAD>",
                "[0, 1] [2, 3, 4, 5] [7, 6]",
            ),
            ("Date;Price;Open;High;Low;Vol.;Change %", "[0] [2, 3, 4, 1] [5]"),
            ("Date;Close/Last;Volume;Open;High;Low", "[0] [3, 4, 5, 1] [2]"),
            ("Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke", "[0] [1, 2, 3, 4] [5]"),
            ("timestamp;1. open;2. high;3. low;4. close;5. volume", "[0] [1, 2, 3, 4] [5]"),
            (
                "ticker;volume;open;close;high;low;window_start;transactions",
                "[6] [2, 4, 5, 3] [1] of 0",
            ),
            (
                "Open time;Open;High;Low;Close;Volume;Close time;Quote asset volume",
                "[0] [1, 2, 3, 4] [5]",
            ),
            ("Gmt time;Open;High;Low;Close;Volume", "[0] [1, 2, 3, 4] [5] utc"),
            (";Open;High;Low;Close", "[0] [1, 2, 3, 4] []"),
            ("time;open;high;low;close;Volume;Volume MA", "[0] [1, 2, 3, 4] [5]"),
            ("Date;Open Price;High Price;Low Price;Close Price;Name", "[0] [1, 2, 3, 4] [] of 5"),
        ] {
            assert_eq!(found(&[names], "BTC-USD").as_deref(), Ok(expected), "{names}");
        }
    }

    #[test]
    fn the_volume_of_the_symbols_own_coin_goes_before() {
        let names = "unix;open;high;low;close;Volume USD;Volume BTC";
        assert_eq!(found(&[names], "BTC-USD").as_deref(), Ok("[0] [1, 2, 3, 4] [6, 5]"));
    }

    #[test]
    fn of_tickers_side_by_side_the_asked_one_is_taken() {
        let msft = |lines: &[&str]| found(lines, "MSFT");
        for names in [
            "Date;AAPL.Open;AAPL.High;AAPL.Low;AAPL.Close;MSFT.Open;MSFT.High;MSFT.Low;MSFT.Close",
            "Date;Open_AAPL;High_AAPL;Low_AAPL;Close_AAPL;Open_MSFT;High_MSFT;Low_MSFT;Close_MSFT",
            "Date;AAPL Open;AAPL High;AAPL Low;AAPL Close;MSFT Open;MSFT High;MSFT Low;MSFT Close",
            "Date;('Open', 'AAPL');('High', 'AAPL');('Low', 'AAPL');('Close', 'AAPL');('Open', 'MSFT');\
             ('High', 'MSFT');('Low', 'MSFT');('Close', 'MSFT')",
        ] {
            assert_eq!(msft(&[names]).as_deref(), Ok("[0] [5, 6, 7, 8] []"), "{names}");
            let other = found(&[names], "TSLA").expect_err("not there");
            assert!(other.starts_with("holds bars of AAPL, MSFT, and none of TSLA"), "{other}");
        }
        let adjusted = "Date;MSFT.Adjusted;MSFT.Close;MSFT.High;MSFT.Low;MSFT.Open;MSFT.Volume";
        assert_eq!(msft(&[adjusted]).as_deref(), Ok("[0] [5, 3, 4, 2] [6]"));
        assert!(found(&[adjusted], "AAPL").is_err());
        let word = "Date;LOW.Open;LOW.High;LOW.Low;LOW.Close;A.Open;A.High;A.Low;A.Close";
        assert_eq!(found(&[word], "LOW").as_deref(), Ok("[0] [1, 2, 3, 4] []"));
        let dollars = "Date;Open (USD);High (USD);Low (USD);Close (USD)";
        assert_eq!(found(&[dollars], "LOW").as_deref(), Ok("[0] [1, 2, 3, 4] []"));
    }

    #[test]
    fn a_header_of_several_lines_is_read_across_them() {
        let single =
            ["Price;Close;High;Low;Open;Volume", "Ticker;MSFT;MSFT;MSFT;MSFT;MSFT", "Date;;;;;"];
        assert_eq!(found(&single, "MSFT").as_deref(), Ok("[0] [4, 2, 3, 1] [5]"));
        assert!(found(&single, "AAPL").is_err());
        let several = [
            "Price;Close;Close;High;High;Low;Low;Open;Open;Volume;Volume",
            "Ticker;AAPL;MSFT;AAPL;MSFT;AAPL;MSFT;AAPL;MSFT;AAPL;MSFT",
            "Date;;;;;;;;;;",
        ];
        assert_eq!(found(&several, "MSFT").as_deref(), Ok("[0] [8, 4, 6, 2] [10]"));
        let by_ticker = ["Ticker;MSFT;MSFT;MSFT;MSFT", "Price;Open;High;Low;Close", "Date;;;;"];
        assert_eq!(found(&by_ticker, "MSFT").as_deref(), Ok("[0] [1, 2, 3, 4] []"));
    }

    #[test]
    fn an_adjusted_close_is_no_close() {
        for names in ["Date;Open;High;Low;Adj Close", "Date;Adj.Close;High;Low;Open"] {
            let message = found(&[names], "AAPL").expect_err("no close");
            assert!(
                message.starts_with("the header has no column for close; it has "),
                "{message}"
            );
        }
    }
}
