//! Patches, applied by somebody else's code.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::{OPEN, instrument};
use crate::bars::{Bar, Bars};
use crate::figure::{Scene, patch, render};
use crate::market::{Hours, SessionState};
use crate::view::{Chart, View};

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
    seq: u64,
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
        Self { bars: (0..60).map(bar).collect(), open: true, seq: 0 }
    }

    fn take(&mut self, news: &News) {
        self.seq += 1;
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
        see(&Scene {
            view,
            bars: &bars,
            instrument: &instrument,
            hours: &hours,
            compared: &[],
            quote: None,
            delay: None,
            session: Some(if self.open { SessionState::Open } else { SessionState::Closed }),
            source: "test",
            seq: self.seq,
        })
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn uids(figure: &Value) -> Vec<Value> {
    figure["data"].as_array().expect("a list").iter().map(|trace| trace["uid"].clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn patch_after_patch_leads_to_the_figures_that_are_drawn(
        news in news(),
        chart in proptest::sample::select(Chart::ALL.to_vec()),
        studies in proptest::sample::select(STUDIES.to_vec()),
        log in any::<bool>(),
    ) {
        let options = [("chart", chart.as_str()), ("studies", studies), ("scale", if log { "log" } else { "linear" })];
        let options = options.into_iter().filter(|(_, value)| !value.is_empty());
        let view = View::parse(instrument().symbol, options).expect("valid");
        let mut market = Market::new();
        let mut held = json(&market.with_scene(&view, render));
        for news in &news {
            let mut later = Market { bars: market.bars.clone(), ..market };
            later.take(news);
            let ops = market.with_scene(&view, |before| later.with_scene(&view, |after| patch(before, after)));
            let figure = later.with_scene(&view, render);
            let figure = json(&figure);
            let Some(ops) = ops else {
                // The first falling bar brings a trace of its own for volumes.
                prop_assert!(uids(&held) != uids(&figure));
                held = figure;
                market = later;
                continue;
            };
            let parsed: json_patch::Patch = serde_json::from_str(&ops).expect("a patch");
            json_patch::patch(&mut held, &parsed).expect("applies");
            prop_assert!(held == figure, "{news:?} is patched to another figure by {ops}");
            market = later;
        }
    }
}

#[test]
fn a_tick_is_a_few_operations() {
    let view = View::parse(instrument().symbol, [("chart", "mountain")]).expect("valid");
    let market = Market::new();
    let mut later = Market::new();
    later.take(&News::Tick(100.51));
    let ops =
        market.with_scene(&view, |before| later.with_scene(&view, |after| patch(before, after)));
    insta::assert_snapshot!(ops.expect("a patch").replace("},{\"op", "},\n{\"op"));
}

#[test]
fn figures_of_other_traces_are_not_patched_into_each_other() {
    let of = |chart| View::parse(instrument().symbol, [("chart", chart)]).expect("valid");
    let market = Market::new();
    let ops = market.with_scene(&of("line"), |before| {
        market.with_scene(&of("mountain"), |after| patch(before, after))
    });
    assert_eq!(ops, None);
}
