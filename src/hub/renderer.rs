//! A renderer: the one task per view that draws the series of its feeds and publishes the frames.
//!
//! A plain figure takes tenths of a millisecond, and the hub's tasks have threads of their own, so the
//! renderer draws it inside its task. Five days of minutes with eight studies take ten times as long. The
//! renderer draws such a figure at one of a few desks. Clients have the desks in turn, so that one client's slow
//! figures do not hold up another's.

pub mod inputs;

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use log::{debug, error};
use tokio::sync::watch;
use tokio::time::Instant;

use inputs::{InputSnapshot, Inputs};

use super::error::Overloaded;
use super::series::{Seen, Series};
use super::shared::Shared;
use super::status::{DataState, Health};
use super::tables::Tables;
use super::timer::at;
use super::view::changes::{Change, ChangeLog, FrameDifference};
use super::view::demand::Demand;
use super::view::encoder::Encoder;
use super::view::frame::{DrawnFrame, Frame};
use super::view::frame_id;
use super::view::published::Published;
use super::view::snapshot::Snapshot;
use super::view::usage::ViewUsage;
use crate::codec::Coded;
use crate::figure::Memo;
use crate::interval::Interval;
use crate::view::{Output, View};

/// How long the news of one compared symbol waits for the news of the others, so that a comparison of five
/// symbols is drawn once per tick and not five times.
const GATHER: Duration = Duration::from_secs(1);
/// After so many heartbeats without news a view publishes its status again. Heartbeats are comments, which the
/// script of a page never sees: without a status it could not tell a closed market from a server that hangs.
const QUIET_HEARTBEATS: u32 = 2;
/// Most values that are drawn without a desk, which takes about a millisecond: the bars of the view's own series,
/// times one and each study and each compared symbol.
const QUICK: usize = 10_000;

/// The task of one view.
pub struct Renderer {
    view: View,
    shared: Arc<Shared>,
    tables: Arc<Tables>,
    inputs: Inputs,
    out: Arc<watch::Sender<Published>>,
    usage: Arc<ViewUsage>,
    /// The series that the newest frame was drawn from.
    drawn: Vec<Arc<Series>>,
    /// How it was written.
    memo: Memo,
    demand: Arc<Demand>,
    encoder: Encoder,
    /// When a frame or a status was last published.
    spoke: Instant,
}

impl Renderer {
    /// A renderer from `inputs` to `out`.
    pub fn new(
        view: View,
        shared: Arc<Shared>,
        tables: Arc<Tables>,
        inputs: Inputs,
        out: Arc<watch::Sender<Published>>,
        usage: Arc<ViewUsage>,
    ) -> Self {
        let demand = Arc::clone(&out.borrow().demand);
        let metrics = Arc::clone(&shared.metrics);
        let encoder = Encoder::new(Arc::clone(&demand), metrics);
        Self {
            view,
            shared,
            tables,
            inputs,
            out,
            usage,
            drawn: Vec::new(),
            memo: Memo::default(),
            demand,
            encoder,
            spoke: Instant::now(),
        }
    }

    /// Renders until the view has been without a subscriber for the linger time, the feed is over,
    /// or the hub stops.
    pub async fn run(mut self) {
        debug!("view {}: started", self.view);
        // A feed that was running before this view has a series to draw at once.
        self.publish_news().await;
        let demand = Arc::clone(&self.demand);
        let mut leaves_at = None;
        let mut draws_at = None;
        loop {
            let quiet = self.spoke + self.shared.config.heartbeat * QUIET_HEARTBEATS;
            tokio::select! {
                () = self.shared.stop.cancelled() => break,
                () = self.usage.evicted.cancelled() => return self.make_room(),
                changed = self.inputs.changed() => match changed {
                    Ok(own) if own || self.drawn.is_empty() => {
                        draws_at = None;
                        self.publish_news().await;
                    }
                    Ok(_) => draws_at = draws_at.or(Some(Instant::now() + GATHER)),
                    // The hub stops feeds and renderers together, and the feed may end first.
                    Err(_) if self.shared.stop.is_cancelled() => break,
                    Err(_) => return self.end(),
                },
                () = at(draws_at) => {
                    draws_at = None;
                    self.publish_news().await;
                }
                () = at(Some(quiet)) => self.publish_news().await,
                () = demand.asked() => self.supply(),
                () = self.out.closed(), if leaves_at.is_none() => {
                    leaves_at = Some(Instant::now() + self.linger());
                }
                () = at(leaves_at) => {
                    if self.tables.retire_view(&self.view, &self.out) { break }
                    leaves_at = None;
                }
            }
        }
        debug!("view {}: stopped", self.view);
    }

    /// Publishes what is new in the feeds: a frame if their series would draw another figure, a status if it
    /// reads differently, and a status if nothing was published for a heartbeat's time.
    async fn publish_news(&mut self) {
        let _desk = if self.is_quick() {
            None
        } else {
            tokio::select! {
                desk = self.shared.desks.take(&self.usage.holders) => Some(desk),
                () = self.usage.evicted.cancelled() => return,
                () = self.shared.stop.cancelled() => return,
            }
        };
        let InputSnapshot { health, missing, series } = self.inputs.take();
        let is_news = !series.is_empty() && self.is_news(&series);
        let seen = self.update_of(&series);
        let frame = is_news.then(|| self.draw(series));
        let (frame, changes) = frame.and_then(|frame| self.compared(frame)).unzip();
        let seen = seen.filter(|_| frame.is_some());
        let quiet = self.spoke.elapsed() >= self.shared.config.heartbeat;
        let news = !self.out.borrow().health.reads_like(&health) || (quiet && frame.is_none());
        let status = news.then(|| Arc::new(Coded::new(health.event(&self.view, None))));
        // Rows that a newcomer found missing are missing to those as well that come before the next.
        let is_wanted = self.demand.misses_any();
        let figure = frame
            .as_deref()
            .and_then(|frame| if is_wanted { Some(frame.write()) } else { frame.event() });
        self.encoder.encode(status.as_deref(), figure, self.base().as_ref());
        let ended = missing.is_some();
        let spoke = self.out.send_if_modified(|published| {
            published.health = Arc::new(health);
            published.missing = missing;
            published.ended |= ended;
            let spoke = status.is_some() || frame.is_some();
            if let Some(status) = status {
                published.status = (published.status.0 + 1, status);
            }
            published.changes = changes.unwrap_or_else(|| mem::take(&mut published.changes));
            if let Some(DrawnFrame { frame, snapshot }) = frame {
                (published.frame, published.snapshot) = (Some(frame), Some(snapshot));
            }
            spoke || ended
        });
        if spoke {
            self.note_spoken(seen);
        }
    }

    /// Notes that a frame or a status was published; of a frame, when its update was `seen`.
    fn note_spoken(&mut self, seen: Option<Seen>) {
        self.spoke = Instant::now();
        if let Some(seen) = seen {
            self.shared.metrics.update_seconds.observe(seen.elapsed().as_secs_f64());
        }
        let bytes = self.out.borrow().bytes() + self.memo.bytes();
        self.tables.weigh(&self.usage, bytes);
    }

    /// The event of the newest figure, which the next one is compared with.
    fn base(&self) -> Option<Bytes> {
        let published = self.out.borrow();
        published.frame.as_ref()?.event().map(|event| event.plain().clone())
    }

    /// Whether a figure of the newest series takes no longer than other work of the hub.
    fn is_quick(&self) -> bool {
        let others = self.view.studies.as_slice().len() + self.view.compared().count();
        self.inputs.bars().saturating_mul(1 + others) <= QUICK
    }

    /// A frame with the changes that lead to it; nothing if it has the rows of the newest one.
    fn compared(&self, frame: DrawnFrame) -> Option<(DrawnFrame, ChangeLog)> {
        let published = self.out.borrow();
        let Some(before) = &published.frame else { return Some((frame, ChangeLog::default())) };
        let changes = match Change::between(&self.view, before, &frame) {
            FrameDifference::Same => return None,
            FrameDifference::Other => ChangeLog::default(),
            FrameDifference::Changed(change) => {
                self.encoder.encode_change(&change.event);
                published.changes.with(change)
            }
        };
        Some((frame, changes))
    }

    /// Publishes again once the encoder has made what a subscriber found missing.
    fn supply(&mut self) {
        let published = self.out.borrow().clone();
        if self.encoder.supply(&published) {
            self.out.send_modify(|_| {});
        }
    }

    /// Whether any of the series is another than the newest frame was drawn from.
    fn is_news(&self, series: &[(Interval, Arc<Series>)]) -> bool {
        let drawn = self.drawn.iter().zip(series).all(|(drawn, (_, new))| Arc::ptr_eq(drawn, new));
        !drawn || self.drawn.len() != series.len()
    }

    /// When the update came that the next frame is drawn of; none for the first frame of a view, which may be of an
    /// old one. Of a comparison it is the one that waited longest.
    fn update_of(&self, series: &[(Interval, Arc<Series>)]) -> Option<Seen> {
        let is_new = |new: &Arc<Series>| !self.drawn.iter().any(|drawn| Arc::ptr_eq(drawn, new));
        let new = series.iter().map(|(_, series)| series).filter(|series| is_new(series));
        let first = new.map(|series| series.seen).max_by_key(|seen| seen.elapsed());
        first.filter(|_| !self.drawn.is_empty())
    }

    fn draw(&mut self, series: Vec<(Interval, Arc<Series>)>) -> DrawnFrame {
        let started = Instant::now();
        self.drawn = series.iter().map(|(_, series)| Arc::clone(series)).collect();
        let brand = self.shared.appearance.brand(self.view.theme);
        let id = frame_id::of(&self.view, brand, series.iter().map(|(_, series)| &**series));
        let source = self.shared.sources.name(&self.view.symbol);
        let snapshot = Arc::new(Snapshot::new(
            self.view.clone(),
            series,
            source,
            &self.shared.appearance,
            Arc::clone(&self.usage),
        ));
        let ordinal = self.out.borrow().frame.as_ref().map_or(1, |newest| newest.ordinal + 1);
        let frame = match self.view.output {
            Output::Figure => {
                let event = snapshot.event(&id, &mut self.memo);
                Frame::of_figure(ordinal, id, event)
            }
            Output::Bars => Frame::of_rows(ordinal, id, self.view.clone(), snapshot.rows()),
        };
        self.shared.metrics.renders.inc();
        self.shared.metrics.render_seconds.observe(started.elapsed().as_secs_f64());
        DrawnFrame { frame: Arc::new(frame), snapshot }
    }

    /// How long the view outlives its last subscriber. Before the source's first answer there is no figure to
    /// keep, and a view without a subscriber would only cost the source requests.
    fn linger(&self) -> Duration {
        let is_loading = self.out.borrow().health.state == DataState::Loading;
        if is_loading { Duration::ZERO } else { self.shared.config.linger }
    }

    /// Ends the view because its feed is gone. The feed of a symbol that does not exist ends so. Any other
    /// feed has died; the end of their streams brings the clients back, to a new feed.
    fn end(self) {
        self.tables.drop_view(&self.view, &self.out);
        if !self.out.borrow().ended {
            error!("view {}: its feed ended unexpectedly", self.view);
        }
        self.end_in(DataState::Error, "the feed was interrupted; reconnect");
    }

    /// Ends the view because clients that have less need its room.
    fn make_room(self) {
        debug!("view {}: makes room", self.view);
        self.end_in(DataState::Busy, &Overloaded::Views.to_string());
    }

    /// Ends the view, and tells its subscribers why.
    fn end_in(self, state: DataState, message: &str) {
        self.out.send_modify(|published| {
            if !published.ended {
                let message = Some(message.to_owned());
                let health = Health::new(state, self.shared.clock.now());
                published.health = Arc::new(Health { message, ..health });
                let status = Coded::new(published.health.event(&self.view, None));
                self.encoder.encode(Some(&status), None, None);
                published.status = (published.status.0 + 1, Arc::new(status));
                published.ended = true;
            }
        });
    }
}
