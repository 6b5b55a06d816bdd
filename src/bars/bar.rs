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
    /// A row needs a finite close above zero. A missing, zero or non-finite open, high or low takes
    /// the close (snapshots send 0), and high and low are widened to hold open and close, so that
    /// `low <= open, close <= high` holds for every bar in the system. A missing or negative volume
    /// is 0.
    #[must_use]
    pub fn from_row(
        ts: i64,
        [open, high, low, close]: [Option<f64>; 4],
        volume: Option<f64>,
    ) -> Option<Self> {
        let price = |value: Option<f64>| value.filter(|v| v.is_finite() && *v > 0.0);
        let close = price(close)?;
        let open = price(open).unwrap_or(close);
        Some(Self {
            ts,
            open,
            high: price(high).unwrap_or(close).max(open).max(close),
            low: price(low).unwrap_or(close).min(open).min(close),
            close,
            volume: volume.filter(|v| v.is_finite() && *v > 0.0).unwrap_or(0.0),
        })
    }

    /// This bar with a later quote of the same slot merged in: the close follows the quote, high and
    /// low widen to hold it.
    #[must_use]
    pub fn with_quote(self, price: f64) -> Self {
        Self { high: self.high.max(price), low: self.low.min(price), close: price, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::Bar;
    use proptest::prelude::*;

    #[test]
    fn a_row_without_a_usable_close_is_a_gap() {
        for close in [None, Some(0.0), Some(-1.0), Some(f64::NAN), Some(f64::INFINITY)] {
            assert_eq!(Bar::from_row(0, [Some(1.0), Some(1.0), Some(1.0), close], None), None);
        }
    }

    #[test]
    fn zero_open_high_and_low_take_the_close() {
        let bar = Bar::from_row(7, [Some(0.0), None, Some(0.0), Some(2.5)], None);
        assert_eq!(
            bar,
            Some(Bar { ts: 7, open: 2.5, high: 2.5, low: 2.5, close: 2.5, volume: 0.0 })
        );
    }

    proptest! {
        #[test]
        fn high_and_low_always_hold_open_and_close(
            row in proptest::array::uniform4(proptest::option::of(proptest::num::f64::ANY)),
            volume in proptest::option::of(proptest::num::f64::ANY),
        ) {
            if let Some(bar) = Bar::from_row(0, row, volume) {
                prop_assert!(bar.low > 0.0 && bar.high.is_finite() && bar.volume >= 0.0);
                prop_assert!(bar.low <= bar.open.min(bar.close));
                prop_assert!(bar.high >= bar.open.max(bar.close));
            }
        }
    }
}
