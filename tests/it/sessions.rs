//! What the market does, and what a feed and its subscribers make of it.

use std::sync::Arc;
use std::time::Duration;

use figcast::clock::RuntimeClock;
use figcast::config::{HubConfig, ReplayConfig};
use figcast::figure::Appearance;
use figcast::hub::{Hub, Subscription};
use figcast::market::{Calendars, Period, Phase, SessionState, Timetable};
use figcast::source::replay::Replay;
use figcast::source::{FetchRequest, Fetched, Source};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout_at};

use crate::support::client::subscribe;
use crate::support::sources::polled;
use crate::support::sse::{Event, Parser};
use crate::support::stub::{Answer, OPEN, Stub, fetched};
use crate::support::{view, view_of};

/// When the tests begin: an hour after the last trade.
const NOW: i64 = OPEN + 3_600;

/// Phases as seconds from [`NOW`].
fn timetable(phases: &[(i64, i64, SessionState)]) -> Timetable {
    let phase = |&(start, end, state): &_| Phase {
        period: Period { start: NOW + start, end: NOW + end },
        state,
    };
    Timetable::new(phases.iter().map(phase).collect())
}

/// A market that always answers the same three bars.
fn market(timetable: Timetable) -> Arc<Stub> {
    Stub::new(move |_, request: &FetchRequest| {
        let timetable = timetable.clone();
        Answer::Now(Ok(Fetched { timetable, ..fetched(request, 3) }))
    })
}

async fn open(source: &Arc<Stub>) -> (Hub, Subscription) {
    let source: Arc<dyn Source> = Arc::<Stub>::clone(source);
    let now = Timestamp::from_second(NOW).expect("in range");
    let clock = Arc::new(RuntimeClock::starting_at(now));
    let hub = Hub::new(source, clock, HubConfig::default(), Appearance::default(), Arc::default());
    let mut stream = subscribe(&hub, &view("AAPL"), None).expect("a place");
    stream.open(None, &[]).await.expect("found");
    (hub, stream)
}

/// The next event with data.
async fn next(stream: &mut Subscription) -> Event {
    loop {
        let events = Parser::default().push(&stream.next().await.expect("the stream goes on"));
        if let Some(event) = events.into_iter().find(|event| event.data.is_some()) {
            return event;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_closed_market_is_looked_at_rarely_and_its_open_is_not_slept_through() {
    let source = market(timetable(&[(900, 1_800, SessionState::Open)]));
    let (_hub, stream) = open(&source).await;
    sleep(Duration::from_secs(899)).await;
    assert_eq!(source.fetches(), 3, "every five minutes");
    sleep(Duration::from_secs(2)).await;
    assert!((4..=5).contains(&source.fetches()), "{} at the open", source.fetches());
    sleep(Duration::from_secs(10)).await;
    assert!(source.fetches() > 12, "then every second");
    drop(stream);
}

#[tokio::test(start_paused = true)]
async fn after_the_close_corrections_are_waited_for_as_in_the_session() {
    // The last trade was an hour ago, or a minute.
    for (minutes, most) in [(3, 1), (60, 60)] {
        let table = timetable(&[(-7_200, -60, SessionState::Open)]);
        let source = Stub::new(move |_, request: &FetchRequest| {
            let timetable = table.clone();
            Answer::Now(Ok(Fetched { timetable, ..fetched(request, minutes) }))
        });
        let (_hub, stream) = open(&source).await;
        sleep(Duration::from_secs(59)).await;
        assert!(source.fetches() <= most && source.fetches() > most / 2, "{}", source.fetches());
        drop(stream);
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_session_is_told_and_drawn_once_without_waiting_for_the_source() {
    use SessionState::{Closed, Lunch, Open};
    let table = timetable(&[(-60, 60, Open), (60, 120, Lunch), (120, 180, Open)]);
    let source = Stub::new(move |n, request: &FetchRequest| {
        let timetable = table.clone();
        match n {
            0 => Answer::Now(Ok(Fetched { timetable, ..fetched(request, 3) })),
            _ => Answer::Never,
        }
    });
    let (_hub, mut stream) = open(&source).await;
    let (mut told, mut drawn) = (Vec::new(), Vec::new());
    // From then on it is only repeated that the market is closed.
    let long_after = Instant::now() + Duration::from_mins(10);
    while let Ok(event) = timeout_at(long_after, next(&mut stream)).await {
        if event.is_figure() {
            drawn.push(event.json()["layout"]["meta"]["session"]["state"].clone());
            continue;
        }
        let session = event.json()["session"].clone();
        let session = (session["state"].clone(), session["until"].clone());
        if told.last() != Some(&session) {
            told.push(session);
        }
    }
    let at = |seconds| json!(Timestamp::from_second(NOW + seconds).expect("in range"));
    let expected = [
        (json!(Open), at(60)),
        (json!(Lunch), at(120)),
        (json!(Open), at(180)),
        (json!(Closed), json!(null)),
    ];
    assert_eq!(told, expected);
    assert_eq!(drawn, expected.map(|(state, _)| state));
    assert_eq!(source.fetches(), 2, "the second is on its way");
}

#[tokio::test(start_paused = true)]
async fn one_day_of_a_recording_is_its_last_session_however_long_ago_that_was() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/replay/two_days.csv");
    let config = ReplayConfig {
        files: [("AAPL".to_owned(), path.into())].into(),
        timezone: "America/New_York".to_owned(),
        ..ReplayConfig::default()
    };
    let clock = Arc::new(RuntimeClock::starting_at(Timestamp::from_second(NOW).expect("in range")));
    let replay = Replay::open(&config, &Calendars::standard(), Arc::clone(&clock) as _);
    let source = polled(replay.expect("opens"), Arc::clone(&clock) as _);
    let hub = Hub::new(source, clock, HubConfig::default(), Appearance::default(), Arc::default());
    sleep(Duration::from_hours(1)).await;
    let frame = hub.figure(&view("AAPL"), None, Duration::from_secs(1)).await.expect("a figure");
    let figure: Value = serde_json::from_slice(&frame.figure).expect("JSON");
    let times = figure["data"][1]["x"].as_array().expect("times");
    let date = |time: &Value| time.as_str().expect("a stamp")[..10].to_owned();
    assert_eq!(times.len(), 3);
    assert_eq!(date(&times[0]), date(&times[2]));
    let session = &figure["layout"]["meta"]["session"];
    assert_eq!(*session, json!({"state": "closed", "until": null, "next": null}));
}

#[tokio::test(start_paused = true)]
async fn both_parts_of_a_day_are_one_series_where_the_source_has_no_extended_hours() {
    let source = market(Timetable::always());
    let (hub, stream) = open(&source).await;
    let extended = view_of("AAPL", "session=extended");
    let frame = hub.figure(&extended, None, Duration::from_secs(1)).await.expect("a figure");
    assert!(str::from_utf8(&frame.figure).expect("text").contains(";session=extended;"));
    assert_eq!(source.fetches(), 1);
    drop(stream);
}
