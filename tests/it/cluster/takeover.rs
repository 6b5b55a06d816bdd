//! What a source is asked for when another node takes its series over.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::runtime::Runtime;
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::node::{Node, Watcher};
use super::redis::Redis;
use super::{HEALED, alone, until};
use crate::support::PATIENCE;

/// What tells the nodes apart at the source.
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

async fn upstream() -> MockServer {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/yahoo/session.json");
    let body = std::fs::read(Path::new(path)).expect("a body of our own");
    let mut body: Value = serde_json::from_slice(&body).expect("JSON");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    moved(&mut body, i64::try_from(now).expect("soon") - RECORDED);
    let upstream = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(body);
    Mock::given(method("GET"))
        .and(path_regex("/chart/"))
        .respond_with(answer)
        .mount(&upstream)
        .await;
    upstream
}

/// Of each request for bars of a node, whether it was for the tail alone.
async fn tails(upstream: &MockServer, agent: &str) -> Vec<bool> {
    let requests = upstream.received_requests().await.expect("recorded");
    let of_agent = |request: &&wiremock::Request| {
        let name = request.headers.get("user-agent");
        name.is_some_and(|name| name.as_bytes() == agent.as_bytes())
            && request.url.path().contains("/chart/")
    };
    let is_tail =
        |request: &wiremock::Request| request.url.query_pairs().any(|(name, _)| name == "period1");
    requests.iter().filter(of_agent).map(is_tail).collect()
}

#[test]
#[ignore = "needs redis-server"]
fn a_source_is_asked_by_the_next_leader_for_no_more_than_the_tail() {
    let _alone = alone();
    let runtime = Runtime::new().expect("a runtime");
    let (upstream, redis) = (runtime.block_on(upstream()), Redis::start());
    let (uri, url) = (upstream.uri(), redis.url());
    let node = |agent| {
        Node::start(&[
            ("FIGCAST_CLUSTER__REDIS", &url),
            ("FIGCAST_SOURCE__NAME", "yahoo"),
            ("FIGCAST_YAHOO__BASE_URLS", &uri),
            ("FIGCAST_YAHOO__USER_AGENT", agent),
            ("FIGCAST_YAHOO__POLL", "500ms"),
            ("FIGCAST_YAHOO__CLOSED_POLL", "500ms"),
            ("FIGCAST_YAHOO__REQUEST_RATE", "20"),
        ])
    };
    let tails = |agent| runtime.block_on(tails(&upstream, agent));
    let [mut first, second] = AGENTS.map(node);
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
