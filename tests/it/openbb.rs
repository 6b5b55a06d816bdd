//! What a workspace of `OpenBB` asks a backend for, by the contract that it publishes.

use figcast::config::SimConfig;
use reqwest::Method;
use serde_json::{Map, Value};

use crate::support::app::{TestApp, json_of};
use crate::support::sources;

/// The attributes of a widget, and which of its types are ours.
const ATTRIBUTES: [&str; 12] = [
    "name",
    "description",
    "category",
    "subCategory",
    "type",
    "endpoint",
    "raw",
    "gridData",
    "refetchInterval",
    "staleTime",
    "data",
    "params",
];
const TYPES: [&str; 3] = ["chart", "table", "advanced_charting"];
/// Those of a parameter.
const PARAMETER: [&str; 6] = ["paramName", "label", "description", "type", "value", "options"];
const PARAMETER_TYPES: [&str; 2] = ["ticker", "text"];
const APP: [&str; 9] = [
    "name",
    "description",
    "img",
    "img_dark",
    "img_light",
    "allowCustomization",
    "tabs",
    "groups",
    "prompts",
];

fn sim() -> TestApp {
    TestApp::spawn(sources::sim(&SimConfig::default()))
}

async fn asked(app: &TestApp, path: &str) -> Value {
    let response = app.get(path).await;
    assert_eq!(response.status(), 200, "{path}");
    assert_eq!(response.headers()["content-type"], "application/json", "{path}");
    json_of(response).await
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}

fn assert_known(value: &Value, known: &[&str]) {
    for key in object(value).keys() {
        assert!(known.contains(&key.as_str()), "{key} is none of {known:?}");
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} of {value} is text"))
}

#[tokio::test(flavor = "multi_thread")]
async fn widgets_are_as_the_contract_says_and_each_has_data() {
    let app = sim();
    let widgets = asked(&app, "/widgets.json").await;
    assert_eq!(object(&widgets).len(), 3);
    for (id, widget) in object(&widgets) {
        assert_known(widget, &ATTRIBUTES);
        for key in ["name", "description", "category", "endpoint"] {
            assert!(!text(widget, key).is_empty(), "{id}: {key}");
        }
        let kind = text(widget, "type");
        assert!(TYPES.contains(&kind), "{id}: {kind}");
        let size = &widget["gridData"];
        assert!(size["w"].as_u64().is_some_and(|w| (1..=40).contains(&w)), "{id}: {size}");
        assert!(size["h"].as_u64().is_some_and(|h| (1..=100).contains(&h)), "{id}: {size}");
        if kind == "advanced_charting" {
            assert_eq!(
                (text(widget, "endpoint"), text(&widget["data"], "defaultSymbol")),
                ("/udf", "AAPL")
            );
            let config = asked(&app, &format!("{}/config", text(widget, "endpoint"))).await;
            assert_eq!(config["supports_search"], true);
            continue;
        }
        assert!(widget["refetchInterval"].as_u64().is_some_and(|ms| ms >= 1_000), "{id}");
        // As it is asked first: all parameters with what they begin with, and the theme of the workspace.
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for parameter in widget["params"].as_array().expect("a list") {
            assert_known(parameter, &PARAMETER);
            assert!(PARAMETER_TYPES.contains(&text(parameter, "type")), "{parameter}");
            query.append_pair(text(parameter, "paramName"), text(parameter, "value"));
            for choice in parameter["options"].as_array().into_iter().flatten() {
                assert_known(choice, &["label", "value"]);
            }
        }
        let path = format!("/{}?{}&theme=light", text(widget, "endpoint"), query.finish());
        let data = asked(&app, &path).await;
        let (rows, raw) = if kind == "chart" {
            assert_eq!(data["layout"]["template"]["layout"]["paper_bgcolor"], "#ffffff");
            assert!(data["data"].as_array().is_some_and(|traces| !traces.is_empty()));
            assert_eq!(widget["raw"], true);
            (asked(&app, &format!("{path}&raw=true")).await, true)
        } else {
            (data, false)
        };
        let rows = rows.as_array().expect("a list of rows");
        assert_eq!(rows.len(), 390, "{id}, raw: {raw}");
        for column in widget["data"]["table"]["columnsDefs"].as_array().into_iter().flatten() {
            assert!(rows[0].get(text(column, "field")).is_some(), "{column}");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_lays_widgets_out_that_there_are_without_overlap() {
    let app = sim();
    let widgets = asked(&app, "/widgets.json").await;
    let apps = asked(&app, "/apps.json").await;
    let shown = &apps.as_array().expect("a list")[0];
    assert_known(shown, &APP);
    assert!(APP.iter().all(|key| shown.get(*key).is_some()));
    for (id, tab) in object(&shown["tabs"]) {
        assert_eq!(text(tab, "id"), id);
        let mut cells = std::collections::BTreeSet::new();
        for place in tab["layout"].as_array().expect("a list") {
            assert!(widgets.get(text(place, "i")).is_some(), "{place}");
            let [x, y, w, h] =
                ["x", "y", "w", "h"].map(|key| place[key].as_u64().expect("a number"));
            assert!(x + w <= 40, "{place}");
            for (column, row) in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                assert!(cells.insert((column, row)), "{place} lies over another");
            }
        }
    }
    for group in shown["groups"].as_array().expect("a list") {
        for id in group["widgetIds"].as_array().expect("a list") {
            let parameters =
                widgets[id.as_str().expect("text")]["params"].as_array().expect("a list");
            assert!(parameters.iter().any(|known| known["paramName"] == group["paramName"]));
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_in_the_browser_may_read_them() {
    let app = sim();
    let origin = [("origin", "https://pro.openbb.co")];
    for path in ["/widgets.json", "/apps.json", "/openbb/chart?symbol=AAPL", "/udf/config"] {
        let response = app.request(Method::GET, path, &origin).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["access-control-allow-origin"], "*", "{path}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_widget_is_told_what_is_wrong_with_its_parameters() {
    let app = sim();
    for (query, detail) in [
        ("", "symbol is missing, as in symbol=AAPL"),
        ("?symbol=AAPL&range=7d", "range cannot be \"7d\""),
        ("?symbol=AAPL&colour=red", "unknown option \"colour\""),
    ] {
        for route in ["chart", "bars"] {
            let response = app.get(&format!("/openbb/{route}{query}")).await;
            assert_eq!(response.status(), 400, "{query}");
            let problem = json_of(response).await;
            assert!(text(&problem, "detail").starts_with(detail), "{problem}");
        }
    }
    app.stop().await;
}
