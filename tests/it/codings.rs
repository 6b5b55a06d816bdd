//! Streams in every coding: the same events for all, compressed once, under paused time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use figcast::codec::Coding;
use figcast::config::SimConfig;
use figcast::hub::{Hub, StreamOptions};
use figcast::metrics::{EncodingForm, Metrics};
use futures_util::StreamExt as _;
use proptest::prelude::*;
use tokio::time::{advance, sleep};

use crate::support::client::{CODINGS, Client, TICK, hub_of, tick};
use crate::support::sources::paused_sim;
use crate::support::stub::{Answer, Stub, fetched, not_found};
use crate::support::{view, view_of};

/// What compressions make.
const FORMS: [&str; 4] = ["gzip", "zstd", "gzip_delta", "zstd_delta"];
const DELTAS: [&str; 2] = ["gzip_delta", "zstd_delta"];

fn compressions(metrics: &Metrics, form: &'static str) -> u64 {
    metrics.compressions.get_or_create(&EncodingForm(form)).get()
}

#[tokio::test(start_paused = true)]
async fn every_coding_brings_the_same_events_each_when_it_is_sent() {
    let (hub, _) = hub_of(Stub::growing());
    let mut clients = Vec::new();
    for coding in CODINGS {
        clients.push(Client::of(&hub, coding).await);
    }
    for _ in 0..70 {
        tick(&mut clients).await;
        let counts: Vec<_> = clients.iter().map(|client| client.events.len()).collect();
        assert_eq!(counts, [counts[0]; 3], "nobody waits for a later piece");
    }
    let (plain, coded) = clients.split_first().expect("three");
    for client in coded {
        // The first status says a reconnection time, which each has of its own.
        assert_eq!(client.events[1..], plain.events[1..]);
    }
    assert!(plain.figures().len() >= 70);
}

#[tokio::test(start_paused = true)]
async fn a_stream_begins_with_one_status_and_one_figure_in_every_coding() {
    for coding in CODINGS {
        let (hub, _) = hub_of(Stub::quiet());
        let mut client = Client::of(&hub, coding).await;
        client.settle().await;
        let [status, figure] = &client.events[..] else { panic!("{:?}", client.events) };
        assert!(status.retry.is_some() && status.is_status() && figure.is_figure());
    }
}

#[tokio::test(start_paused = true)]
async fn a_figure_is_compressed_once_however_many_get_it_and_not_at_all_for_nobody() {
    let (hub, metrics) = hub_of(Stub::growing());
    let mut clients = vec![Client::of(&hub, Coding::Identity).await];
    tick(&mut clients).await;
    let counts = || FORMS.map(|form| compressions(&metrics, form));
    assert_eq!(counts(), [0; 4]);
    for coding in [Coding::Gzip, Coding::Zstd].repeat(100) {
        clients.push(Client::of(&hub, coding).await);
    }
    tick(&mut clients).await;
    let before = counts();
    for _ in 0..20 {
        tick(&mut clients).await;
    }
    let made: Vec<_> = counts().iter().zip(before).map(|(after, before)| after - before).collect();
    assert_eq!(made, [0, 0, 20, 20], "all are in step");
    for first in [1, 2] {
        let mut pieces = clients.iter().skip(first).step_by(2).map(Client::last_piece);
        let one = pieces.next().expect("a client").as_ptr();
        assert!(pieces.all(|piece| piece.as_ptr() == one), "the same memory");
    }
    // Without them nothing is made any more.
    clients.truncate(1);
    tick(&mut clients).await;
    let before = counts();
    tick(&mut clients).await;
    assert_eq!(counts(), before);
}

#[tokio::test(start_paused = true)]
async fn an_update_of_a_whole_day_costs_few_hundred_bytes_as_a_delta_and_thousands_alone() {
    let (hub, _) = hub_of(paused_sim(&SimConfig::default()));
    let mut clients = Vec::new();
    for coding in CODINGS {
        clients.push(Client::of(&hub, coding).await);
    }
    // A stream with a rate of its own takes what stands alone.
    for coding in Coding::COMPRESSING {
        let alone = StreamOptions { coding, rest: Some(TICK / 100) };
        clients.push(Client::open(&hub, &[view("AAPL")], alone).await);
    }
    tick(&mut clients).await;
    let sent = |client: &Client| client.pieces.iter().map(Bytes::len).sum::<usize>();
    let before: Vec<_> = clients.iter().map(sent).collect();
    let updates = 300;
    for _ in 0..updates {
        tick(&mut clients).await;
    }
    let average: Vec<_> =
        clients.iter().zip(before).map(|(c, before)| (sent(c) - before) / updates).collect();
    let [identity, gzip, zstd, gzip_alone, zstd_alone] = average[..] else {
        panic!("five clients")
    };
    println!(
        "bytes an update: identity {identity}, gzip {gzip}, zstd {zstd}, and alone {gzip_alone} and {zstd_alone}"
    );
    assert!(identity > 12_000 && gzip_alone < 4_096 && zstd_alone < 4_096, "{average:?}");
    assert!(gzip < 400 && zstd < 200, "{average:?}");
}

/// Clients that were sent the newest figure of a view, two of each coding that compresses.
async fn in_step(hub: &Hub) -> Vec<Client> {
    let mut clients = Vec::new();
    for coding in [Coding::Gzip, Coding::Zstd].repeat(2) {
        clients.push(Client::of(hub, coding).await);
    }
    for _ in 0..3 {
        tick(&mut clients).await;
    }
    clients
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_is_in_step_from_its_first_figure_on() {
    let (hub, metrics) = hub_of(Stub::growing());
    let mut clients = in_step(&hub).await;
    let alone = || Coding::COMPRESSING.map(|coding| compressions(&metrics, coding.token()));
    for coding in Coding::COMPRESSING {
        clients.push(Client::of(&hub, coding).await);
    }
    for client in &mut clients {
        client.settle().await;
    }
    // The figure after one that was missing is made as well, for newcomers that came too late.
    tick(&mut clients).await;
    let before = alone();
    for _ in 0..5 {
        tick(&mut clients).await;
        for (newcomer, steady) in [(4, 0), (5, 1)] {
            let [newcomer, steady] =
                [newcomer, steady].map(|index: usize| clients[index].last_piece());
            assert_eq!(newcomer.as_ptr(), steady.as_ptr(), "the same memory");
        }
    }
    assert_eq!(alone(), before, "no figure is made to stand alone");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_skips_is_sent_one_figure_that_stands_alone_and_others_are_not() {
    let (hub, metrics) = hub_of(Stub::growing());
    let mut clients = in_step(&hub).await;
    let (steady, slow) = clients.split_at_mut(2);
    for _ in 0..3 {
        tick(steady).await;
    }
    for (steady, slow) in steady.iter().zip(slow) {
        slow.settle().await;
        assert_eq!(steady.figures().last(), slow.figures().last());
        assert!(
            slow.last_piece().len() > 3 * steady.last_piece().len() / 2,
            "what it missed is no history of it"
        );
    }
    tick(&mut clients).await;
    for (steady, slow) in [(0, 2), (1, 3)] {
        assert_eq!(clients[steady].last_piece().as_ptr(), clients[slow].last_piece().as_ptr());
    }
    assert_eq!(metrics.figures_skipped.get(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_with_the_newest_figure_is_in_step_from_the_next_one_on() {
    let (hub, metrics) = hub_of(Stub::growing());
    let mut clients = in_step(&hub).await;
    let held = clients[0].figures().last().expect("a figure").id.clone().expect("an id");
    for coding in Coding::COMPRESSING {
        let options = StreamOptions { coding, ..StreamOptions::default() };
        clients.push(Client::resuming(&hub, &view("AAPL"), options, &held).await);
    }
    for client in &mut clients[4..] {
        client.settle().await;
        assert!(client.figures().is_empty(), "it has the newest");
    }
    let alone = || Coding::COMPRESSING.map(|coding| compressions(&metrics, coding.token()));
    let before = alone();
    tick(&mut clients).await;
    let whole = alone();
    assert_eq!(whole, before.map(|made| made + 1), "its connection has no base");
    tick(&mut clients).await;
    assert_eq!(alone(), whole);
    for (back, steady) in [(4, 0), (5, 1)] {
        assert_eq!(clients[back].figures().len(), 2);
        assert_eq!(clients[back].last_piece().as_ptr(), clients[steady].last_piece().as_ptr());
    }
}

/// A source that has something new with every third look.
fn slow() -> Arc<Stub> {
    Stub::new(|n, request| Answer::Now(Ok(fetched(request, n / 3 + 1))))
}

#[tokio::test(start_paused = true)]
async fn a_look_at_the_source_that_brings_nothing_new_leaves_clients_in_step() {
    let (hub, metrics) = hub_of(slow());
    let mut clients =
        vec![Client::of(&hub, Coding::Gzip).await, Client::of(&hub, Coding::Zstd).await];
    for _ in 0..60 {
        tick(&mut clients).await;
    }
    let figures = clients[0].figures().len() as u64;
    assert_eq!(
        DELTAS.map(|form| compressions(&metrics, form) + 1),
        [figures; 2],
        "all but the first"
    );
}

#[tokio::test(start_paused = true)]
async fn who_joins_at_the_moment_of_a_look_that_brings_nothing_new_has_the_figure_at_once() {
    let (hub, _) = hub_of(slow());
    let mut steady = [Client::of(&hub, Coding::Identity).await];
    for round in 0..60 {
        // No other task has run since the source was asked.
        sleep(TICK).await;
        let coding = CODINGS[1 + round % 2];
        let mut joined = Client::of(&hub, coding).await;
        joined.settle().await;
        steady[0].settle().await;
        let newest = |client: &Client| client.figures().last().map(|event| event.id.clone());
        assert_eq!(newest(&joined), newest(&steady[0]), "{coding:?} in round {round}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_heartbeat_a_figure_stands_alone_and_the_next_one_is_a_delta_again() {
    let busy =
        Stub::new(|n, request| Answer::Now(Ok(fetched(request, n.min(4) + n / 40 + n / 41 + 1))));
    let (hub, metrics) = hub_of(busy);
    let mut clients =
        vec![Client::of(&hub, Coding::Gzip).await, Client::of(&hub, Coding::Zstd).await];
    for _ in 0..38 {
        tick(&mut clients).await;
    }
    let figures = clients[0].figures().len();
    for client in &clients {
        let comments = client.events.iter().filter(|event| event.comment).count();
        let statuses = client.events.iter().filter(|event| event.is_status()).count();
        assert!(comments + statuses >= 2, "a comment or a status after fifteen seconds");
    }
    let mut made = Vec::new();
    while clients[0].figures().len() < figures + 2 {
        let (before, had) =
            (FORMS.map(|form| compressions(&metrics, form)), clients[0].figures().len());
        tick(&mut clients).await;
        if clients[0].figures().len() > had {
            let counts = FORMS.map(|form| compressions(&metrics, form)).into_iter().zip(before);
            made.push(counts.map(|(after, before)| after - before).collect::<Vec<_>>());
        }
    }
    assert_eq!(made, [[1, 1, 0, 0], [0, 0, 1, 1]]);
}

#[tokio::test(start_paused = true)]
async fn a_stopping_server_says_when_to_come_back_and_ends_every_body_as_strict_readers_want_it() {
    let (hub, _) = hub_of(Stub::growing());
    let mut clients = Vec::new();
    for coding in CODINGS {
        clients.push(Client::of(&hub, coding).await);
        let views = [view("AAPL"), view("MSFT")];
        clients.push(
            Client::open(&hub, &views, StreamOptions { coding, ..StreamOptions::default() }).await,
        );
    }
    for _ in 0..4 {
        tick(&mut clients).await;
    }
    hub.drain();
    for client in &mut clients {
        let retry = client.end().await.expect("a reconnection time");
        assert!((2_000..=5_000).contains(&retry));
        assert_eq!(client.subscription.next().await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_view_that_ends_ends_every_body_as_strict_readers_want_it() {
    let found_unknown = Stub::new(|_, _| Answer::After(20 * TICK, not_found()));
    let broken_off = Stub::new(|n, request| match n {
        5 => Answer::Panic,
        _ => Answer::Now(Ok(fetched(request, n + 3))),
    });
    for (source, state) in [(found_unknown, "not_found"), (broken_off, "error")] {
        let (hub, _) = hub_of(source);
        let mut clients = Vec::new();
        for coding in CODINGS {
            clients.push(Client::of(&hub, coding).await);
        }
        for _ in 0..4 {
            tick(&mut clients).await;
        }
        for client in &mut clients {
            assert_eq!(client.end().await, None);
            assert_eq!(client.events.last().expect("a status").state(), state);
            assert_eq!(client.subscription.next().await, None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_merged_or_paced_stream_takes_pieces_that_stand_alone() {
    for coding in Coding::COMPRESSING {
        let (hub, metrics) = hub_of(Stub::growing());
        let views = [view("AAPL"), view_of("MSFT", "chart=spark")];
        let paced = StreamOptions { coding, rest: Some(3 * TICK) };
        let mut clients = vec![
            Client::open(&hub, &views, StreamOptions { coding, ..StreamOptions::default() }).await,
            Client::open(&hub, &views[..1], paced).await,
        ];
        for _ in 0..10 {
            tick(&mut clients).await;
        }
        assert_eq!(DELTAS.map(|form| compressions(&metrics, form)), [0; 2]);
        assert!(clients[0].figures().len() >= 20);
        assert!((3..=5).contains(&clients[1].figures().len()));
    }
}

/// What happens to the clients of a view.
#[derive(Debug, Clone)]
enum Act {
    Join(usize),
    Leave(usize),
    /// A tick after which these take what is there and the others do not.
    Tick(u8),
    Silence,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        2 => (0..CODINGS.len()).prop_map(Act::Join),
        1 => (0..8usize).prop_map(Act::Leave),
        12 => any::<u8>().prop_map(Act::Tick),
        1 => Just(Act::Silence),
    ];
    proptest::collection::vec(act, 1..90)
}

async fn play(acts: Vec<Act>) {
    let (hub, _) = hub_of(Stub::growing());
    let mut reference = vec![Client::of(&hub, Coding::Identity).await];
    let (mut clients, mut gone) = (Vec::new(), Vec::new());
    for act in acts {
        match act {
            Act::Join(coding) if clients.len() < 8 => {
                clients.push(Client::of(&hub, CODINGS[coding]).await);
            }
            Act::Leave(index) if index < clients.len() => gone.push(clients.swap_remove(index)),
            Act::Tick(readers) => {
                tick(&mut reference).await;
                for (index, client) in clients.iter_mut().enumerate() {
                    if readers >> index & 1 == 1 {
                        client.drain();
                    }
                }
            }
            Act::Silence => {
                // No client is sent anything for longer than a heartbeat.
                advance(Duration::from_secs(20)).await;
                reference[0].drain();
            }
            Act::Join(_) | Act::Leave(_) => {}
        }
    }
    tick(&mut reference).await;
    let by_id: HashMap<_, _> =
        reference[0].figures().iter().map(|event| (event.id.clone(), event.data.clone())).collect();
    for client in &mut clients {
        client.settle().await;
        let newest = |client: &Client| client.figures().last().map(|event| event.id.clone());
        assert_eq!(newest(client), newest(&reference[0]));
    }
    hub.drain();
    for client in &mut clients {
        assert!(client.end().await.is_some());
    }
    for client in clients.iter().chain(&gone) {
        let numbers: Vec<u64> = client.figures().iter().map(|figure| figure.number()).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "no figure twice, none after a newer one");
        for event in client.figures() {
            assert!(by_id.get(&event.id) == Some(&event.data), "{:?} is not identity's", event.id);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whoever_joins_skips_and_leaves_in_any_order_every_body_decodes_to_what_identity_says(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(play(acts));
    }
}
