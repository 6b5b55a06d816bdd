//! Plays one recording: which of its bars are known at a moment of the recorded time.

use jiff::Timestamp;

use super::recording::Recording;
use crate::bars::Bars;
use crate::interval::Interval;
use crate::market::{Hours, Instrument, Period, calendar};
use crate::source::{Fetched, Listing, Quote, Window};

/// Bars that are shown from the start when there is but one day to play. Recordings of days start in
/// their middle.
const HEAD_START: usize = 30;

/// A recording and where its playback starts and ends, in recorded epoch seconds.
#[derive(Debug)]
pub(super) struct Tape {
    bars: Bars,
    interval: Interval,
    instrument: Instrument,
    /// From the first bar to the end of the last one of each local date; at least one.
    days: Vec<Period>,
    hours: Hours,
    start: i64,
    end: i64,
}

impl Tape {
    /// A tape of at least one bar; `None` without any.
    pub(super) fn new(recording: Recording, interval: Interval) -> Option<Self> {
        let Recording { bars, instrument, hours } = recording;
        let bar = interval.seconds();
        let days = days(&bars, &instrument, bar);
        let (first, last) = (*days.first()?, *days.last()?);
        let start = if !interval.is_intraday() {
            bars.get(bars.len() / 2)?.ts
        } else if first == last {
            let shown = HEAD_START.min(bars.len() / 2);
            bars.get(shown)?.ts
        } else {
            last.start
        };
        let hours = if hours.is_empty() { days.clone() } else { hours };
        // A recording that stops within a session would else end with an open market.
        let known = hours
            .into_iter()
            .map(|period| Period { end: period.end.min(last.end), ..period })
            .filter(|period| period.start < period.end);
        Some(Self {
            hours: Hours::Sessions(known.collect()),
            bars,
            interval,
            instrument,
            days,
            start,
            end: last.end,
        })
    }

    /// The length of its bars.
    pub(super) const fn interval(&self) -> Interval {
        self.interval
    }

    /// What it is a recording of.
    pub(super) fn listing(&self) -> Listing {
        let Instrument { symbol, name, exchange, .. } = self.instrument.clone();
        Listing { symbol, name, exchange, kind: None }
    }

    /// What is known `played` recorded seconds after the start. A bar is known when it is over; at
    /// the end the tape stands still.
    pub(super) fn answer(&self, window: Window, played: i64) -> Fetched {
        let position = self.start.saturating_add(played).min(self.end);
        let known = self.bars.before(position - self.interval.seconds() + 1);
        let newest = known.last();
        let day = newest.map_or(0, |bar| self.days.partition_point(|day| day.start <= bar.ts) - 1);
        let first = match window {
            Window::Since(ts) => ts,
            Window::All => i64::MIN,
            Window::Months(months) => newest
                .and_then(|bar| calendar::months_before(bar.ts, months, &self.instrument.zone))
                .unwrap_or(i64::MIN),
            Window::Days(count) => {
                let day = (day + 1).saturating_sub(usize::from(count));
                self.days.get(day).map_or(i64::MAX, |day| day.start)
            }
        };
        let close_before = self.bars.before(self.days[day].start).last().map(|bar| bar.close);
        Fetched {
            bars: known.since(first),
            instrument: Instrument {
                previous_close: close_before.or(self.instrument.previous_close),
                ..self.instrument.clone()
            },
            hours: self.hours.clone(),
            quote: newest
                .zip(Timestamp::from_second(position).ok())
                .map(|(bar, at)| Quote { price: bar.close, at }),
            delay: None,
            session: self.hours.state_at(position),
            split: None,
        }
    }
}

/// The stretch that the bars of each local date cover.
fn days(bars: &Bars, instrument: &Instrument, bar: i64) -> Vec<Period> {
    let date =
        |ts| Timestamp::from_second(ts).map(|at| instrument.zone.to_datetime(at).date()).ok();
    let mut days: Vec<Period> = Vec::new();
    let mut newest = None;
    for &ts in bars.times() {
        let (today, end) = (date(ts), ts + bar);
        match days.last_mut() {
            Some(day) if today == newest => day.end = end,
            _ => days.push(Period { start: ts, end }),
        }
        newest = today;
    }
    days
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::Tape;
    use crate::bars::Bar;
    use crate::interval::Interval;
    use crate::market::{Hours, Instrument, Period, SessionState};
    use crate::source::replay::recording::Recording;
    use crate::source::{Fetched, Window};
    use crate::symbol::Symbol;

    /// 2 Oct 2024, 09:30 in New York.
    const OPEN: i64 = 1_727_875_800;
    const DAY: i64 = 86_400;

    /// A tape of days of `lengths` bars each, whose closes count from 1.
    fn tape(lengths: &[i64], hours: Vec<Period>) -> Tape {
        let starts = (0..).zip(lengths).flat_map(|(day, length)| {
            (0..*length).map(move |minute| OPEN + day * DAY + minute * 60)
        });
        let bars = starts.zip(1_u32..).map(|(ts, close)| {
            let close = f64::from(close);
            Bar { ts, open: close, high: close, low: close, close, volume: 1.0 }
        });
        let zone = TimeZone::get("America/New_York").expect("known");
        let symbol = Symbol::parse("XMPL").expect("valid");
        let recording = Recording {
            bars: bars.collect(),
            instrument: Instrument {
                previous_close: Some(0.5),
                ..Instrument::unnamed(symbol, zone)
            },
            hours,
        };
        Tape::new(recording, Interval::Minute1).expect("has bars")
    }

    fn shown(fetched: &Fetched) -> (usize, Option<f64>, Option<f64>) {
        let close = fetched.bars.last().map(|bar| bar.close);
        (fetched.bars.len(), close, fetched.instrument.previous_close)
    }

    fn state(fetched: &Fetched) -> Option<SessionState> {
        fetched.session
    }

    #[test]
    fn a_tape_of_days_starts_at_the_open_of_the_last() {
        let tape = tape(&[3, 4, 5], Vec::new());
        let day = |played| shown(&tape.answer(Window::Days(1), played));
        assert_eq!(day(0), (4, Some(7.0), Some(3.0)), "the day before until a bar is over");
        assert_eq!(day(59), day(0));
        assert_eq!(day(60), (1, Some(8.0), Some(7.0)));
        assert_eq!(day(119), day(60));
        assert_eq!(day(120), (2, Some(9.0), Some(7.0)));
        assert_eq!(day(300), (5, Some(12.0), Some(7.0)));
        assert_eq!(day(i64::MAX), day(300), "the end stands still");
    }

    #[test]
    fn a_tape_of_one_day_starts_with_thirty_bars_or_half() {
        for (length, first) in [(390, 30), (61, 30), (40, 20), (1, 0)] {
            let start = tape(&[length], Vec::new()).answer(Window::Days(1), 0);
            assert_eq!(start.bars.len(), first, "{length}");
            assert_eq!(start.quote.is_some(), first > 0, "{length}");
            assert_eq!(start.instrument.previous_close, Some(0.5));
        }
    }

    #[test]
    fn a_window_of_days_counts_days_with_known_bars() {
        let tape = tape(&[3, 4, 5], Vec::new());
        let count = |window| tape.answer(window, 60).bars.len();
        for (days, bars) in [(0, 0), (1, 1), (2, 5), (3, 8), (4, 8), (u16::MAX, 8)] {
            assert_eq!(count(Window::Days(days)), bars, "{days} days");
        }
        for (since, bars) in [(i64::MIN, 8), (OPEN + DAY, 5), (OPEN + 2 * DAY, 1), (i64::MAX, 0)] {
            assert_eq!(count(Window::Since(since)), bars, "since {since}");
        }
    }

    #[test]
    fn the_quote_is_the_last_close_at_the_position() {
        let tape = tape(&[3, 4], Vec::new());
        let quote = tape.answer(Window::Days(1), 90).quote.expect("has bars");
        assert_eq!((quote.price, quote.at.as_second()), (4.0, OPEN + DAY + 90));
    }

    #[test]
    fn hours_are_the_days_of_the_file_and_close_at_the_end() {
        let tape = tape(&[3, 4], Vec::new());
        let days = [(OPEN, 180), (OPEN + DAY, 240)]
            .map(|(start, length)| Period { start, end: start + length });
        let playing = tape.answer(Window::Days(1), 239);
        assert_eq!(playing.hours, Hours::Sessions(days.to_vec()));
        assert_eq!(state(&playing), Some(SessionState::Open));
        assert_eq!(state(&tape.answer(Window::Days(1), 240)), Some(SessionState::Closed));
    }

    #[test]
    fn sessions_of_the_file_go_before_its_days_and_end_with_the_recording() {
        let session = |day| Period { start: OPEN + day * DAY, end: OPEN + day * DAY + 23_400 };
        let tape = tape(&[3, 4], vec![session(0), session(1), session(2)]);
        let end = tape.answer(Window::Days(1), i64::MAX);
        let cut = Period { end: OPEN + DAY + 240, ..session(1) };
        assert_eq!(end.hours, Hours::Sessions(vec![session(0), cut]));
        assert_eq!(state(&end), Some(SessionState::Closed));
    }

    proptest! {
        #[test]
        fn nothing_is_shown_before_it_was_known_and_nothing_is_taken_back(
            lengths in proptest::collection::vec(1i64..50, 1..4), played in 0i64..5_000, more in 0i64..500,
        ) {
            let tape = tape(&lengths, Vec::new());
            let (now, later) = (tape.answer(Window::Since(0), played), tape.answer(Window::Since(0), played + more));
            prop_assert_eq!(&now.bars, &later.bars.before(now.bars.last().map_or(0, |bar| bar.ts + 1)));
            if let (Some(bar), Some(quote)) = (now.bars.last(), now.quote) {
                prop_assert!(bar.ts + 60 <= quote.at.as_second());
            }
        }
    }
}
