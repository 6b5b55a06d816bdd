//! How many decimals prices have, and how many of them are shown.

use std::fmt::Write as _;

/// Decimals of money.
const LEAST: u8 = 2;
/// Most decimals of a price that they show; only a smaller one has more.
const MOST: u8 = 8;
/// The same of a price that [`MOST`] decimals would show as zero.
const MOST_OF_A_TRIFLE: u8 = 12;
/// Digits of a price that tell it from its neighbours.
const DIGITS: i32 = 4;
/// A close of so many significant digits was computed, by a split or a dividend say: nobody quotes so.
const COMPUTED: usize = 16;
/// The newest closes tell the decimals: what a split made of the closes of thirty years ago does not.
const NEWEST: usize = 1_000;

/// The shortest decimal of a price that was kept as `f32` and printed widened, as Yahoo's are: 225.67
/// arrives as 225.6699981689453. What is no widened `f32` was printed from its own decimals already.
///
/// The test is to the last bit, which takes `serde_json` with `float_roundtrip`: its faster reading
/// misses every third price by one.
#[must_use]
pub fn shortest(price: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, reason = "the loss is what is tested")]
    let narrow = price as f32;
    if f64::from(narrow).to_bits() == price.to_bits() {
        narrow.to_string().parse().unwrap_or(price)
    } else {
        price
    }
}

/// The most decimals of the newest of `closes` in their shortest form; `None` where all were computed.
#[must_use]
pub fn of(closes: &[f64]) -> Option<u8> {
    let mut text = String::new();
    let newest = &closes[closes.len().saturating_sub(NEWEST)..];
    let mut written = |close: &f64| ShortestDecimal::of(shortest(*close), &mut text);
    newest
        .iter()
        .filter_map(&mut written)
        .filter(|form| form.digits < COMPUTED)
        .map(ShortestDecimal::places)
        .max()
}

/// The decimals that prices are shown with: those that a source would show, its `hint`, or those that
/// the closes have.
///
/// A hint that shows fewer than four digits of `price` is raised until it does, as far as the closes
/// have decimals: Yahoo hints 2 for a coin of 0.00001234.
#[must_use]
pub fn shown(hint: Option<u8>, closes: Option<u8>, price: f64) -> u8 {
    let telling = telling(price);
    let most = if telling > MOST + 3 { MOST_OF_A_TRIFLE } else { MOST };
    let own = closes.unwrap_or(telling);
    let decimals = match hint {
        Some(hint) if hint >= telling => hint,
        Some(hint) => hint.max(own.min(telling).max(LEAST)),
        None => own.max(LEAST),
    };
    decimals.min(most)
}

/// `last - before` without the noise of the subtraction: two decimals differ by a decimal of no more
/// places than theirs. 226.8 - 226.5 is 0.3.
#[must_use]
pub fn difference(last: f64, before: f64) -> f64 {
    let mut text = String::new();
    let mut places =
        |price| ShortestDecimal::of(price, &mut text).map_or(0, ShortestDecimal::places);
    let places = places(last).max(places(before));
    let difference = last - before;
    let exact = format!("{difference:.*}", usize::from(places)).parse().unwrap_or(difference);
    // No minus in front of nothing.
    if exact == 0.0 { 0.0 } else { exact }
}

/// Decimals that show four digits of a price.
fn telling(price: f64) -> u8 {
    if price == 0.0 || !price.is_finite() {
        return 0;
    }
    #[expect(clippy::cast_possible_truncation, reason = "an exponent of a double")]
    let exponent = price.abs().log10().floor() as i32;
    u8::try_from((DIGITS - 1 - exponent).max(0)).unwrap_or(u8::MAX)
}

/// The shortest decimal that reads back as a number: `digits` of them, the first of which stands for
/// ten to the `exponent`.
struct ShortestDecimal {
    digits: usize,
    exponent: i32,
}

impl ShortestDecimal {
    fn of(value: f64, text: &mut String) -> Option<Self> {
        text.clear();
        write!(text, "{value:e}").ok()?;
        let (mantissa, exponent) = text.split_once('e')?;
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
        Some(Self { digits, exponent: exponent.parse().ok()? })
    }

    fn places(self) -> u8 {
        let places = i32::try_from(self.digits).unwrap_or(i32::MAX) - 1 - self.exponent;
        u8::try_from(places.max(0)).unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{difference, of, shortest, shown};

    #[test]
    fn a_widened_f32_is_the_decimal_it_was_and_any_other_number_itself() {
        for (read, price) in [
            ("225.6699981689453", 225.67),
            ("1.1218937635421753", 1.121_893_8),
            ("1.2339999557298142e-05", 0.000_012_34),
            ("-37.630001068115234", -37.63),
            ("225.67", 225.67),
            ("69385.6484375", 69_385.65),
            ("202", 202.0),
            ("1e300", 1e300),
        ] {
            let read: f64 = serde_json::from_str(read).expect(read);
            assert_eq!(shortest(read).to_bits(), f64::to_bits(price), "{read}");
        }
        assert!(shortest(f64::NAN).is_nan());
    }

    #[test]
    fn the_closes_have_the_decimals_of_the_longest_of_them() {
        assert_eq!(of(&[1.08, 1.084_35, 1.1]), Some(5));
        assert_eq!(of(&[149.123, 149.1]), Some(3));
        assert_eq!(of(&[-0.045, 0.0, 0.02]), Some(3));
        assert_eq!(of(&[1_650_000_000.0]), Some(0));
        assert_eq!(of(&[225.889_999_389_648_44, 226.0]), Some(2), "a widened f32");
        assert_eq!(of(&[0.1 + 0.2]), None, "computed");
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn what_a_split_made_of_old_closes_is_not_shown() {
        let closes: Vec<f64> = [0.098_715; 50].into_iter().chain([225.67; 1_000]).collect();
        assert_eq!(of(&closes), Some(2));
    }

    #[test]
    fn a_hint_is_raised_until_it_tells_prices_apart_and_no_further_than_they_do() {
        for (hint, closes, price, decimals) in [
            (Some(2), Some(4), 225.67, 2),
            (Some(2), Some(2), 9.87, 2),
            (Some(2), Some(4), 9.870_1, 3),
            (Some(2), Some(8), 0.000_012_34, 8),
            (Some(2), Some(4), 0.124_6, 4),
            (Some(4), Some(7), 1.043_6, 4),
            (Some(4), Some(3), 4.275, 4),
            (Some(0), Some(0), 3_120.0, 0),
            (Some(0), Some(1), 7.5, 2),
            (Some(10), Some(2), 5.0, 8),
            (None, Some(0), 202.0, 2),
            (None, Some(5), 1.084_35, 5),
            (None, Some(9), 0.5, 8),
            (None, None, 0.054_321, 5),
            (None, None, 225.0, 2),
            (None, None, 0.0, 2),
            (Some(2), Some(12), 1.234e-9, 12),
            (Some(2), Some(3), -37.63, 2),
        ] {
            assert_eq!(shown(hint, closes, price), decimals, "{hint:?} {closes:?} {price}");
        }
    }

    #[test]
    fn a_difference_keeps_the_decimals_of_its_prices_and_no_noise() {
        for (last, before, exact) in
            [(226.8, 226.5, 0.3), (1.351e-5, 1.348e-5, 3e-8), (-37.63, 18.27, -55.9)]
        {
            assert_eq!(difference(last, before).to_bits(), f64::to_bits(exact), "{last} {before}");
        }
        assert_eq!(difference(5.0, 5.0).to_bits(), 0.0f64.to_bits());
    }

    proptest! {
        #[test]
        fn a_close_reads_back_from_its_text_in_the_decimals_of_the_closes(
            units in proptest::collection::vec(-1_000_000i32..1_000_000, 1..50),
            places in 0usize..=8,
        ) {
            let written = |unit: &i32| format!("{unit}e-{places}").parse::<f64>().expect("a number");
            let closes: Vec<f64> = units.iter().map(written).collect();
            let decimals = shown(None, of(&closes), closes[0]);
            for close in closes {
                let text = format!("{close:.*}", usize::from(decimals));
                let read: f64 = text.parse().expect("a number");
                prop_assert!(read.total_cmp(&close).is_eq() || close == 0.0, "{} {}", text, close);
            }
        }

        #[test]
        fn a_difference_added_back_is_the_price(last in -1_000_000i32..1_000_000, before in -1_000_000i32..1_000_000) {
            let cents = |cents: i32| f64::from(cents) / 100.0;
            let difference = difference(cents(last), cents(before));
            let exact = cents(last - before);
            prop_assert!(difference.total_cmp(&exact).is_eq(), "{} {}", difference, exact);
        }
    }
}
