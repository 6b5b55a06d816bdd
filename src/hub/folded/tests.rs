//! Feeds that go on from what another one knew of their series.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::{FeedOutput, FoldedHere, Version};
use crate::bars::{Bar, Bars};
use crate::hub::series::Series;
use crate::hub::status::{DataState, Health};
use crate::interval::Interval;
use crate::market::{Hours, Instrument, Period, Phase, SessionState, Timetable};
use crate::metrics::Metrics;
use crate::scripted::{Answer, Scripted};
use crate::shares::Holders;
use crate::source::{Fetched, PollPolicy, PollTiming, Polled, Router, SeriesKey, Source, Window};
use crate::symbol::Symbol;
use crate::view::{Range, Session};

/// A midnight in UTC, and an hour after the market has opened at it.
const OPEN: i64 = 1_787_875_200;
const NOW: i64 = OPEN + 3_600;
/// How often the market is asked.
const POLL: Duration = Duration::from_secs(10);

/// What the market does, or what becomes of the feed.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The market goes on for so many polls.
    Trade(u32),
    /// The bar that began so many minutes before the newest one is corrected.
    Correct(usize),
    /// Shares are split: all prices are halved.
    Split,
    /// Another feed goes on.
    HandOver,
}

/// The market, which knows all.
#[derive(Debug, Default)]
struct Market {
    rows: Vec<Bar>,
    split: Option<i64>,
    /// How often it was asked for everything.
    wholes: usize,
}

impl Market {
    /// Has a bar of each minute until `now`, of which the last one moves.
    fn trade(&mut self, now: i64) {
        while let ts = OPEN + 60 * i64::try_from(self.rows.len()).expect("few")
            && ts <= now
        {
            let price = 100.0 + f64::from(u32::try_from(self.rows.len()).expect("few")) / 4.0;
            self.rows.push(Bar {
                ts,
                open: price,
                high: price,
                low: price,
                close: price,
                volume: 1.0,
            });
        }
        if let Some(last) = self.rows.last_mut() {
            last.volume = f64::from(u32::try_from(now - last.ts).expect("a minute"));
        }
    }

    fn fetched(&mut self, window: Window, now: i64) -> Fetched {
        self.trade(now);
        let bars: Bars = self.rows.iter().copied().collect();
        let bars = if let Window::Since(ts) = window {
            bars.since(ts)
        } else {
            self.wholes += 1;
            bars
        };
        let period = Period { start: OPEN, end: OPEN + 86_400 };
        Fetched {
            bars,
            instrument: Instrument::unnamed(symbol(), TimeZone::UTC),
            hours: Hours::Sessions(vec![period]),
            quote: None,
            delay: None,
            timetable: Timetable::new(vec![Phase { period, state: SessionState::Open }]),
            split: self.split,
        }
    }
}

fn symbol() -> Symbol {
    Symbol::parse("FICT").expect("valid")
}

/// Feeds of one market.
struct Feeds {
    market: Arc<Mutex<Market>>,
    here: FoldedHere,
}

impl Feeds {
    fn new() -> Self {
        let market = Arc::<Mutex<Market>>::default();
        let asked = Arc::clone(&market);
        let begun = tokio::time::Instant::now();
        let script = move |_: usize, request: &crate::source::FetchRequest| {
            let now = NOW + i64::try_from(begun.elapsed().as_secs()).expect("soon");
            let mut market = asked.lock().expect("whole");
            Answer::Now(Ok(market.fetched(request.window, now)))
        };
        let policy = PollPolicy { min_poll: POLL, closed_poll: POLL, request_rate: None };
        let fetcher = Arc::new(Scripted { policy, ..Scripted::new(NOW, script) });
        let clock = Arc::new(fetcher.time);
        let polled = Polled::new(fetcher, Arc::clone(&clock) as _, PollTiming::default());
        let router = Router::from(Arc::new(polled) as Arc<dyn Source>);
        let here = FoldedHere::new(router, clock, Arc::new(Metrics::default()));
        Self { market, here }
    }

    /// What a feed knows after so many answers, of which one that goes on from `known` gives the first at once.
    async fn follow(&self, known: FeedOutput, answers: u32) -> FeedOutput {
        let (grain, depth) = (Interval::Minute1, Range::Day5);
        let key = SeriesKey { symbol: symbol(), grain, depth, session: Session::Regular };
        let version = Version { epoch: 1, seq: 0 };
        let mut outputs = self.here.resume(key, Holders::none(), known, version);
        let mut newest = None;
        for _ in 0..answers {
            newest = Some(outputs.next().await.expect("it goes on"));
        }
        newest.expect("an answer")
    }

    fn wholes(&self) -> usize {
        self.market.lock().expect("whole").wholes
    }
}

fn nothing() -> FeedOutput {
    let health = Health::new(DataState::Loading, Timestamp::UNIX_EPOCH);
    FeedOutput { series: None, health }
}

/// What another process is told of an output.
fn handed(output: &FeedOutput) -> FeedOutput {
    let form = output.series.as_ref().expect("a series").to_form().expect("a form");
    let series = Some(Arc::new(Series::of_form(&form).expect("a form")));
    FeedOutput { series, health: output.health.clone() }
}

/// The bytes of a series, whatever its version.
fn bytes(output: &FeedOutput) -> Vec<u8> {
    let series = output.series.as_ref().expect("a series");
    Series { version: Version::NONE, ..Series::clone(series) }.to_form().expect("a form")
}

async fn run(steps: Vec<Step>) {
    let feeds = Feeds::new();
    let mut known = feeds.follow(nothing(), 1).await;
    let mut splits = 0;
    for step in steps {
        match step {
            Step::Trade(polls) => tokio::time::sleep(POLL * polls).await,
            Step::Correct(ago) => {
                let mut market = feeds.market.lock().expect("whole");
                let last = market.rows.len() - 1;
                let bar = &mut market.rows[last - ago];
                (bar.high, bar.close) = (bar.high + 1.0, bar.high + 1.0);
            }
            Step::Split => {
                splits += 1;
                let mut market = feeds.market.lock().expect("whole");
                market.split = Some(OPEN + splits);
                for bar in &mut market.rows {
                    bar.open /= 2.0;
                    bar.high /= 2.0;
                    bar.low /= 2.0;
                    bar.close /= 2.0;
                }
            }
            Step::HandOver => known = feeds.follow(handed(&known), 3).await,
        }
    }
    known = feeds.follow(handed(&known), 3).await;
    let asked = usize::try_from(splits).expect("few") + 1;
    assert!(feeds.wholes() <= asked, "everything was asked for at first, and after a split");
    let whole = feeds.follow(nothing(), 1).await;
    assert_eq!(bytes(&known), bytes(&whole));
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u32..6).prop_map(Step::Trade),
        2 => (0_usize..5).prop_map(Step::Correct),
        1 => Just(Step::Split),
        3 => Just(Step::HandOver),
    ]
}

fn paused(test: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(test);
}

proptest! {
    /// Less time goes by than everything is asked for again.
    #[test]
    fn a_feed_that_goes_on_from_another_ones_series_ends_where_one_that_fetches_everything_does(
        steps in prop::collection::vec(step(), 0..8),
    ) {
        paused(run(steps));
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_correction_between_two_feeds_is_found_when_everything_is_due() {
    let feeds = Feeds::new();
    let known = feeds.follow(nothing(), 1).await;
    tokio::time::sleep(9 * Duration::from_mins(1)).await;
    feeds.market.lock().expect("whole").rows[3].volume = 77.0;
    let soon = feeds.follow(handed(&known), 2).await;
    let volume = |output: &FeedOutput| {
        let series = output.series.as_ref().expect("a series");
        series.bars.volumes()[3]
    };
    assert!((volume(&soon) - 1.0).abs() < f64::EPSILON, "the tails do not tell it");
    // Whichever feeds follow, everything is asked for ten minutes after it was.
    let due = feeds.follow(handed(&soon), 7).await;
    assert!((volume(&due) - 77.0).abs() < f64::EPSILON);
    assert_eq!(feeds.wholes(), 2);
}

#[tokio::test(start_paused = true)]
async fn bars_that_no_answer_of_everything_has_told_are_asked_for_again() {
    let feeds = Feeds::new();
    let mut kept = handed(&feeds.follow(nothing(), 1).await);
    kept.health.refreshed = None;
    feeds.follow(kept, 1).await;
    assert_eq!(feeds.wholes(), 2);
}
