//! Heikin-Ashi bars: averaged bars that show a trend with less noise.
//!
//! close = (open + high + low + close) / 4; open = mean of the averaged open and close before, at
//! first (open + close) / 2; high and low widen to hold both. After Dan Valcu, "Using The Heikin-Ashi
//! Technique", Technical Analysis of Stocks & Commodities 22:2 (2004).

use super::{Bar, Bars};

impl Bars {
    /// These bars as Heikin-Ashi bars. They are recursive: computed over a whole series and cut
    /// afterwards, a bar does not depend on where the cut is.
    #[must_use]
    pub fn heikin_ashi(&self) -> Self {
        let mut before: Option<(f64, f64)> = None;
        self.iter()
            .map(|bar| {
                let close = (bar.open + bar.high + bar.low + bar.close) / 4.0;
                let open = before.map_or_else(
                    || f64::midpoint(bar.open, bar.close),
                    |(o, c)| f64::midpoint(o, c),
                );
                before = Some((open, close));
                let (high, low) = (bar.high.max(open).max(close), bar.low.min(open).min(close));
                Bar { open, high, low, close, ..bar }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::bars::{Bar, Bars};

    fn bar(ts: i64, [open, high, low, close]: [f64; 4]) -> Bar {
        Bar { ts, open, high, low, close, volume: 5.0 }
    }

    #[test]
    fn a_table_worked_by_hand_comes_out() {
        let bars = Bars::from_rows([
            bar(0, [10.0, 12.0, 9.0, 11.0]),
            bar(60, [11.0, 14.0, 11.0, 13.0]),
            bar(120, [13.0, 13.5, 8.0, 9.0]),
        ]);
        let averaged: Vec<Bar> = bars.heikin_ashi().iter().collect();
        assert_eq!(averaged[0], bar(0, [10.5, 12.0, 9.0, 10.5]));
        assert_eq!(averaged[1], bar(60, [10.5, 14.0, 10.5, 12.25]));
        assert_eq!(averaged[2], bar(120, [11.375, 13.5, 8.0, 10.875]));
    }
}
