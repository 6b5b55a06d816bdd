//! What an exchange sees: few connections, few messages, and peace where it asks for it.

use std::collections::BTreeSet;

use tokio::task::JoinHandle;

use super::*;

/// Opens series and has all of them say their first bars; they stay open in a task that reads on.
async fn opened(rig: &Rig, names: &[String]) -> Vec<JoinHandle<()>> {
    let mut tasks = Vec::new();
    for name in names {
        let mut series = rig.open(name);
        assert!(next(&mut series).await.starts_with("whole"));
        tasks.push(tokio::spawn(async move { while series.next().await.is_some() {} }));
    }
    tasks
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("S{n}")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_thousand_series_are_subscribed_in_few_messages_and_unsubscribed_when_they_are_left() {
    let limits = SocketLimits { channels: 1_024, batch: 100, ..LIMITS };
    let mut rig = Rig::within(limits, Closing::Flag);
    let tasks = opened(&rig, &names(1_000)).await;
    let again = opened(&rig, &names(5)).await;
    let mut line = rig.line().await;
    let mut subscribed = BTreeSet::new();
    while subscribed.len() < 1_000 {
        let heard = line.confirm().await;
        let asked: Vec<_> = heard.split(' ').skip(2).map(str::to_owned).collect();
        assert!(asked.len() <= 100, "{} in one message", asked.len());
        assert!(asked.into_iter().all(|name| subscribed.insert(name)), "twice: {heard}");
    }
    tasks.iter().for_each(JoinHandle::abort);
    let (mut left, mut sent) = (BTreeSet::new(), Vec::new());
    while left.len() < 995 {
        let (at, heard) = timeout(60 * SECOND, line.heard.recv()).await.unwrap().unwrap();
        assert!(heard.starts_with('-'), "{heard}");
        left.extend(heard.split(' ').skip(2).map(str::to_owned));
        sent.push(at);
    }
    assert!(sent.len() <= 40, "{} messages", sent.len());
    assert!(sent.windows(2).all(|pair| pair[1] - pair[0] >= SECOND / 4), "in the allowed pace");
    assert!(!left.contains("S0"), "a series of it is open still");
    // Nobody is left: the connection is closed, and no other one opened.
    again.iter().for_each(JoinHandle::abort);
    while line.heard.recv().await.is_some() {}
    assert!(timeout(600 * SECOND, rig.lines.recv()).await.is_err());
    assert_eq!(rig.dial.dialed.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_connection_is_followed_by_another_and_beyond_them_all_series_are_polled() {
    let mut rig = Rig::new(Closing::Flag);
    let _tasks = opened(&rig, &names(120)).await;
    let mut lines = [rig.line().await, rig.line().await, rig.line().await];
    for line in &mut lines {
        for _ in 0..4 {
            line.confirm().await;
        }
    }
    let mut beyond = rig.open("ONE-MORE");
    assert!(next(&mut beyond).await.starts_with("whole"));
    let mut told = next(&mut beyond).await;
    while told.starts_with("tail") {
        told = next(&mut beyond).await;
    }
    assert!(told.contains("all its connections are full"), "{told}");
    assert!(next(&mut beyond).await.starts_with("tail"), "it is polled");
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_taken_for_dead_and_pings_are_a_sign_of_life() {
    let mut rig = Rig::new(Closing::Flag);
    let (mut series, line) = healed(&mut rig).await;
    for _ in 0..10 {
        line.say.send(Ok(Incoming::Alive)).unwrap();
        assert!(is_silent(&mut series, 29 * SECOND).await);
    }
    let last = Instant::now() - 29 * SECOND;
    let _ = poll_until(&mut series, rig.line()).await;
    assert!(last.elapsed() >= 30 * SECOND && last.elapsed() < 33 * SECOND, "{:?}", last.elapsed());
}

/// Waits for something while a series goes on, whatever it says.
async fn poll_until<T>(
    series: &mut BoxStream<'static, Update>,
    what: impl Future<Output = T>,
) -> T {
    tokio::pin!(what);
    loop {
        tokio::select! {
            biased;
            done = &mut what => return done,
            _ = series.next() => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_opened_again_before_the_exchange_cuts_it_and_when_it_says_that_it_will() {
    let mut rig = Rig::new(Closing::Flag);
    let (mut series, line) = healed(&mut rig).await;
    line.say("closing");
    let mut line = poll_until(&mut series, rig.line()).await;
    poll_until(&mut series, line.confirm()).await;
    let opened = Instant::now();
    let alive = line.say.clone();
    let keep_alive = tokio::spawn(async move {
        while alive.send(Ok(Incoming::Alive)).is_ok() {
            tokio::time::sleep(20 * SECOND).await;
        }
    });
    let _next = poll_until(&mut series, rig.lines.recv()).await;
    let hours = opened.elapsed().as_secs_f64() / 3_600.0;
    assert!((18.0..20.0).contains(&hours), "{hours}");
    keep_alive.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_address_pauses_rest_and_sockets_for_as_long_as_the_exchange_asks() {
    let mut rig = Rig::new(Closing::Flag);
    let refusal = SourceError::Blocked {
        origin: "toy",
        detail: "it does not serve the region of this address (HTTP 451)".to_owned(),
        retry_after: 300 * SECOND,
    };
    rig.dial.refusals.lock().unwrap().push_back(refusal);
    let mut series = rig.open("BTC");
    let mut told = next(&mut series).await;
    while !told.contains("down") {
        told = next(&mut series).await;
    }
    assert!(told.contains("does not serve the region of this address (HTTP 451)"), "{told}");
    assert!(told.contains("the next try to open it is at 12:05:0"), "{told}");
    let line = poll_until(&mut series, rig.line()).await;
    let dialed = rig.dial.dialed.lock().unwrap().clone();
    let pause = (dialed[1] - dialed[0]).as_secs();
    assert!((300..310).contains(&pause), "{pause}");
    assert!(rig.toy.breaker.enter().is_ok(), "an open connection ends the pause");
    drop(line);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_cut_again_and_again_is_opened_ever_more_slowly() {
    let mut rig = Rig::new(Closing::Flag);
    let mut series = rig.open("BTC");
    for _ in 0..8 {
        drop(poll_until(&mut series, rig.line()).await);
    }
    let dialed = rig.dial.dialed.lock().unwrap().clone();
    let pauses: Vec<_> = dialed.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
    assert!(pauses[0] < 1.1, "the first try follows at once: {pauses:?}");
    assert!(pauses[6] > 15.0 && pauses.iter().all(|pause| *pause <= 61.0), "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn an_exchange_that_closes_again_and_again_is_not_dialed_faster_than_it_allows() {
    let mut rig = Rig::new(Closing::Flag);
    let mut series = rig.open("BTC");
    for _ in 0..30 {
        poll_until(&mut series, rig.line()).await.say("closing");
    }
    let took = rig.started.elapsed();
    assert!((19..25).contains(&took.as_secs()), "ten at once, and one each second: {took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_refused_or_never_confirmed_leaves_its_series_polled() {
    let mut rig = Rig::new(Closing::Flag);
    let mut series = rig.open("BTC");
    let mut line = poll_until(&mut series, rig.line()).await;
    poll_until(&mut series, line.hear()).await;
    line.say("no 1 nonsense");
    let mut told = next(&mut series).await;
    while !told.contains("down") {
        told = next(&mut series).await;
    }
    assert!(told.contains("the exchange refuses the channel: nonsense"), "{told}");
    // Another series on the same connection, of which the exchange says nothing.
    let mut other = rig.open("ETH");
    poll_until(&mut other, line.hear()).await;
    let before = Instant::now();
    let _again = poll_until(&mut other, rig.line()).await;
    assert!((9..20).contains(&before.elapsed().as_secs()), "{:?}", before.elapsed());
}
