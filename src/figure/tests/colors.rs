//! What the colours of a figure stand for.

use serde_json::{Value, json};

use super::{figure, instrument, two_days};
use crate::brand::Brand;
use crate::config::AppearanceConfig;
use crate::figure::theme::Role;
use crate::figure::{Appearance, Colors, color_tables};
use crate::view::View;

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
    let tables = serde_json::to_value(color_tables(&Appearance::default(), &Brand::default()))
        .expect("JSON");
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
    let tables = serde_json::to_value(color_tables(&Appearance::default(), &Brand::default()))
        .expect("JSON");
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

const BRAND: &str = "background:fffdf7,text:1a1a2e,muted:445566,grid:e8e0d0,up:00695c,down:b71c1c,\
     flat:806000,own:004488,line0:112233,line1:223344,line2:334455,line3:445567,line4:556677,\
     line5:667788,font:Source Serif 4";

/// Every colour in a figure, by the path to it.
fn colors_in(value: &Value, path: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                colors_in(field, &format!("{path}.{name}"), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| colors_in(item, path, found)),
        Value::String(text) if path.ends_with("color") => {
            found.push((path.to_owned(), text.clone()));
        }
        _ => {}
    }
}

#[test]
fn a_brand_is_in_every_trace_shape_and_annotation() {
    let (bars, hours) = two_days();
    let brand: Brand = BRAND.parse().expect("a brand");
    let known: Vec<String> = brand.colors().iter().map(|(_, color)| format!("#{color}")).collect();
    for chart in ["mountain", "line", "spark", "candlestick", "ohlc", "heikin-ashi"] {
        for palette in ["safe", "red-green", "red-up", "blue-orange"] {
            for theme in ["dark", "light"] {
                let studies = if chart == "spark" { "" } else { "volume,bb:2:2,macd:2:3:2,sma:2" };
                let options = [
                    ("interval", "1m"),
                    ("range", "5d"),
                    ("chart", chart),
                    ("palette", palette),
                    ("theme", theme),
                    ("studies", studies),
                    ("colors", BRAND),
                ];
                let figure: Value =
                    serde_json::from_str(&figure(&bars, &hours, &options)).expect("JSON");
                let mut found = Vec::new();
                colors_in(&figure, "", &mut found);
                assert!(found.len() > 8);
                for (path, color) in found {
                    // What is made of the brand: areas, ink on a label, and what is raised from the ground.
                    let is_made = color.starts_with("rgba(")
                        || ["#101010", "#ffffff"].contains(&color.as_str())
                        || path.ends_with("hoverlabel.bgcolor")
                        || path.ends_with("rangeselector.bgcolor");
                    assert!(
                        is_made || known.contains(&color),
                        "{chart} {palette} {theme}: {path} is {color}"
                    );
                }
                let font = &figure["layout"]["template"]["layout"]["font"]["family"];
                assert!(
                    font.as_str().is_some_and(|font| font.starts_with("Source Serif 4, ")),
                    "{font}"
                );
            }
        }
    }
}

#[test]
fn what_a_brand_leaves_out_goes_with_what_it_has() {
    let (bars, hours) = two_days();
    let colors = |brand: &str| -> Value {
        let text = figure(&bars, &hours, &[("colors", brand)]);
        let figure: Value = serde_json::from_str(&text).expect("JSON");
        figure["layout"]["template"]["layout"].clone()
    };
    let inverted = colors("background:ffffff,text:000000");
    assert_eq!(inverted["paper_bgcolor"], "#ffffff");
    assert_eq!(inverted["xaxis"]["gridcolor"], "#e6e6e6", "near the ground");
    assert_eq!(inverted["xaxis"]["color"], "#4d4d4d", "words in the background");
    assert_eq!(colors("up:00ff00"), colors(""), "a direction is no ground");
}

#[test]
fn the_servers_brand_lies_under_the_views() {
    let config: AppearanceConfig =
        toml::from_str("font = \"Georgia\"\n[dark]\nup = \"#00aa00\"\ntext = \"#eeeeee\"")
            .expect("valid");
    let appearance = Appearance::from(&config);
    let view = |options: &[(&str, &str)]| {
        View::parse(instrument().symbol, options.iter().copied()).expect("valid")
    };
    let drawn = |options: &[(&str, &str)]| Colors::of(&view(options), &appearance);
    let up = |colors: &Colors| colors.get(Role::Up).to_string();
    assert_eq!(up(&drawn(&[])), "#00aa00");
    assert_eq!(up(&drawn(&[("colors", "up:123456")])), "#123456");
    assert_eq!(up(&drawn(&[("colors", "down:123456")])), "#00aa00");
    assert_eq!(up(&drawn(&[("theme", "light")])), up(&Colors::plain(&view(&[("theme", "light")]))));
    let tables = serde_json::to_value(color_tables(&appearance, &Brand::default())).expect("JSON");
    assert_eq!(tables["dark"]["brand"]["text"], "#eeeeee");
    assert_eq!(tables["light"]["brand"], json!({ "font": "Georgia" }));
}
