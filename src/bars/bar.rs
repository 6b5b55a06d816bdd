//! One bar, and the rules that make an upstream row one.

/// Open, high, low and close of one slot of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Start of the slot, epoch seconds.
    pub ts: i64,
    /// First price.
    pub open: f64,
    /// Highest price; never below the other three.
    pub high: f64,
    /// Lowest price; never above the other three.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Units traded; 0 when the source has none.
    pub volume: f64,
}

impl Bar {
    /// Makes a bar of an upstream row, or nothing of a row that is a gap.
    ///
    /// A row needs a finite close; prices at and below zero are prices. A missing or non-finite open,
    /// high or low takes the close, and so does a zero that its own row denies. High and low are widened
    /// to hold open and close, so that `low <= open, close <= high` holds for every bar in the system. A
    /// missing or negative volume is 0.
    #[must_use]
    pub fn from_row(ts: i64, prices: [Option<f64>; 4], volume: Option<f64>) -> Option<Self> {
        let finite = prices.map(|price| price.filter(|price| price.is_finite()));
        let [open, high, low, close] = without_denied(finite);
        let close = close?;
        let open = open.unwrap_or(close);
        Some(Self {
            ts,
            open,
            high: high.unwrap_or(close).max(open).max(close),
            low: low.unwrap_or(close).min(open).min(close),
            close,
            volume: volume.filter(|v| v.is_finite() && *v > 0.0).unwrap_or(0.0),
        })
    }

    /// Open, high, low and close.
    #[must_use]
    pub const fn prices(self) -> [f64; 4] {
        [self.open, self.high, self.low, self.close]
    }

    /// This bar with a later quote of the same slot merged in: the close follows the quote, high and
    /// low widen to hold it.
    #[must_use]
    pub fn with_quote(self, price: f64) -> Self {
        Self { high: self.high.max(price), low: self.low.min(price), close: price, ..self }
    }
}

/// Open, high, low and close without the zeros that cannot be prices: those of a snapshot that knows its
/// close alone, and those beyond the row's own high and low. Nor can a close be on the other side of zero
/// than both of these. Of other zeros only the prices beside them tell: see [`zeros`](super::zeros).
fn without_denied(prices: [Option<f64>; 4]) -> [Option<f64>; 4] {
    let [open, high, low, close] = prices;
    let is_snapshot =
        close != Some(0.0) && [open, high, low].into_iter().flatten().all(|p| p == 0.0);
    let is_positive = low.is_some_and(|low| low > 0.0);
    let is_negative = high.is_some_and(|high| high < 0.0);
    let close = close.filter(|c| !(is_positive && *c < 0.0 || is_negative && *c > 0.0));
    let is_price = |price: &f64| *price != 0.0 || !(is_snapshot || is_positive || is_negative);
    [open, high, low, close].map(|price| price.filter(is_price))
}

#[cfg(test)]
mod tests {
    use super::Bar;
    use proptest::prelude::*;

    #[test]
    fn a_row_without_a_finite_close_is_a_gap() {
        for close in [None, Some(f64::NAN), Some(f64::INFINITY)] {
            assert_eq!(Bar::from_row(0, [Some(1.0), Some(1.0), Some(1.0), close], None), None);
        }
    }

    fn prices(row: [f64; 4]) -> Option<[f64; 4]> {
        Bar::from_row(7, row.map(Some), None).map(Bar::prices)
    }

    #[test]
    fn prices_at_and_below_zero_are_prices() {
        for row in [
            [17.73, 17.85, -40.32, -37.63],
            [-14.0, 13.86, -16.74, 10.01],
            [0.0, 0.005, -0.005, 0.0],
            [-0.02, 0.0, -0.03, 0.0],
            [0.01, 0.01, 0.0, 0.0],
            [0.0; 4],
        ] {
            assert_eq!(prices(row), Some(row));
        }
    }

    #[test]
    fn a_zero_that_its_own_row_denies_is_missing() {
        assert_eq!(prices([0.0, 0.0, 0.0, 46_539.14]), Some([46_539.14; 4]), "a snapshot");
        assert_eq!(prices([0.0, 0.0, 0.0, -0.5]), Some([-0.5; 4]), "a snapshot below zero");
        assert_eq!(prices([0.0, 12.5, 11.5, 12.0]), Some([12.0, 12.5, 11.5, 12.0]), "no open");
        assert_eq!(prices([12.0, 0.0, 11.5, 12.5]), Some([12.0, 12.5, 11.5, 12.5]), "no high");
        assert_eq!(prices([12.0, 12.5, 11.5, 0.0]), None, "no close");
        assert_eq!(prices([12.0, 12.5, 11.5, -12.0]), None, "a close with a wrong sign");
        let bar = Bar::from_row(7, [Some(0.0), None, Some(0.0), Some(2.5)], None);
        assert_eq!(bar.map(Bar::prices), Some([2.5; 4]), "half a snapshot");
    }

    proptest! {
        #[test]
        fn high_and_low_always_hold_open_and_close(
            row in proptest::array::uniform4(proptest::option::of(proptest::num::f64::ANY)),
            volume in proptest::option::of(proptest::num::f64::ANY),
        ) {
            if let Some(bar) = Bar::from_row(0, row, volume) {
                prop_assert!(bar.low.is_finite() && bar.high.is_finite() && bar.volume >= 0.0);
                prop_assert!(bar.low <= bar.open.min(bar.close));
                prop_assert!(bar.high >= bar.open.max(bar.close));
            }
        }
    }
}
