//! A stand-in for Yahoo, which tells nodes apart by their user agent in the place of their address.

use std::path::Path;

use tokio::runtime::Runtime;
use wiremock::{MockServer, Request};

use super::node::Node;
use super::redis::Redis;

pub struct Yahoo {
    pub runtime: Runtime,
    pub server: MockServer,
}

impl Yahoo {
    /// One that has no answers yet.
    pub fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let server = runtime.block_on(MockServer::start());
        Self { runtime, server }
    }

    /// A node that follows it.
    pub fn node(&self, redis: &Redis, agent: &str, more: &[(&str, &str)]) -> Node {
        let (redis, here) = (redis.url(), self.server.uri());
        let settings = [
            ("FIGCAST_CLUSTER__REDIS", &*redis),
            ("FIGCAST_SOURCE__NAME", "yahoo"),
            ("FIGCAST_YAHOO__BASE_URLS", &here),
            ("FIGCAST_YAHOO__USER_AGENT", agent),
        ];
        Node::start(&[&settings, more].concat())
    }

    /// What that node has asked so far.
    pub fn asked_by(&self, agent: &str) -> Vec<Request> {
        let requests = self.runtime.block_on(self.server.received_requests()).expect("recorded");
        let is_of =
            |request: &Request| request.headers.get("user-agent").is_some_and(|name| name == agent);
        requests.into_iter().filter(is_of).collect()
    }
}

/// An answer of a session of `FICT`.
pub fn session() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/yahoo/session.json");
    std::fs::read(Path::new(path)).expect("a body of our own")
}
