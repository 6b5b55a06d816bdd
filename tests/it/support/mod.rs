//! What the tests stand on: a scripted source, a server on a free port and an SSE client.

pub mod app;
pub mod client;
pub mod decode;
pub mod process;
#[path = "../../support/scripted.rs"]
pub mod scripted;
pub mod sources;
#[path = "../../support/sse.rs"]
pub mod sse;
pub mod stub;

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use figcast::symbol::Symbol;
use figcast::view::View;
use socket2::{Domain, Socket, Type};

/// Longest that a test waits for something that should happen at once.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What the kernel keeps for a [`small_reader`], of which Linux makes twice as much.
const RECEIVE_BUFFER: usize = 8 * 1_024;

/// A connection whose own buffer is soon full when it is not read.
pub fn small_reader(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(RECEIVE_BUFFER).expect("set");
    socket.connect(&address.into()).expect("connected");
    let socket = TcpStream::from(socket);
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    socket
}

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
