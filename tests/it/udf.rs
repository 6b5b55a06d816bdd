//! `/udf`, asked as `TradingView`'s charting library asks: what there is, a symbol, and pages of bars until there are no more.

use std::sync::Arc;

use figcast::config::SimConfig;
use reqwest::Method;
use serde_json::{Value, json};

use crate::negotiation::{decoded, varies};
use crate::support::app::{TestApp, json_of};
use crate::support::sources;
use crate::support::stub::Stub;

fn sim() -> TestApp {
    TestApp::spawn(sources::sim(&SimConfig::default()))
}

async fn asked(app: &TestApp, path: &str) -> Value {
    let response = app.get(path).await;
    assert_eq!(response.status(), 200, "{path}");
    assert_eq!(response.headers()["content-type"], "application/json", "{path}");
    json_of(response).await
}

fn times(history: &Value) -> Vec<i64> {
    let times = history["t"].as_array().map(Vec::as_slice).unwrap_or_default();
    times.iter().map(|time| time.as_i64().expect("seconds")).collect()
}

/// The dates of the rows of a table.
fn dates(table: &Value) -> Vec<&str> {
    let rows = table["bars"].as_array().expect("rows");
    rows.iter().map(|row| &row["time"].as_str().expect("a time")[..10]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_that_pages_backwards_has_every_bar_once_and_stops() {
    let app = sim();
    let table = json_of(app.get("/bars/AAPL?interval=1d&range=max").await).await;
    let dates = dates(&table);
    let mut to = app.hub.now().as_second() + 86_400;
    let (mut days, mut pages) = (Vec::new(), 0);
    loop {
        // As it asks first, and again with the end at its first bar.
        let path = format!(
            "/udf/history?symbol=AAPL&resolution=1D&from={}&to={to}&countback=329",
            to - 40 * 86_400
        );
        let history = asked(&app, &path).await;
        let page = times(&history);
        if history["s"] == "no_data" {
            assert_eq!(history, json!({"s": "no_data"}), "nothing is before the first bar");
            break;
        }
        assert_eq!(history["s"], "ok");
        for column in ["o", "h", "l", "c", "v"] {
            assert_eq!(history[column].as_array().map(Vec::len), Some(page.len()), "{column}");
        }
        assert!(page.len() <= 329 && page.iter().all(|time| *time < to && time % 86_400 == 0));
        to = page[0];
        days.splice(0..0, page);
        pages += 1;
    }
    assert!(pages > 1 && days.is_sorted_by(|one, next| one < next));
    let written = |second: &i64| {
        let at = jiff::Timestamp::from_second(*second).expect("in range");
        at.to_string()[..10].to_owned()
    };
    let days: Vec<String> = days.iter().map(written).collect();
    let newest = |count: usize| days[days.len() - count..].to_vec();
    assert_eq!(
        newest(dates.len().min(days.len())),
        dates[dates.len().saturating_sub(days.len())..]
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stretch_without_bars_says_where_the_next_ones_are() {
    let app = TestApp::spawn(Arc::<Stub>::clone(&Stub::quiet()));
    let all = asked(&app, "/udf/history?symbol=AAPL&resolution=1&from=0&to=99999999999").await;
    let last = times(&all).last().copied().expect("a bar");
    let after =
        format!("/udf/history?symbol=AAPL&resolution=1&from={}&to={}", last + 60, last + 120);
    assert_eq!(asked(&app, &after).await, json!({"s": "no_data", "nextTime": last}));
    let one = format!("/udf/history?symbol=AAPL&resolution=1&from=0&to={}&countback=1", last + 1);
    assert_eq!(times(&asked(&app, &one).await), [last]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_compressed_for_a_client_that_takes_it() {
    let app = sim();
    let to = app.hub.now().as_second() - 3 * 86_400;
    let path = format!("/udf/history?symbol=AAPL&resolution=1D&from=0&to={to}&countback=300");
    let plain = asked(&app, &path).await;
    for coding in ["gzip", "zstd"] {
        let response = app.request(Method::GET, &path, &[("accept-encoding", coding)]).await;
        assert_eq!(response.headers()["content-encoding"], coding);
        assert!(varies(response.headers()));
        assert_eq!(response.headers()["content-type"], "application/json");
        let bytes = response.bytes().await.expect("a body");
        let decoded = decoded(Some(coding), &bytes);
        assert_eq!(serde_json::from_slice::<Value>(&decoded).expect("JSON"), plain);
        assert!(bytes.len() * 3 < decoded.len() * 2, "{} of {}", bytes.len(), decoded.len());
    }
    // A small answer is, where it is refused as it is.
    for path in ["/udf/config", "/udf/symbols?symbol=AAPL", "/udf/search?query=micro"] {
        for (accepted, coding) in [("gzip, identity;q=0", Some("gzip")), ("br", None)] {
            let response = app.request(Method::GET, path, &[("accept-encoding", accepted)]).await;
            assert_eq!(response.status(), 200, "{path}");
            let named = response.headers().get("content-encoding");
            assert_eq!(named.map(|name| name.to_str().expect("text")), coding, "{path}");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_symbol_is_described_as_its_figure_is() {
    let app = sim();
    let info = asked(&app, "/udf/symbols?symbol=AAPL").await;
    let figure = json_of(app.get("/figure/AAPL").await).await;
    let instrument = &figure["layout"]["meta"]["instrument"];
    assert_eq!(info["ticker"], "AAPL");
    assert_eq!(info["description"], instrument["name"]);
    assert_eq!((&info["session"], &info["timezone"]), (&json!("24x7"), &json!("Etc/UTC")));
    assert_eq!(info["volume_precision"], 0, "its volumes are whole");
    let decimals = instrument["priceDecimals"].as_u64().expect("decimals");
    let scale = 10_u64.pow(u32::try_from(decimals).expect("few"));
    assert_eq!((&info["pricescale"], &info["minmov"]), (&json!(scale), &json!(1)));
    let resolutions = info["supported_resolutions"].as_array().expect("a list");
    assert!(resolutions.contains(&json!("1")) && resolutions.contains(&json!("1D")));
    let config = asked(&app, "/udf/config").await;
    let offered = config["supported_resolutions"].as_array().expect("a list");
    assert!(resolutions.iter().all(|resolution| offered.contains(resolution)));
    for flag in ["supports_search", "supports_time"] {
        assert_eq!(config[flag], true, "{flag}");
    }
    for flag in ["supports_group_request", "supports_marks", "supports_timescale_marks"] {
        assert_eq!(config[flag], false, "{flag}");
    }
    let now: i64 = app.get("/udf/time").await.text().await.expect("text").parse().expect("seconds");
    assert!((app.hub.now().as_second() - now).abs() < 60);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_what_can_be_charted() {
    let app = sim();
    let found = asked(&app, "/udf/search?query=micro&type=&exchange=&limit=5").await;
    assert_eq!(found[0]["symbol"], "MSFT");
    for key in ["full_name", "ticker"] {
        assert_eq!(found[0][key], "MSFT", "{key}");
    }
    let none = asked(&app, "/udf/search?query=micro&exchange=ELSEWHERE").await;
    assert_eq!(none, json!([]));
    let few = asked(&app, "/udf/search?query=&limit=2&exchange=SIM").await;
    assert_eq!(few.as_array().map(Vec::len), Some(2));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_told_in_the_words_of_the_protocol() {
    let app = sim();
    for (path, status, part) in [
        ("/udf/search?limit=many", 400, "limit must be a number of symbols"),
        ("/udf/symbols", 400, "symbol is missing, as in symbol=AAPL"),
        ("/udf/symbols?symbol=NO%20SUCH", 400, "a symbol"),
        ("/udf/history?symbol=AAPL&resolution=3&from=0&to=9", 400, "must be one of 1, 2, 5"),
        ("/udf/history?symbol=AAPL&resolution=1D&from=0", 400, "to is missing"),
        ("/udf/history?symbol=AAPL&resolution=1D&to=9", 400, "from is missing"),
        ("/udf/history?symbol=AAPL&resolution=1D&from=x&to=9", 400, "a whole number of seconds"),
        ("/udf/history?symbol=AAPL&resolution=1D&from=0&to=9&more=1", 400, "there are symbol"),
    ] {
        let response = app.get(path).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()["content-type"], "application/json");
        let told = json_of(response).await;
        assert_eq!(told["s"], "error", "{path}");
        let words = told["errmsg"].as_str().expect("words");
        assert!(words.contains(part), "{path}: {words}");
    }
    let response = app.request(Method::POST, "/udf/config", &[]).await;
    assert_eq!(response.status(), 405);
    app.stop().await;
}
