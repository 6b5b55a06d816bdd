//! The studies (technical indicators) that a chart can carry, and their canonical text.
//!
//! What a study is called, which parameters it has and what it needs; how its values are computed is
//! known to `bars::studies`, how they are drawn to the figure.

mod kinds;
mod text;

use std::num::NonZeroU16;

pub use kinds::{KINDS, Parameter, StudyKind, Unit};
use serde::Serialize;
pub use text::StudyError;

/// Most bars that any parameter of a study may count.
pub const MAX_LENGTH: u16 = 500;

/// Most studies of one chart.
pub const MAX_STUDIES: usize = 8;

/// Share of a recursive study's seed that may be left in its first drawn value.
const SEED_LEFT: f64 = 1e-9;

/// Most bars spent on letting one seed fade, see [`Study::warm_up`].
const MAX_FADE: usize = 1_000;

/// How many bars a study looks at: 1 to [`MAX_LENGTH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Length(NonZeroU16);

impl Length {
    /// The length of `bars`, unless out of bounds.
    #[must_use]
    pub fn new(bars: u16) -> Option<Self> {
        NonZeroU16::new(bars).filter(|bars| bars.get() <= MAX_LENGTH).map(Self)
    }

    /// Number of bars, at least 1.
    #[must_use]
    pub fn get(self) -> usize {
        self.0.get().into()
    }
}

/// How many standard deviations a band lies off its middle: 0.1 to 10 in steps of 0.01.
///
/// Kept as whole hundredths, so that widths that mean the same are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Width(u16);

impl Width {
    /// The width of so many hundredths, unless out of bounds.
    #[must_use]
    pub fn new(hundredths: u16) -> Option<Self> {
        (10..=1_000).contains(&hundredths).then_some(Self(hundredths))
    }

    /// Number of standard deviations.
    #[must_use]
    pub fn get(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

/// One study with all its parameters. Its [`Display`](std::fmt::Display) form is canonical.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Study {
    /// `sma:N`, simple moving average of the closes.
    Sma(Length),
    /// `ema:N`, exponential moving average of the closes.
    Ema(Length),
    /// `wma:N`, linearly weighted moving average of the closes.
    Wma(Length),
    /// `bb:N:K`, Bollinger bands: an average of N closes and K standard deviations about it.
    Bb(Length, Width),
    /// `vwap`, volume-weighted average price since the session began.
    Vwap,
    /// `rsi:N`, Wilder's relative strength index of the closes.
    Rsi(Length),
    /// `macd:F:S:G`, convergence and divergence of two exponential averages of the closes.
    Macd {
        /// Length of the fast average.
        fast: Length,
        /// Length of the slow average.
        slow: Length,
        /// Length of the average of their difference.
        signal: Length,
    },
    /// `atr:N`, Wilder's average true range.
    Atr(Length),
    /// `stoch:K:D:S`, slow stochastic oscillator.
    Stoch {
        /// Bars in whose range the close is placed.
        k: Length,
        /// Bars over which %D averages %K.
        d: Length,
        /// Bars over which %K itself is averaged; 1 leaves it fast.
        slowing: Length,
    },
    /// `obv`, on-balance volume since the first drawn bar.
    Obv,
    /// `volume`, units traded.
    Volume,
}

/// Where a study is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pane {
    /// Over the prices, on their scale.
    Price,
    /// In a pane of its own below them.
    Own,
}

impl Study {
    /// The name, without parameters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sma(_) => "sma",
            Self::Ema(_) => "ema",
            Self::Wma(_) => "wma",
            Self::Bb(..) => "bb",
            Self::Vwap => "vwap",
            Self::Rsi(_) => "rsi",
            Self::Macd { .. } => "macd",
            Self::Atr(_) => "atr",
            Self::Stoch { .. } => "stoch",
            Self::Obv => "obv",
            Self::Volume => "volume",
        }
    }

    /// The lines it is drawn with, in the order in which they are computed; a study of one line lends
    /// it its name.
    #[must_use]
    pub const fn lines(self) -> &'static [&'static str] {
        match self {
            Self::Sma(_) => &["sma"],
            Self::Ema(_) => &["ema"],
            Self::Wma(_) => &["wma"],
            Self::Bb(..) => &["upper", "middle", "lower"],
            Self::Vwap => &["vwap"],
            Self::Rsi(_) => &["rsi"],
            Self::Macd { .. } => &["macd", "signal", "histogram"],
            Self::Atr(_) => &["atr"],
            Self::Stoch { .. } => &["k", "d"],
            Self::Obv => &["obv"],
            Self::Volume => &["volume"],
        }
    }

    /// Where it is drawn: what is a price lies over the prices.
    #[must_use]
    pub const fn pane(self) -> Pane {
        match self {
            Self::Sma(_) | Self::Ema(_) | Self::Wma(_) | Self::Bb(..) | Self::Vwap => Pane::Price,
            Self::Rsi(_)
            | Self::Macd { .. }
            | Self::Atr(_)
            | Self::Stoch { .. }
            | Self::Obv
            | Self::Volume => Pane::Own,
        }
    }

    /// Whether it says nothing of an instrument without volume, such as an index or a currency.
    #[must_use]
    pub const fn needs_volume(self) -> bool {
        matches!(self, Self::Vwap | Self::Obv | Self::Volume)
    }

    /// How many bars before the first drawn one it must be computed from, for that one to be right.
    ///
    /// A study over a window needs the rest of its first window: N - 1 bars for `sma`, `wma` and `bb`,
    /// (K - 1) + (S - 1) + (D - 1) for `stoch`. A recursive one needs those of its seed (N - 1 closes
    /// for `ema`, N changes or true ranges for `rsi` and `atr`) and then as many as it takes the seed
    /// to fade: each bar keeps the share 1 - w of it, so that after m bars (1 - w)^m is left. The m
    /// taken is the least that leaves 1e-9: with w = 2 / (N + 1) for `ema` (208 bars at N = 20), with
    /// w = 1 / N for Wilder's average (280 at N = 14); `macd` lets its slow average fade, then its
    /// signal. No fade is longer than 1,000 bars, which binds from `ema:97`, `rsi:49` and `atr:49` on:
    /// 5e-5 of the seed is left at `ema:200`, 2 % at `ema:500` and 14 % at `rsi:500`, the worst case.
    ///
    /// `vwap` needs the bars since its session began, which no number of bars tells; `obv` begins with
    /// the first drawn bar.
    #[must_use]
    pub fn warm_up(self) -> usize {
        match self {
            Self::Sma(n) | Self::Wma(n) | Self::Bb(n, _) => n.get() - 1,
            Self::Ema(n) => n.get() - 1 + exponential_fade(n),
            Self::Rsi(n) | Self::Atr(n) => n.get() + fade(1.0 / n.get() as f64),
            Self::Macd { fast, slow, signal } => {
                let slower = if fast.get() > slow.get() { fast } else { slow };
                let seeds = slower.get() - 1 + signal.get() - 1;
                seeds + exponential_fade(slower) + exponential_fade(signal)
            }
            Self::Stoch { k, d, slowing } => k.get() + d.get() + slowing.get() - 3,
            Self::Vwap | Self::Obv | Self::Volume => 0,
        }
    }
}

fn exponential_fade(length: Length) -> usize {
    fade(2.0 / (length.get() as f64 + 1.0))
}

/// The least m with (1 - weight)^m <= [`SEED_LEFT`], at most [`MAX_FADE`].
///
/// Multiplied out, not by logarithms, so that no float has to become a count.
fn fade(weight: f64) -> usize {
    let mut left = 1.0;
    (0..MAX_FADE)
        .take_while(|_| {
            let fades = left > SEED_LEFT;
            left *= 1.0 - weight;
            fades
        })
        .count()
}

/// The studies of one chart, in the order in which they are drawn: at most [`MAX_STUDIES`], each once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Studies(Vec<Study>);

impl Studies {
    /// The studies in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Study] {
        &self.0
    }

    /// Bars needed before the first drawn one, by the study that needs most.
    #[must_use]
    pub fn warm_up(&self) -> usize {
        self.0.iter().map(|study| study.warm_up()).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Length, MAX_LENGTH, Pane, Study, Width};

    fn study(text: &str) -> Study {
        Study::parse(text).expect(text)
    }

    #[test]
    fn lengths_and_widths_hold_to_their_bounds() {
        assert_eq!(Length::new(0), None);
        assert_eq!(Length::new(MAX_LENGTH).map(Length::get), Some(500));
        assert_eq!(Length::new(MAX_LENGTH + 1), None);
        assert_eq!((Width::new(9), Width::new(1_001)), (None, None));
        assert_eq!(Width::new(225).map(Width::get), Some(2.25));
    }

    #[test]
    fn what_is_a_price_is_drawn_over_the_prices() {
        for text in ["sma", "ema", "wma", "bb", "vwap"] {
            assert_eq!(study(text).pane(), Pane::Price, "{text}");
        }
        for text in ["rsi", "macd", "atr", "stoch", "obv", "volume"] {
            assert_eq!(study(text).pane(), Pane::Own, "{text}");
        }
    }

    #[test]
    fn windows_warm_up_exactly_and_recursions_until_their_seed_has_faded() {
        for (text, bars) in [
            ("sma:20", 19),
            ("bb:2", 1),
            ("stoch:14:3:3", 17),
            ("stoch:1:1:1", 0),
            ("ema:20", 19 + 208),
            ("rsi:14", 14 + 280),
            ("atr:1", 2),
            ("macd:12:26:9", 25 + 8 + 270 + 93),
            ("ema:500", 499 + 1_000),
            ("vwap", 0),
            ("obv", 0),
        ] {
            assert_eq!(study(text).warm_up(), bars, "{text}");
        }
    }
}
