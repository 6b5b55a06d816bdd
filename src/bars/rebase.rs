//! Prices as percent of one of them, so that instruments can be laid over each other.

use super::{Bar, Bars};

/// Decimals of a percent that are kept: a millionth of the base.
const SCALE: f64 = 10_000.0;

/// How far a price is from `base`, a price above zero, in percent.
#[must_use]
pub fn percent(price: f64, base: f64) -> f64 {
    ((price / base - 1.0) * 100.0 * SCALE).round() / SCALE
}

impl Bars {
    /// These bars with every price as its distance from `base` in percent; volumes stay.
    ///
    /// `base` is a price above zero. A linear map, so that averages and bands of the result are those
    /// of the prices, mapped.
    #[must_use]
    pub fn rebased(&self, base: f64) -> Self {
        let percent = |price| percent(price, base);
        let rows: Vec<Bar> = self
            .iter()
            .map(|bar| Bar {
                open: percent(bar.open),
                high: percent(bar.high),
                low: percent(bar.low),
                close: percent(bar.close),
                ..bar
            })
            .collect();
        Self::from_sorted(&rows)
    }
}

#[cfg(test)]
mod tests {
    use crate::bars::{Bar, Bars};

    #[test]
    fn prices_become_percent_from_the_base_and_volume_stays() {
        let bar = Bar { ts: 60, open: 200.0, high: 210.0, low: 190.0, close: 200.5, volume: 7.0 };
        let rebased = Bars::from_rows([bar]).rebased(200.0);
        let wanted = Bar { open: 0.0, high: 5.0, low: -5.0, close: 0.25, ..bar };
        assert_eq!(rebased.last(), Some(wanted));
    }
}
