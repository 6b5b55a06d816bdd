//! What a figure is made of.

use std::time::Duration;

use jiff::Timestamp;

use super::theme::Colors;
use crate::bars::Bars;
use crate::market::{Hours, Instrument, SessionNow, Timetable};
use crate::view::View;

/// Everything a figure is made of.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// What to draw, and how.
    pub view: &'a View,
    /// In which colours.
    pub colors: &'a Colors,
    /// The feed's whole series; the view's window is cut from its end.
    pub bars: &'a Bars,
    /// Whose bars they are.
    pub instrument: &'a Instrument,
    /// When it trades.
    pub hours: &'a Hours,
    /// Those of the view's compared symbols that there are bars of.
    pub compared: &'a [Compared<'a>],
    /// Newest price where it is known apart from the bars and no older, and its instant.
    pub quote: Option<(f64, Timestamp)>,
    /// Age of the data by design.
    pub delay: Option<Duration>,
    /// What the market is doing.
    pub session: Option<SessionNow>,
    /// What it does at any time.
    pub timetable: &'a Timetable,
    /// Name of the source.
    pub source: &'static str,
}

/// A symbol that the scene's is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// Whose bars they are.
    pub instrument: &'a Instrument,
    /// Its whole series, in bars as long as the scene's own.
    pub bars: &'a Bars,
}
