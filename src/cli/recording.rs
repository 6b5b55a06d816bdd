//! `--file SYMBOL=PATH[@ZONE]`: which symbol, which file, which zone.
//!
//! Symbols (`EURUSD=X`), paths (`a=b.csv`) and folders (`me@home/`) may hold the signs that part them,
//! so the part that is a file decides.

use std::path::Path;

use jiff::tz::TimeZone;
use toml::{Table, Value};

use crate::symbol::Symbol;

/// One way to read the flag.
struct Split<'a> {
    symbol: &'a str,
    path: &'a str,
    zone: Option<&'a str>,
}

/// The symbol and the value of its key in `replay.files`.
///
/// # Errors
/// What was tried, and what would be right.
pub fn parse(text: &str) -> anyhow::Result<(String, Value)> {
    let Split { symbol, path, zone } = split(text, |path| Path::new(path).exists())?;
    let value = match zone {
        None => Value::from(path),
        Some(zone) => Table::from_iter([
            ("path".to_owned(), Value::from(path)),
            ("timezone".to_owned(), Value::from(zone)),
        ])
        .into(),
    };
    Ok((symbol.to_owned(), value))
}

fn split(text: &str, exists: impl Fn(&str) -> bool) -> anyhow::Result<Split<'_>> {
    let mut parts = text.match_indices('=').map(|(at, _)| (&text[..at], &text[at + 1..]));
    let Some(first) = parts.clone().next() else {
        anyhow::bail!("--file {text}: write SYMBOL=PATH, such as AAPL=bars.csv");
    };
    let named: Vec<_> =
        parts.by_ref().filter(|(symbol, _)| Symbol::parse_bare(symbol).is_ok()).collect();
    let whole = named.iter().map(|&(symbol, path)| Split { symbol, path, zone: None });
    let zoned = named.iter().filter_map(|&(symbol, rest)| {
        let (path, zone) = rest.rsplit_once('@')?;
        TimeZone::get(zone).is_ok().then_some(Split { symbol, path, zone: Some(zone) })
    });
    let mut ways: Vec<Split> = whole.chain(zoned).collect();
    let there: Vec<usize> = (0..ways.len()).filter(|&way| exists(ways[way].path)).collect();
    match (&*there, &*named) {
        ([], []) => {
            let reason = Symbol::parse_bare(first.0).err().map(|error| format!(": {error}"));
            anyhow::bail!(
                "--file {text}: {:?} is not a symbol{}",
                first.0,
                reason.unwrap_or_default()
            )
        }
        // The file's absence is told with the other faults of files.
        ([], [_]) => Ok(ways.pop().expect("one symbol makes one way or two")),
        ([], _) => anyhow::bail!("--file {text}: there is no file {}", tried(&ways)),
        ([way], _) => Ok(ways.swap_remove(*way)),
        _ => anyhow::bail!(
            "--file {text} can be read as {}, and the files are all there: name the file in \
             [replay.files] of the configuration",
            tried(there.iter().map(|&way| &ways[way]))
        ),
    }
}

/// `a.csv of AAPL or b.csv of MSFT`.
fn tried<'a>(ways: impl IntoIterator<Item = &'a Split<'a>>) -> String {
    let way = |Split { symbol, path, zone }: &Split| {
        let zone = zone.map(|zone| format!(" in {zone}")).unwrap_or_default();
        format!("{path} of {symbol}{zone}")
    };
    ways.into_iter().map(way).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::{Split, split};

    fn parts(text: &str, files: &[&str]) -> Result<String, String> {
        match split(text, |path| files.contains(&path)) {
            Ok(Split { symbol, path, zone }) => {
                Ok([symbol, path, zone.unwrap_or_default()].join("|"))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_part_that_is_a_file_decides() {
        for (text, file, expected) in [
            ("AAPL=bars.csv", "bars.csv", "AAPL|bars.csv|"),
            ("EURUSD=X=eur.csv", "eur.csv", "EURUSD=X|eur.csv|"),
            ("GC=F=a=b.csv", "a=b.csv", "GC=F|a=b.csv|"),
            ("GC=F=a=b.csv", "F=a=b.csv", "GC|F=a=b.csv|"),
            ("7203.T=t.csv@Asia/Tokyo", "t.csv", "7203.T|t.csv|Asia/Tokyo"),
            ("EURUSD=X=e.csv@UTC", "e.csv", "EURUSD=X|e.csv|UTC"),
            ("AAPL=me@home/a.csv", "me@home/a.csv", "AAPL|me@home/a.csv|"),
            ("AAPL=me@home/a.csv@UTC", "me@home/a.csv", "AAPL|me@home/a.csv|UTC"),
            ("AAPL=a.csv@UTC", "a.csv@UTC", "AAPL|a.csv@UTC|"),
        ] {
            assert_eq!(parts(text, &[file]).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_left_to_the_source_unless_it_decides() {
        assert_eq!(parts("AAPL=a.csv", &[]).as_deref(), Ok("AAPL|a.csv|"));
        assert_eq!(parts("AAPL=a.csv@UTC", &[]).as_deref(), Ok("AAPL|a.csv|UTC"));
        assert_eq!(parts("AAPL=a.csv@UTX", &[]).as_deref(), Ok("AAPL|a.csv@UTX|"));
        assert_eq!(
            parts("GC=F=a.csv", &[]).expect_err("no file"),
            "--file GC=F=a.csv: there is no file F=a.csv of GC or a.csv of GC=F"
        );
    }

    #[test]
    fn what_says_too_little_or_too_much_is_refused_with_what_would_be_right() {
        assert_eq!(
            parts("bars.csv", &["bars.csv"]).expect_err("no symbol"),
            "--file bars.csv: write SYMBOL=PATH, such as AAPL=bars.csv"
        );
        let error = parts("A B=bars.csv", &["bars.csv"]).expect_err("no symbol");
        assert!(error.starts_with("--file A B=bars.csv: \"A B\" is not a symbol: "), "{error}");
        let error = parts("GC=F=a.csv", &["a.csv", "F=a.csv"]).expect_err("two files");
        assert_eq!(
            error,
            "--file GC=F=a.csv can be read as F=a.csv of GC or a.csv of GC=F, and the files are \
             all there: name the file in [replay.files] of the configuration"
        );
    }
}
