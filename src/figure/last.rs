//! The one last price of a figure, and the colours that tell how it moved.
//!
//! The head line of a page, the label on the axis, the line across the chart and `layout.meta.quote` are
//! this number. It is the source's newest price, an auction's after the last bar included, or the close of
//! the last bar where there is none. Its colours tell how it stands to the close of the bar before the
//! last one, and not how the day went: that is the sign of `quote.change`.

use super::Scene;
use super::theme::Tone;
use crate::bars::Bars;

/// The last price.
pub fn price(scene: &Scene<'_>) -> Option<f64> {
    let newest = scene.quote.map(|(price, _)| price);
    newest.or_else(|| scene.bars.closes().last().copied())
}

/// The colours of the last price in a chart of `drawn` bars: rising, standing still or falling.
pub fn tone(scene: &Scene<'_>, drawn: &Bars) -> Tone {
    scene.colors.tone(moves(scene, drawn))
}

/// Whether the last price is below the close of the bar before.
pub fn falls(scene: &Scene<'_>, drawn: &Bars) -> bool {
    moves(scene, drawn).is_some_and(|[before, last]| last < before)
}

/// The close of the bar before the last drawn one, and the last price. Of what was traded: averaged bars
/// have closes that nobody paid.
fn moves(scene: &Scene<'_>, drawn: &Bars) -> Option<[f64; 2]> {
    let begun = drawn.times().last()?;
    let before = scene.bars.times().partition_point(|ts| ts < begun).checked_sub(1)?;
    Some([scene.bars.closes()[before], price(scene)?])
}
