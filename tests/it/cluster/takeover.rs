//! What a source is asked for when another node takes its series over.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, Request, ResponseTemplate};

use super::node::Watcher;
use super::redis::Redis;
use super::yahoo::{Yahoo, session};
use super::{HEALED, alone, until};
use crate::support::PATIENCE;

const AGENTS: [&str; 2] = ["first", "second"];
/// When the newest trade of the recorded answer was.
const RECORDED: i64 = 1_930_401_270;

/// The same answer as of `now`: every instant in it is moved.
fn moved(value: &mut Value, by: i64) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| moved(value, by)),
        Value::Object(fields) => fields.values_mut().for_each(|value| moved(value, by)),
        Value::Number(number) => {
            let instant = number.as_i64().filter(|at| at.abs_diff(RECORDED) < 1_000_000);
            if let Some(at) = instant {
                *value = (at + by).into();
            }
        }
        _ => {}
    }
}

/// The recorded answer as of now.
fn recent() -> Value {
    let mut body: Value = serde_json::from_slice(&session()).expect("JSON");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    moved(&mut body, i64::try_from(now).expect("soon") - RECORDED);
    body
}

/// Of each request for bars of a node, whether it was for the tail alone.
fn tails(yahoo: &Yahoo, agent: &str) -> Vec<bool> {
    let is_tail = |request: &Request| request.url.query_pairs().any(|(name, _)| name == "period1");
    let asked = yahoo.asked_by(agent);
    let of_bars = asked.iter().filter(|request| request.url.path().contains("/chart/"));
    of_bars.map(is_tail).collect()
}

#[test]
#[ignore = "needs redis-server"]
fn a_source_is_asked_by_the_next_leader_for_no_more_than_the_tail() {
    let _alone = alone();
    let (yahoo, redis) = (Yahoo::start(), Redis::start());
    let charts = Mock::given(method("GET")).and(path_regex("/chart/"));
    let charts = charts.respond_with(ResponseTemplate::new(200).set_body_json(recent()));
    yahoo.runtime.block_on(charts.mount(&yahoo.server));
    let settings = [
        ("FIGCAST_YAHOO__POLL", "500ms"),
        ("FIGCAST_YAHOO__CLOSED_POLL", "500ms"),
        ("FIGCAST_YAHOO__REQUEST_RATE", "20"),
    ];
    let tails = |agent| tails(&yahoo, agent);
    let [mut first, second] = AGENTS.map(|agent| yahoo.node(&redis, agent, &settings));
    let at_first = Watcher::of(&first, "FICT", None);
    until("the first node asks for the tail", PATIENCE, || tails(AGENTS[0]).contains(&true));
    assert!(!tails(AGENTS[0])[0], "after everything");
    let at_second = Watcher::of(&second, "FICT", None);
    until("both nodes have it", PATIENCE, || {
        [&at_first, &at_second].iter().all(|watcher| !watcher.figures().is_empty())
    });
    first.server.terminate();
    until("the second node asks three times", HEALED, || tails(AGENTS[1]).len() >= 3);
    assert_eq!(first.server.child.wait().expect("ended").code(), Some(0));
    assert!(tails(AGENTS[1]).iter().all(|is_tail| *is_tail), "{:?}", tails(AGENTS[1]));
    assert!(at_second.figures().last().is_some_and(|figure| !figure.times().is_empty()));
}
