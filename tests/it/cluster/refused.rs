//! A source that refuses the address of one node.

use std::path::Path;

use tokio::runtime::Runtime;
use wiremock::matchers::{header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::node::{Node, Watcher};
use super::redis::Redis;
use super::{HEALED, alone, until};
use crate::support::PATIENCE;

/// What tells the nodes apart at the source, in the place of their addresses.
const AGENTS: [&str; 2] = ["welcome", "unwelcome"];

async fn upstream() -> MockServer {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/yahoo/session.json");
    let body = std::fs::read(Path::new(path)).expect("a body of our own");
    let upstream = MockServer::start().await;
    let answers = [
        ResponseTemplate::new(200).set_body_raw(body, "application/json"),
        ResponseTemplate::new(429).set_body_raw("Too Many Requests", "text/plain"),
    ];
    for (agent, answer) in AGENTS.into_iter().zip(answers) {
        let of_agent = Mock::given(method("GET")).and(header("user-agent", agent));
        of_agent.respond_with(answer).mount(&upstream).await;
    }
    upstream
}

async fn asked_by(upstream: &MockServer, agent: &str) -> usize {
    let requests = upstream.received_requests().await.expect("recorded");
    let of_agent = |request: &&wiremock::Request| {
        request.headers.get("user-agent").is_some_and(|name| name.as_bytes() == agent.as_bytes())
    };
    requests.iter().filter(of_agent).count()
}

#[test]
#[ignore = "needs redis-server"]
fn a_leader_whose_address_the_source_refuses_gives_the_series_to_another_node() {
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
        ])
    };
    let [welcome, unwelcome] = AGENTS.map(node);
    let first = Watcher::of(&unwelcome, "FICT", None);
    until("the source refuses the only node", PATIENCE, || {
        first.status() == "error" && first.message().contains("limits requests")
    });
    let second = Watcher::of(&welcome, "FICT", None);
    until("both nodes have what the other one may ask", HEALED, || {
        [&first, &second].iter().all(|w| !w.figures().is_empty() && w.status() != "error")
    });
    assert!(welcome.role("leader") > 0.9, "it leads");
    let newest = |watcher: &Watcher| watcher.figures().last().map(|figure| figure.id.clone());
    assert_eq!(newest(&first), newest(&second));
    let asked = runtime.block_on(asked_by(&upstream, AGENTS[1]));
    assert_eq!(asked, 1, "once per back-off");
}
