//! Answers of all kinds, judged by a polled source and folded into a series of minutes.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::Fold;
use crate::bars::{Bar, Bars};
use crate::hub::series::Series;
use crate::interval::Interval;
use crate::market::{Hours, Instrument, Period, Phase, SessionState, Timetable};
use crate::source::{Answers, Fetched, Quote, SeriesKey, Verdict};
use crate::symbol::Symbol;
use crate::view::{Range, Session};

/// A midnight in UTC.
const DAY: i64 = 1_787_875_200;
const OPEN: i64 = DAY + 9 * 3_600;
const MINUTE: i64 = 60;

fn symbol() -> Symbol {
    Symbol::parse("FICT").expect("valid")
}

fn bar(ts: i64) -> Bar {
    let price = 100.25;
    Bar { ts, open: price, high: price, low: price, close: price, volume: 1.0 }
}

/// Bars at these minutes after the open.
fn minutes(minutes: impl IntoIterator<Item = i64>) -> Bars {
    minutes.into_iter().map(|minute| bar(OPEN + minute * MINUTE)).collect()
}

/// An answer of a market that is open from nine to five today.
fn fetched(bars: Bars) -> Fetched {
    let period = Period { start: OPEN, end: OPEN + 8 * 3_600 };
    Fetched {
        bars,
        instrument: Instrument::unnamed(symbol(), TimeZone::UTC),
        hours: Hours::Sessions(vec![period]),
        quote: None,
        delay: None,
        timetable: Timetable::new(vec![Phase { period, state: SessionState::Open }]),
        split: None,
    }
}

fn key() -> SeriesKey {
    let (grain, depth) = (Interval::Minute1, Range::Day5);
    SeriesKey { symbol: symbol(), grain, depth, session: Session::Regular }
}

/// A polled source and the feed that folds its answers, without their tasks.
struct Told {
    answers: Answers,
    fold: Fold,
    known: Option<Series>,
    now: i64,
}

impl Told {
    fn new() -> Self {
        let (answers, fold) = (Answers::default(), Fold::new(key(), None));
        Self { answers, fold, known: None, now: OPEN + 60 * MINUTE }
    }

    /// With these bars of everything.
    fn knowing(bars: Bars) -> Self {
        let mut told = Self::new();
        assert!(told.whole(fetched(bars)).is_none());
        told
    }

    /// Takes an answer; the word for what else has to be done.
    fn take(&mut self, is_whole: bool, fetched: Fetched) -> Option<&'static str> {
        let verdict = self.answers.take(&key(), is_whole, &fetched, self.now);
        let known = self.known.as_ref();
        let series = if is_whole && verdict == Verdict::Believed {
            Some(self.fold.whole(known, fetched, self.now))
        } else {
            self.fold.tail(known, fetched, self.now)
        };
        self.known = series.or(self.known.take());
        match verdict {
            Verdict::Believed | Verdict::DoubtedAgain => None,
            Verdict::Doubted => Some("doubted"),
            Verdict::Split => Some("split"),
        }
    }

    fn whole(&mut self, fetched: Fetched) -> Option<&'static str> {
        self.take(true, fetched)
    }

    fn tail(&mut self, fetched: Fetched) -> Option<&'static str> {
        self.take(false, fetched)
    }

    fn series(&self) -> &Series {
        self.known.as_ref().expect("told")
    }

    fn len(&self) -> usize {
        self.series().bars.len()
    }
}

#[test]
fn a_bar_from_the_future_is_not_believed() {
    for is_whole in [true, false] {
        let mut told = Told::knowing(minutes(0..60));
        told.take(is_whole, fetched(minutes((0..61).chain([62, 63, 22 * 60]))));
        let last = told.series().bars.last().expect("bars").ts;
        assert_eq!(last, OPEN + 62 * MINUTE, "two intervals ahead, and no more");
    }
    let mut cold = Told::new();
    cold.whole(fetched(minutes([0, 500])));
    assert_eq!(cold.len(), 1);
}

#[test]
fn a_price_from_the_future_is_not_believed() {
    for (ahead, believed) in [(120, true), (121, false)] {
        let mut told = Told::new();
        let at = Timestamp::from_second(told.now + ahead).expect("in range");
        let quote = Some(Quote { price: 7.0, at });
        told.whole(Fetched { quote, ..fetched(minutes(0..60)) });
        assert_eq!(told.series().quote.is_some(), believed, "{ahead}");
    }
}

#[test]
fn a_clock_that_was_an_hour_ahead_leaves_no_bars_to_come() {
    let mut told = Told::new();
    told.now += 3_600;
    told.whole(fetched(minutes(0..120)));
    told.now -= 3_600;
    told.tail(fetched(minutes(55..61)));
    assert_eq!(told.series().bars.last().expect("bars").ts, OPEN + 62 * MINUTE);
    told.now += MINUTE;
    told.tail(fetched(minutes(58..62)));
    assert_eq!(told.len(), 63);
}

#[test]
fn bars_older_than_an_answer_of_everything_stay() {
    let mut told = Told::knowing(minutes(0..60));
    assert_eq!(told.whole(fetched(minutes([60]))), None);
    assert_eq!(told.series().bars, minutes(0..61));
}

#[test]
fn bars_older_than_the_feed_reaches_go_in_whole_days() {
    let days_ago = |days: i64| (0..5).map(move |minute| minute - days * 24 * 60);
    let known = [9, 8, 7, 1].into_iter().flat_map(days_ago);
    let mut told = Told::knowing(minutes(known.chain(0..60)));
    told.whole(fetched(minutes(0..61)));
    let firsts = [7, 1].into_iter().flat_map(days_ago);
    assert_eq!(told.series().bars, minutes(firsts.chain(0..61)));
}

#[test]
fn an_answer_with_fewer_bars_than_are_known_is_believed_when_it_comes_twice() {
    let few = || fetched(minutes((0..60).step_by(10)));
    let mut told = Told::knowing(minutes(0..60));
    assert_eq!(told.whole(few()), Some("doubted"));
    assert_eq!(told.len(), 60);
    assert_eq!(told.whole(few()), None);
    assert_eq!(told.len(), 6);
}

#[test]
fn a_mistake_that_does_not_come_twice_takes_no_bar_away() {
    let mut told = Told::knowing(minutes(0..60));
    assert_eq!(told.whole(fetched(minutes(0..30))), Some("doubted"));
    assert_eq!(told.whole(fetched(minutes(0..60))), None);
    assert_eq!(told.len(), 60);
    // Mistakes that differ each time do not ask for everything each time.
    assert_eq!(told.whole(fetched(minutes(0..30))), Some("doubted"));
    assert_eq!(told.whole(fetched(minutes((0..60).step_by(2)))), None);
    assert_eq!(told.len(), 60);
}

#[test]
fn a_row_that_was_taken_back_goes_with_the_second_answer_without_it() {
    let mut told = Told::knowing(minutes((0..30).chain(31..60).chain([30])));
    let without = || fetched(minutes((0..30).chain(31..61)));
    assert_eq!(told.whole(without()), None, "as many bars as before are taken at once");
    let fewer = || fetched(minutes((0..30).chain(32..61)));
    assert_eq!(told.whole(fewer()), Some("doubted"));
    assert_eq!(told.whole(fewer()), None);
    assert_eq!(told.len(), 59);
}

#[test]
fn a_split_or_another_currency_replaces_everything_at_once() {
    let mut told = Told::knowing(minutes(0..60));
    told.whole(Fetched { split: Some(OPEN), ..fetched(minutes(30..40)) });
    assert_eq!(told.series().bars, minutes(30..40));
    let in_currency = |currency: &str, bars| {
        let mut fetched = fetched(bars);
        fetched.instrument.currency = Some(currency.to_owned());
        Fetched { split: Some(OPEN), ..fetched }
    };
    assert_eq!(told.whole(in_currency("GBP", minutes(0..60))), None);
    assert_eq!(told.whole(in_currency("GBp", minutes(50..60))), None);
    assert_eq!(told.len(), 10);
}

#[test]
fn a_split_that_only_tails_tell_asks_for_everything_once() {
    let tail = || Fetched { split: Some(OPEN), ..fetched(minutes(55..60)) };
    let mut told = Told::knowing(minutes(0..60));
    assert_eq!(told.tail(tail()), Some("split"));
    assert_eq!(told.len(), 60, "its bars are left out");
    // Its prices are others, so an answer without bars leaves it to be done.
    assert_eq!(told.whole(fetched(Bars::empty())), None);
    assert_eq!(told.series().split, None);
    assert_eq!(told.whole(fetched(minutes(40..60))), None);
    assert_eq!((told.len(), told.series().split), (20, Some(OPEN)));
    assert_eq!(told.tail(tail()), None);
    assert_eq!(told.tail(Fetched { split: Some(OPEN + 1), ..tail() }), Some("split"));
}

#[test]
fn an_answer_of_everything_without_bars_leaves_bars_hours_and_timetable() {
    let known = Told::knowing(minutes(0..60)).known;
    for is_whole in [true, false] {
        let mut told = Told { known: known.clone(), ..Told::new() };
        let empty = Fetched {
            hours: Hours::UNKNOWN,
            timetable: Timetable::UNKNOWN,
            ..fetched(Bars::empty())
        };
        told.take(is_whole, empty);
        let (before, after) = (known.as_ref().expect("told"), told.series());
        assert_eq!(before.bars, after.bars);
        assert_eq!(before.hours, after.hours);
        assert_eq!(before.timetable, after.timetable);
        assert_eq!(after.session.map(|session| session.state), Some(SessionState::Open));
    }
}

#[test]
fn a_price_moves_the_quote_alone_and_an_older_one_nothing() {
    let told = Told::knowing(minutes(0..60));
    let series = told.series();
    let quote = |ts| Quote { price: 7.0, at: Timestamp::from_second(ts).expect("in range") };
    let newest = Fold::quote(series, quote(told.now), told.now).expect("news");
    assert_eq!((newest.quote, &newest.bars), (Some(quote(told.now)), &series.bars));
    assert!(Fold::quote(&newest, quote(told.now - 1), told.now).is_none());
    assert!(Fold::quote(&newest, quote(told.now + 121), told.now).is_none(), "of the future");
}

#[test]
fn hours_that_no_bar_is_of_any_more_go() {
    let day = |n: i64| Period { start: OPEN + n * 86_400, end: OPEN + n * 86_400 + 3_600 };
    let mut told = Told::new();
    let known = Fetched {
        hours: Hours::Sessions(vec![day(-9), day(-1), day(0)]),
        ..fetched(minutes([-9 * 1_440, -1_440, 0]))
    };
    told.whole(known);
    told.whole(Fetched { hours: Hours::Sessions(vec![day(0)]), ..fetched(minutes(0..2)) });
    assert_eq!(told.series().hours, Hours::Sessions(vec![day(-1), day(0)]));
}

proptest! {
    #[test]
    fn no_answer_of_everything_that_comes_once_takes_a_bar_away_that_it_has_no_other_for(
        known in prop::collection::btree_set(0i64..60, 1..60),
        answer in prop::collection::btree_set(0i64..60, 0..60),
    ) {
        let mut told = Told::knowing(minutes(known.iter().copied()));
        told.whole(fetched(minutes(answer.iter().copied())));
        let after = told.len();
        prop_assert!(after >= known.len().max(answer.len()));
        let first = answer.first().copied().unwrap_or(i64::MAX);
        let older = known.iter().filter(|minute| **minute < first);
        for minute in older.chain(&answer) {
            prop_assert!(told.series().bars.times().contains(&(OPEN + minute * MINUTE)));
        }
    }
}
