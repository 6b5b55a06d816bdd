//! What a view shows that does not say so, where the source does not have what is customary.

use std::path::PathBuf;
use std::sync::Arc;

use figcast::clock::{Clock, SystemClock};
use figcast::config::{ReplayConfig, YahooConfig};
use figcast::market::Calendars;
use figcast::source::Source;
use figcast::source::replay::Replay;
use figcast::source::yahoo::Yahoo;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{TestApp, json_of};
use crate::support::sources::polled;
use crate::support::stub::Stub;

const REST: &str = "session=regular;chart=mountain;theme=dark;palette=safe;scale=linear";

/// Recordings of quarters of an hour and of days.
fn coarse() -> Arc<dyn Source> {
    let file = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/replay");
        PathBuf::from(folder).join(name)
    };
    let files = [("EA", file("quarter_hours.csv")), ("SPY", file("days.csv"))];
    let config = ReplayConfig {
        files: files.map(|(symbol, path)| (symbol.to_owned(), path.into())).into(),
        ..ReplayConfig::default()
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let replay = Replay::open(&config, &Calendars::standard(), Arc::clone(&clock));
    polled(replay.expect("opens"), clock)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_said_is_what_the_source_has() {
    let app = TestApp::spawn(coarse());
    for (asked, pair) in [
        ("EA", "interval=15m;range=1mo"),
        ("EA?range=1d", "interval=15m;range=1d"),
        ("EA?range=1y", "interval=1d;range=1y"),
        ("EA?interval=1h", "interval=1h;range=3mo"),
        ("SPY", "interval=1d;range=1y"),
        ("SPY?range=5d", "interval=1d;range=5d"),
        ("SPY?range=3mo", "interval=1d;range=3mo"),
        ("SPY?interval=1wk", "interval=1wk;range=5y"),
    ] {
        let symbol = &asked[..asked.find('?').unwrap_or(asked.len())];
        let figure: Value = json_of(app.get(&format!("/figure/{asked}")).await).await;
        assert_eq!(figure["layout"]["meta"]["view"], format!("{symbol};{pair};{REST}"), "{asked}");
        let status = app.stream(&format!("/stream/{asked}")).await.status().await.json();
        assert_eq!(status["view"], format!("{symbol};{pair};{REST}"), "{asked}");
        assert_eq!(app.get(&format!("/bars/{asked}")).await.status(), 200, "{asked}");
        assert_eq!(app.request(Method::HEAD, &format!("/stream/{asked}"), &[]).await.status(), 200);
    }
    let figure: Value = json_of(app.get("/figure/EA?compare=SPY").await).await;
    let view = figure["layout"]["meta"]["view"].as_str().expect("a key");
    assert!(view.starts_with("EA;interval=1d;range=1y;"), "both have days: {view}");
    let figure: Value = json_of(app.get("/figure/EA?interval=15m&compare=SPY").await).await;
    assert_eq!(figure["layout"]["meta"]["omitted"][0], "SPY", "it has no quarters of an hour");
    let mut stream = app.stream("/stream/EA?interval=15m&compare=SPY").await;
    let said = stream.status().await.json()["message"].to_string();
    assert!(said.contains("left out of the comparison: ") && said.contains("SPY"), "{said}");
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_said_is_refused_with_what_there_is() {
    let app = TestApp::spawn(coarse());
    for (path, offer) in [
        ("/figure/EA?interval=1m&range=1d", "interval can be 15m, 30m, 1h, 2h, 4h, 1d, 1wk or 1mo"),
        ("/figure/EA?interval=5m", "interval can be 15m, 30m, 1h, 2h, 4h, 1d, 1wk or 1mo"),
        ("/figure/SPY?range=1d", "interval can be 1d, 1wk or 1mo"),
    ] {
        let response = app.get(path).await;
        assert_eq!(response.status(), 400, "{path}");
        let problem: Value = json_of(response).await;
        assert!(problem["detail"].as_str().expect("text").ends_with(offer), "{path}: {problem}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_tell_what_is_usual_of_a_symbol() {
    let app = TestApp::spawn(coarse());
    let usual = async |query: &str| {
        let views: Value = json_of(app.get(&format!("/views{query}")).await).await;
        let pair = &views["usual"];
        let (interval, range) = (pair["interval"].as_str(), pair["range"].as_str());
        let key = format!("interval={};range={};{REST}", interval.unwrap(), range.unwrap());
        assert_eq!(views["defaultKey"], key);
        (pair.clone(), views["ranges"][0].clone(), views["intervals"][3].clone())
    };
    let (pair, day, quarter) = usual("?symbol=EA").await;
    assert_eq!(pair, json!({"interval": "15m", "range": "1mo"}));
    assert_eq!(day, json!({"range": "1d", "usualInterval": "15m"}));
    assert_eq!(quarter["usualRange"], "1mo");
    let (pair, day, _) = usual("?symbol=SPY").await;
    assert_eq!(pair, json!({"interval": "1d", "range": "1y"}));
    assert_eq!(day["usualInterval"], "1m", "no bars of it are served");
    for customary in ["", "?symbol=UNHEARD.OF"] {
        assert_eq!(usual(customary).await.0, json!({"interval": "1m", "range": "1d"}));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_tell_which_bars_have_extended_hours() {
    let yahoo = Yahoo::new(&YahooConfig::default(), Arc::new(SystemClock)).expect("a client");
    let sources: [(Arc<dyn Source>, usize); 2] =
        [(coarse(), 0), (polled(yahoo, Arc::new(SystemClock)), 8)];
    for (source, count) in sources {
        let app = TestApp::spawn(source);
        let views: Value = json_of(app.get("/views").await).await;
        let intervals = views["intervals"].as_array().expect("intervals");
        let extended = intervals.iter().take_while(|row| row["sessions"][1] == "extended");
        assert_eq!(extended.count(), count, "the intervals of less than a day, if any");
        assert!(intervals[count..].iter().all(|row| row["sessions"] == json!(["regular"])));
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_stream_says_by_which_keys_it_tells_what_was_asked_for_otherwise() {
    let app = TestApp::spawn(coarse());
    let days =
        "SPY;interval=1d;range=1y;session=regular;chart=spark;theme=dark;palette=safe;scale=linear";
    let path = format!("/stream?view=EA&view=SPY;chart=spark&view={days}&view=EA;interval=1m");
    let mut stream = app.stream(&path).await;
    let names = stream.next().await.expect("an event");
    assert!(names.retry.is_some());
    assert_eq!(names.name.as_deref(), Some("views"));
    let expected = json!({
        "EA": format!("EA;interval=15m;range=1mo;{REST}"),
        "EA;interval=1m": format!("EA;interval=1m;range=1d;{REST}"),
        "SPY;chart=spark": days,
    });
    assert_eq!(names.json(), expected);
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(stream.status().await.json()["view"].as_str().expect("a key").to_owned());
    }
    told.sort_unstable();
    let mut keys: Vec<_> =
        expected.as_object().expect("a map").values().filter_map(Value::as_str).collect();
    keys.sort_unstable();
    assert_eq!(told, keys);
    drop(stream);
    let mut stream = app.stream(&format!("/stream?view={days}")).await;
    let first = stream.next().await.expect("an event");
    assert!(first.retry.is_some() && first.is_status(), "there is nothing to say before it");
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_turned_away_learns_whose_statuses_those_are() {
    let app = TestApp::spawn_with(Stub::quiet(), |config| config.hub.streams = 1);
    let kept = app.stream("/stream/AAPL").await;
    let headers = [("accept", "text/event-stream")];
    let mut second = app.stream_with("/stream?view=AAPL&view=MSFT", &headers).await;
    let names = second.next().await.expect("an event");
    assert!(names.retry.is_some());
    let names = names.json();
    let status = second.status().await;
    assert_eq!(status.state(), "busy");
    assert_eq!(status.json()["view"], names["AAPL"]);
    drop((kept, second));
    app.stop().await;
}
