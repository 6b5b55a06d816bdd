//! A figure that is drawn with what the one before has left, and the same drawn anew.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::sample::select;

use super::{DAY, OPEN, instrument};
use crate::bars::{Bar, Bars};
use crate::figure::{Colors, Compared, Memo, Scene, redraw, render};
use crate::interval::Interval;
use crate::market::{Hours, Instrument, Period, SessionNow, SessionState, Timetable};
use crate::symbol::Symbol;
use crate::view::{Chart, View};

const STUDIES: [&str; 4] =
    ["", "volume,bb:5:2,vwap,rsi:3", "macd:3:6:2,atr:3,sma:4,obv", "wma:7,ema:4,stoch:5:3:2"];
const RANGES: [(&str, &str); 5] =
    [("1m", "1d"), ("1m", "5d"), ("5m", "5d"), ("1d", "1mo"), ("1h", "5d")];

/// What happens to a series between two figures.
#[derive(Debug, Clone)]
enum News {
    /// The last bar moves.
    Tick(f64),
    /// A bar begins, after so many empty minutes.
    Bar(f64, i64),
    /// Another day begins, after so many without trade.
    Day(f64, i64),
    /// A bar of the past is corrected.
    Correction(usize, f64),
    /// A bar of the past turns out not to be.
    Loss(usize),
    /// So many bars leave at the front.
    Front(usize),
    /// All prices are those of another number of shares.
    Split(f64),
    /// The market closes, or opens.
    Session,
    /// A compared symbol ticks.
    Other(f64),
    /// Nothing at all.
    Nothing,
}

fn news() -> impl Strategy<Value = Vec<News>> {
    let price = || prop_oneof![9 => 90.0f64..110.0, 1 => (9_000u32..11_000).prop_map(|cents| f64::from(cents) / 100.0), 1 => -1.0f64..1.0];
    proptest::collection::vec(
        prop_oneof![
            8 => price().prop_map(News::Tick),
            4 => (price(), 1i64..4).prop_map(|(price, gap)| News::Bar(price, gap)),
            1 => (price(), 1i64..4).prop_map(|(price, days)| News::Day(price, days)),
            1 => (0usize..80, price()).prop_map(|(back, price)| News::Correction(back, price)),
            1 => (1usize..80).prop_map(News::Loss),
            1 => (1usize..100).prop_map(News::Front),
            1 => prop_oneof![Just(0.5), Just(3.0)].prop_map(News::Split),
            1 => Just(News::Session),
            1 => price().prop_map(News::Other),
            1 => Just(News::Nothing),
        ],
        1..24,
    )
}

/// A market, of which some days are known.
struct Market {
    bars: BTreeMap<i64, Bar>,
    other: BTreeMap<i64, Bar>,
    is_open: bool,
    never_closes: bool,
    zone: &'static str,
    seq: u64,
}

impl Market {
    fn new(zone: &'static str, never_closes: bool) -> Self {
        let bar = |n: i64| {
            let ts = OPEN + n / 50 * DAY + n % 50 * 420;
            let close = 100.0 + (n * 37 % 19) as f64 / 8.0;
            let open = 100.0 + (n * 53 % 23) as f64 / 8.0;
            let (high, low) = (close.max(open) + 0.5, close.min(open) - 0.25);
            (ts, Bar { ts, open, high, low, close, volume: (n * 97 % 1_013) as f64 })
        };
        Self {
            bars: (0..150).map(bar).collect(),
            other: (0..150).filter(|n| n % 3 > 0).map(bar).collect(),
            is_open: true,
            never_closes,
            zone,
            seq: 0,
        }
    }

    fn take(&mut self, news: &News) {
        self.seq += 1;
        let last = *self.bars.keys().next_back().expect("at least one bar");
        let nth_back = |bars: &BTreeMap<i64, Bar>, back: usize| bars.keys().nth_back(back).copied();
        let flat = |ts, close| Bar { ts, open: close, high: close, low: close, close, volume: 1.0 };
        let mut put = |bar: Bar| {
            self.bars.insert(bar.ts, bar);
        };
        match *news {
            News::Tick(price) => moved(&mut self.bars, last, price),
            News::Bar(price, gap) => put(flat(last + 60 * gap, price)),
            News::Day(price, days) => {
                put(flat(OPEN + ((last - OPEN) / DAY + days) * DAY, price));
            }
            News::Correction(back, price) => {
                let ts = nth_back(&self.bars, back).unwrap_or(last);
                moved(&mut self.bars, ts, price);
            }
            News::Loss(back) => {
                let gone = nth_back(&self.bars, back).filter(|ts| *ts != last);
                self.bars.retain(|ts, _| Some(*ts) != gone);
            }
            News::Front(count) => {
                let first = self.bars.keys().nth(count).copied().unwrap_or(last);
                self.bars = self.bars.split_off(&first);
            }
            News::Split(factor) => {
                for bar in self.bars.values_mut() {
                    let [open, high, low, close] = bar.prices().map(|price| price * factor);
                    *bar = Bar { open, high, low, close, ..*bar };
                }
            }
            News::Session => self.is_open = !self.is_open,
            News::Other(price) => {
                let last = *self.other.keys().next_back().expect("never empty");
                moved(&mut self.other, last, price);
            }
            News::Nothing => {}
        }
    }

    fn with_scene<T>(&self, view: &View, see: impl FnOnce(&Scene<'_>) -> T) -> T {
        let zone = TimeZone::get(self.zone).expect("bundled");
        let instrument = Instrument { zone: zone.clone(), ..instrument() };
        let days = (0..200).map(|day| OPEN + day * DAY);
        let hours = if self.never_closes {
            Hours::Continuous { day: DAY }
        } else {
            Hours::Sessions(days.map(|start| Period { start, end: start + 23_400 }).collect())
        };
        let slots = instrument.slots(Interval::Minute1, view.interval, &hours);
        let series =
            |bars: &BTreeMap<i64, Bar>| bars.values().copied().collect::<Bars>().resample(&slots);
        let (bars, others) = (series(&self.bars), series(&self.other));
        let symbol = Symbol::parse("OTHER").expect("valid");
        let other = Instrument::unnamed(symbol, TimeZone::UTC);
        let compared = [Compared { instrument: &other, bars: &others }];
        let is_compared = !view.compare.is_empty();
        let state = if self.is_open { SessionState::Open } else { SessionState::Closed };
        let last = bars.last().expect("at least one bar");
        let quote = Timestamp::from_second(last.ts + 5).ok().map(|at| (last.close + 0.25, at));
        see(&Scene {
            view,
            colors: &Colors::plain(view),
            bars: &bars,
            instrument: &instrument,
            hours: &hours,
            compared: if is_compared { &compared } else { &[] },
            quote: quote.filter(|_| self.seq.is_multiple_of(2)),
            delay: None,
            session: Some(SessionNow { state, until: None, next: None }),
            timetable: &Timetable::UNKNOWN,
            source: "test",
        })
    }
}

fn moved(bars: &mut BTreeMap<i64, Bar>, ts: i64, price: f64) {
    if let Some(bar) = bars.get_mut(&ts) {
        *bar = Bar { volume: bar.volume + 1.0, ..bar.with_quote(price) };
    }
}

fn view() -> impl Strategy<Value = View> {
    let parts = (
        select(Chart::ALL.to_vec()),
        select(STUDIES.to_vec()),
        select(RANGES.to_vec()),
        select(vec!["linear", "log"]),
        select(vec!["", "", "OTHER"]),
    );
    parts.prop_map(|(chart, studies, (interval, range), scale, compare)| {
        let options = [
            ("chart", chart.as_str()),
            ("studies", studies),
            ("interval", interval),
            ("range", range),
            ("scale", scale),
            ("compare", if chart == Chart::Spark || scale == "log" { "" } else { compare }),
        ];
        let given = options.into_iter().filter(|(_, value)| !value.is_empty());
        View::parse(instrument().symbol, given).expect("valid")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_figure_is_the_same_bytes_drawn_with_what_any_other_has_left_and_drawn_anew(
        news in news(),
        views in proptest::collection::vec(view(), 1..3),
        zone in select(vec!["America/New_York", "Asia/Tokyo", "UTC"]),
        never_closes in any::<bool>(),
    ) {
        let mut market = Market::new(zone, never_closes);
        let mut memo = Memo::default();
        // Most figures follow one of the same view.
        let order = views.iter().flat_map(|view| [view; 8]).cycle();
        for (news, view) in news.iter().zip(order) {
            market.take(news);
            let anew = market.with_scene(view, render);
            let around = ["id: 1\ndata: ", "\n\n"];
            let text = market.with_scene(view, |scene| redraw(scene, &mut memo, around));
            prop_assert!(text == [around[0], &anew, around[1]].concat(), "{view} after {news:?}");
        }
    }
}
