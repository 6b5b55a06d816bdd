//! More bars than a screen shows.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{DAY, OPEN, figure, instrument, minute};
use crate::bars::Bars;
use crate::figure::Scene;
use crate::figure::density::{Drawn, MOST_DRAWN};
use crate::market::{Hours, Timetable};
use crate::view::View;

#[test]
fn more_bars_than_a_screen_shows_are_drawn_as_longer_ones_and_that_is_said() {
    let bars: Bars =
        (0..7_200).map(|slot| minute(OPEN + slot * 60, 100.0 + (slot % 7) as f64)).collect();
    let hours = Hours::Continuous { day: DAY };
    let options = [("interval", "1m"), ("range", "5d"), ("studies", "sma:3,volume")];
    let text = figure(&bars, &hours, &[&[("chart", "ohlc")], &options[..]].concat());
    let drawn: Value = serde_json::from_str(&text).expect("JSON");
    let layout = &drawn["layout"];
    assert_eq!(layout["meta"]["aggregated"], json!({"from": "1m", "to": "5m"}));
    assert!(layout["title"]["text"].as_str().is_some_and(|title| title.ends_with(" · 5m bars")));
    let count = |index: usize| drawn["data"][index]["x"].as_array().map(Vec::len);
    assert_eq!((count(0), count(1), count(2)), (Some(1_439), Some(1), Some(1_440)));
    // The average of the last three minutes and not of the last three drawn bars.
    let closes: Vec<f64> = bars.closes()[7_197..].to_vec();
    let last = drawn["data"][2]["y"].as_array().and_then(|y| y.last()?.as_f64());
    assert!(last.is_some_and(|last| (last - closes.iter().sum::<f64>() / 3.0).abs() < 1e-4));
    // An exchange's five days of minutes are few enough, and a spark line anyway.
    let few: Bars = (0..1_950).map(|slot| minute(OPEN + slot * 60, 100.0)).collect();
    assert!(!figure(&few, &hours, &options).contains("aggregated"));
    assert!(
        !figure(&bars, &hours, &[("chart", "spark"), options[0], options[1]])
            .contains("aggregated")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn longer_bars_lose_no_extreme_no_volume_and_not_the_last_close(
        closes in proptest::collection::vec(1.0f64..1_000.0, 2_001..6_000),
        gap in 1i64..4,
    ) {
        let rows = closes.iter().zip(0..).map(|(close, n)| minute(OPEN + n * 60 * gap, *close));
        let bars: Bars = rows.collect();
        let view = View::parse(instrument().symbol, [("interval", "1m"), ("range", "5d")]).expect("valid");
        let instrument = instrument();
        let hours = Hours::Continuous { day: DAY };
        let scene = Scene {
            view: &view, bars: &bars, instrument: &instrument, hours: &hours, compared: &[],
            quote: None, delay: None, session: None, timetable: &Timetable::UNKNOWN, source: "test", seq: 1,
        };
        let drawn = Drawn::of(&scene, &bars);
        prop_assert!(drawn.bars.len() <= MOST_DRAWN);
        prop_assert_eq!(drawn.ends.as_ref().map(Vec::len), Some(drawn.bars.len()));
        prop_assert_eq!(drawn.bars.closes().last(), bars.closes().last());
        let volume = |bars: &Bars| bars.volumes().iter().sum::<f64>();
        prop_assert!((volume(&drawn.bars) - volume(&bars)).abs() < 1e-6 * volume(&bars));
        for bar in bars.iter() {
            let index = drawn.bars.times().partition_point(|&ts| ts <= bar.ts) - 1;
            let longer = drawn.bars.get(index).expect("a bar");
            prop_assert!(longer.low <= bar.low && bar.high <= longer.high);
        }
    }
}
