//! The ids of frames: the same on every node that draws the same view from the same series.

use std::fmt::{self, Write as _};

use crate::brand::Brand;
use crate::hub::series::{Series, Version};
use crate::view::View;

/// Most characters of an id: an event's id travels with every request that resumes.
const MAX_LEN: usize = 64;
/// The release, as another one may draw another figure.
const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// The event id of a frame of `view` that is drawn from these series in the server's `brand`: what is drawn, as a
/// digest, and the version of each series. It is short, as a change of rows says two of them.
pub fn of<'a>(
    view: &View,
    brand: &Brand,
    series: impl Iterator<Item = &'a Series> + Clone,
) -> String {
    let mut what = Digest::of(format_args!("{RELEASE}\n{view}"));
    if !brand.is_empty() {
        what = what.and(format_args!("\n{brand}"));
    }
    let symbols = series.clone().map(|series| &series.instrument.symbol);
    let what = symbols.fold(what, |what, symbol| what.and(format_args!("\n{symbol}")));
    // Half of a digest is enough beside a version.
    let mut id = base36(what.0 >> 32);
    let begun = id.len();
    for (index, series) in series.enumerate() {
        let Version { epoch, seq } = series.version;
        id.push(if index == 0 { '-' } else { '_' });
        id += &base36(epoch.cast_unsigned());
        // Memory takes any text.
        let _ = write!(id, ".{seq}");
    }
    if id.len() > MAX_LEN {
        let versions = Digest::of(format_args!("{}", &id[begun + 1..]));
        id.replace_range(begun + 1.., &base36(versions.0));
    }
    id
}

/// Whether `id` is that of the same series in a later state than `other`, by the count of one epoch. Of another epoch
/// nothing is said: its feed may be another process's.
pub fn is_later(id: &str, other: &str) -> bool {
    let counted = |id: &str| -> Option<(String, u64)> {
        let (epoch, seq) = id.rsplit_once('.')?;
        Some((epoch.to_owned(), seq.parse().ok()?))
    };
    let later = |(ours, seq): (String, u64), (theirs, before): (String, u64)| {
        ours == theirs && seq > before
    };
    counted(id).zip(counted(other)).is_some_and(|(id, other)| later(id, other))
}

/// A number in digits and small letters.
fn base36(mut number: u64) -> String {
    let mut digits = [b'0'; 13];
    let mut first = digits.len();
    loop {
        first -= 1;
        let digit = u8::try_from(number % 36).unwrap_or(0);
        digits[first] = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
        number /= 36;
        if number == 0 {
            return digits[first..].iter().copied().map(char::from).collect();
        }
    }
}

/// FNV-1a: short, and the same on every machine and in every release of the standard library.
struct Digest(u64);

impl Digest {
    fn of(text: fmt::Arguments<'_>) -> Self {
        Self(0xcbf2_9ce4_8422_2325).and(text)
    }

    fn and(mut self, text: fmt::Arguments<'_>) -> Self {
        // A digest takes any text.
        let _ = self.write_fmt(text);
        self
    }
}

impl fmt::Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let fold = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        self.0 = text.bytes().fold(self.0, fold);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::{Brand, MAX_LEN, Series, Version, View, base36};
    use crate::bars::Bars;
    use crate::hub::series::Seen;
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
            seen: Seen::now(),
        }
    }

    fn of<'a>(view: &View, series: impl Iterator<Item = &'a Series> + Clone) -> String {
        super::of(view, &Brand::default(), series)
    }

    #[test]
    fn a_frame_in_another_brand_of_the_server_or_of_the_view_is_another() {
        let brand = |text: &str| text.parse::<Brand>().expect(text);
        let one = series("AAPL", 7, 1);
        let id = |key: &str, of_server: &str| {
            super::of(&view(key), &brand(of_server), [&one].into_iter())
        };
        let ids = [
            id("AAPL", ""),
            id("AAPL", "up:00aa00"),
            id("AAPL", "up:00aa01"),
            id("AAPL;colors=up:00aa00", ""),
        ];
        assert_eq!(BTreeSet::from(ids.clone()).len(), ids.len(), "{ids:?}");
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

    #[test]
    fn an_id_is_later_than_another_by_the_count_of_one_epoch_alone() {
        for (id, other, is_later) in [
            ("168ftit-mwxx392w.5", "168ftit-mwxx392w.4", true),
            ("168ftit-mwxx392w.10", "168ftit-mwxx392w.9", true),
            ("168ftit-mwxx392w.4", "168ftit-mwxx392w.4", false),
            ("168ftit-mwxx392x.5", "168ftit-mwxx392w.4", false),
            ("268ftit-mwxx392w.5", "168ftit-mwxx392w.4", false),
            ("nonsense", "168ftit-mwxx392w.4", false),
            ("168ftit-mwxx392w.x", "168ftit-mwxx392w.4", false),
        ] {
            assert_eq!(super::is_later(id, other), is_later, "{id} {other}");
        }
    }
}
