//! Rows as programs keep them: by time, the changed ones put in their places.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::{OPEN, instrument};
use crate::bars::{Bar, Bars};
use crate::figure::{Colors, RowChanges, Scene, ViewRows};
use crate::market::{Hours, SessionNow, SessionState, Timetable};
use crate::view::View;

const STUDIES: [&str; 3] = ["volume,bb:5:2,vwap,rsi:3", "macd:3:6:2,atr:3,sma:4", ""];

/// What the market does between two figures.
#[derive(Debug, Clone)]
enum News {
    /// The last bar moves.
    Tick(f64),
    /// A bar begins, after so many empty minutes.
    Bar(f64, i64),
    /// A bar of the past is corrected.
    Correction(usize, f64),
    /// The market closes, or opens.
    Session,
}

fn news() -> impl Strategy<Value = Vec<News>> {
    let price = 90.0f64..110.0;
    proptest::collection::vec(
        prop_oneof![
            6 => price.clone().prop_map(News::Tick),
            3 => (price.clone(), 1i64..4).prop_map(|(price, gap)| News::Bar(price, gap)),
            1 => (0usize..40, price).prop_map(|(back, price)| News::Correction(back, price)),
            1 => Just(News::Session),
        ],
        1..40,
    )
}

/// A market of which a chart shows the last forty minutes.
struct Market {
    bars: BTreeMap<i64, Bar>,
    open: bool,
}

impl Market {
    fn new() -> Self {
        let bar = |n: i64| {
            let close = 100.0 + (n % 7) as f64 / 8.0;
            (
                OPEN + 60 * n,
                Bar {
                    ts: OPEN + 60 * n,
                    open: 100.0,
                    high: close + 1.0,
                    low: 99.0,
                    close,
                    volume: 50.0,
                },
            )
        };
        Self { bars: (0..60).map(bar).collect(), open: true }
    }

    fn take(&mut self, news: &News) {
        let last = *self.bars.keys().next_back().expect("bars");
        let moved = |bar: &Bar, close: f64| Bar {
            close,
            high: bar.high.max(close),
            low: bar.low.min(close),
            volume: bar.volume + 1.0,
            ..*bar
        };
        match *news {
            News::Tick(close) => {
                let bar = moved(&self.bars[&last], close);
                self.bars.insert(last, bar);
            }
            News::Bar(close, gap) => {
                let ts = last + 60 * gap;
                self.bars.insert(
                    ts,
                    Bar { ts, open: close, high: close, low: close, close, volume: 1.0 },
                );
            }
            News::Correction(back, close) => {
                let ts = *self.bars.keys().nth_back(back).expect("sixty bars");
                let bar = moved(&self.bars[&ts], close);
                self.bars.insert(ts, bar);
            }
            News::Session => self.open = !self.open,
        }
    }

    fn with_scene<T>(&self, view: &View, see: impl FnOnce(&Scene<'_>) -> T) -> T {
        let bars: Bars = self.bars.values().copied().collect();
        let instrument = instrument();
        let hours = Hours::Continuous { day: 40 * 60 };
        let state = if self.open { SessionState::Open } else { SessionState::Closed };
        see(&Scene {
            view,
            colors: &Colors::plain(view),
            bars: &bars,
            instrument: &instrument,
            hours: &hours,
            compared: &[],
            quote: None,
            delay: None,
            session: Some(SessionNow { state, until: None, next: None }),
            timetable: &Timetable::UNKNOWN,
            source: "test",
        })
    }
}

/// What a program keeps of the rows that it is told.
#[derive(Debug, Default, PartialEq)]
struct Held {
    columns: Vec<Value>,
    rows: BTreeMap<String, Vec<Value>>,
}

impl Held {
    fn take(&mut self, text: &str) {
        let told: Value = serde_json::from_str(text).expect("JSON");
        if told["from"].is_null() {
            *self = Self { columns: list(&told["columns"]), rows: BTreeMap::new() };
        }
        if let Some(since) = told["since"].as_str() {
            self.rows.retain(|time, _| &**time >= since);
        }
        for row in list(&told["rows"]) {
            let row = list(&row);
            assert_eq!(row.len(), self.columns.len());
            self.rows.insert(row[0].as_str().expect("a time").to_owned(), row);
        }
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().expect("a list").clone()
}

fn rows(market: &Market, view: &View) -> ViewRows {
    market.with_scene(view, ViewRows::of)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_rows_that_changed_lead_to_the_rows_that_there_are(
        news in news(),
        chart in proptest::sample::select(vec!["mountain", "heikin-ashi"]),
        studies in proptest::sample::select(STUDIES.to_vec()),
    ) {
        let options = [("chart", chart), ("studies", studies)];
        let options = options.into_iter().filter(|(_, value)| !value.is_empty());
        let view = View::parse(instrument().symbol, options).expect("valid");
        let mut market = Market::new();
        let mut before = rows(&market, &view);
        let mut held = Held::default();
        held.take(&before.whole(&view));
        for news in &news {
            market.take(news);
            let after = rows(&market, &view);
            let text = match after.changes(&before) {
                Some(changes) => after.changed(changes, &view, "1-1"),
                None => after.whole(&view),
            };
            held.take(&text);
            let mut all = Held::default();
            all.take(&after.whole(&view));
            prop_assert!(held == all, "{news:?} leads to other rows by {text}");
            before = after;
        }
    }
}

#[test]
fn a_tick_is_one_row() {
    let view = View::parse(instrument().symbol, [("as", "bars")]).expect("valid");
    let mut market = Market::new();
    let before = rows(&market, &view);
    market.take(&News::Tick(100.51));
    let after = rows(&market, &view);
    let changes = after.changes(&before).expect("the same columns");
    insta::assert_snapshot!(after.changed(changes, &view, "19a2c5f7d10-17"));
    assert_eq!(after.changes(&after), Some(RowChanges::default()));
    market.take(&News::Session);
    assert!(rows(&market, &view).changes(&after).expect("the same columns").is_empty());
}

#[test]
fn rows_that_leave_the_window_are_told_by_the_first_that_stays() {
    let view = View::parse(instrument().symbol, [("as", "bars")]).expect("valid");
    let mut market = Market::new();
    let before = rows(&market, &view);
    market.take(&News::Bar(100.51, 2));
    let after = rows(&market, &view);
    let changes = after.changes(&before).expect("the same columns");
    let told: Value = serde_json::from_str(&after.changed(changes, &view, "1-1")).expect("JSON");
    let whole: Value = serde_json::from_str(&after.whole(&view)).expect("JSON");
    assert_eq!(told["since"], whole["rows"][0][0]);
    assert_eq!(list(&told["rows"]).len(), 1);
}

#[test]
fn other_columns_and_rows_that_are_gone_are_told_whole() {
    let of = |studies| View::parse(instrument().symbol, [("studies", studies)]).expect("valid");
    let mut market = Market::new();
    let before = rows(&market, &of("sma:2"));
    assert!(rows(&market, &of("sma:3")).changes(&before).is_none());
    let gone = *market.bars.keys().nth_back(5).expect("sixty bars");
    market.bars.remove(&gone);
    assert!(rows(&market, &of("sma:2")).changes(&before).is_none());
}
