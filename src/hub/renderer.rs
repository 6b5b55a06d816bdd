//! A renderer: the one task that turns a feed's series into the frames of a view.
//!
//! A plain figure takes tenths of a millisecond, five days of minutes with four studies about four, and
//! hub tasks have threads of their own, so it is rendered right here.

use std::sync::Arc;

use log::{debug, error};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::channel::Latest;
use super::frame::Frame;
use super::series::{self, FeedState, Series};
use super::shared::Shared;
use super::status::{Health, State};
use super::tables::Tables;
use crate::figure::{self, Scene};
use crate::interval::Interval;
use crate::view::View;

/// The task.
pub struct Renderer {
    view: View,
    /// Length of the feed's bars.
    grain: Interval,
    shared: Arc<Shared>,
    tables: Arc<Tables>,
    feed: watch::Receiver<FeedState>,
    out: Arc<watch::Sender<Latest>>,
    /// What the newest frame was drawn from.
    drawn: Option<Arc<Series>>,
    /// Frames drawn so far.
    ordinal: u64,
    /// When anything was last sent to subscriptions.
    spoke: Instant,
}

impl Renderer {
    /// A renderer from `feed`, whose bars are `grain` long, to `out`.
    pub fn new(
        (view, grain): (View, Interval),
        shared: Arc<Shared>,
        tables: Arc<Tables>,
        feed: watch::Receiver<FeedState>,
        out: Arc<watch::Sender<Latest>>,
    ) -> Self {
        let spoke = Instant::now();
        Self { view, grain, shared, tables, feed, out, drawn: None, ordinal: 0, spoke }
    }

    /// Renders until the view has been without a subscriber for the linger time, the feed is over,
    /// or the hub stops.
    pub async fn run(mut self) {
        debug!("view {}: started", self.view);
        // A feed that was running before this view has a series to draw at once.
        self.take_in();
        let mut leaves_at = None;
        loop {
            let deadline = leaves_at.unwrap_or_else(Instant::now);
            tokio::select! {
                () = self.shared.stop.cancelled() => break,
                changed = self.feed.changed() => match changed {
                    Ok(()) => self.take_in(),
                    // Told to stop at the same time, the feed may be the first to obey.
                    Err(_) if self.shared.stop.is_cancelled() => break,
                    Err(_) => return self.end(),
                },
                () = self.out.closed(), if leaves_at.is_none() => {
                    leaves_at = Some(Instant::now() + self.shared.config.linger);
                }
                () = sleep_until(deadline), if leaves_at.is_some() => {
                    if self.tables.retire_view(&self.view) { break }
                    leaves_at = None;
                }
            }
        }
        debug!("view {}: stopped", self.view);
    }

    /// Publishes what is new in the feed: a frame if the series would draw another figure, a status
    /// if it reads differently, or if nothing was said for a heartbeat's time.
    fn take_in(&mut self) {
        let state = self.feed.borrow_and_update().clone();
        let frame = state
            .series
            .filter(|series| self.drawn.as_ref().is_none_or(|drawn| !Arc::ptr_eq(drawn, series)))
            .map(|series| self.draw(series));
        let quiet = self.spoke.elapsed() >= self.shared.config.heartbeat;
        let ended = state.health.state == State::NotFound;
        let spoke = self.out.send_if_modified(|latest| {
            let news = !latest.health.reads_like(&state.health) || (quiet && frame.is_none());
            latest.health = Arc::new(state.health.clone());
            if news {
                latest.status = (latest.status.0 + 1, state.health.event(&self.view, None));
            }
            latest.ended |= ended;
            let drew = frame.is_some();
            latest.frame = frame.or(latest.frame.take());
            news || drew || ended
        });
        if spoke {
            self.spoke = Instant::now();
        }
    }

    fn draw(&mut self, series: Arc<Series>) -> Arc<Frame> {
        let started = Instant::now();
        let seq = self.shared.frames.take();
        let bars = series::bars_at(&series, self.grain, self.view.interval);
        let figure = figure::render(&Scene {
            view: &self.view,
            bars: &bars,
            instrument: &series.instrument,
            hours: &series.hours,
            quote: series.quote.map(|quote| (quote.price, quote.at)),
            delay: series.delay,
            session: series.session,
            source: self.shared.source.name(),
            seq,
        });
        self.ordinal += 1;
        let frame = Frame::new(seq, self.ordinal, self.shared.frames.id(seq), figure);
        self.drawn = Some(series);
        self.shared.metrics.renders.inc();
        self.shared.metrics.render_seconds.observe(started.elapsed().as_secs_f64());
        Arc::new(frame)
    }

    /// The feed is gone. After a symbol that does not exist that is as it should be; else its task
    /// died, and ending the streams brings their clients back to a new one.
    fn end(self) {
        self.tables.drop_view(&self.view, &self.out);
        self.out.send_modify(|latest| {
            if !latest.ended {
                error!("view {}: its feed ended unexpectedly", self.view);
                let message = Some("the feed was interrupted; reconnect".to_owned());
                let health = Health::new(State::Error, self.shared.clock.now());
                latest.health = Arc::new(Health { message, ..health });
                latest.status = (latest.status.0 + 1, latest.health.event(&self.view, None));
                latest.ended = true;
            }
        });
    }
}
