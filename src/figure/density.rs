//! Longer bars where there would be more than a screen can show.

use std::borrow::Cow;

use serde::Serialize;

use super::compare::aligned;
use super::{Compared, Scene, window};
use crate::bars::Bars;
use crate::interval::Interval;
use crate::view::Chart;

/// Most bars that are drawn: about two per pixel of a wide screen, which plotly redraws in a third of a
/// second.
pub const MOST_DRAWN: usize = 2_500;

/// The whole series of a scene in the bars that are drawn.
pub struct DrawnSeries<'a> {
    /// How long these bars are.
    pub interval: Interval,
    /// The scene's own.
    pub bars: Cow<'a, Bars>,
    /// Those of the compared symbols, at the times of the scene's exchange.
    others: Vec<Bars>,
}

/// That bars are drawn longer than they were asked for.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Aggregated {
    from: Interval,
    to: Interval,
}

impl<'a> DrawnSeries<'a> {
    /// The series of a scene in bars of the view's interval, or of the next longer one that it divides
    /// and that leaves no more than [`MOST_DRAWN`] in the view's window: first open, highest high, lowest
    /// low, last close, so that no extreme is lost. Studies are computed of these bars, as a chart of the
    /// longer interval has them.
    pub fn of(scene: &Scene<'a>) -> Self {
        let asked = scene.view.interval;
        let others = scene.compared.iter().map(|other| aligned(other, scene));
        let mut drawn =
            Self { interval: asked, bars: Cow::Borrowed(scene.bars), others: others.collect() };
        // A spark line has few points of its own choice.
        if scene.view.chart == Chart::Spark {
            return drawn;
        }
        let longer = Interval::ALL.into_iter().filter(|other| other.is_made_of(asked));
        for interval in longer.filter(|longer| *longer > asked) {
            let fits = |bars: &Bars| bars.len() <= MOST_DRAWN;
            if fits(&drawn.bars) || fits(&window::cut(&drawn.bars, scene, drawn.interval)) {
                break;
            }
            drawn.lengthen(scene, interval);
        }
        drawn
    }

    /// Goes on to bars of `interval`, which are made of whole bars of what is there.
    fn lengthen(&mut self, scene: &Scene<'_>, interval: Interval) {
        let slots = scene.instrument.slots(scene.view.interval, interval, scene.hours);
        let longer = |bars: &Bars| bars.resample(&slots);
        // Not every interval is made of the one before it: months are not of weeks.
        self.bars = Cow::Owned(longer(scene.bars));
        for (other, compared) in self.others.iter_mut().zip(scene.compared) {
            *other = longer(&aligned(compared, scene));
        }
        self.interval = interval;
    }

    /// The compared symbols in these bars.
    pub fn compared<'b>(&'b self, scene: &Scene<'b>) -> Vec<Compared<'b>> {
        let pairs = scene.compared.iter().zip(&self.others);
        pairs.map(|(other, bars)| Compared { instrument: other.instrument, bars }).collect()
    }

    /// What a program has to be told of it.
    pub fn aggregated(&self, scene: &Scene<'_>) -> Option<Aggregated> {
        let (from, to) = (scene.view.interval, self.interval);
        (from != to).then_some(Aggregated { from, to })
    }
}
