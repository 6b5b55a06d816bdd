//! The ids of figures, which say from which state of which series a figure was drawn.

use std::sync::Arc;
use std::time::Duration;

use figcast::hub::{Hub, StreamOptions};
use figcast::source::Source;
use tokio::time::sleep;

use crate::support::client::{Client, hub_of, tick};
use crate::support::sse::Event;
use crate::support::stub::{Answer, Stub, fetched};
use crate::support::view_of;

const VIEWS: [&str; 4] = ["", "theme=light", "interval=5m", "compare=MSFT,GOOG,AMZN,META"];

/// A process of its own, of which one more bar comes with every fetch of a symbol.
fn process() -> Hub {
    let started = tokio::time::Instant::now();
    let source: Arc<dyn Source> = Stub::new(move |_, request| {
        let ticks = usize::try_from(started.elapsed().as_secs()).expect("few");
        Answer::Now(Ok(fetched(request, 3 + ticks)))
    });
    hub_of(source).0
}

async fn clients(hub: &Hub) -> Vec<Client> {
    let mut clients = Vec::new();
    for options in VIEWS {
        let view = view_of("AAPL", options);
        clients.push(Client::open(hub, &[view], StreamOptions::default()).await);
    }
    clients
}

/// What a client got, without what is drawn at random for each.
fn told(client: &Client) -> Vec<(Option<String>, Option<String>)> {
    client.events.iter().map(|event| (event.id.clone(), event.data.clone())).collect()
}

#[tokio::test(start_paused = true)]
async fn two_processes_that_see_the_same_send_the_same_bytes_and_ids() {
    let (one, two) = (process(), process());
    let (mut ones, mut twos) = (clients(&one).await, clients(&two).await);
    for _ in 0..5 {
        tick(&mut ones).await;
        for client in &mut twos {
            client.drain();
        }
    }
    for ((one, two), options) in ones.iter().zip(&twos).zip(VIEWS) {
        assert!(one.figures().len() >= 5, "{options}: {}", one.figures().len());
        assert_eq!(told(one), told(two), "{options}");
    }
    let ids = ones.iter().flat_map(Client::figures).filter_map(|event| event.id.as_deref());
    assert!(ids.clone().all(|id| id.len() <= 64), "{:?}", ids.collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_client_goes_on_in_another_process_where_the_version_is_the_same() {
    let (one, two) = (process(), process());
    let view = view_of("AAPL", "");
    let mut first =
        [Client::open(&one, std::slice::from_ref(&view), StreamOptions::default()).await];
    let mut second =
        [Client::open(&two, std::slice::from_ref(&view), StreamOptions::default()).await];
    tick(&mut first).await;
    tick(&mut second).await;
    let resumed = async |id: Option<&String>| {
        let id = id.expect("a figure has an id");
        let mut client = Client::resuming(&two, &view, StreamOptions::default(), id).await;
        client.settle().await;
        client.events.remove(0).json()["resume"].clone()
    };
    let newest = |client: &Client| client.figures().last().and_then(|event| event.id.clone());
    assert_eq!(
        newest(&second[0]).as_ref().map(String::len),
        newest(&first[0]).as_ref().map(String::len)
    );
    assert_eq!(resumed(newest(&second[0]).as_ref()).await, "resumed");
    let before = first[0].figures()[0].id.clone();
    assert_eq!(resumed(before.as_ref()).await, "snapshot", "it has an older one");
    tick(&mut first).await;
    assert_eq!(resumed(newest(&first[0]).as_ref()).await, "resumed", "drawn by the other one");
}

#[tokio::test(start_paused = true)]
async fn the_id_of_another_view_of_the_same_series_is_none_of_this_view() {
    let hub = process();
    let mut dark = Client::open(&hub, &[view_of("AAPL", "")], StreamOptions::default()).await;
    dark.settle().await;
    let id = dark.figures()[0].id.clone().expect("an id");
    let light = view_of("AAPL", "theme=light");
    let mut client = Client::resuming(&hub, &light, StreamOptions::default(), &id).await;
    client.settle().await;
    assert_eq!(client.events[0].json()["resume"], "snapshot");
    assert!(client.events.iter().any(Event::is_figure));
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_starts_again_has_other_ids() {
    let hub = process();
    let figure = async || {
        let view = view_of("AAPL", "");
        hub.figure(&view, None, Duration::from_secs(1)).await.expect("a figure").id.clone()
    };
    let before = figure().await;
    sleep(Duration::from_mins(1)).await;
    assert_eq!(hub.tasks(), 0);
    assert_ne!(figure().await, before);
}
