//! A source that refuses the address of one node.

use wiremock::matchers::{header, method};
use wiremock::{Mock, ResponseTemplate};

use super::node::Watcher;
use super::redis::Redis;
use super::yahoo::{Yahoo, session};
use super::{HEALED, alone, until};
use crate::support::PATIENCE;

const AGENTS: [&str; 2] = ["welcome", "unwelcome"];

#[test]
#[ignore = "needs redis-server"]
fn a_leader_whose_address_the_source_refuses_gives_the_series_to_another_node() {
    let _alone = alone();
    let (yahoo, redis) = (Yahoo::start(), Redis::start());
    let answers = [
        ResponseTemplate::new(200).set_body_raw(session(), "application/json"),
        ResponseTemplate::new(429).set_body_raw("Too Many Requests", "text/plain"),
    ];
    for (agent, answer) in AGENTS.into_iter().zip(answers) {
        let of_agent = Mock::given(method("GET")).and(header("user-agent", agent));
        yahoo.runtime.block_on(of_agent.respond_with(answer).mount(&yahoo.server));
    }
    let [welcome, unwelcome] = AGENTS.map(|agent| yahoo.node(&redis, agent, &[]));
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
    assert_eq!(yahoo.asked_by(AGENTS[1]).len(), 1, "once per back-off");
}
