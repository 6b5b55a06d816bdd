//! What a series shows: nothing before it is healed, and no bar that goes back.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_socket_moves_the_bar_that_forms_and_rest_only_corrects() {
    let mut rig = Rig::new(Closing::Flag);
    let (mut series, line) = healed(&mut rig).await;
    let asked = rig.asked();
    for (said, told) in [
        ("bar 1m BTC 0 2 open", "tail 0:2"),
        ("bar 1m BTC 0 3 final", "tail 0:3"),
        ("bar 1m BTC 1 1 open", "tail 1:1"),
    ] {
        line.say(said);
        assert_eq!(next(&mut series).await, told);
    }
    for (late, why) in [("bar 1m BTC 1 1 open", "a duplicate"), ("bar 1m BTC 0 4 open", "late")] {
        line.say(late);
        assert!(is_silent(&mut series, SECOND).await, "{why}");
    }
    assert_eq!(rig.asked(), asked, "it is not polled");
    rig.will_answer(&[(Duration::ZERO, Ok(bars(&[(-1, 8), (0, 3), (1, 1)])))]);
    let started = Instant::now();
    while is_silent(&mut series, 20 * SECOND).await {
        line.say("bar 1m BTC 1 1 open");
    }
    assert!(started.elapsed() > 500 * SECOND, "corrections are asked for every ten minutes");
}

#[tokio::test(start_paused = true)]
async fn bars_that_come_while_a_cut_is_healed_slowly_are_taken_aside_and_lost_or_doubled_never() {
    let mut rig = Rig::new(Closing::Flag);
    let (mut series, line) = healed(&mut rig).await;
    line.say("bar 1m BTC 0 2 open");
    assert_eq!(next(&mut series).await, "tail 0:2");
    // The first answer after the cut is of a request that began before the channel was subscribed again.
    rig.will_answer(&[
        (3 * SECOND, Ok(bars(&[(-1, 9), (0, 2)]))),
        (4 * SECOND, Ok(bars(&[(-1, 9), (0, 5), (1, 7)]))),
    ]);
    drop(line);
    let mut line = poll_while(&mut series, rig.line()).await;
    poll_while(&mut series, line.confirm()).await;
    for said in ["bar 1m BTC 1 7 final", "bar 1m BTC 2 1 open"] {
        line.say(said);
    }
    assert_eq!(next(&mut series).await, "tail -1:9 0:2 1:7 2:1", "it knows what is ahead of it");
    line.say("bar 1m BTC 2 2 open");
    let told = next(&mut series).await;
    assert_eq!(told, "toy has not answered yet which bars were missed by its socket");
    assert_eq!(next(&mut series).await, "well");
    assert_eq!(next(&mut series).await, "tail -1:9 0:5 1:7 2:2", "and now the hole is filled");
    line.say("bar 1m BTC 2 3 open");
    assert_eq!(next(&mut series).await, "tail 2:3");
}

#[tokio::test(start_paused = true)]
async fn while_the_socket_is_down_the_series_is_polled_and_says_so_with_the_time_of_the_next_try() {
    let mut rig = Rig::new(Closing::Flag);
    let (mut series, line) = healed(&mut rig).await;
    let down =
        || SourceError::Unavailable { origin: "toy", detail: "no route".into(), cause: None };
    rig.dial.refusals.lock().unwrap().extend([down(), down(), down(), down()]);
    line.say.send(Err("it broke".to_owned())).unwrap();
    assert_eq!(next(&mut series).await, "tail -1:9 0:1", "it is polled at once");
    let mut told = Vec::new();
    while !told.last().is_some_and(|word: &String| word.contains("down")) {
        told.push(next(&mut series).await);
    }
    let said = told.last().unwrap();
    assert!(
        said.starts_with(
            "toy's socket is down (toy cannot be reached: no route): the bars are polled"
        ) && said.contains("the next try to open it is at 12:00:"),
        "{said}"
    );
    let before = rig.asked();
    let mut line = loop {
        tokio::select! {
            line = rig.lines.recv() => break line.unwrap(),
            _ = series.next() => {}
        }
    };
    assert!(rig.asked() > before, "it is polled on");
    line.confirm().await;
    let mut told = Vec::new();
    while told.last().is_none_or(|word| word != "well") {
        told.push(next(&mut series).await);
    }
    assert_eq!(next(&mut series).await, "tail -1:9 0:1", "healed");
    assert!(is_silent(&mut series, 60 * SECOND / 3).await, "it is polled no more");
}

#[tokio::test(start_paused = true)]
async fn a_bar_that_was_missed_is_fetched() {
    let mut rig = Rig::new(Closing::Flag);
    let (mut series, line) = healed(&mut rig).await;
    advance(130 * SECOND).await;
    rig.will_answer(&[(Duration::ZERO, Ok(bars(&[(0, 5), (1, 6), (2, 1)])))]);
    line.say("bar 1m BTC 2 1 open");
    let mut told = vec![next(&mut series).await];
    while told.last().unwrap() != "tail 0:5 1:6 2:1" {
        assert!(told.len() < 3, "{told:?}");
        told.push(next(&mut series).await);
    }
}

#[tokio::test(start_paused = true)]
async fn the_clock_closes_a_silent_minute_where_no_message_does() {
    let mut rig = Rig::new(Closing::Clock);
    let (mut series, line) = healed(&mut rig).await;
    line.say("bar 1m BTC 0 2 open");
    assert_eq!(next(&mut series).await, "tail 0:2");
    let keep_alive = tokio::spawn(async move {
        loop {
            let _ = line.say.send(Ok(Incoming::Alive));
            tokio::time::sleep(SECOND).await;
        }
    });
    assert_eq!(next(&mut series).await, "tail 1:0");
    let minutes = (Instant::now() - rig.started).as_secs_f64() / 60.0;
    assert!((2.0..2.1).contains(&minutes), "soon after its end, not after {minutes} minutes");
    assert_eq!(next(&mut series).await, "tail 2:0");
    keep_alive.abort();
}

#[tokio::test(start_paused = true)]
async fn a_later_bar_closes_the_silent_minutes_before_it_too() {
    let mut rig = Rig::new(Closing::Clock);
    let (mut series, line) = healed(&mut rig).await;
    advance(3 * SECOND).await;
    line.say("bar 1m BTC 2 1 open");
    assert_eq!(next(&mut series).await, "tail 1:0");
    assert_eq!(next(&mut series).await, "tail 2:1");
}

#[tokio::test(start_paused = true)]
async fn trouble_with_corrections_is_none_of_a_series_that_the_socket_moves() {
    let mut rig = Rig::new(Closing::Flag);
    let (mut series, line) = healed(&mut rig).await;
    rig.will_answer(&[(Duration::ZERO, Err("an outage"))]);
    let asked = rig.asked();
    while rig.asked() < asked + 2 {
        assert!(is_silent(&mut series, 20 * SECOND).await);
        let _ = line.say.send(Ok(Incoming::Alive));
    }
}

#[tokio::test(start_paused = true)]
async fn bars_of_trades_are_whole_from_the_second_on_and_rest_says_what_the_first_one_was() {
    let mut rig = Rig::new(Closing::Trades);
    let (mut series, line) = healed(&mut rig).await;
    line.say("trade 1m BTC 7 20 105");
    assert_eq!(next(&mut series).await, "tail 0:1", "what REST said, and a new price");
    line.say("trade 1m BTC 8 21 106");
    assert_eq!(next(&mut series).await, "tail 0:2", "as much at least");
    line.say("trade 1m BTC 8 21 106");
    assert!(is_silent(&mut series, SECOND).await, "a duplicate");
    rig.will_answer(&[(Duration::ZERO, Ok(bars(&[(-1, 9), (0, 6)])))]);
    let asked = rig.asked();
    pass(&mut series, &line, 50).await;
    assert_eq!(next(&mut series).await, "tail -1:9 0:6", "it is over, and is asked for once");
    assert_eq!(rig.asked(), asked + 1);
    line.say("trade 1m BTC 9 61 107");
    assert_eq!(next(&mut series).await, "tail 1:1");
    pass(&mut series, &line, 90).await;
    assert_eq!(rig.asked(), asked + 1, "what is whole is not asked for");
}

#[tokio::test(start_paused = true)]
async fn trades_that_were_lost_are_asked_for_when_the_next_one_shows_it_or_a_number_does() {
    let mut rig = Rig::new(Closing::Trades);
    let (mut series, line) = healed(&mut rig).await;
    line.say("trade 1m BTC 7 20 105");
    assert_eq!(next(&mut series).await, "tail 0:1");
    rig.will_answer(&[(Duration::ZERO, Ok(bars(&[(-1, 9), (0, 6)])))]);
    line.say("trade 1m BTC 9 22 103");
    assert_eq!(next(&mut series).await, "tail 0:2", "of what was heard");
    assert_eq!(next(&mut series).await, "tail -1:9 0:6", "and what was not");
    line.say("named 1m BTC 9");
    line.say("named 1m BTC 10");
    assert!(is_silent(&mut series, SECOND).await, "it may be on its way");
    line.say("named 1m BTC 10");
    assert_eq!(next(&mut series).await, "tail -1:9 0:6");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_read_may_have_been_the_last_of_its_bar_which_is_asked_for() {
    let mut rig = Rig::new(Closing::Clock);
    let (mut series, line) = healed(&mut rig).await;
    line.say("bar 1m BTC 0 2 open");
    assert_eq!(next(&mut series).await, "tail 0:2");
    let asked = rig.asked();
    rig.will_answer(&[(Duration::ZERO, Ok(bars(&[(-1, 9), (0, 3)])))]);
    line.say("nonsense");
    pass(&mut series, &line, 50).await;
    assert_eq!(rig.asked(), asked, "a later message may say it all");
    assert_eq!(next(&mut series).await, "tail -1:9 0:3", "once it is over");
    assert_eq!(rig.asked(), asked + 1);
}

#[tokio::test(start_paused = true)]
async fn the_change_is_counted_from_the_price_of_24_hours_ago() {
    let rig = Rig::new(Closing::Flag);
    let day = 24 * 60;
    rig.will_answer(&[(
        Duration::ZERO,
        Ok(bars(&[(-day - 1, 4), (-day, 5), (-day + 1, 6), (0, 1)])),
    )]);
    let mut series = rig.open("BTC");
    assert_eq!(before(&mut series).await, Some(104.0));
    advance(60 * SECOND).await;
    assert_eq!(before(&mut series).await, Some(105.0), "it moves on with the clock");
}

/// Lets seconds pass in which the exchange gives signs of life and the series says nothing.
async fn pass(series: &mut BoxStream<'static, Update>, line: &Line, seconds: u32) {
    for _ in 0..seconds / 10 {
        let _ = line.say.send(Ok(Incoming::Alive));
        assert!(is_silent(series, 10 * SECOND).await);
    }
}

/// The previous close that the next bars come with.
async fn before(series: &mut BoxStream<'static, Update>) -> Option<f64> {
    loop {
        let update = series.next().await.expect("the series goes on");
        if let Update::Whole { fetched, .. } | Update::Tail { fetched, .. } = update {
            return fetched.instrument.previous_close;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_series_that_is_known_is_asked_for_its_tail_listens_and_is_asked_for_whole_when_that_is_due()
 {
    let mut rig = Rig::new(Closing::Flag);
    let symbol = Symbol::parse("BTC").unwrap();
    let fetched = rig.toy.products.describe(&symbol, bars(&[(-1, 9), (0, 1)]));
    let known = Known { fetched, refreshed: Instant::now() };
    tokio::time::sleep(540 * SECOND).await;
    let mut series = rig.open_knowing("BTC", Some(known));
    assert_eq!(next(&mut series).await, "tail -1:9 0:1");
    let mut line = poll_while(&mut series, rig.lines.recv()).await.expect("a connection");
    assert_eq!(poll_while(&mut series, line.confirm()).await, "+1 1m BTC");
    assert_eq!(next(&mut series).await, "tail -1:9 0:1", "REST heals before the socket is trusted");
    line.say("bar 1m BTC 0 2 open");
    assert_eq!(next(&mut series).await, "tail 0:2");
    rig.will_answer(&[(Duration::ZERO, Ok(bars(&[(-1, 8), (0, 2)])))]);
    for _ in 0..2 {
        line.say("bar 1m BTC 0 2 open");
        assert!(is_silent(&mut series, 19 * SECOND).await);
    }
    line.say("bar 1m BTC 0 2 open");
    assert_eq!(next(&mut series).await, "whole -1:8 0:2", "ten minutes after the last time");
}
