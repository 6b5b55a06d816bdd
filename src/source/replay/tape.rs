//! Plays one recording: which of its bars are known at a moment of the recorded time.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::recording::Recording;
use crate::bars::Bars;
use crate::interval::{DAY, Interval};
use crate::market::{
    Hours, Instrument, Period, Phase, SessionState, Timetable, TradingCalendar, calendar, observed,
};
use crate::source::fetch::Window;
use crate::source::search::Listing;
use crate::source::update::{Fetched, Quote};

/// How far around now the sessions of a growing recording are told, in seconds: beyond any weekend.
const AROUND: i64 = 7 * 86_400;

/// A recording and where its playback starts, with the first bar known, and ends, in recorded epoch
/// seconds.
#[derive(Debug)]
pub(super) struct Tape {
    bars: Bars,
    interval: Interval,
    instrument: Instrument,
    /// From the first bar to the end of the last one of each trading day; at least one.
    days: Vec<Period>,
    timetable: Timetable,
    hours: Hours,
    start: i64,
    end: i64,
}

impl Tape {
    /// A tape of at least one bar of a market that trades as `calendar` says, where it is known;
    /// `None` without any.
    pub(super) fn new(
        recording: Recording,
        interval: Interval,
        calendar: Option<&TradingCalendar>,
    ) -> Option<Self> {
        let Recording { bars, instrument, hours, .. } = recording;
        let bar = interval.seconds();
        let zone = &instrument.zone;
        let is_told = !hours.is_empty();
        let sessions = if interval.is_intraday() {
            observed::sessions(bars.times(), bar, zone, calendar, &hours)
        } else {
            let open = |period: &Period| Phase { period: *period, state: SessionState::Open };
            Timetable::new(days(&bars, &Hours::UNKNOWN, zone, bar).iter().map(open).collect())
        };
        let days = days(&bars, &whole(&sessions, interval), zone, bar);
        let (first, last) = (*days.first()?, *days.last()?);
        // A recording that stops within a session would else end with an open market.
        let known = sessions.phases().iter().map(|phase| Phase {
            period: Period { end: phase.period.end.min(last.end), ..phase.period },
            ..*phase
        });
        let told = Timetable::new(known.collect());
        // Nothing is to come after a recording.
        let timetable = match calendar {
            Some(calendar) if is_told => calendar.complete(&told, false, i64::MIN),
            _ => told,
        };
        let hours = match calendar {
            Some(calendar) if interval.is_intraday() && calendar.is_continuous() => {
                Hours::Continuous { day: DAY }
            }
            _ => drawn(&timetable, whole(&sessions, interval), zone),
        };
        let start = first.start + bar;
        Some(Self { timetable, hours, bars, interval, instrument, days, start, end: last.end })
    }

    /// The same, played from `ts` on: what comes before is known from the start.
    pub(super) fn starting_at(self, ts: i64) -> Self {
        Self { start: ts.max(self.start), ..self }
    }

    /// The zone of its times.
    pub(super) const fn zone(&self) -> &TimeZone {
        &self.instrument.zone
    }

    /// All its bars.
    pub(super) const fn bars(&self) -> &Bars {
        &self.bars
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

    /// The recorded epoch second that is reached after `played` of them.
    pub(super) fn position(&self, played: i64) -> i64 {
        self.start.saturating_add(played).min(self.end)
    }

    /// What is known `played` recorded seconds after the start. A bar is known when it is over; at
    /// the end the tape stands still.
    pub(super) fn answer(&self, window: Window, played: i64) -> Fetched {
        let position = self.position(played);
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
            timetable: self.timetable.clone(),
            split: None,
        }
    }
}

impl Tape {
    /// What is known at `now` of a recording that still grows, of a market that trades as `calendar` says,
    /// where it is known.
    pub(super) fn growing(
        &self,
        window: Window,
        now: Timestamp,
        calendar: Option<&TradingCalendar>,
    ) -> Fetched {
        let fetched = self.answer(window, i64::MAX);
        // Its last day has no end yet.
        let around = |market: &TradingCalendar| {
            let second = now.as_second();
            market.sessions(second.saturating_sub(AROUND), second.saturating_add(AROUND))
        };
        let timetable = calendar.map_or_else(Timetable::default, around);
        let quote = fetched.quote.map(|quote| Quote { at: quote.at.min(now), ..quote });
        Fetched { quote, timetable, ..fetched }
    }
}

/// In which something is traded.
const TRADED: [SessionState; 3] = [SessionState::Pre, SessionState::Open, SessionState::Post];

/// The sessions of bars of `interval`, none of which is cut.
fn whole(sessions: &Timetable, interval: Interval) -> Hours {
    if interval.is_intraday() { Hours::Sessions(sessions.periods(&TRADED)) } else { Hours::UNKNOWN }
}

/// When the bars were traded. The evening with which a recording ends is a part of the next day, which
/// the whole of its session tells.
fn drawn(timetable: &Timetable, whole: Hours, zone: &TimeZone) -> Hours {
    let Hours::Sessions(whole) = whole else { return whole };
    let mut periods = if whole.is_empty() { Vec::new() } else { timetable.periods(&TRADED) };
    if let Some(last) = periods.last_mut() {
        let uncut = whole.iter().find(|period| period.start == last.start);
        let uncut = uncut.filter(|period| period.trading_date(zone) != last.trading_date(zone));
        *last = *uncut.unwrap_or(last);
    }
    Hours::Sessions(periods)
}

/// The stretch that the bars of each trading day cover.
fn days(bars: &Bars, hours: &Hours, zone: &TimeZone, bar: i64) -> Vec<Period> {
    let date = |ts| hours.trading_date(ts, zone);
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
    use crate::market::{Calendars, Hours, Instrument, Period, SessionState};
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
        let unnamed = Recording::of_rows(bars, false, &symbol, zone);
        let instrument = Instrument { previous_close: Some(0.5), ..unnamed.instrument.clone() };
        let recording = Recording { instrument, hours, ..unnamed };
        Tape::new(recording, Interval::Minute1, None).expect("has bars")
    }

    fn shown(fetched: &Fetched) -> (usize, Option<f64>, Option<f64>) {
        let close = fetched.bars.last().map(|bar| bar.close);
        (fetched.bars.len(), close, fetched.instrument.previous_close)
    }

    fn state(tape: &Tape, played: i64) -> Option<SessionState> {
        let timetable = tape.answer(Window::Days(1), played).timetable;
        timetable.session_at(tape.position(played)).map(|session| session.state)
    }

    #[test]
    fn a_tape_that_starts_at_the_open_of_a_day_shows_the_day_before_until_a_bar_is_over() {
        let tape = tape(&[3, 4, 5], Vec::new()).starting_at(OPEN + 2 * DAY);
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
    fn a_tape_starts_with_its_first_bar_known() {
        for lengths in [&[390][..], &[1], &[3, 4]] {
            let start = tape(lengths, Vec::new()).answer(Window::All, 0);
            assert_eq!((start.bars.len(), start.quote.is_some()), (1, true), "{lengths:?}");
            assert_eq!(start.instrument.previous_close, Some(0.5));
        }
        let before = tape(&[3], Vec::new()).starting_at(i64::MIN).answer(Window::All, 0);
        assert_eq!(before.bars.len(), 1);
    }

    #[test]
    fn a_window_of_days_counts_days_with_known_bars() {
        let tape = tape(&[3, 4, 5], Vec::new()).starting_at(OPEN + 2 * DAY);
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
        let tape = tape(&[3, 4], Vec::new()).starting_at(OPEN + DAY);
        let quote = tape.answer(Window::Days(1), 90).quote.expect("has bars");
        assert_eq!((quote.price, quote.at.as_second()), (4.0, OPEN + DAY + 90));
    }

    #[test]
    fn hours_are_the_days_of_the_file_and_close_at_the_end() {
        let tape = tape(&[3, 4], Vec::new()).starting_at(OPEN + DAY);
        let days = [(OPEN, 180), (OPEN + DAY, 240)]
            .map(|(start, length)| Period { start, end: start + length });
        let playing = tape.answer(Window::Days(1), 239);
        assert_eq!(playing.hours, Hours::Sessions(days.to_vec()));
        assert_eq!(state(&tape, 239), Some(SessionState::Open));
        assert_eq!(state(&tape, 240), Some(SessionState::Closed));
    }

    #[test]
    fn sessions_of_the_file_go_before_its_days_and_end_with_the_recording() {
        let session = |day| Period { start: OPEN + day * DAY, end: OPEN + day * DAY + 23_400 };
        let tape = tape(&[3, 4], vec![session(0), session(1), session(2)]);
        let end = tape.answer(Window::Days(1), i64::MAX);
        let cut = Period { end: OPEN + DAY + 240, ..session(1) };
        assert_eq!(end.hours, Hours::Sessions(vec![session(0), cut]));
        assert_eq!(state(&tape, i64::MAX), Some(SessionState::Closed));
    }

    #[test]
    fn the_lunch_of_a_recorded_market_is_known_and_nothing_comes_after_the_recording() {
        // From 09:00 in Tokyo over an afternoon that is cut off.
        let open = 1_788_134_400;
        let bars = (0..300).map(|minute| Bar {
            ts: open + minute * 60,
            open: 1.0,
            high: 1.0,
            low: 1.0,
            close: 1.0,
            volume: 1.0,
        });
        let zone = TimeZone::get("Asia/Tokyo").expect("known");
        let symbol = Symbol::parse("7203.T").expect("valid");
        let recording = Recording::of_rows(bars, false, &symbol, zone);
        let table = Calendars::standard();
        let calendar = table.find(&symbol, None);
        let tape = Tape::new(recording, Interval::Minute1, calendar).expect("has bars");
        let parts = [(0, 9_000), (12_600, 18_000)]
            .map(|(start, end)| Period { start: open + start, end: open + end });
        let end = tape.answer(Window::Days(1), i64::MAX);
        assert_eq!(end.hours, Hours::Sessions(parts.to_vec()));
        assert_eq!(end.bars.len(), 300, "those of the lunch too");
        let session = |ts| end.timetable.session_at(ts).expect("known");
        assert_eq!(session(open + 10_000).state, SessionState::Lunch);
        let closed = session(tape.position(i64::MAX));
        assert_eq!((closed.state, closed.until), (SessionState::Closed, None));
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
