//! A renderer: the one task that turns the series of feeds into the frames of a view.
//!
//! A plain figure takes tenths of a millisecond, five days of minutes with four studies about four, and
//! hub tasks have threads of their own, so it is rendered right here.

use std::sync::Arc;
use std::time::Duration;

use log::{debug, error};
use tokio::sync::watch;
use tokio::time::Instant;

use super::channel::Latest;
use super::frame::Frame;
use super::inputs::{Inputs, Said};
use super::relay::at;
use super::series::Series;
use super::shared::Shared;
use super::sheet::Sheet;
use super::status::{Health, State};
use super::tables::Tables;
use crate::interval::Interval;
use crate::view::View;

/// How long the news of a compared symbol wait for that of the others, so that a comparison of five
/// draws once a tick and not five times.
const GATHER: Duration = Duration::from_secs(1);

/// The task.
pub struct Renderer {
    view: View,
    shared: Arc<Shared>,
    tables: Arc<Tables>,
    inputs: Inputs,
    out: Arc<watch::Sender<Latest>>,
    /// What the newest frame was drawn from.
    drawn: Vec<Arc<Series>>,
    /// Frames drawn so far.
    ordinal: u64,
    /// When anything was last sent to subscriptions.
    spoke: Instant,
}

impl Renderer {
    /// A renderer from `inputs` to `out`.
    pub fn new(
        view: View,
        shared: Arc<Shared>,
        tables: Arc<Tables>,
        inputs: Inputs,
        out: Arc<watch::Sender<Latest>>,
    ) -> Self {
        let spoke = Instant::now();
        Self { view, shared, tables, inputs, out, drawn: Vec::new(), ordinal: 0, spoke }
    }

    /// Renders until the view has been without a subscriber for the linger time, the feed is over,
    /// or the hub stops.
    pub async fn run(mut self) {
        debug!("view {}: started", self.view);
        // A feed that was running before this view has a series to draw at once.
        self.take_in();
        let mut leaves_at = None;
        let mut draws_at = None;
        loop {
            tokio::select! {
                () = self.shared.stop.cancelled() => break,
                changed = self.inputs.changed() => match changed {
                    Ok(own) if own || self.drawn.is_empty() => {
                        draws_at = None;
                        self.take_in();
                    }
                    Ok(_) => draws_at = draws_at.or(Some(Instant::now() + GATHER)),
                    // Told to stop at the same time, the feed may be the first to obey.
                    Err(_) if self.shared.stop.is_cancelled() => break,
                    Err(_) => return self.end(),
                },
                () = at(draws_at) => {
                    draws_at = None;
                    self.take_in();
                }
                () = self.out.closed(), if leaves_at.is_none() => {
                    leaves_at = Some(Instant::now() + self.shared.config.linger);
                }
                () = at(leaves_at) => {
                    if self.tables.retire_view(&self.view) { break }
                    leaves_at = None;
                }
            }
        }
        debug!("view {}: stopped", self.view);
    }

    /// Publishes what is new in the feeds: a frame if their series would draw another figure, a status
    /// if it reads differently, or if nothing was said for a heartbeat's time.
    fn take_in(&mut self) {
        let Said { health, missing, series } = self.inputs.take();
        let frame = (!series.is_empty() && self.is_news(&series)).then(|| self.draw(series));
        let quiet = self.spoke.elapsed() >= self.shared.config.heartbeat;
        let ended = missing.is_some();
        let spoke = self.out.send_if_modified(|latest| {
            let news = !latest.health.reads_like(&health) || (quiet && frame.is_none());
            if news {
                latest.status = (latest.status.0 + 1, health.event(&self.view, None));
            }
            latest.health = Arc::new(health);
            latest.missing = missing;
            latest.ended |= ended;
            let drew = frame.is_some();
            latest.frame = frame.or(latest.frame.take());
            news || drew || ended
        });
        if spoke {
            self.spoke = Instant::now();
        }
    }

    /// Whether any of the series is another than the newest frame was drawn from.
    fn is_news(&self, series: &[(Interval, Arc<Series>)]) -> bool {
        let drawn = self.drawn.iter().zip(series).all(|(drawn, (_, new))| Arc::ptr_eq(drawn, new));
        !drawn || self.drawn.len() != series.len()
    }

    fn draw(&mut self, series: Vec<(Interval, Arc<Series>)>) -> Arc<Frame> {
        let started = Instant::now();
        self.drawn = series.iter().map(|(_, series)| Arc::clone(series)).collect();
        let seq = self.shared.frames.take();
        let source = self.shared.source.name();
        let sheet = Arc::new(Sheet::new(self.view.clone(), series, source, seq));
        let figure = sheet.figure();
        self.ordinal += 1;
        let frame = Frame::new(seq, self.ordinal, self.shared.frames.id(seq), figure, sheet);
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
