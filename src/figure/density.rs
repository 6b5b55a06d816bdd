//! Longer bars where there would be more than a screen can show.

use serde::Serialize;

use super::Scene;
use crate::bars::Bars;
use crate::interval::Interval;
use crate::view::Chart;

/// Most bars that are drawn: two a pixel is what a wide screen has, and plotly redraws that many in a
/// quarter of a second.
pub const MOST_DRAWN: usize = 2_000;

/// The bars of a window as they are drawn.
pub struct Drawn {
    /// How long they are.
    pub interval: Interval,
    /// The bars.
    pub bars: Bars,
    /// For each of them the last bar of the window in it; `None` where they are the window's own.
    pub ends: Option<Vec<usize>>,
}

/// That bars are drawn longer than they were asked for.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Aggregated {
    from: Interval,
    to: Interval,
}

impl Drawn {
    /// The `window` of a scene in bars of the view's interval, or of the next longer one that it
    /// divides and that leaves no more than [`MOST_DRAWN`]: first open, highest high, lowest low, last
    /// close, so that no extreme is lost.
    pub fn of(scene: &Scene<'_>, window: &Bars) -> Self {
        let asked = scene.view.interval;
        let longer = Interval::ALL.into_iter().filter(|other| *other > asked);
        let mut drawn = Self { interval: asked, bars: window.clone(), ends: None };
        for interval in longer.filter(|longer| longer.is_made_of(asked)) {
            // A spark line has few points of its own choice.
            if drawn.bars.len() <= MOST_DRAWN || scene.view.chart == Chart::Spark {
                break;
            }
            let bars = window.resample(interval, scene.hours, &scene.instrument.zone);
            drawn = Self { interval, ends: Some(ends(window, &bars)), bars };
        }
        drawn
    }

    /// What a program has to be told of it.
    pub fn aggregated(&self, scene: &Scene<'_>) -> Option<Aggregated> {
        let (from, to) = (scene.view.interval, self.interval);
        (from != to).then_some(Aggregated { from, to })
    }
}

/// Index of the last bar of `window` in each of `longer`, which were made of them.
fn ends(window: &Bars, longer: &Bars) -> Vec<usize> {
    let next = longer
        .times()
        .iter()
        .skip(1)
        .map(|&start| window.times().partition_point(|&ts| ts < start));
    next.chain([window.len()]).map(|end| end.saturating_sub(1)).collect()
}
