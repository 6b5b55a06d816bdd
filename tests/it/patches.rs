//! Streams of patches: they lead to the figures that others are sent, and are shorter.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use figcast::codec::Coding;
use figcast::config::SimConfig;
use figcast::hub::{Hub, StreamOptions, Updates};
use figcast::source::sim::Sim;
use serde_json::Value;
use tokio::time::sleep;

use crate::support::client::{CODINGS, Client, TICK, hub_of, settle, tick};
use crate::support::sse::Event;
use crate::support::{view, view_of};

const PATCHED: StreamOptions =
    StreamOptions { coding: Coding::Identity, rest: None, updates: Updates::Patch };

fn is_patch(event: &Event) -> bool {
    event.name.as_deref() == Some("patch")
}

/// What a client has after all that it was sent: the id and the figure.
struct Held {
    id: String,
    figure: Value,
    read: usize,
}

impl Held {
    fn nothing() -> Self {
        Self { id: String::new(), figure: Value::Null, read: 0 }
    }

    /// Takes in what has come; the lengths of the patches in it.
    fn take(&mut self, client: &Client) -> Vec<usize> {
        let mut lengths = Vec::new();
        for event in &client.events[self.read..] {
            if event.is_figure() {
                self.figure = event.json();
            } else if is_patch(event) {
                let data = event.json();
                assert_eq!(data["from"], self.id.as_str(), "applied to what the client has");
                let ops: json_patch::Patch =
                    serde_json::from_value(data["ops"].clone()).expect("a patch");
                json_patch::patch(&mut self.figure, &ops).expect("it applies");
                lengths.push(event.data.as_ref().map_or(0, String::len));
            }
            if let Some(id) = &event.id {
                self.id.clone_from(id);
            }
        }
        self.read = client.events.len();
        lengths
    }
}

async fn newest(hub: &Hub, options: &str) -> (String, Value) {
    let frame = hub.figure(&view_of("AAPL", options), None, TICK).await.expect("a figure");
    (frame.id.clone(), serde_json::from_slice(&frame.figure).expect("JSON"))
}

#[tokio::test(start_paused = true)]
async fn every_patch_of_a_simulated_day_leads_to_the_figure_that_others_are_sent() {
    let views = [("", 97), ("chart=candlestick&studies=volume,bb:20:2,vwap,rsi:14", 307)];
    for (options, seconds) in views {
        let config = SimConfig { tick: Duration::from_secs(seconds), ..SimConfig::default() };
        let (hub, metrics) = hub_of(Arc::new(Sim::new(&config)));
        let view = view_of("AAPL", options);
        let mut clients = [Client::open(&hub, &[view], PATCHED).await];
        let (mut held, mut lengths) = (Held::nothing(), Vec::new());
        for _ in 0..390 * 60 / seconds {
            sleep(config.tick).await;
            settle().await;
            clients[0].drain();
            lengths.extend(held.take(&clients[0]));
            let (id, figure) = newest(&hub, options).await;
            assert_eq!(held.id, id);
            assert!(held.figure == figure, "{id} is not what it is patched to");
        }
        lengths.sort_unstable();
        let figures = clients[0].figures().len();
        let (median, longest) = (lengths[lengths.len() / 2], lengths.last());
        println!(
            "{figures} figures and {} patches: median {median} bytes, longest {longest:?}",
            lengths.len()
        );
        assert!(figures < 20 && metrics.figures_skipped.get() == 0, "{figures}");
    }
}

#[tokio::test(start_paused = true)]
async fn patches_come_in_every_coding_and_in_merged_streams() {
    let (hub, _) = hub_of(Arc::new(Sim::new(&SimConfig::default())));
    let mut clients = Vec::new();
    for coding in CODINGS {
        clients
            .push(Client::open(&hub, &[view("AAPL")], StreamOptions { coding, ..PATCHED }).await);
    }
    clients.push(Client::open(&hub, &[view("AAPL"), view("MSFT")], PATCHED).await);
    let mut lengths = Vec::new();
    for _ in 0..30 {
        tick(&mut clients).await;
        lengths.push(
            clients
                .iter()
                .map(|client| client.pieces.last().map_or(0, Bytes::len))
                .collect::<Vec<_>>(),
        );
    }
    println!("bytes of the last piece by coding: {:?}", &lengths[20..]);
    for client in &clients[..3] {
        // The first figure may have to be made in a coding first, and then comes a little later.
        let last = |client: &Client| client.events[client.events.len() - 20..].to_vec();
        assert_eq!(last(client), last(&clients[0]));
        assert!(client.events.iter().filter(|event| is_patch(event)).count() >= 25);
    }
    let mut held = HashMap::new();
    let mut of_msft = 0;
    for event in clients[3].events.iter().filter(|event| event.id.is_some()) {
        let data = event.json();
        let figure = if is_patch(event) {
            let from = data["from"].as_str().expect("an id").to_owned();
            let mut figure: Value = held.remove(&from).expect("a figure of one of the views");
            let ops: json_patch::Patch =
                serde_json::from_value(data["ops"].clone()).expect("a patch");
            json_patch::patch(&mut figure, &ops).expect("it applies");
            of_msft += usize::from(figure["layout"]["meta"]["instrument"]["symbol"] == "MSFT");
            figure
        } else {
            data
        };
        held.insert(event.id.clone().expect("an id"), figure);
    }
    assert!(of_msft >= 25);
    for symbol in ["AAPL", "MSFT"] {
        let frame = hub.figure(&view(symbol), None, TICK).await.expect("a figure");
        let figure: Value = serde_json::from_slice(&frame.figure).expect("JSON");
        assert!(held[&frame.id] == figure, "{symbol} is not what it is patched to");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_behind_gets_the_patches_it_missed_while_they_are_shorter_than_the_figure()
{
    let (hub, _) = hub_of(Arc::new(Sim::new(&SimConfig::default())));
    let mut clients = vec![Client::open(&hub, &[view("AAPL")], PATCHED).await];
    tick(&mut clients).await;
    let mut held = Held::nothing();
    held.take(&clients[0]);
    sleep(9 * TICK + TICK / 2).await;
    settle().await;
    clients[0].drain();
    assert_eq!(held.take(&clients[0]).len(), 9, "one by one");
    sleep(60 * TICK).await;
    settle().await;
    clients[0].drain();
    assert_eq!(held.take(&clients[0]), [0usize; 0], "too many: the figure");
    assert_eq!(held.id, newest(&hub, "").await.0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_goes_on_from_the_figure_that_it_has() {
    let (hub, _) = hub_of(Arc::new(Sim::new(&SimConfig::default())));
    let mut clients = vec![Client::open(&hub, &[view("AAPL")], PATCHED).await];
    for _ in 0..5 {
        tick(&mut clients).await;
    }
    let mut held = Held::nothing();
    held.take(&clients[0]);
    // Somebody else keeps the view and its patches going.
    for _ in 0..4 {
        tick(&mut clients).await;
    }
    let mut back = Client::resuming(&hub, &view("AAPL"), PATCHED, &held.id).await;
    back.settle().await;
    assert_eq!(back.events[0].json()["resume"], "resumed");
    held.read = 0;
    assert_eq!(held.take(&back).len(), 4);
    assert!(held.figure == newest(&hub, "").await.1);
    let mut stranger = Client::resuming(&hub, &view("AAPL"), PATCHED, "0-1").await;
    stranger.settle().await;
    assert_eq!(stranger.events[0].json()["resume"], "snapshot");
    assert_eq!(stranger.figures().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rate_lets_patches_through_in_bursts() {
    let (hub, _) = hub_of(Arc::new(Sim::new(&SimConfig::default())));
    let paced = StreamOptions { rest: Some(5 * TICK), ..PATCHED };
    let mut clients = vec![Client::open(&hub, &[view("AAPL")], paced).await];
    let mut bursts = Vec::new();
    for _ in 0..30 {
        let before = clients[0].events.len();
        tick(&mut clients).await;
        bursts.push(clients[0].events.len() - before);
    }
    let quiet = bursts.iter().filter(|burst| **burst == 0).count();
    assert!(quiet >= 20 && bursts.contains(&5), "{bursts:?}");
    let mut held = Held::nothing();
    held.take(&clients[0]);
    assert_eq!(clients[0].figures().len(), 1);
}
