//! The ids of frames: the same on every node that draws the same view from the same series.

use crate::hub::series::{Series, Version};
use crate::view::View;

/// Most characters of an id: an event's id travels with every request that resumes.
const MAX_LEN: usize = 64;
/// The release, as another one may draw another figure.
const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// The event id of a frame of `view` that is drawn from these series: what is drawn, as a digest, and the
/// version of each series. It is short, as a change of rows says two of them.
pub fn of<'a>(view: &View, series: impl Iterator<Item = &'a Series> + Clone) -> String {
    let symbols = series.clone().map(|series| series.instrument.symbol.as_str());
    let view = view.to_string();
    let what: Vec<_> = [RELEASE, &view].into_iter().chain(symbols).collect();
    let version = |series: &Series| {
        let Version { epoch, seq } = series.version;
        format!("{}.{seq}", base36(epoch.cast_unsigned()))
    };
    let versions: Vec<_> = series.map(version).collect();
    // Half of a digest is enough beside a version.
    let (what, versions) = (base36(digest(&what.join("\n")) >> 32), versions.join("_"));
    let id = format!("{what}-{versions}");
    if id.len() <= MAX_LEN { id } else { format!("{what}-{}", base36(digest(&versions))) }
}

/// A number in digits and small letters.
fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(number % 36).ok().and_then(|digit| char::from_digit(digit, 36));
        digits.extend(digit);
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

/// FNV-1a: short, and the same on every machine and in every release of the standard library.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::{MAX_LEN, Series, Version, View, base36, of};
    use crate::bars::Bars;
    use crate::market::{Hours, Instrument, Timetable};
    use crate::symbol::Symbol;

    fn view(key: &str) -> View {
        key.parse().expect("valid")
    }

    fn series(symbol: &str, epoch: i64, seq: u64) -> Series {
        let symbol = Symbol::parse(symbol).expect("valid");
        Series {
            version: Version { epoch, seq },
            bars: Bars::empty(),
            instrument: Instrument::unnamed(symbol, TimeZone::UTC),
            decimals: None,
            hours: Hours::UNKNOWN,
            timetable: Timetable::UNKNOWN,
            session: None,
            quote: None,
            delay: None,
            split: None,
        }
    }

    #[test]
    fn another_view_symbol_feed_or_change_is_another_id() {
        let plain = view("AAPL");
        let both = view("AAPL;compare=MSFT,GOOG");
        let ids = [
            of(&plain, [&series("AAPL", 7, 1)].into_iter()),
            of(&plain, [&series("AAPL", 7, 2)].into_iter()),
            of(&plain, [&series("AAPL", 8, 1)].into_iter()),
            of(&view("AAPL;theme=light"), [&series("AAPL", 7, 1)].into_iter()),
            of(&both, [&series("AAPL", 7, 1), &series("MSFT", 7, 1)].into_iter()),
            of(&both, [&series("AAPL", 7, 1), &series("GOOG", 7, 1)].into_iter()),
        ];
        assert_eq!(BTreeSet::from(ids.clone()).len(), ids.len(), "{ids:?}");
        assert_eq!(ids[0], of(&plain, [&series("AAPL", 7, 1)].into_iter()));
        assert!(ids[1].ends_with("-7.2"), "{}", ids[1]);
    }

    #[test]
    fn numbers_are_written_with_digits_and_letters() {
        assert_eq!([0, 35, 36, 71].map(base36), ["0", "z", "10", "1z"]);
        assert_eq!(u64::from_str_radix(&base36(u64::MAX), 36), Ok(u64::MAX));
    }

    proptest! {
        #[test]
        fn an_id_is_short_and_needs_no_escaping(
            versions in prop::collection::vec((any::<i64>(), any::<u64>()), 1..6),
        ) {
            let series: Vec<_> =
                versions.into_iter().map(|(epoch, seq)| series("AAPL", epoch, seq)).collect();
            let id = of(&view("AAPL"), series.iter());
            prop_assert!(id.len() <= MAX_LEN, "{}", id);
            prop_assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)));
        }
    }
}
