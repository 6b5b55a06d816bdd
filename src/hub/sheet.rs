//! What a frame was drawn from, kept as long as the frame: the figure and the tables of a frame are
//! made from the same bars.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::OnceCell;

use super::refusal::Refusal;
use super::series::{self, Series};
use super::shared::Shared;
use crate::figure::{self, Compared, Format, Scene};
use crate::interval::Interval;
use crate::view::View;

/// The series of a view at a moment, and the tables of it that somebody has asked for.
pub struct Sheet {
    view: View,
    /// That of the view's own symbol first, each with the length of its bars.
    series: Vec<(Interval, Arc<Series>)>,
    source: &'static str,
    /// Number of the frame.
    seq: u64,
    tables: [OnceCell<Bytes>; Format::ALL.len()],
}

impl Sheet {
    /// What the frame `seq` is made from: at least the series of the view's own symbol.
    pub fn new(
        view: View,
        series: Vec<(Interval, Arc<Series>)>,
        source: &'static str,
        seq: u64,
    ) -> Self {
        Self { view, series, source, seq, tables: Default::default() }
    }

    /// Draws the figure.
    pub fn figure(&self) -> String {
        self.with_scene(figure::render)
    }

    /// What turns the figure of `before`, an earlier sheet of the same view, into this one's.
    pub fn patch(&self, before: &Self) -> Option<String> {
        before.with_scene(|before| self.with_scene(|after| figure::patch(before, after)))
    }

    /// The table in a format, written once for all who ask: off the threads that serve connections and
    /// those of feeds, because ten thousand bars with eight studies take a while.
    pub async fn table(
        self: &Arc<Self>,
        format: Format,
        shared: &Shared,
    ) -> Result<Bytes, Refusal> {
        let write = async || {
            let sheet = Arc::clone(self);
            let write = move || sheet.with_scene(|scene| figure::table(scene, format));
            let written = shared.tasks.spawn_blocking_on(write, &shared.runtime).await;
            let unwritten =
                |_| Refusal::Unavailable { message: "the table was not made".to_owned() };
            written.map(Bytes::from).map_err(unwritten)
        };
        self.tables[format as usize].get_or_try_init(write).await.cloned()
    }

    fn with_scene<T>(&self, see: impl FnOnce(&Scene<'_>) -> T) -> T {
        let interval = self.view.interval;
        let bars = self.series.iter().map(|(grain, s)| series::bars_at(s, *grain, interval));
        let bars: Vec<_> = bars.collect();
        let others = self.series.iter().zip(&bars).skip(1);
        let compared: Vec<_> = others
            .map(|((_, series), bars)| Compared { instrument: &series.instrument, bars })
            .collect();
        let own = &self.series[0].1;
        see(&Scene {
            view: &self.view,
            bars: &bars[0],
            instrument: &own.instrument,
            hours: &own.hours,
            compared: &compared,
            quote: own.quote.map(|quote| (quote.price, quote.at)),
            delay: own.delay,
            session: own.session,
            source: self.source,
            seq: self.seq,
        })
    }
}

impl fmt::Debug for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sheet").field("seq", &self.seq).finish_non_exhaustive()
    }
}
