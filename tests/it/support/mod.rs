//! What the tests stand on: a scripted source, a server on a free port and an SSE client.

pub mod app;
pub mod client;
pub mod decode;
pub mod sse;
pub mod stub;

use std::time::Duration;

use figcast::symbol::Symbol;
use figcast::view::View;

/// Longest that a test waits for something that should happen at once.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn symbol(text: &str) -> Symbol {
    Symbol::parse(text).expect("a valid symbol")
}

pub fn view(text: &str) -> View {
    View::of(symbol(text))
}

/// A view with options as in a query.
pub fn view_of(text: &str, options: &str) -> View {
    let options = options.split('&').filter_map(|option| option.split_once('='));
    View::parse(symbol(text), options).expect("a valid view")
}

/// Another view of the same series.
pub fn light(text: &str) -> View {
    View::parse(symbol(text), [("theme", "light")]).expect("a valid view")
}

/// Yields to the runtime until `condition` holds.
pub async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + PATIENCE;
    while !condition() {
        assert!(std::time::Instant::now() < deadline, "never happened: {what}");
        tokio::task::yield_now().await;
    }
}
