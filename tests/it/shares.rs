//! What one client takes of the hub does not keep others from theirs.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use figcast::config::HubConfig;
use figcast::figure::Format;
use figcast::hub::{Hub, Overloaded, StreamOptions, SubscribeError, Subscription};
use figcast::metrics::Metrics;
use figcast::shares::Client;
use figcast::source::Source;
use figcast::view::View;
use futures_util::FutureExt as _;
use tokio::time::{advance, sleep, timeout};

use crate::support::client::{hub_with, settle, subscribe};
use crate::support::sse::{Event, Parser};
use crate::support::stub::{Answer, Stub, fetched};
use crate::support::{view, view_of};

const PATIENCE: Duration = Duration::from_secs(5);

const fn address(n: u8) -> Client {
    Client::V4(Ipv4Addr::new(10, 0, 0, n))
}

fn quiet_hub(config: HubConfig) -> (Hub, Arc<Metrics>) {
    let source: Arc<dyn Source> = Stub::quiet();
    hub_with(source, config)
}

/// A stream of several views, which is open.
async fn open(hub: &Hub, views: &[View], client: Client) -> Result<Subscription, SubscribeError> {
    let (mut subscription, _) = hub.subscribe(views, Some(client), StreamOptions::default())?;
    subscription.open(None, &[]).await?;
    Ok(subscription)
}

/// All that a stream says at once.
fn said(subscription: &mut Subscription) -> Vec<Event> {
    let mut parser = Parser::default();
    let mut events = Vec::new();
    while let Some(Some(piece)) = futures_util::StreamExt::next(subscription).now_or_never() {
        events.extend(parser.push(&piece));
    }
    events
}

#[tokio::test(start_paused = true)]
async fn an_address_that_takes_all_feeds_makes_room_for_one_that_has_less() {
    let (hub, metrics) = quiet_hub(HubConfig { feeds: 20, ..HubConfig::default() });
    let compared = |n: usize| {
        let others: Vec<_> = (1..5).map(|m| format!("A{n}X{m}")).collect();
        view_of(&format!("A{n}"), &format!("compare={}", others.join(",")))
    };
    let greedy: Vec<_> = (0..4).map(compared).collect();
    let mut greedy = open(&hub, &greedy, address(1)).await.expect("alone it may take all");
    settle().await;
    said(&mut greedy);
    let again = subscribe(&hub, &compared(4), Some(address(1)));
    assert_eq!(again.err(), Some(Overloaded::Views.into()), "but not more than all");

    let mut modest = open(&hub, &[view("AAPL")], address(2)).await.expect("a place");
    settle().await;
    assert!(said(&mut modest).iter().any(Event::is_figure));
    let events = said(&mut greedy);
    let busy: Vec<_> = events.iter().filter(|event| event.is_status()).collect();
    assert_eq!(busy.len(), 1, "one view makes room for one, and says so");
    assert_eq!(busy[0].state(), "busy");
    sleep(Duration::from_secs(1)).await;
    assert_eq!((metrics.feeds.get(), metrics.views.get()), (16, 4));
    drop((modest, greedy));
    sleep(HubConfig::default().linger * 2).await;
    assert_eq!(hub.tasks(), 0, "all is let go");
}

#[tokio::test(start_paused = true)]
async fn views_that_were_looked_at_once_make_room_for_others_and_nobody_is_refused() {
    let (hub, metrics) = quiet_hub(HubConfig { views: 8, ..HubConfig::default() });
    let _steady = open(&hub, &[view("AAPL")], address(2)).await.expect("a place");
    for n in 2..60 {
        let study = format!("studies=sma:{n}");
        let other = view_of("AAPL", &study);
        hub.figure(&other, Some(address(1)), PATIENCE).await.expect("a figure");
        assert!(metrics.views.get() <= 8);
    }
    assert_eq!(metrics.turned_away.get(), 0);
    let still = view("AAPL");
    let before = metrics.renders.get();
    hub.figure(&still, Some(address(1)), PATIENCE).await.expect("a figure");
    assert_eq!(metrics.renders.get(), before, "what is watched has not made room");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_waits_for_a_view_that_makes_room_is_told_to_come_back() {
    let (hub, _) = hub_with(
        Stub::new(|_, request| match request.symbol.as_str() {
            "SLOW" => Answer::Never,
            _ => Answer::Now(Ok(fetched(request, 3))),
        }),
        HubConfig { views: 2, ..HubConfig::default() },
    );
    let _other = open(&hub, &[view("AAPL")], address(1)).await.expect("a place");
    // Of two views of one client the newer one goes.
    advance(Duration::from_secs(1)).await;
    let slow = view("SLOW");
    let waiting = hub.figure(&slow, Some(address(1)), PATIENCE);
    let newcomer = async {
        settle().await;
        open(&hub, &[view("MSFT")], address(2)).await.expect("a place")
    };
    let (figure, _newcomer) = tokio::join!(waiting, newcomer);
    assert_eq!(figure.err(), Some(Overloaded::Views.into()));
}

#[tokio::test(start_paused = true)]
async fn tasks_that_died_do_not_count_against_a_bound() {
    let source = Stub::new(|_, request| match request.symbol.as_str() {
        "BAD" => Answer::Panic,
        _ => Answer::Now(Ok(fetched(request, 3))),
    });
    let config = HubConfig { feeds: 1, views: 1, ..HubConfig::default() };
    let (hub, _) = hub_with(source, config);
    let _dead = open(&hub, &[view("BAD")], address(1)).await;
    settle().await;
    let alive = open(&hub, &[view("AAPL")], address(1)).await;
    assert!(alive.is_ok(), "{:?}", alive.err());
}

#[tokio::test(start_paused = true)]
async fn an_address_that_asks_too_often_is_told_when_to_come_back_and_others_are_answered() {
    let config = HubConfig { requests_per_address: 2.0, ..HubConfig::default() };
    let (hub, metrics) = quiet_hub(config);
    let aapl = view("AAPL");
    // The first one starts a view and a feed, which count as well.
    for _ in 0..38 {
        hub.figure(&aapl, Some(address(1)), PATIENCE).await.expect("twenty seconds' worth");
    }
    let retry_after = Duration::from_millis(500);
    let refused = hub.figure(&aapl, Some(address(1)), PATIENCE).await.err();
    assert_eq!(refused, Some(Overloaded::Rate { retry_after }.into()));
    assert!(
        open(&hub, std::slice::from_ref(&aapl), address(1)).await.is_err(),
        "streams count too"
    );
    assert!(hub.ask(Some(address(1))).is_err(), "and searches");
    assert_eq!(metrics.turned_away.get(), 3);
    hub.figure(&aapl, Some(address(2)), PATIENCE).await.expect("another address");
    hub.figure(&aapl, None, PATIENCE).await.expect("one without a name");
    advance(retry_after).await;
    hub.figure(&aapl, Some(address(1)), PATIENCE).await.expect("it has waited");
}

#[tokio::test(start_paused = true)]
async fn figures_of_abandoned_views_keep_few_bytes_and_watched_ones_no_more_than_may_be() {
    let (hub, metrics) = quiet_hub(HubConfig { kept_bytes: 256 * 1_024, ..HubConfig::default() });
    for n in 2..40 {
        let study = format!("studies=sma:{n}");
        let other = view_of("AAPL", &study);
        hub.figure(&other, Some(address(1)), PATIENCE).await.expect("a figure");
    }
    let abandoned = metrics.views.get();
    assert!((1..39).contains(&abandoned), "{abandoned} views are left");
    let mut watched = Vec::new();
    for n in 2..200 {
        let study = format!("studies=ema:{n}");
        let other = view_of("AAPL", &study);
        watched.extend(open(&hub, &[other], address(1)).await);
        settle().await;
    }
    let most = metrics.views.get();
    assert!((abandoned..198).contains(&most), "{most} of 198 views");
    open(&hub, &[view("MSFT")], address(2)).await.expect("room for one that has nothing");
}

#[tokio::test]
async fn a_table_is_written_once_for_all_who_ask_also_when_the_first_has_gone() {
    let (hub, _) = quiet_hub(HubConfig::default());
    let frame = hub.figure(&view("AAPL"), None, PATIENCE).await.expect("a figure");
    let first = hub.table(&frame, Format::Json, None).now_or_never();
    assert!(first.is_none(), "it asks and leaves");
    let asked = || timeout(PATIENCE, hub.table(&frame, Format::Json, None));
    let (one, other) = tokio::join!(asked(), asked());
    let [one, other] = [one, other].map(|table| table.expect("in time").expect("a table"));
    assert_eq!(one.as_ptr(), other.as_ptr(), "both have the same bytes");
    let later = asked().await.expect("in time").expect("a table");
    assert_eq!(one.as_ptr(), later.as_ptr(), "which are kept as long as the frame");
}

#[tokio::test(start_paused = true)]
async fn a_fetch_is_for_all_clients_whose_views_are_drawn_from_it_and_for_no_others() {
    let source = Stub::quiet();
    let asked: Arc<dyn Source> = Arc::<Stub>::clone(&source);
    let (hub, _) = hub_with(asked, HubConfig::default());
    let mut clients = Vec::new();
    let mut subscriptions = Vec::new();
    for (n, view) in [view("AAPL"), view("AAPL"), view_of("MSFT", "compare=AAPL"), view("GOOG")]
        .iter()
        .enumerate()
    {
        let client = address(u8::try_from(n + 1).expect("few"));
        clients.push(Some(client));
        subscriptions.push(open(&hub, std::slice::from_ref(view), client).await.expect("a place"));
    }
    settle().await;
    let first = source.requests().into_iter().find(|request| request.symbol.as_str() == "AAPL");
    let holders = first.expect("asked").watchers;
    let held = || {
        let mut held = holders.clients();
        held.sort_unstable();
        held
    };
    assert_eq!(held(), clients[..3], "those that joined later included");
    subscriptions.remove(0);
    assert_eq!(held(), clients[1..3]);
    subscriptions.clear();
    assert_eq!(held(), []);
}
