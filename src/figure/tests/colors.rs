//! What the colours of a figure stand for.

use serde_json::Value;

use super::{figure, two_days};
use crate::figure::color_tables;

const STUDIES: &str = "volume,bb:2:2,vwap,rsi:2";

/// The traces of a chart of five bars.
fn traces(options: &[(&str, &str)]) -> Vec<Value> {
    let (bars, hours) = two_days();
    let text = figure(&bars, &hours, &[&[("interval", "1m"), ("range", "5d")], options].concat());
    let figure: Value = serde_json::from_str(&text).expect("JSON");
    figure["data"].as_array().expect("traces").clone()
}

#[test]
fn a_trace_has_the_colour_of_its_role_in_every_theme() {
    let tables = serde_json::to_value(color_tables()).expect("JSON");
    for theme in ["dark", "light"] {
        for chart in ["mountain", "line", "spark", "candlestick", "ohlc"] {
            for studies in [STUDIES, "macd:2:3:2,stoch:2:2:2,sma:2,ema:2,wma:2"] {
                let options = [("theme", theme), ("chart", chart), ("studies", studies)];
                for trace in traces(&options) {
                    let (line, marker) = (&trace["line"]["color"], &trace["marker"]["color"]);
                    let color = if line.is_null() { marker } else { line };
                    let is_volume = trace["uid"].as_str().expect("a uid").starts_with("volume");
                    if color.is_null() || is_volume {
                        continue;
                    }
                    let role = trace["meta"].as_str().expect("a role");
                    assert_eq!(*color, tables[theme]["roles"][role], "{chart}: {trace}");
                }
            }
        }
    }
}

#[test]
fn rising_and_falling_bars_have_the_colours_of_the_palette() {
    let tables = serde_json::to_value(color_tables()).expect("JSON");
    for palette in ["safe", "red-green", "blue-orange", "red-up"] {
        let candles = &traces(&[("chart", "candlestick"), ("palette", palette)])[0];
        for (index, direction) in ["increasing", "decreasing"].into_iter().enumerate() {
            let color = &candles[direction]["line"]["color"];
            assert_eq!(*color, tables["dark"]["directions"][palette][index], "{palette}");
        }
    }
}

#[test]
fn the_newest_of_the_bars_tells_where_the_last_price_went() {
    for chart in ["candlestick", "heikin-ashi", "ohlc"] {
        let traces = traces(&[("chart", chart)]);
        let (newest, closed) = traces.split_last().expect("traces");
        assert_eq!(newest["meta"], "up", "{chart}");
        assert!(closed.iter().all(|trace| trace["meta"].is_null()), "{chart}");
    }
}

#[test]
fn the_roles_of_a_chart_with_four_studies_are_less_than_a_hundred_bytes() {
    let traces = traces(&[("chart", "candlestick"), ("studies", STUDIES)]);
    assert_eq!(traces.len(), 8, "no bar falls");
    let bytes = |trace: &Value| match trace.get("meta") {
        Some(role) => ",\"meta\":".len() + role.to_string().len(),
        None => 0,
    };
    assert!(traces.iter().map(bytes).sum::<usize>() < 100);
}
