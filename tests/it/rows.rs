//! Streams of rows: the rows that changed lead to those of the table.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::Bytes;
use figcast::codec::Coding;
use figcast::config::SimConfig;
use figcast::figure::Format;
use figcast::hub::{Hub, StreamOptions};
use figcast::source::Fetched;
use figcast::view::View;
use serde_json::Value;
use tokio::time::sleep;

use crate::support::client::{CODINGS, Client, TICK, hub_of, tick};
use crate::support::sources::paused_sim;
use crate::support::sse::Event;
use crate::support::stub::{Answer, Stub, fetched};
use crate::support::view_of;

/// The rows of AAPL with more options.
fn rows_of(options: &str) -> View {
    view_of("AAPL", &format!("as=bars&{options}"))
}

async fn open(hub: &Hub, coding: Coding) -> Client {
    let options = StreamOptions { coding, ..StreamOptions::default() };
    Client::open(hub, &[rows_of("")], options).await
}

/// What a client keeps of one view: the id and the rows by time.
#[derive(Debug, Default, PartialEq)]
struct Held {
    id: String,
    columns: Vec<Value>,
    rows: BTreeMap<String, Vec<Value>>,
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().expect("a list").clone()
}

impl Held {
    /// Takes in an event; whether it had all rows.
    fn take(&mut self, event: &Event) -> bool {
        let data = event.json();
        let is_whole = data["from"].is_null();
        if is_whole {
            self.columns = list(&data["columns"]);
            self.rows.clear();
        } else {
            assert_eq!(data["from"], self.id.as_str(), "put into what the client has");
        }
        if let Some(since) = data["since"].as_str() {
            self.rows.retain(|time, _| &**time >= since);
        }
        for row in list(&data["rows"]) {
            let row = list(&row);
            self.rows.insert(row[0].as_str().expect("a time").to_owned(), row);
        }
        self.id.clone_from(event.id.as_ref().expect("an id"));
        is_whole
    }

    /// The newest rows of a hub, by way of the table.
    async fn newest(hub: &Hub, view: &View) -> Self {
        let frame = hub.figure(view, None, TICK).await.expect("rows");
        let table = hub.table(&frame, Format::Json, None).await.expect("a table");
        let table: Value = serde_json::from_slice(&table).expect("JSON");
        let columns = list(&table["columns"]);
        let row = |row: &Value| -> Vec<Value> {
            columns.iter().map(|name| row[name.as_str().expect("a name")].clone()).collect()
        };
        let rows = list(&table["bars"]).iter().map(row).collect::<Vec<_>>();
        let time = |row: &Vec<Value>| row[0].as_str().expect("a time").to_owned();
        let rows = rows.into_iter().map(|row| (time(&row), row)).collect();
        Self { id: frame.id.clone(), columns, rows }
    }
}

/// Those of a client's events that have rows, from `from` on.
fn told(client: &Client, from: usize) -> Vec<&Event> {
    client.events[from..].iter().filter(|event| event.is_figure()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_rows_that_changed_in_a_simulated_day_lead_to_the_table() {
    for (options, seconds) in [("", 97), ("studies=bb:20:2,vwap,rsi:14&compare=MSFT", 307)] {
        let config = SimConfig { tick: Duration::from_secs(seconds), ..SimConfig::default() };
        let (hub, metrics) = hub_of(paused_sim(&config));
        let view = rows_of(options);
        let mut client =
            Client::open(&hub, std::slice::from_ref(&view), StreamOptions::default()).await;
        let (mut held, mut read, mut wholes) = (Held::default(), 0, 0);
        for passed in 0..390 * 60 / seconds {
            // A comparison waits a second for the news of the others.
            sleep(config.tick).await;
            client.settle().await;
            for event in told(&client, read) {
                wholes += usize::from(held.take(event));
            }
            read = client.events.len();
            // Whatever is wrong stays wrong until all rows are sent again.
            if passed % 10 == 9 {
                assert_eq!(held, Held::newest(&hub, &view).await);
            }
        }
        assert_eq!((wholes, metrics.figures_skipped.get()), (1, 0), "{options}");
        let length = |event: &Event| event.data.as_ref().map_or(0, String::len);
        let longest = told(&client, 0)[1..].iter().map(|event| length(event)).max();
        println!("{options}: {} events, longest change {longest:?}", told(&client, 0).len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_tick_is_at_most_200_bytes_of_plain_text() {
    let (hub, _) = hub_of(paused_sim(&SimConfig::default()));
    let mut clients = [open(&hub, Coding::Identity).await];
    for _ in 0..130 {
        tick(&mut clients).await;
    }
    // The first row of a new minute has one leave, which takes a word more.
    let is_tick = |piece: &&Bytes| !piece.windows(7).any(|window| window == b"\"since\"");
    let ticks: Vec<_> = clients[0].pieces[2..].iter().filter(is_tick).map(Bytes::len).collect();
    assert!(ticks.len() > 100 && ticks.iter().all(|length| *length <= 200), "{ticks:?}");
}

#[tokio::test(start_paused = true)]
async fn rows_come_in_every_coding_and_beside_figures_in_one_stream() {
    let (hub, metrics) = hub_of(paused_sim(&SimConfig::default()));
    let mut clients = Vec::new();
    for coding in CODINGS {
        clients.push(open(&hub, coding).await);
    }
    let msft = view_of("MSFT", "");
    let both = [rows_of(""), msft.clone()];
    clients.push(Client::open(&hub, &both, StreamOptions::default()).await);
    for _ in 0..30 {
        tick(&mut clients).await;
    }
    let newest = Held::newest(&hub, &both[0]).await;
    let key = both[0].to_string();
    for client in &clients {
        let mut held = Held::default();
        let told = told(client, 0);
        let mine = told.iter().filter(|event| event.json()["view"] == *key);
        let wholes = mine.filter(|event| held.take(event)).count();
        assert_eq!((wholes, &held), (1, &newest));
    }
    let views: HashMap<_, usize> =
        told(&clients[3], 0).iter().fold(HashMap::new(), |mut views, event| {
            *views.entry(event.json()["view"].is_null()).or_default() += 1;
            views
        });
    assert!(views[&true] >= 25 && views[&false] >= 25, "{views:?}");
    assert!(metrics.changes_sent.get() >= 4 * 25);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_behind_gets_the_rows_that_changed_or_all_when_it_is_far_behind() {
    let (hub, _) = hub_of(paused_sim(&SimConfig::default()));
    let mut clients = [open(&hub, Coding::Identity).await];
    // The rows are written when the first client wants them, which it then reads.
    tick(&mut clients).await;
    tick(&mut clients).await;
    let mut held = Held::default();
    for event in told(&clients[0], 0) {
        held.take(event);
    }
    let mut read = clients[0].events.len();
    for (ticks, wholes) in [(30, 0), (60, 1)] {
        sleep(ticks * TICK + TICK / 2).await;
        clients[0].settle().await;
        let events = told(&clients[0], read);
        assert_eq!(events.iter().filter(|event| held.take(event)).count(), wholes);
        assert_eq!(events.len(), if wholes == 0 { 30 } else { 1 });
        assert_eq!(held, Held::newest(&hub, &rows_of("")).await);
        read = clients[0].events.len();
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_goes_on_from_the_rows_that_it_has() {
    let (hub, _) = hub_of(paused_sim(&SimConfig::default()));
    let mut clients = [open(&hub, Coding::Identity).await];
    for _ in 0..5 {
        tick(&mut clients).await;
    }
    let mut held = Held::default();
    for event in told(&clients[0], 0) {
        held.take(event);
    }
    // Somebody else keeps the view going.
    for _ in 0..4 {
        tick(&mut clients).await;
    }
    let options = StreamOptions::default();
    let mut back = Client::resuming(&hub, &rows_of(""), options, &held.id).await;
    back.settle().await;
    assert_eq!(back.events[0].json()["resume"], "resumed");
    let events = told(&back, 0);
    assert_eq!(events.iter().filter(|event| held.take(event)).count(), 0);
    assert_eq!((events.len(), &held), (4, &Held::newest(&hub, &rows_of("")).await));
    let mut stranger = Client::resuming(&hub, &rows_of(""), options, "0-1").await;
    stranger.settle().await;
    assert_eq!(stranger.events[0].json()["resume"], "snapshot");
    assert!(Held::default().take(told(&stranger, 0)[0]));
}

#[tokio::test(start_paused = true)]
async fn a_rate_lets_changes_through_in_bursts() {
    let (hub, _) = hub_of(paused_sim(&SimConfig::default()));
    let paced = StreamOptions { rest: Some(5 * TICK), ..StreamOptions::default() };
    let mut clients = [Client::open(&hub, &[rows_of("")], paced).await];
    let mut bursts = Vec::new();
    for _ in 0..30 {
        let before = clients[0].events.len();
        tick(&mut clients).await;
        bursts.push(clients[0].events.len() - before);
    }
    let quiet = bursts.iter().filter(|burst| **burst == 0).count();
    assert!(quiet >= 20 && bursts.contains(&5), "{bursts:?}");
    let mut held = Held::default();
    assert_eq!(told(&clients[0], 0).iter().filter(|event| held.take(event)).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn rows_that_are_the_same_are_not_sent_again() {
    // The delay stands in figures, and in no row.
    let stub = Stub::new(|n, request| {
        let delay = Some(Duration::from_secs(n as u64));
        Answer::Now(Ok(Fetched { delay, ..fetched(request, 3) }))
    });
    let (hub, _) = hub_of(stub);
    let figures = Client::of(&hub, Coding::Identity).await;
    let mut clients = [open(&hub, Coding::Identity).await, figures];
    for _ in 0..10 {
        tick(&mut clients).await;
    }
    assert_eq!(clients.each_ref().map(|client| client.figures().len()), [1, 10]);
}
