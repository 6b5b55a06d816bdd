//! Bars of sources that are kept: what was told is there before the source answers again, and is what it has.

mod restart;
mod written;

use std::sync::Arc;
use std::time::Duration;

use figcast::bars::{Bar, Bars};
use figcast::history::{History, HistoryKey, Reach};
use figcast::interval::Interval;
use figcast::shares::Holders;
use figcast::source::{
    Coverage, Fetched, Known, Recorded, Router, SeriesKey, Source as _, Update, Window,
};
use figcast::view::{Range, Session};
use futures_util::StreamExt as _;
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::app::{TestApp, json_of};
use crate::support::sse::Event;
use crate::support::stub::{Answer, OPEN, Stub, bars, fetched, unavailable};
use crate::support::{PATIENCE, symbol};

/// A history in a folder of its own.
struct Shelf {
    folder: TempDir,
    history: History,
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let history = History::open(&folder.path().join("bars.db")).expect("opened");
        Self { folder, history }
    }

    fn recorded(&self, stub: &Arc<Stub>) -> Arc<Recorded> {
        Arc::new(Recorded::new(Arc::clone(stub) as _, self.history.clone(), 2))
    }

    /// A server with that source, whose bars are kept.
    fn serve(&self, stub: &Arc<Stub>) -> TestApp {
        let router = Router::from(self.recorded(stub)).with_history(self.history.clone());
        TestApp::spawn(router)
    }

    fn kept(&self, name: &str) -> Bars {
        let key = HistoryKey::regular("stub", symbol(name), Interval::Minute1);
        self.history.bars_now(&key, Reach::All).expect("read").bars
    }

    /// Waits until these bars are kept, and no others.
    async fn keeps(&self, name: &str, expected: &Bars) {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let kept = self.kept(name);
            if kept == *expected {
                return;
            }
            assert!(std::time::Instant::now() < deadline, "{kept:?} stay, not {expected:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn rows_of(csv: &str) -> Vec<String> {
    csv.lines().skip(1).map(str::to_owned).collect()
}

async fn table(app: &TestApp, path: &str) -> Vec<String> {
    let response = app.get(&format!("{path}&format=csv")).await;
    assert_eq!(response.status(), 200, "{path}");
    rows_of(&response.text().await.expect("text"))
}

fn message(status: &Event) -> String {
    status.json()["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_begins_with_the_bars_that_were_kept_and_says_so_until_the_source_has_answered() {
    let shelf = Shelf::new();
    let app = shelf.serve(&Stub::quiet());
    let rows = table(&app, "/bars/AAPL?interval=1m").await;
    shelf.keeps("AAPL", &bars(3)).await;
    app.metric_becomes("figcast_history_recorded_bars_total", 3.0).await;
    app.stop().await;
    let silent = Stub::new(|_, _| Answer::Never);
    let app = shelf.serve(&silent);
    let mut stream = app.stream("/stream/AAPL").await;
    let status = stream.status().await;
    assert_eq!(status.state(), "stale");
    assert_eq!(message(&status), "stub has not answered yet: these bars were kept");
    assert_eq!(status.json()["checked"], Value::Null);
    stream.figure().await;
    assert_eq!(table(&app, "/bars/AAPL?interval=1m").await, rows);
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_told_as_what_it_is_and_over_when_the_source_answers() {
    let shelf = Shelf::new();
    let app = shelf.serve(&Stub::quiet());
    app.stream("/stream/AAPL").await.figure().await;
    shelf.keeps("AAPL", &bars(3)).await;
    app.stop().await;
    let stub = Stub::new(|n, request| match n {
        0 => Answer::Now(unavailable()),
        _ => Answer::Now(Ok(fetched(request, 5))),
    });
    let app = shelf.serve(&stub);
    let mut stream = app.stream("/stream/AAPL").await;
    let told = |event: &Event| event.is_status() && message(event).contains("an outage");
    let status = stream.next_where(told).await;
    assert_eq!(status.state(), "stale");
    assert_eq!(message(&status), "stub cannot be reached: an outage; these bars were kept");
    let failed = "figcast_fetches_total{source=\"stub\",outcome=\"unavailable\"}";
    app.metric_becomes(failed, 1.0).await;
    stream.next_where(|event| event.is_status() && event.state() == "live").await;
    shelf.keeps("AAPL", &bars(5)).await;
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_corrections_of_the_source_win_over_what_was_kept() {
    let shelf = Shelf::new();
    let corrected: Bars = bars(5)
        .iter()
        .filter(|bar| bar.ts != OPEN + 120)
        .map(|bar| if bar.ts == OPEN + 180 { Bar { volume: 77.0, ..bar } } else { bar })
        .collect();
    let told = corrected.clone();
    let stub = Stub::refreshed(Duration::from_millis(1), move |n, request| {
        let answer = fetched(request, 5);
        Answer::Now(Ok(if n == 0 { answer } else { Fetched { bars: told.clone(), ..answer } }))
    });
    let app = shelf.serve(&stub);
    let stream = app.stream("/stream/AAPL").await;
    shelf.keeps("AAPL", &corrected).await;
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bar_that_forms_is_kept_when_its_time_is_over() {
    let shelf = Shelf::new();
    // It is told once, while it forms.
    let stub =
        Stub::new(|n, request| Answer::Now(Ok(fetched(request, if n == 0 { 61 } else { 60 }))));
    let app = shelf.serve(&stub);
    let stream = app.stream("/stream/AAPL").await;
    shelf.keeps("AAPL", &bars(60)).await;
    stub.set_ahead(120);
    shelf.keeps("AAPL", &bars(61)).await;
    drop(stream);
    app.stop().await;
}

/// A bar an hour for forty days before the market of the stub opens.
fn sparse() -> Bars {
    let bar = bars(1).last().expect("a bar");
    (1..=40 * 24).map(|hour| Bar { ts: OPEN - hour * 3_600, ..bar }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn charts_reach_back_as_far_as_what_was_kept_without_a_gap() {
    const PATH: &str = "/bars/AAPL?interval=5m&range=1mo";
    let shelf = Shelf::new();
    let reach = |days| Coverage::NONE.with(Interval::Minute1, days);
    let deep = Stub::reaching(reach(100), |_, request| {
        Answer::Now(Ok(Fetched { bars: sparse(), ..fetched(request, 0) }))
    });
    let app = shelf.serve(&deep);
    let rows = table(&app, PATH).await;
    shelf.keeps("AAPL", &sparse()).await;
    app.stop().await;
    let shallow = |since: i64| {
        Stub::reaching(reach(8), move |_, request| {
            let bars = sparse().since(since).merge(&bars(3));
            Answer::Now(Ok(Fetched { bars, ..fetched(request, 0) }))
        })
    };
    let stub = shallow(OPEN - 5 * 86_400);
    let app = shelf.serve(&stub);
    let longer = table(&app, PATH).await;
    shelf.keeps("AAPL", &sparse().merge(&bars(3))).await;
    let longer_yet = table(&app, PATH).await;
    assert!(longer.len() >= rows.len() && longer_yet.len() > rows.len() - 2, "{}", longer.len());
    assert_eq!(stub.requests()[0].window, Window::Days(5), "it is asked for what it has");
    assert_eq!(app.get("/bars/AAPL?interval=15m&range=3mo").await.status(), 400);
    app.stop().await;
    // The same source after a pause in which more was missed than it tells.
    let stub = shallow(OPEN);
    let recorded = shelf.recorded(&stub);
    let name = symbol("AAPL");
    stub.set_ahead(86_400);
    let serves = || {
        let coverage = recorded.coverage(&name);
        coverage.serves(Interval::Minute5, figcast::view::Range::Month1)
    };
    assert!(serves());
    let late = Stub::reaching(reach(8), |_, request| {
        let late = bars(60).since(OPEN + 30 * 60);
        Answer::Now(Ok(Fetched { bars: late, ..fetched(request, 0) }))
    });
    let app = shelf.serve(&late);
    app.stream("/stream/AAPL").await.figure().await;
    shelf.keeps("AAPL", &sparse().merge(&bars(3)).merge(&bars(60).since(OPEN + 30 * 60))).await;
    assert!(!serves(), "half an hour is missing");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_takes_out_what_was_kept_at_older_prices() {
    let shelf = Shelf::new();
    let app = shelf.serve(&Stub::quiet());
    app.stream("/stream/AAPL").await.figure().await;
    shelf.keeps("AAPL", &bars(3)).await;
    app.stop().await;
    let halved: Bars = bars(6)
        .iter()
        .skip(4)
        .map(|bar| Bar { open: 50.0, high: 50.0, low: 50.0, close: 50.0, ..bar })
        .collect();
    let told = halved.clone();
    let stub = Stub::new(move |_, request| {
        let split = Some(OPEN + 200);
        Answer::Now(Ok(Fetched { bars: told.clone(), split, ..fetched(request, 0) }))
    });
    let app = shelf.serve(&stub);
    let stream = app.stream("/stream/AAPL").await;
    shelf.keeps("AAPL", &halved).await;
    assert_eq!(table(&app, "/bars/AAPL?interval=1m").await.len(), 2, "nor is it drawn");
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_cannot_be_written_to_stops_no_stream_and_loses_nothing_for_good() {
    let shelf = Shelf::new();
    let other = Connection::open(shelf.folder.path().join("bars.db")).expect("opened");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let stub = Stub::new(|n, request| Answer::Now(Ok(fetched(request, 3 + n.min(3)))));
    let app = shelf.serve(&stub);
    let mut stream = app.stream("/stream/AAPL").await;
    for _ in 0..3 {
        stream.figure().await;
    }
    app.metric_becomes("figcast_history_failures_total", 1.0).await;
    assert!(shelf.kept("AAPL").is_empty());
    other.execute_batch("COMMIT").expect("unlocked");
    shelf.keeps("AAPL", &bars(6)).await;
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_symbols_are_kept_than_may_be_and_the_others_are_drawn_all_the_same() {
    let shelf = Shelf::new();
    let app = shelf.serve(&Stub::quiet());
    for name in ["A", "B"] {
        app.stream(&format!("/stream/{name}")).await.figure().await;
        shelf.keeps(name, &bars(3)).await;
    }
    let figure = json_of(app.get("/figure/C").await).await;
    assert!(figure["data"].is_array());
    app.metric_becomes("figcast_history_symbols", 2.0).await;
    assert!(shelf.kept("C").is_empty());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_a_series_that_is_taken_over_is_kept_though_only_its_tail_is_told() {
    let shelf = Shelf::new();
    let stub = Stub::new(|_, request| {
        let bars = match request.window {
            Window::Since(ts) => bars(30).since(ts),
            _ => bars(29),
        };
        Answer::Now(Ok(Fetched { bars, ..fetched(request, 0) }))
    });
    let (grain, depth) = (Interval::Minute1, Range::Day5);
    let key = SeriesKey { symbol: symbol("AAPL"), grain, depth, session: Session::Regular };
    let mut elsewhere = stub.open(key.clone(), Holders::none(), None);
    let Some(Update::Whole { fetched, .. }) = elsewhere.next().await else { panic!("the whole") };
    let known = Known { fetched, refreshed: tokio::time::Instant::now() };
    let mut updates = shelf.recorded(&stub).open(key, Holders::none(), Some(known));
    let first = updates.next().await;
    assert!(matches!(first, Some(Update::Tail { .. })), "{first:?}");
    let going_on = tokio::spawn(async move { while updates.next().await.is_some() {} });
    shelf.keeps("AAPL", &bars(30)).await;
    going_on.abort();
}
