//! What an answer makes of the next question: at rest, after a split, in doubt, and while it is late.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};

use super::{CLOSE, HOUR, OPEN, Opened, SECOND, fetched, minutes};
use crate::bars::Bars;
use crate::clock::Clock as _;
use crate::interval::Interval;
use crate::source::{Backlog, FetchRequest, Fetched, Priority, Update, Window};

#[tokio::test(start_paused = true)]
async fn a_closed_market_is_asked_more_rarely_once_its_close_is_settled() {
    let answer = |_: usize, _: &FetchRequest| (Duration::ZERO, Ok(fetched(minutes(8 * 60))));
    let mut opened = Opened::at(CLOSE + 25 * 60, Interval::Minute1, None, answer);
    opened.told(40).await;
    let pauses = opened.pauses();
    // The last bar began a minute before the close.
    let rests = pauses.iter().position(|pause| *pause == 300).expect("rests");
    assert!(pauses[..rests].iter().all(|pause| *pause == 20), "{pauses:?}");
    assert_eq!(rests, 4 * 60 / 20 + 1);
    assert!(pauses[rests..].iter().all(|pause| *pause == 300), "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn an_open_is_not_slept_through() {
    let answer = |_: usize, _: &FetchRequest| (Duration::ZERO, Ok(fetched(minutes(8 * 60))));
    let opens = OPEN + 24 * HOUR;
    let mut opened = Opened::at(opens - 400, Interval::Minute1, None, answer);
    opened.told(4).await;
    assert_eq!(opened.pauses(), [300, 100, 20]);
}

#[tokio::test(start_paused = true)]
async fn a_split_in_a_tail_asks_for_everything_at_once_and_once() {
    let mut opened = Opened::new(|n, request| {
        let is_tail = matches!(request.window, Window::Since(_));
        let split = (n >= 2 && is_tail).then_some(OPEN);
        Ok(Fetched { split, ..fetched(minutes(180)) })
    });
    let told = opened.told(5).await;
    assert_eq!(opened.windows(), ["whole", "tail", "tail", "whole", "tail"]);
    assert_eq!((told[2].0, told[3].0, told[4].0), (40, 40, 60));
}

#[tokio::test(start_paused = true)]
async fn an_answer_with_fewer_bars_only_adds_until_it_comes_twice() {
    let few = || minutes(180).iter().step_by(10).collect::<Bars>();
    let mut opened = Opened::new(move |n, _| match n {
        0 => Ok(fetched(minutes(180))),
        _ => Ok(fetched(few())),
    });
    opened.next().await;
    tokio::time::advance(Duration::from_mins(10)).await;
    let told: Vec<_> = opened.told(3).await.into_iter().map(|(_, word)| word).collect();
    assert_eq!(told, ["tail 18", "whole 18", "tail 18"]);
    assert_eq!(opened.windows(), ["whole", "whole", "whole", "tail"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_bars_is_none_of_everything() {
    let mut opened = Opened::new(|_, _| Ok(fetched(Bars::empty())));
    opened.told(3).await;
    assert_eq!(opened.windows(), ["whole"; 3]);
    assert_eq!(opened.last_request().priority, Priority::Live, "it has answered");
}

#[tokio::test(start_paused = true)]
async fn a_tail_reaches_back_from_now_where_the_last_bar_is_one_to_come() {
    let mut opened = Opened::new(|_, _| Ok(fetched(minutes(182))));
    opened.told(2).await;
    let now = OPEN + 3 * HOUR + 20;
    assert_eq!(opened.last_request().window, Window::Since(now - 300));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_late_by_an_interval_is_told_once_and_a_first_one_is_not() {
    let mut opened = Opened::late(|n, _| match n {
        0 => (65 * SECOND, Ok(fetched(minutes(180)))),
        _ => (200 * SECOND, Ok(fetched(minutes(180)))),
    });
    let told = opened.told(3).await;
    let late = "waiting the source has not answered in time";
    let expected = [(65, "whole 180"), (65 + 20 + 20, late), (65 + 20 + 200, "tail 180")];
    assert_eq!(told, expected.map(|(at, word)| (at, word.to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_its_turn_says_for_what_and_until_when() {
    let mut opened = Opened::late(|n, _| match n {
        0 => (Duration::ZERO, Ok(fetched(minutes(180)))),
        _ => (100 * SECOND, Ok(fetched(minutes(180)))),
    });
    opened.next().await;
    let turn = 5 * SECOND;
    let backlog = Backlog { waiting: 9, wait: 60 * SECOND, turn };
    opened.fetcher.set_backlog(backlog);
    let clock = opened.fetcher.time;
    let mut told = Vec::new();
    while let Some(update) = opened.updates.next().await {
        let Update::Waiting { late, next_check } = update else { break };
        let promised = next_check.expect("it waits for its turn").as_second();
        assert!(promised >= clock.now().as_second(), "what is promised has not passed");
        told.extend(late);
    }
    let words = "scripted's ration of requests is used up: 9 series wait for their turn";
    assert_eq!(told, [words]);
}

#[tokio::test(start_paused = true)]
async fn one_of_a_thousand_that_wait_for_their_turn_does_not_look_at_every_turn() {
    let mut opened = Opened::late(|_, _| (300 * SECOND, Ok(fetched(minutes(180)))));
    let turn = SECOND / 10;
    opened.fetcher.set_backlog(Backlog { waiting: 999, wait: 40 * SECOND, turn });
    let mut looks = 0;
    while let Update::Waiting { .. } = opened.next().await {
        looks += 1;
    }
    assert!((20..=40).contains(&looks), "{looks} in five minutes");
}

#[tokio::test(start_paused = true)]
async fn closing_the_series_abandons_the_request() {
    let mut opened = Opened::late(|_, _| (1_000 * SECOND, Ok(fetched(minutes(180)))));
    assert!(opened.updates.next().now_or_never().is_none());
    let asked = Arc::clone(&opened.fetcher);
    drop(opened);
    tokio::time::sleep(5_000 * SECOND).await;
    assert_eq!(asked.asked().len(), 1);
    assert_eq!(Arc::strong_count(&asked), 1, "nothing of it is left");
}
