//! A snapshot: the series that a frame was drawn from. It is kept beside the newest frame of a view, so that the figure
//! and the tables of a frame are made from the same bars.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use bytes::Bytes;
use tokio::sync::watch;

use super::usage::ViewUsage;
use crate::figure::{self, Appearance, Colors, Compared, Format, Memo, Scene, ViewRows};
use crate::hub::error::SubscribeError;
use crate::hub::series::{self, Series};
use crate::hub::shared::Shared;
use crate::interval::Interval;
use crate::shares::{Client, Holders};
use crate::sse;
use crate::view::View;

/// How often a request waits for a table again after its writer gave up or broke off.
const MOST_TRIES: usize = 3;

/// The series of a view at one moment, and the tables of them that clients have asked for.
pub struct Snapshot {
    view: View,
    /// One per symbol with the length of its bars, the view's own symbol first.
    series: Vec<(Interval, Arc<Series>)>,
    source: &'static str,
    colors: Colors,
    tables: [LazyTable; Format::ALL.len()],
    /// The view's usage, which counts the bytes of the tables.
    usage: Arc<ViewUsage>,
}

/// A table that is written when the first client asks for it.
#[derive(Default)]
struct LazyTable {
    text: OnceLock<Bytes>,
    /// Points to a sender that the writing task holds.
    writer: Mutex<Weak<watch::Sender<()>>>,
}

/// How far a table is.
enum TableState {
    Written(Bytes),
    /// The receiver ends when the table is written or given up.
    Writing(watch::Receiver<()>),
    /// The task that looked has to start the writer, which holds the sender.
    Unwritten(Arc<watch::Sender<()>>, watch::Receiver<()>),
}

impl Snapshot {
    /// A snapshot of at least the series of the view's own symbol.
    pub fn new(
        view: View,
        series: Vec<(Interval, Arc<Series>)>,
        source: &'static str,
        appearance: &Appearance,
        usage: Arc<ViewUsage>,
    ) -> Self {
        let colors = Colors::of(&view, appearance);
        Self { view, series, source, colors, tables: Default::default(), usage }
    }

    /// Draws the figure as the event `id`. What did not change since the figure that `memo` holds is not
    /// written again.
    pub fn event(&self, id: &str, memo: &mut Memo) -> Bytes {
        let (before, after) = sse::around(id);
        self.with_scene(|scene| figure::redraw(scene, memo, [&before, after]))
    }

    /// Reads the rows.
    pub fn rows(&self) -> ViewRows {
        self.with_scene(ViewRows::of)
    }

    /// The table in a format. It is written once for all clients that ask, also when the first of them has left.
    pub async fn table(
        self: &Arc<Self>,
        format: Format,
        shared: &Arc<Shared>,
        client: Option<Client>,
    ) -> Result<Bytes, SubscribeError> {
        for _ in 0..MOST_TRIES {
            let mut written = match self.tables[format as usize].look() {
                TableState::Written(table) => return Ok(table),
                TableState::Writing(written) => written,
                TableState::Unwritten(writer, written) => {
                    let write = Arc::clone(self).write(format, writer, Arc::clone(shared), client);
                    shared.tasks.spawn_on(write, &shared.runtime);
                    written
                }
            };
            // Nothing is ever sent: the channel only ends.
            let _ = written.changed().await;
        }
        Err(SubscribeError::Unavailable { message: "the table was not made".to_owned() })
    }

    /// Writes a table when it is the client's turn, if a client still waits for it. It runs on the pool for
    /// blocking work, because ten thousand bars with eight studies take a while.
    async fn write(
        self: Arc<Self>,
        format: Format,
        writer: Arc<watch::Sender<()>>,
        shared: Arc<Shared>,
        client: Option<Client>,
    ) {
        let holders = Holders::none();
        let _hold = holders.hold(client);
        let desk = tokio::select! {
            desk = shared.desks.take(&holders) => desk,
            () = writer.closed() => return,
        };
        let write = move || {
            let table = Bytes::from(self.with_scene(|scene| figure::table(scene, format)));
            self.usage.tables.fetch_add(table.len(), Ordering::Relaxed);
            // No other writer can have set it: there is only one at a time.
            let _ = self.tables[format as usize].text.set(table);
            drop(desk);
        };
        // A panic leaves the table unwritten, and the waiting requests see that.
        let _ = shared.tasks.spawn_blocking_on(write, &shared.runtime).await;
        drop(writer);
    }

    /// Shows the scene of the view.
    pub fn with_scene<T>(&self, see: impl FnOnce(&Scene<'_>) -> T) -> T {
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
            colors: &self.colors,
            bars: &bars[0],
            instrument: &own.instrument,
            hours: &own.hours,
            compared: &compared,
            quote: own.quote.map(|quote| (quote.price, quote.at)),
            delay: own.delay,
            session: own.session,
            timetable: &own.timetable,
            source: self.source,
        })
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let written = self.tables.iter().filter_map(|table| table.text.get());
        self.usage.tables.fetch_sub(written.map(Bytes::len).sum(), Ordering::Relaxed);
    }
}

impl LazyTable {
    fn look(&self) -> TableState {
        let mut current = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        match (self.text.get(), current.upgrade()) {
            (Some(table), _) => TableState::Written(table.clone()),
            (None, Some(writer)) => TableState::Writing(writer.subscribe()),
            (None, None) => {
                let (writer, written) = watch::channel(());
                let writer = Arc::new(writer);
                *current = Arc::downgrade(&writer);
                TableState::Unwritten(writer, written)
            }
        }
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("view", &self.view).finish_non_exhaustive()
    }
}
