//! Polling under paused time, of a fetcher that answers as the test says.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time::Instant;

use super::{PollTiming, Polled};
use crate::bars::{Bar, Bars};
use crate::interval::Interval;
use crate::market::{Hours, Instrument, Period, Phase, SessionState, Timetable};
use crate::scripted::{Answer, Outcome, Scripted};
use crate::shares::Holders;
use crate::source::{
    Backlog, FetchRequest, Fetched, PollPolicy, Priority, SeriesKey, Source as _, SourceError,
    Update, Window,
};
use crate::symbol::Symbol;
use crate::view::{Range, Session};

mod answers;

/// Midnight of 2026-08-28 in UTC, the day of the market of these tests, which opens at nine.
const MIDNIGHT: i64 = 1_787_875_200;
const OPEN: i64 = MIDNIGHT + 9 * HOUR;
const CLOSE: i64 = OPEN + 8 * HOUR;
const HOUR: i64 = 3_600;
const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// An open series.
struct Opened {
    fetcher: Arc<Scripted>,
    updates: BoxStream<'static, Update>,
    started: Instant,
}

impl Opened {
    /// Minutes of a fetcher that answers at once, at noon.
    fn new(answer: impl Fn(usize, &FetchRequest) -> Outcome + Send + Sync + 'static) -> Self {
        Self::late(move |n, request| (Duration::ZERO, answer(n, request)))
    }

    /// The same with answers that take their time.
    fn late(
        answer: impl Fn(usize, &FetchRequest) -> (Duration, Outcome) + Send + Sync + 'static,
    ) -> Self {
        Self::at(OPEN + 3 * HOUR, Interval::Minute1, None, answer)
    }

    fn at(
        now: i64,
        grain: Interval,
        request_rate: Option<f64>,
        answer: impl Fn(usize, &FetchRequest) -> (Duration, Outcome) + Send + Sync + 'static,
    ) -> Self {
        let policy =
            PollPolicy { min_poll: 20 * SECOND, closed_poll: Duration::from_mins(5), request_rate };
        let script = move |n: usize, request: &FetchRequest| {
            let (delay, outcome) = answer(n, request);
            if delay.is_zero() { Answer::Now(outcome) } else { Answer::After(delay, outcome) }
        };
        let fetcher = Arc::new(Scripted { policy, ..Scripted::new(now, script) });
        let clock = Arc::new(fetcher.time);
        let polled = Polled::new(Arc::clone(&fetcher), clock, PollTiming::default());
        let key = SeriesKey {
            symbol: Symbol::parse("FICT").expect("valid"),
            grain,
            depth: Range::Day5,
            session: Session::Regular,
        };
        let updates = polled.open(key, Holders::none(), None);
        Self { fetcher, updates, started: Instant::now() }
    }

    async fn next(&mut self) -> Update {
        self.updates.next().await.expect("the series goes on")
    }

    /// The next `count` updates, each with the second at which it came.
    async fn told(&mut self, count: usize) -> Vec<(u64, String)> {
        let mut told = Vec::new();
        for _ in 0..count {
            let update = self.next().await;
            told.push((self.started.elapsed().as_secs(), word(&update)));
        }
        told
    }

    /// What was asked for, in words.
    fn windows(&self) -> Vec<&'static str> {
        let requests = self.fetcher.asked();
        let word = |window| if matches!(window, Window::Since(_)) { "tail" } else { "whole" };
        requests.iter().map(|(_, request)| word(request.window)).collect()
    }

    /// The seconds between one request and the next.
    fn pauses(&self) -> Vec<u64> {
        let requests = self.fetcher.asked();
        requests.windows(2).map(|pair| (pair[1].0 - pair[0].0).as_secs()).collect()
    }

    fn last_request(&self) -> FetchRequest {
        let requests = self.fetcher.asked();
        requests.last().expect("asked").1.clone()
    }
}

/// The kind of an update, with the number of its bars or its words.
fn word(update: &Update) -> String {
    match update {
        Update::Whole { fetched, .. } => format!("whole {}", fetched.bars.len()),
        Update::Tail { fetched, .. } => format!("tail {}", fetched.bars.len()),
        Update::Waiting { late, .. } => format!("waiting {}", late.as_deref().unwrap_or("-")),
        Update::Trouble { error, .. } => error.kind().to_owned(),
        Update::NotFound(error) => format!("gone: {}", error.kind()),
        Update::Kept(_) | Update::Quote(_) | Update::Checked { .. } | Update::Impaired { .. } => {
            "unexpected".to_owned()
        }
    }
}

fn next_check(update: &Update) -> Option<Timestamp> {
    match update {
        Update::Whole { next_check, .. }
        | Update::Tail { next_check, .. }
        | Update::Checked { next_check }
        | Update::Waiting { next_check, .. }
        | Update::Trouble { next_check, .. } => *next_check,
        Update::Kept(_) | Update::Quote(_) | Update::Impaired { .. } | Update::NotFound(_) => None,
    }
}

/// So many minutes from the open on.
fn minutes(count: i64) -> Bars {
    let bar = |minute| {
        let ts = OPEN + 60 * minute;
        Bar { ts, open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: 1.0 }
    };
    (0..count).map(bar).collect()
}

fn fetched(bars: Bars) -> Fetched {
    let period = Period { start: OPEN, end: CLOSE };
    let tomorrow = Period { start: OPEN + 24 * HOUR, end: CLOSE + 24 * HOUR };
    let symbol = Symbol::parse("FICT").expect("valid");
    let phase = |period| Phase { period, state: SessionState::Open };
    Fetched {
        bars,
        instrument: Instrument::unnamed(symbol, TimeZone::UTC),
        hours: Hours::Sessions(vec![period]),
        quote: None,
        delay: None,
        timetable: Timetable::new([period, tomorrow].map(phase).to_vec()),
        split: None,
    }
}

fn unavailable() -> SourceError {
    SourceError::Unavailable { origin: "scripted", detail: "an outage".to_owned(), cause: None }
}

fn gone() -> SourceError {
    let symbol = Symbol::parse("FICT").expect("valid");
    SourceError::NotFound { symbol, origin: "scripted", detail: "no such thing".to_owned() }
}

#[tokio::test(start_paused = true)]
async fn everything_is_asked_for_at_first_and_then_the_tail_in_the_rhythm_of_the_policy() {
    let mut opened = Opened::new(|_, _| Ok(fetched(minutes(180))));
    let told = opened.told(3).await;
    let expected = [(0, "whole 180"), (20, "tail 180"), (40, "tail 180")];
    assert_eq!(told, expected.map(|(at, word)| (at, word.to_owned())));
    let last = opened.last_request();
    assert_eq!(last.window, Window::Since(OPEN + 179 * 60 - 300), "five minutes before the last");
    assert_eq!(last.priority, Priority::Live);
}

#[tokio::test(start_paused = true)]
async fn a_series_that_is_opened_between_two_beats_is_asked_for_on_the_next_ones() {
    for (rate, is_on_beat) in [(None, true), (Some(1.0), false)] {
        let answer = |_: usize, _: &FetchRequest| (7 * MILLISECOND, Ok(fetched(minutes(180))));
        let mut opened = Opened::at(OPEN + 3 * HOUR, Interval::Minute1, rate, answer);
        tokio::time::sleep(123 * MILLISECOND).await;
        opened.told(20).await;
        let beat = 20 * SECOND / 20;
        let is_beat =
            |at: Instant| (at - opened.started).as_micros().is_multiple_of(beat.as_micros());
        let requests = opened.fetcher.asked();
        assert!(!is_beat(requests[0].0), "the first one waits for nothing");
        assert_eq!(requests[1..].iter().all(|(at, _)| is_beat(*at)), is_on_beat);
        let pause = requests[19].0 - requests[1].0;
        assert!(rate.is_some() || pause == 18 * 20 * SECOND, "none is slower for it: {pause:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn everything_is_asked_for_again_after_the_refresh_time() {
    let mut opened = Opened::new(|_, _| Ok(fetched(minutes(180))));
    opened.told(1 + 3 * 30).await;
    let whole: Vec<_> = opened.windows().iter().map(|word| *word == "whole").collect();
    let asked: Vec<_> = (0..whole.len()).filter(|n| whole[*n]).collect();
    assert_eq!(asked, [0, 30, 60, 90]);
}

#[tokio::test(start_paused = true)]
async fn an_update_says_when_the_next_one_is_to_be_expected() {
    let mut opened = Opened::new(|_, _| Ok(fetched(minutes(180))));
    opened.next().await;
    let backlog = Backlog { waiting: 5, wait: 7 * SECOND, turn: SECOND };
    opened.fetcher.set_backlog(backlog);
    let promised = opened.next().await;
    assert_eq!(word(&promised), "waiting -", "the promised time has come");
    let due = OPEN + 3 * HOUR + 20;
    assert_eq!(next_check(&promised).map(Timestamp::as_second), Some(due + 7));
    let update = opened.next().await;
    assert_eq!(next_check(&update).map(Timestamp::as_second), Some(due + 20 + 7));
}

#[tokio::test(start_paused = true)]
async fn bars_of_hours_and_days_are_asked_for_more_rarely_where_requests_are_rationed() {
    for (grain, rate, least) in [
        (Interval::Minute1, Some(1.0), 20),
        (Interval::Hour1, Some(1.0), 60),
        (Interval::Day1, Some(1.0), 120),
        (Interval::Day1, None, 20),
    ] {
        let answer = |_: usize, _: &FetchRequest| (Duration::ZERO, Ok(fetched(minutes(180))));
        let mut opened = Opened::at(OPEN + 3 * HOUR, grain, rate, answer);
        opened.told(10).await;
        for pause in opened.pauses() {
            assert!((least..=least * 11 / 10).contains(&pause), "{grain}: {pause}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn failures_are_retried_ever_more_slowly_and_forgotten_with_the_first_answer() {
    let mut opened = Opened::new(|n, _| match n {
        0..8 | 9.. => Err(unavailable()),
        8 => Ok(fetched(minutes(180))),
    });
    opened.told(10).await;
    let pauses = opened.pauses();
    for (pause, full) in pauses.iter().zip([1, 2, 4, 8, 16, 32, 60, 60]) {
        assert!((full / 2..=full).contains(pause), "{pauses:?}");
    }
    assert_eq!(pauses[8], 20);
    opened.next().await;
    assert!(opened.pauses()[9] <= 1, "a new row of failures begins from the start");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_refuses_all_requests_is_left_alone_as_long_as_it_says() {
    let mut opened = Opened::new(|_, _| {
        let detail = "too many".to_owned();
        Err(SourceError::Blocked { origin: "scripted", detail, retry_after: 90 * SECOND })
    });
    opened.told(2).await;
    assert!((90..=91).contains(&opened.pauses()[0]));
}

#[tokio::test(start_paused = true)]
async fn a_refused_tail_is_followed_by_a_request_for_everything() {
    let mut opened = Opened::new(|n, _| match n {
        1 => Err(SourceError::Refused { origin: "scripted", detail: "too far".to_owned() }),
        _ => Ok(fetched(minutes(180))),
    });
    opened.told(3).await;
    assert_eq!(opened.windows(), ["whole", "tail", "whole"]);
    assert_eq!(opened.pauses()[1], 60);
}

#[tokio::test(start_paused = true)]
async fn a_symbol_that_does_not_exist_ends_the_series_and_one_that_had_bars_does_not() {
    let mut opened = Opened::new(|_, _| Err(gone()));
    assert_eq!(word(&opened.next().await), "gone: not_found");
    assert!(opened.updates.next().await.is_none());
    let mut opened = Opened::new(|n, _| if n == 1 { Err(gone()) } else { Ok(fetched(minutes(9))) });
    let told: Vec<_> = opened.told(3).await.into_iter().map(|(_, word)| word).collect();
    assert_eq!(told, ["whole 9", "not_found", "tail 9"]);
}
