//! Messages in any order, doubled and lost, beside answers of any age.

use proptest::prelude::*;

use super::{Bars, Closing, Forming, LiveBar, News};
use crate::bars::Bar;
use crate::interval::Interval;

const FAR: i64 = i64::MAX;

fn live(minute: i64, trades: i64, is_final: bool) -> LiveBar {
    let close = 100.0 + trades as f64;
    let bar =
        Bar { ts: 60 * minute, open: 100.0, high: close, low: 100.0, close, volume: trades as f64 };
    LiveBar { bar, order: (1_000 * minute + trades, 0), is_final, is_whole: true }
}

fn rows(bars: &[(i64, i64)]) -> Bars {
    Bars::from_rows(bars.iter().map(|&(minute, trades)| live(minute, trades, false).bar))
}

fn volumes(bars: &Bars) -> Vec<(i64, f64)> {
    bars.iter().map(|bar| (bar.ts / 60, bar.volume)).collect()
}

fn flagged() -> Forming {
    let mut forming = Forming::new(Interval::Minute1, Closing::Flag);
    forming.answer(rows(&[(9, 9), (10, 2)]));
    forming
}

#[test]
fn late_and_doubled_messages_are_no_news_and_never_move_a_bar_back() {
    let mut forming = flagged();
    assert_eq!(forming.take(live(10, 1, false), FAR), News::None, "less than the answer");
    assert_eq!(forming.take(live(9, 99, true), FAR), News::None, "REST has the last word on it");
    let three = live(10, 3, false);
    assert_eq!(forming.take(three, FAR), News::Bar(three.bar));
    assert_eq!(forming.take(three, FAR), News::None, "a duplicate");
    assert_eq!(forming.take(live(10, 2, false), FAR), News::None, "a late one");
    let last = live(10, 3, true);
    assert_eq!(forming.take(last, FAR), News::Bar(last.bar), "it becomes final");
    assert_eq!(forming.take(live(10, 4, false), FAR), News::None, "and stays so");
    let next = live(11, 1, false);
    assert_eq!(forming.take(next, FAR), News::Bar(next.bar));
}

#[test]
fn a_bar_that_was_missed_or_has_not_become_final_is_a_gap() {
    let next = live(11, 1, false);
    let mut forming = flagged();
    assert_eq!(forming.take(next, FAR), News::Gap(next.bar), "the answer's last bar was forming");
    let mut forming = flagged();
    forming.take(live(10, 3, true), FAR);
    let later = live(12, 1, false);
    assert_eq!(forming.take(later, FAR), News::Gap(later.bar), "no message of minute 11");
    let final_late = live(11, 5, true);
    assert_eq!(forming.take(final_late, FAR), News::Bar(final_late.bar), "it comes late");
}

#[test]
fn no_bar_is_believed_that_is_of_the_future_or_off_the_grid() {
    let mut forming = flagged();
    assert_eq!(forming.take(live(11, 1, false), 11 * 60), News::None);
    let mut odd = live(11, 1, false);
    odd.bar.ts += 30;
    assert_eq!(forming.take(odd, FAR), News::None);
}

#[test]
fn an_answer_is_given_back_with_the_bars_that_are_ahead_of_it() {
    let mut forming = flagged();
    forming.take(live(10, 5, true), FAR);
    forming.take(live(11, 2, false), FAR);
    let slow = forming.answer(rows(&[(9, 9), (10, 4)]));
    assert_eq!(volumes(&slow), [(9, 9.0), (10, 5.0), (11, 2.0)]);
    // What is final in an answer is so, whatever the socket said.
    let newer = forming.answer(rows(&[(9, 9), (10, 6), (11, 1)]));
    assert_eq!(volumes(&newer), [(9, 9.0), (10, 6.0), (11, 2.0)]);
    assert_eq!(volumes(&forming.answer(rows(&[(11, 3)]))), [(11, 3.0)]);
    assert!(forming.answer(Bars::empty()).is_empty());
}

#[test]
fn an_answer_that_took_too_long_ends_before_its_forming_bar() {
    let mut forming = flagged();
    for minute in 11..30 {
        forming.take(live(minute, 1, true), FAR);
    }
    assert!(forming.is_behind(11 * 60), "nothing is known any more of what the socket said of it");
    let answer = forming.answer(rows(&[(9, 9), (10, 9), (11, 0)]));
    assert_eq!(volumes(&answer), [(9, 9.0), (10, 9.0)]);
}

#[test]
fn the_clock_closes_intervals_without_a_trade_at_the_last_price() {
    let mut forming = Forming::new(Interval::Minute1, Closing::Clock);
    assert!(forming.close(FAR / 2).is_empty(), "nothing is known yet");
    forming.answer(rows(&[(9, 9), (10, 2)]));
    assert!(forming.close(10 * 60 + 59).is_empty());
    assert!(forming.close(11 * 60).is_empty(), "minute 10 was traded");
    let silent = forming.close(12 * 60);
    assert_eq!(volumes(&silent), [(11, 0.0)]);
    assert_eq!(silent.last().map(Bar::prices), Some([102.0; 4]));
    assert!(forming.close(12 * 60).is_empty(), "once");
    let late = live(11, 1, false);
    assert_eq!(forming.take(late, FAR), News::Bar(late.bar), "a late trade was in it after all");
    assert!(flagged().close(12 * 60).is_empty(), "where a message says so the clock does not");
}

#[test]
fn what_is_said_late_of_an_interval_moves_the_silent_ones_behind_it() {
    let mut forming = Forming::new(Interval::Minute1, Closing::Clock);
    forming.answer(rows(&[(9, 9), (10, 2)]));
    assert_eq!(volumes(&forming.close(13 * 60)), [(11, 0.0), (12, 0.0)]);
    let late = live(10, 3, false);
    assert_eq!(forming.take(late, FAR), News::Bar(late.bar));
    let prices =
        |bars: Vec<Bar>| bars.iter().map(|bar| (bar.ts / 60, bar.prices())).collect::<Vec<_>>();
    let flat = [103.0; 4];
    assert_eq!(prices(forming.carry(late.bar)), [(11, flat), (12, flat)]);
    // So does an answer that knows more of it.
    let answer = forming.answer(rows(&[(9, 9), (10, 4)]));
    let flat = [104.0; 4];
    assert_eq!(prices(answer.since(11 * 60).iter().collect()), [(11, flat), (12, flat)]);
    assert_eq!(prices(forming.carry(live(12, 1, false).bar)), []);
    // An answer about an interval that the clock has closed is right where the last trade before it is still to come.
    let mut silent = live(11, 0, false).bar;
    (silent.open, silent.high, silent.low, silent.close) = (105.0, 105.0, 105.0, 105.0);
    let told = forming.answer(rows(&[(9, 9), (10, 5)]).merge(&Bars::from_rows([silent])));
    let flat = [105.0; 4];
    assert_eq!(prices(told.since(11 * 60).iter().collect()), [(11, flat), (12, flat)]);
}

#[test]
fn a_silent_interval_has_the_price_of_the_socket_where_that_is_ahead_of_the_answer() {
    let mut forming = Forming::new(Interval::Minute1, Closing::Clock);
    forming.answer(rows(&[(9, 9), (10, 2)]));
    let later = live(10, 3, false);
    assert_eq!(forming.take(later, FAR), News::Bar(later.bar));
    let silent = forming.close(12 * 60);
    assert_eq!(silent.last().map(Bar::prices), Some([103.0; 4]));
}

#[test]
fn a_clock_that_is_far_ahead_of_the_messages_puts_its_intervals_in_doubt() {
    let mut forming = Forming::new(Interval::Minute1, Closing::Clock);
    forming.answer(rows(&[(9, 9), (10, 2)]));
    for minute in [19, 27] {
        forming.close(minute * 60);
    }
    // The clock has given minutes 11 to 18 the close of minute 10, and knows of them no more.
    assert_eq!(forming.take(live(10, 3, false), FAR), News::Doubt);
    assert_eq!(forming.take(live(18, 1, false), FAR), News::Doubt);
    let known = live(19, 1, false);
    assert_eq!(forming.take(known, FAR), News::Bar(known.bar), "that one is remembered");
    forming.answer(rows(&[(10, 3), (18, 1), (19, 1)]));
    assert_eq!(forming.take(live(10, 4, false), FAR), News::None, "REST has said what it is");
}

#[test]
fn a_bar_that_is_remembered_no_more_is_not_moved_by_a_late_message() {
    let mut forming = Forming::new(Interval::Minute1, Closing::Flag);
    for minute in 0..12 {
        forming.take(live(minute, 5, true), FAR);
    }
    assert_eq!(forming.take(live(2, 1, false), FAR), News::None, "it was final");
    assert_eq!(forming.take(live(2, 9, true), FAR), News::None, "nobody knows which is later");
    assert_eq!(forming.take(live(5, 1, false), FAR), News::None, "that one is remembered");
    let next = live(12, 1, false);
    assert_eq!(forming.take(next, FAR), News::Bar(next.bar));
}

#[test]
fn trades_that_are_not_all_of_a_bar_add_to_what_rest_has_said_of_it() {
    let mut forming = Forming::new(Interval::Minute1, Closing::Trades);
    forming.answer(rows(&[(9, 9), (10, 5)]));
    let bar = Bar { ts: 600, open: 90.0, high: 103.0, low: 90.0, close: 101.0, volume: 2.0 };
    let some = LiveBar { bar, order: (7, 0), is_final: false, is_whole: false };
    let both = Bar { open: 100.0, high: 105.0, volume: 5.0, ..bar };
    assert_eq!(forming.take(some, FAR), News::Bar(both), "with the answer's volume and open");
    let answer = forming.answer(rows(&[(9, 9), (10, 8)]));
    let both = Bar { high: 108.0, volume: 8.0, ..both };
    assert_eq!(answer.last(), Some(both), "the newest price is that of the socket");
    forming.forget(600);
    let answer = forming.answer(rows(&[(9, 9), (10, 8)]));
    assert_eq!(answer.last().map(|bar| bar.close), Some(108.0), "of which trades were lost");
    let next = LiveBar { bar: Bar { ts: 660, ..bar }, order: (9, 0), is_whole: true, ..some };
    assert_eq!(forming.take(next, FAR), News::Bar(next.bar), "all of a bar is the bar");
    assert!(forming.close(13 * 60).is_empty(), "no trade is no bar");
}

proptest! {
    /// A session of messages of which any are lost, doubled or late, beside answers that lag behind
    /// them: no bar goes back in volume until REST says what it is, and the newest answer has the last word.
    #[test]
    fn whatever_the_order_a_bar_goes_forward_only(
        messages in prop::collection::vec((0i64..14, 0i64..9, any::<bool>()), 0..120),
        answers in prop::collection::vec((0usize..120, 0i64..14, 0i64..9), 0..6),
    ) {
        let mut forming = Forming::new(Interval::Minute1, Closing::Flag);
        let mut shown = std::collections::BTreeMap::<i64, f64>::new();
        for (at, (minute, trades, is_final)) in messages.iter().enumerate() {
            for (_, until, forming_trades) in answers.iter().filter(|(when, ..)| *when == at) {
                let whole: Vec<_> = (0..*until).map(|minute| (minute, 9)).collect();
                let settled = forming.answered.map_or(0, |bar| bar.ts);
                if 60 * (until + 1) < settled || forming.is_behind(60 * until) {
                    // No server lags by more than one bar, and what came too late is asked for again.
                    continue;
                }
                let answer = forming.answer(rows(&[whole, vec![(*until, *forming_trades)]].concat()));
                for bar in answer.iter() {
                    let before = shown.insert(bar.ts, bar.volume).unwrap_or_default();
                    prop_assert!(bar.volume >= before || bar.ts < 60 * until || settled > 60 * until);
                }
            }
            let settled = forming.answered.map_or(0, |bar| bar.ts);
            if let News::Bar(bar) | News::Gap(bar) = forming.take(live(*minute, *trades, *is_final), FAR) {
                prop_assert!(bar.ts >= settled, "REST has the last word on what is final");
                let before = shown.insert(bar.ts, bar.volume).unwrap_or(-1.0);
                prop_assert!(bar.volume >= before, "{} after {before}", bar.volume);
            }
            prop_assert!(forming.told.len() <= super::MAX_BARS);
        }
    }
}
