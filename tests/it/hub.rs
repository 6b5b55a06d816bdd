//! The hub without HTTP, under paused time: every second in here takes no time at all.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use figcast::config::HubConfig;
use figcast::hub::{Hub, Overloaded, StreamOptions, SubscribeError, Subscription};
use figcast::interval::Interval;
use figcast::metrics::Metrics;
use figcast::source::{Backlog, Coverage, FetchRequest, Fetched, Priority, Window};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use tokio::time::{Instant, advance, sleep};

use crate::support::client::{self, subscribe};
use crate::support::sse::{Event, Parser};
use crate::support::stub::{Answer, OPEN, Stub, bars, fetched, not_found, unavailable};
use crate::support::{eventually, light, symbol, view, view_of};

fn hub(source: &Arc<Stub>) -> Hub {
    hub_with(source, HubConfig::default()).0
}

fn hub_with(source: &Arc<Stub>, config: HubConfig) -> (Hub, Arc<Metrics>) {
    client::hub_with(Arc::<Stub>::clone(source), config)
}

async fn open(hub: &Hub, symbol: &str) -> Subscription {
    open_at(hub, symbol, None).await
}

async fn open_at(hub: &Hub, symbol: &str, last_event_id: Option<&str>) -> Subscription {
    let mut subscription = subscribe(hub, &view(symbol), None).expect("a place");
    subscription.open(last_event_id, &[]).await.expect("found");
    subscription
}

fn parse(bytes: &Bytes) -> Vec<Event> {
    Parser::default().push(bytes)
}

/// The next piece as events.
async fn next(subscription: &mut Subscription) -> Vec<Event> {
    parse(&subscription.next().await.expect("the stream goes on"))
}

/// The next piece that is one event of the wanted kind.
async fn next_where(subscription: &mut Subscription, wanted: fn(&Event) -> bool) -> Event {
    loop {
        if let Some(event) = next(subscription).await.into_iter().find(wanted) {
            return event;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn five_hundred_subscribers_cost_one_fetch_and_one_rendering_a_tick() {
    let source = Stub::growing();
    let (hub, metrics) = hub_with(&source, HubConfig::default());
    let mut subscriptions = Vec::new();
    for _ in 0..500 {
        subscriptions.push(open(&hub, "AAPL").await);
    }
    let mut previous = None;
    for _ in 0..5 {
        let mut ids = Vec::new();
        for subscription in &mut subscriptions {
            ids.push(next_where(subscription, Event::is_figure).await.id);
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "all get the same frame");
        assert_ne!(ids.first().cloned(), previous, "and a new one each tick");
        previous = ids.pop();
    }
    assert_eq!(source.fetches(), 5);
    assert_eq!(metrics.renders.get(), 5);
    assert_eq!(metrics.figures_sent.get(), 2_500);
}

#[tokio::test(start_paused = true)]
async fn subscribers_are_handed_the_same_memory() {
    let hub = hub(&Stub::quiet());
    let (mut one, mut two) = (open(&hub, "AAPL").await, open(&hub, "AAPL").await);
    let (_, _) = (one.next().await, two.next().await);
    let (one, two) = (one.next().await.expect("figure"), two.next().await.expect("figure"));
    assert_eq!(one.as_ptr(), two.as_ptr());
}

#[tokio::test(start_paused = true)]
async fn a_stream_begins_with_retry_status_and_figure() {
    let hub = hub(&Stub::quiet());
    let mut subscription = open(&hub, "AAPL").await;
    let opening = next(&mut subscription).await;
    assert_eq!(opening.len(), 1, "a reconnection time is no event of its own");
    assert!((2_000..=5_000).contains(&opening[0].retry.expect("a retry")));
    assert_eq!(opening[0].state(), "live");
    assert_eq!(opening[0].id, None, "a status never becomes a Last-Event-ID");
    assert!(next(&mut subscription).await[0].is_figure());
}

#[tokio::test(start_paused = true)]
async fn after_the_first_fetch_only_the_tail_is_asked_for_and_now_and_then_everything() {
    let source = Stub::quiet();
    let hub = hub(&source);
    let subscription = open(&hub, "AAPL").await;
    sleep(Duration::from_millis(2_500)).await;
    let last = bars(3).last().expect("three bars").ts;
    let windows: Vec<_> = source.requests().iter().map(|request| request.window).collect();
    assert_eq!(windows, [Window::Days(5), Window::Since(last - 300), Window::Since(last - 300)]);
    let priorities: Vec<_> = source.requests().iter().map(|request| request.priority).collect();
    assert_eq!(priorities, [Priority::Cold, Priority::Live, Priority::Live]);
    sleep(Duration::from_mins(10)).await;
    let whole = |window: &Window| matches!(window, Window::Days(_));
    let windows: Vec<_> = source.requests().iter().map(|request| request.window).collect();
    assert_eq!(windows.iter().filter(|window| whole(window)).count(), 2);
    drop(subscription);
}

#[tokio::test(start_paused = true)]
async fn views_of_one_symbol_share_the_feed_of_its_minutes() {
    let source = Stub::new(|_, request| Answer::Now(Ok(fetched(request, 40))));
    let (hub, metrics) = hub_with(&source, HubConfig::default());
    let mut counts = Vec::new();
    for options in ["interval=1m", "interval=2m&range=1d", "interval=15m&range=5d"] {
        let frame = hub.figure(&view_of("AAPL", options), None, Duration::from_secs(1)).await;
        let figure = frame.expect("a figure").figure.clone();
        let figure: serde_json::Value = serde_json::from_slice(&figure).expect("JSON");
        counts.push(figure["data"][1]["x"].as_array().expect("a list").len());
    }
    assert_eq!(counts, [40, 20, 3], "resampled from the same 40 minutes");
    assert_eq!((source.fetches(), metrics.feeds.get(), metrics.views.get()), (1, 1, 3));
}

#[tokio::test(start_paused = true)]
async fn days_are_fetched_as_days_as_deep_as_their_view_needs() {
    let source = Stub::quiet();
    let hub = hub(&source);
    for options in ["interval=1d", "interval=1wk&range=1y", "interval=1wk", "interval=1mo"] {
        hub.figure(&view_of("AAPL", options), None, Duration::from_secs(1))
            .await
            .expect("a figure");
    }
    let asked: Vec<_> =
        source.requests().iter().map(|request| (request.interval, request.window)).collect();
    assert_eq!(asked, [(Interval::Day1, Window::Months(24)), (Interval::Day1, Window::All)]);
}

#[tokio::test(start_paused = true)]
async fn bars_that_the_source_does_not_have_are_refused_before_anything_is_started() {
    let coverage = Coverage::NONE.with(Interval::Minute1, 8);
    let source = Stub::reaching(coverage, |_, request| Answer::Now(Ok(fetched(request, 3))));
    let hub = hub(&source);
    let refusal = subscribe(&hub, &view_of("AAPL", "interval=1h&range=2y"), None).err();
    assert_eq!(
        refusal.expect("refused").to_string(),
        "stub does not reach back 2y in 1h bars of AAPL: range can be 1d or 5d with interval 1h"
    );
    let probed = hub.probe(&[view_of("AAPL", "interval=1h&range=2y")], None).await;
    assert!(probed.is_err(), "and so is one that only asks whether it could be had");
    assert_eq!((hub.tasks(), source.fetches()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_view_outlives_its_last_subscriber_by_the_linger_time_and_its_feed_by_nothing() {
    let source = Stub::growing();
    let hub = hub(&source);
    drop(open(&hub, "AAPL").await);
    sleep(Duration::from_millis(9_900)).await;
    assert_eq!(hub.tasks(), 2);
    sleep(Duration::from_millis(200)).await;
    assert_eq!(hub.tasks(), 0);
    let fetches = source.fetches();
    sleep(Duration::from_mins(1)).await;
    assert_eq!(source.fetches(), fetches, "a stopped feed fetches no more");
}

#[tokio::test(start_paused = true)]
async fn rejoining_within_the_linger_time_goes_on_with_the_same_feed() {
    let source = Stub::growing();
    let hub = hub(&source);
    drop(open(&hub, "AAPL").await);
    sleep(Duration::from_secs(5)).await;
    let mut again = open(&hub, "AAPL").await;
    next_where(&mut again, Event::is_figure).await;
    sleep(Duration::from_secs(30)).await;
    assert_eq!(hub.tasks(), 2, "the view stays while it is watched");
    let cold =
        source.requests().iter().filter(|request| request.priority == Priority::Cold).count();
    assert_eq!(cold, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joining_while_the_last_one_leaves_never_loses_a_stream_or_a_task() {
    let source = Stub::growing();
    let config = HubConfig { linger: Duration::ZERO, ..HubConfig::default() };
    let (hub, metrics) = hub_with(&source, config);
    let joiners = (0..8).map(|n| {
        let hub = hub.clone();
        tokio::spawn(async move {
            for round in 0..125 {
                let symbol = if (n + round) % 3 == 0 { "MSFT" } else { "AAPL" };
                let mut subscription = open(&hub, symbol).await;
                next_where(&mut subscription, Event::is_figure).await;
            }
        })
    });
    for joiner in joiners.collect::<Vec<_>>() {
        joiner.await.expect("every join got its figure");
    }
    eventually("all tasks end", || hub.tasks() == 0).await;
    assert_eq!(metrics.streams_opened.get(), 1_000);
    assert_eq!((metrics.streams.get(), metrics.feeds.get(), metrics.views.get()), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn bars_that_did_not_change_render_nothing_and_a_status_takes_the_place_of_the_heartbeat() {
    let config = HubConfig::default();
    let heartbeat = config.heartbeat;
    let (hub, metrics) = hub_with(&Stub::quiet(), config);
    let mut subscription = open(&hub, "AAPL").await;
    next_where(&mut subscription, Event::is_figure).await;
    let begun = Instant::now();
    for _ in 0..4 {
        let events = next(&mut subscription).await;
        assert!(events[0].is_status(), "{events:?}");
    }
    assert!(begun.elapsed() >= 4 * heartbeat, "{:?}", begun.elapsed());
    assert_eq!((metrics.renders.get(), metrics.statuses_sent.get()), (1, 1 + 4));
}

#[tokio::test(start_paused = true)]
async fn a_status_is_said_every_thirty_seconds_however_seldom_the_source_is_asked() {
    let source = Stub::new(|n, request| match n {
        0 => Answer::Now(Ok(fetched(request, 3))),
        _ => Answer::Never,
    });
    let config = HubConfig { heartbeat: Duration::from_secs(15), ..HubConfig::default() };
    let (hub, _) = hub_with(&source, config);
    let mut subscription = open(&hub, "AAPL").await;
    next_where(&mut subscription, Event::is_figure).await;
    assert_eq!(next(&mut subscription).await[0].state(), "stale");
    for _ in 0..3 {
        let spoke = tokio::time::Instant::now();
        next_where(&mut subscription, Event::is_status).await;
        assert_eq!(spoke.elapsed().as_secs(), 30);
    }
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_after_fifteen_seconds_and_events_push_that_back() {
    let source = Stub::new(|n, request| match n {
        0 => Answer::Now(Ok(fetched(request, 3))),
        _ => Answer::After(Duration::from_secs(10_000), unavailable()),
    });
    let config = HubConfig { heartbeat: Duration::from_secs(15), ..HubConfig::default() };
    let (hub, _) = hub_with(&source, config);
    let mut subscription = open(&hub, "AAPL").await;
    next_where(&mut subscription, Event::is_figure).await;
    // The second fetch is late after an interval: two seconds in, a status says stale.
    assert_eq!(next(&mut subscription).await[0].state(), "stale");
    let spoke = tokio::time::Instant::now();
    assert!(next(&mut subscription).await[0].comment);
    assert_eq!(spoke.elapsed().as_secs(), 15);
}

#[tokio::test(start_paused = true)]
async fn a_source_in_trouble_is_told_in_a_status_and_the_last_figure_stays() {
    let source = Stub::new(|n, request| {
        Answer::Now(if (1..3).contains(&n) { unavailable() } else { Ok(fetched(request, n + 1)) })
    });
    let hub = hub(&source);
    let mut subscription = open(&hub, "AAPL").await;
    next_where(&mut subscription, Event::is_figure).await;
    let trouble = next_where(&mut subscription, Event::is_status).await;
    assert_eq!(trouble.state(), "error");
    assert_eq!(trouble.json()["message"], "stub cannot be reached: an outage");
    let mut joiner = open(&hub, "AAPL").await;
    assert_eq!(next(&mut joiner).await[0].state(), "error");
    assert!(next(&mut joiner).await[0].is_figure(), "a joiner gets the last good figure");
    let recovered = next_where(&mut subscription, Event::is_status).await;
    assert_eq!(recovered.state(), "live");
    assert!(next(&mut subscription).await[0].is_figure());
}

#[tokio::test(start_paused = true)]
async fn failures_are_retried_ever_more_slowly() {
    let source = Stub::new(|_, _| Answer::Now(unavailable()));
    let hub = hub(&source);
    let subscription = open(&hub, "AAPL").await;
    sleep(Duration::from_mins(10)).await;
    // 1, 2, 4 .. 60 s, each at least half of that: no more than 2 x (6 + 600 / 60) tries.
    assert!((10..=33).contains(&source.fetches()), "{}", source.fetches());
    drop(subscription);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_symbol_is_refused_and_remembered_for_a_minute() {
    let source = Stub::new(|_, _| Answer::Now(not_found()));
    let hub = hub(&source);
    let mut first = subscribe(&hub, &view("GONE"), None).expect("not known to be unknown");
    assert!(matches!(first.open(None, &[]).await, Err(SubscribeError::NotFound { .. })));
    drop(first);
    assert!(matches!(subscribe(&hub, &view("GONE"), None), Err(SubscribeError::NotFound { .. })));
    assert_eq!(source.fetches(), 1);
    advance(Duration::from_secs(61)).await;
    let mut later = subscribe(&hub, &view("GONE"), None).expect("asked again");
    assert!(later.open(None, &[]).await.is_err());
    assert_eq!(source.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_symbol_found_unknown_on_an_open_stream_is_told_and_ends_it() {
    let source = Stub::new(|_, _| Answer::After(Duration::from_secs(5), not_found()));
    let hub = hub(&source);
    let mut subscription = open(&hub, "GONE").await;
    assert_eq!(next(&mut subscription).await[0].state(), "loading");
    assert_eq!(next_where(&mut subscription, Event::is_status).await.state(), "not_found");
    assert_eq!(subscription.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_symbol_that_had_bars_and_is_not_found_any_more_is_trouble_and_not_an_end() {
    let source = Stub::new(|n, request| {
        Answer::Now(if n == 1 { not_found() } else { Ok(fetched(request, 3)) })
    });
    let hub = hub(&source);
    let mut subscription = open(&hub, "GONE").await;
    next_where(&mut subscription, Event::is_figure).await;
    assert_eq!(next_where(&mut subscription, Event::is_status).await.state(), "error");
    assert_eq!(next_where(&mut subscription, Event::is_status).await.state(), "live");
}

#[tokio::test(start_paused = true)]
async fn a_cold_stream_waits_two_seconds_and_then_says_that_it_loads() {
    let source =
        Stub::new(|_, request| Answer::After(Duration::from_secs(3), Ok(fetched(request, 3))));
    let hub = hub(&source);
    let asked = tokio::time::Instant::now();
    let mut subscription = open(&hub, "AAPL").await;
    assert_eq!(asked.elapsed().as_secs(), 2);
    assert_eq!(next(&mut subscription).await[0].state(), "loading");
    assert_eq!(next(&mut subscription).await[0].state(), "live");
    assert!(next(&mut subscription).await[0].is_figure());
    assert_eq!(asked.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_the_current_figure_gets_none_and_any_other_id_gets_it_whole() {
    let hub = hub(&Stub::quiet());
    let mut first = open(&hub, "AAPL").await;
    let id = next_where(&mut first, Event::is_figure).await.id.expect("an id");
    let mut resumed = open_at(&hub, "AAPL", Some(&id)).await;
    assert_eq!(next(&mut resumed).await[0].json()["resume"], "resumed");
    assert!(!next(&mut resumed).await[0].is_figure());
    for unknown in ["", "1-1", "../etc/passwd", "\u{0}", "é", &"9".repeat(200)] {
        let mut snapshot = open_at(&hub, "AAPL", Some(unknown)).await;
        assert_eq!(next(&mut snapshot).await[0].json()["resume"], "snapshot", "{unknown:?}");
        assert!(next(&mut snapshot).await[0].is_figure(), "{unknown:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_stops_skips_to_the_newest_figure_and_the_rest_is_counted() {
    let (hub, metrics) = hub_with(&Stub::growing(), HubConfig::default());
    let mut subscription = open(&hub, "AAPL").await;
    next_where(&mut subscription, Event::is_figure).await;
    sleep(Duration::from_millis(10_500)).await;
    let newest = next(&mut subscription).await.remove(0);
    assert_eq!(newest.json()["data"][1]["y"].as_array().map(Vec::len), Some(11));
    assert_eq!(metrics.figures_skipped.get(), 9);
}

#[tokio::test(start_paused = true)]
async fn as_many_feeds_and_views_as_configured_run_and_one_more_does_not() {
    let config = HubConfig { feeds: 2, views: 3, ..HubConfig::default() };
    let (hub, metrics) = hub_with(&Stub::quiet(), config);
    let _open = [open(&hub, "A").await, open(&hub, "B").await];
    assert_eq!(
        subscribe(&hub, &view("C"), None).err(),
        Some(SubscribeError::Overloaded(Overloaded::Views))
    );
    let _third = subscribe(&hub, &light("A"), None).expect("a third view of a running feed");
    assert_eq!(
        subscribe(&hub, &light("B"), None).err(),
        Some(SubscribeError::Overloaded(Overloaded::Views))
    );
    assert_eq!(metrics.turned_away.get(), 2);
    assert!(subscribe(&hub, &view("B"), None).is_ok(), "what runs can always be joined");
}

#[tokio::test(start_paused = true)]
async fn a_split_drops_the_series_and_fetches_it_whole() {
    let source = Stub::new(|n, request| {
        let mut answer = fetched(request, 3);
        answer.split = (n >= 2).then_some(OPEN);
        Answer::Now(Ok(answer))
    });
    let hub = hub(&source);
    let subscription = open(&hub, "AAPL").await;
    sleep(Duration::from_millis(3_500)).await;
    let whole: Vec<bool> =
        source.requests().iter().map(|r| matches!(r.window, Window::Days(_))).collect();
    assert_eq!(whole, [true, false, false, true, false]);
    drop(subscription);
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_does_not_wipe_out_the_bars_there_were() {
    let source = Stub::refreshed(Duration::ZERO, |n, request| {
        Answer::Now(Ok(fetched(request, if n == 0 { 3 } else { 0 })))
    });
    let (hub, metrics) = hub_with(&source, HubConfig::default());
    let subscription = open(&hub, "AAPL").await;
    sleep(Duration::from_secs(5)).await;
    assert_eq!(metrics.renders.get(), 1);
    drop(subscription);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_everything_that_lost_bars_is_asked_for_once_more_and_nothing_is_gone() {
    let source = Stub::refreshed(Duration::from_secs(1), |n, request| {
        let mut answer = fetched(request, 60);
        if n == 1 {
            answer.bars = answer.bars.iter().step_by(7).collect();
        }
        Answer::Now(Ok(answer))
    });
    let (hub, metrics) = hub_with(&source, HubConfig::default());
    let subscription = open(&hub, "AAPL").await;
    sleep(Duration::from_millis(2_500)).await;
    let whole = |request: &FetchRequest| matches!(request.window, Window::Days(_));
    assert!(source.requests().iter().all(whole));
    assert_eq!((source.fetches(), metrics.renders.get()), (3, 1));
    drop(subscription);
}

#[tokio::test(start_paused = true)]
async fn a_split_that_only_tails_tell_fetches_everything_once() {
    let source = Stub::new(|_, request| {
        let split = matches!(request.window, Window::Since(_)).then_some(OPEN);
        Answer::Now(Ok(Fetched { split, ..fetched(request, 3) }))
    });
    let hub = hub(&source);
    let subscription = open(&hub, "AAPL").await;
    sleep(Duration::from_millis(5_500)).await;
    let whole: Vec<bool> =
        source.requests().iter().map(|r| matches!(r.window, Window::Days(_))).collect();
    assert_eq!(whole, [true, false, true, false, false, false, false]);
    drop(subscription);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_by_an_hour_freezes_no_chart() {
    let started = tokio::time::Instant::now();
    // A market that lives by the same clock: it is an hour ahead for the first fetch.
    let source = Stub::new(move |n, request| {
        let minutes = started.elapsed().as_secs() / 60 + if n == 0 { 120 } else { 60 };
        let mut answer = fetched(request, usize::try_from(minutes).expect("few"));
        if let Window::Since(from) = request.window {
            answer.bars = answer.bars.since(from);
        }
        Answer::Now(Ok(answer))
    });
    source.set_ahead(3_600);
    let hub = hub(&source);
    let bars = async || {
        let frame =
            hub.figure(&view("AAPL"), None, Duration::from_secs(1)).await.expect("a figure");
        let figure: serde_json::Value = serde_json::from_slice(&frame.figure).expect("JSON");
        figure["data"][1]["x"].as_array().expect("a list").len()
    };
    let subscription = open(&hub, "AAPL").await;
    assert_eq!(bars().await, 120);
    source.set_ahead(0);
    sleep(Duration::from_millis(1_500)).await;
    let asked = source.requests().last().expect("asked").window;
    assert_eq!(asked, Window::Since(OPEN + 3_600 + 1 - 300), "the tail before now");
    sleep(Duration::from_mins(5)).await;
    // The bars of the hour that had not come are gone.
    assert_eq!(bars().await, 65);
    drop(subscription);
}

#[tokio::test(start_paused = true)]
async fn bars_that_stand_still_while_the_market_is_open_are_stale_and_say_since_when() {
    let (hub, _) = hub_with(&Stub::quiet(), HubConfig::default());
    let mut subscription = open(&hub, "AAPL").await;
    let started = tokio::time::Instant::now();
    let is_stale = |event: &Event| event.is_status() && event.state() == "stale";
    let stale = next_where(&mut subscription, is_stale).await;
    // The newest of the three is over 57 minutes before the start.
    assert_eq!(started.elapsed().as_secs() / 60, 120 - 57);
    assert_eq!(
        stale.json()["message"],
        "the source tells of no trade since 2026-08-28 13:33 UTC, though the market is open"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_prices_is_not_live_while_the_market_is_open() {
    let source =
        Stub::new(|n, request| Answer::Now(Ok(fetched(request, if n == 1 { 3 } else { 0 }))));
    let hub = hub(&source);
    let mut subscription = open(&hub, "AAPL").await;
    let mut told = Vec::new();
    while told.len() < 3 {
        let status = next_where(&mut subscription, Event::is_status).await;
        told.push(status.state().clone());
    }
    assert_eq!(told, ["stale", "live", "stale"]);
    let words = "the source answers without prices, though the market is open";
    let mut joiner = open(&hub, "AAPL").await;
    assert_eq!(next(&mut joiner).await[0].json()["message"], words);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_waits_for_its_turn_says_why_and_when_it_will_be_asked() {
    let source = Stub::new(|n, request| match n {
        0 => Answer::Now(Ok(fetched(request, 3))),
        _ => Answer::After(Duration::from_secs(50), Ok(fetched(request, 4))),
    });
    let (hub, _) = hub_with(&source, HubConfig::default());
    let started = tokio::time::Instant::now();
    let turn = Duration::from_secs(1);
    let wait = Duration::from_secs(30);
    let mut subscription = open(&hub, "AAPL").await;
    next_where(&mut subscription, Event::is_figure).await;
    source.set_backlog(Backlog { waiting: 180, wait, turn });
    let stale = next_where(&mut subscription, Event::is_status).await;
    assert_eq!(stale.state(), "stale");
    assert_eq!(
        stale.json()["message"],
        "stub's ration of requests is used up: 180 series wait for their turn"
    );
    // Late by an interval, and 29 seconds from its turn.
    let time = |event: &Event, key: &str| -> Timestamp {
        event.json()[key].as_str().expect("a time").parse().expect("RFC 3339")
    };
    let ahead = |event: &Event| time(event, "next_check").duration_since(time(event, "since"));
    assert_eq!(ahead(&stale).as_secs(), 29);
    // However long it takes, the time that is told has not passed.
    for _ in 0..4 {
        sleep(Duration::from_secs(10)).await;
        let mut joiner = open(&hub, "AAPL").await;
        let told = next(&mut joiner).await.remove(0);
        let now = OPEN + 3_600 + i64::try_from(started.elapsed().as_secs()).expect("few");
        assert!(time(&told, "next_check").as_second() >= now, "{told:?} at {now}");
    }
    let live = next_where(&mut subscription, |event| event.is_status() && event.state() == "live");
    let live = live.await;
    assert_eq!(ahead(&live).as_secs(), 1 + 30, "its next poll, and the turns before it");
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_dies_ends_its_streams_and_the_next_client_gets_a_new_one() {
    let source = Stub::new(|n, request| match n {
        1 => Answer::Panic,
        _ => Answer::Now(Ok(fetched(request, n + 1))),
    });
    let hub = hub(&source);
    let mut subscription = open(&hub, "AAPL").await;
    next_where(&mut subscription, Event::is_figure).await;
    assert_eq!(next_where(&mut subscription, Event::is_status).await.state(), "error");
    assert_eq!(subscription.next().await, None);
    let mut again = open(&hub, "AAPL").await;
    next_where(&mut again, Event::is_figure).await;
}

#[tokio::test(start_paused = true)]
async fn draining_ends_every_stream_with_a_reconnection_time_of_its_own() {
    let hub = hub(&Stub::growing());
    let mut retries = Vec::new();
    let mut subscriptions = Vec::new();
    for _ in 0..20 {
        let mut subscription = open(&hub, "AAPL").await;
        next_where(&mut subscription, Event::is_figure).await;
        subscriptions.push(subscription);
    }
    hub.drain();
    for mut subscription in subscriptions {
        let mut parser = Parser::default();
        let piece = subscription.next().await.expect("an end");
        assert_eq!(parser.push(&piece), []);
        retries.push(parser.rest().and_then(|rest| rest.retry).expect("a retry"));
        assert_eq!(subscription.next().await, None);
    }
    retries.sort_unstable();
    retries.dedup();
    assert!(retries.len() > 10, "not all at once: {retries:?}");
    assert_eq!(
        subscribe(&hub, &view("AAPL"), None).err(),
        Some(SubscribeError::Overloaded(Overloaded::Draining))
    );
    hub.stop().await;
    assert_eq!(hub.tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_figure_holds_its_feed_for_the_linger_time_only_and_is_reused_within_it() {
    let source = Stub::quiet();
    let hub = hub(&source);
    let first = hub.figure(&view("AAPL"), None, Duration::from_secs(1)).await.expect("a figure");
    let again = hub.figure(&view("AAPL"), None, Duration::from_secs(1)).await.expect("a figure");
    assert_eq!(first.id, again.id);
    sleep(Duration::from_secs(11)).await;
    assert_eq!(hub.tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn another_view_of_a_running_feed_is_drawn_before_it_is_answered() {
    let hub = hub(&Stub::quiet());
    let _running = open(&hub, "AAPL").await;
    let figure = hub.figure(&light("AAPL"), None, Duration::from_secs(1)).await.expect("a figure");
    let mut resumed = subscribe(&hub, &light("AAPL"), None).expect("a place");
    resumed.open(Some(&figure.id), &[]).await.expect("found");
    assert_eq!(next(&mut resumed).await[0].json()["resume"], "resumed");
}

#[tokio::test(start_paused = true)]
async fn a_figure_that_does_not_come_is_told_in_words() {
    let hub = hub(&Stub::new(|_, _| Answer::Never));
    let refusal = hub.figure(&view("AAPL"), None, Duration::from_secs(1)).await.expect_err("none");
    assert_eq!(refusal.to_string(), "AAPL has no bars yet");
}

#[tokio::test(start_paused = true)]
async fn who_asks_whether_a_stream_can_be_had_is_told_as_one_who_opens_it_and_takes_no_place() {
    let (hub, metrics) =
        hub_with(&all_but_gone(), HubConfig { streams: 1, ..HubConfig::default() });
    let gone = SubscribeError::NotFound { symbol: symbol("GONE"), origin: "stub" };
    // Looked up first, and remembered then.
    for _ in 0..2 {
        assert_eq!(hub.probe(&[view("GONE")], None).await, Err(gone.clone()));
    }
    assert_eq!(hub.probe(&[view("AAPL")], None).await, Ok(()));
    assert_eq!(hub.probe(&[view("GONE"), view("AAPL")], None).await, Ok(()), "one is enough");
    assert_eq!((metrics.streams_opened.get(), metrics.streams.get()), (0, 0));
    let open = open(&hub, "AAPL").await;
    assert_eq!(hub.probe(&[view("AAPL")], None).await, Err(Overloaded::Streams.into()));
    drop(open);
    hub.drain();
    assert_eq!(hub.probe(&[view("AAPL")], None).await, Err(Overloaded::Draining.into()));
}

/// A source that knows all but `GONE`, one more bar with every fetch.
fn all_but_gone() -> Arc<Stub> {
    Stub::new(|n, request| {
        let gone = request.symbol == symbol("GONE");
        Answer::Now(if gone { not_found() } else { Ok(fetched(request, n + 2)) })
    })
}

#[tokio::test(start_paused = true)]
async fn a_comparison_shares_the_feeds_of_the_symbols_it_names() {
    let source = all_but_gone();
    let (hub, metrics) = hub_with(&source, HubConfig::default());
    let plain = open(&hub, "MSFT").await;
    let compared = view_of("AAPL", "compare=MSFT,GOOG");
    let mut subscription = subscribe(&hub, &compared, None).expect("a place");
    subscription.open(None, &[]).await.expect("found");
    let figure = next_where(&mut subscription, Event::is_figure).await.data.expect("data");
    for symbol in ["AAPL", "MSFT", "GOOG"] {
        assert!(figure.contains(&format!("\"symbol\":\"{symbol}\"")), "{symbol}");
    }
    assert_eq!(metrics.feeds.get(), 3);
    drop(plain);
}

#[tokio::test(start_paused = true)]
async fn a_comparison_is_drawn_once_a_tick_however_many_it_names() {
    let (hub, metrics) = hub_with(&all_but_gone(), HubConfig::default());
    let compared = view_of("AAPL", "compare=MSFT,GOOG,AMZN,META");
    let mut subscription = subscribe(&hub, &compared, None).expect("a place");
    subscription.open(None, &[]).await.expect("found");
    let before = metrics.renders.get();
    sleep(Duration::from_millis(10_500)).await;
    assert!((8..=12).contains(&(metrics.renders.get() - before)), "{}", metrics.renders.get());
}

#[tokio::test(start_paused = true)]
async fn trouble_with_a_compared_symbol_is_told_by_name_and_leaves_the_rest_drawn() {
    let source = Stub::new(|n, request| {
        let down = request.symbol == symbol("MSFT");
        Answer::Now(if down { unavailable() } else { Ok(fetched(request, n + 2)) })
    });
    let hub = hub(&source);
    let compared = view_of("AAPL", "compare=MSFT");
    let mut subscription = subscribe(&hub, &compared, None).expect("a place");
    subscription.open(None, &[]).await.expect("found");
    let status = next_where(&mut subscription, Event::is_status).await;
    assert_eq!(status.state(), "error");
    let said = status.data.expect("data");
    assert!(said.contains("MSFT: stub cannot be reached"), "{said}");
    let figure = next_where(&mut subscription, Event::is_figure).await.data.expect("data");
    assert!(figure.contains("\"omitted\":[\"MSFT\"]"), "{figure}");
}

/// Opens the stream of several views, each given as a key.
async fn open_all(hub: &Hub, keys: &[&str], options: StreamOptions) -> Subscription {
    let views: Vec<_> = keys.iter().map(|key| key.parse().expect("a key")).collect();
    let (mut subscription, _) = hub.subscribe(&views, None, options).expect("a place");
    subscription.open(None, &[]).await.expect("found");
    subscription
}

#[tokio::test(start_paused = true)]
async fn several_views_in_one_stream_are_the_frames_that_others_get_of_them() {
    let (hub, metrics) = hub_with(&Stub::quiet(), HubConfig::default());
    let (mut one, mut two) = (open(&hub, "AAPL").await, open(&hub, "MSFT").await);
    let mut merged = open_all(&hub, &["AAPL", "MSFT", "GOOG"], StreamOptions::default()).await;
    let opening = next(&mut merged).await;
    let views: Vec<_> = opening.iter().map(|status| status.json()["symbol"].clone()).collect();
    assert_eq!(views, ["AAPL", "MSFT", "GOOG"]);
    let mut pieces = Vec::new();
    for _ in 0..3 {
        pieces.push(merged.next().await.expect("a figure").as_ptr());
    }
    for subscription in [&mut one, &mut two] {
        subscription.next().await;
        let figure = subscription.next().await.expect("a figure").as_ptr();
        assert!(pieces.contains(&figure), "the same memory");
    }
    assert_eq!((metrics.renders.get(), metrics.streams.get()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_view_of_a_merged_stream_that_ends_leaves_the_others() {
    let source = all_but_gone();
    let hub = hub(&source);
    let mut merged = open_all(&hub, &["AAPL", "GONE"], StreamOptions::default()).await;
    assert_eq!(next(&mut merged).await.len(), 1, "the status of the one");
    let gone =
        next_where(&mut merged, |event| event.is_status() && event.state() == "not_found").await;
    assert_eq!(gone.json()["symbol"], "GONE");
    for _ in 0..3 {
        next_where(&mut merged, Event::is_figure).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_view_does_not_silence_the_others_of_its_stream() {
    let source = Stub::growing();
    let hub = hub(&source);
    let keys = ["A", "B", "C", "D"];
    let mut merged = open_all(&hub, &keys, StreamOptions::default()).await;
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..40 {
        // A reader that is slower than any of them.
        sleep(Duration::from_secs(3)).await;
        let figure = next_where(&mut merged, Event::is_figure).await;
        let symbol = figure.json()["layout"]["meta"]["instrument"]["symbol"].to_string();
        *seen.entry(symbol).or_insert(0) += 1;
    }
    assert!(seen.values().all(|count| (9..=11).contains(count)), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rate_lets_the_newest_figure_through_and_queues_none() {
    let (hub, metrics) = hub_with(&Stub::growing(), HubConfig::default());
    let options = StreamOptions { rest: Some(Duration::from_secs(20)), ..StreamOptions::default() };
    let mut subscription = open_all(&hub, &["AAPL"], options).await;
    let started = tokio::time::Instant::now();
    let mut bars = Vec::new();
    let mut comments = 0;
    while bars.len() < 4 {
        let event = next(&mut subscription).await.remove(0);
        comments += usize::from(event.comment);
        if event.is_figure() {
            bars.push(event.json()["data"][1]["y"].as_array().expect("a list").len());
        }
    }
    assert_eq!(bars, [1, 21, 41, 61], "the newest at its time");
    assert_eq!(started.elapsed().as_secs(), 60);
    assert_eq!(comments, 3, "the rests are silences too");
    assert_eq!(metrics.figures_skipped.get(), 57);
}

#[tokio::test(start_paused = true)]
async fn a_figure_that_a_rate_held_back_comes_when_the_rest_is_over_though_the_view_is_quiet() {
    let source = Stub::new(|n, request| Answer::Now(Ok(fetched(request, 3 + usize::from(n > 0)))));
    let hub = hub(&source);
    let options = StreamOptions { rest: Some(Duration::from_secs(7)), ..StreamOptions::default() };
    let mut subscription = open_all(&hub, &["AAPL"], options).await;
    next_where(&mut subscription, Event::is_figure).await;
    let first = tokio::time::Instant::now();
    next_where(&mut subscription, Event::is_figure).await;
    assert_eq!(first.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn clients_that_fell_silent_at_different_times_get_their_comments_within_fifteen_seconds() {
    let source = Stub::new(|n, request| match n {
        0 => Answer::Now(Ok(fetched(request, 3))),
        _ => Answer::Never,
    });
    let hub = hub(&source);
    let mut readers = Vec::new();
    for _ in 0..10 {
        let mut subscription = open(&hub, "AAPL").await;
        readers.push(tokio::spawn(async move {
            next_where(&mut subscription, Event::is_figure).await;
            let mut spoke = tokio::time::Instant::now();
            for _ in 0..20 {
                subscription.next().await.expect("the stream goes on");
                assert!(spoke.elapsed() <= Duration::from_secs(15), "{:?}", spoke.elapsed());
                spoke = tokio::time::Instant::now();
            }
        }));
        sleep(Duration::from_millis(1_300)).await;
    }
    for reader in readers {
        reader.await.expect("never silent for longer");
    }
}
