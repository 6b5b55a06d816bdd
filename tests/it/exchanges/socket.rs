//! The exchange's end of sockets: what clients say is handed to the script, which says what it likes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// What the script does on a connection.
#[derive(Debug, Clone)]
pub enum Act {
    Say(String),
    Ping,
    /// Half a message, and the end.
    Cut,
}

/// Reads what a client says on a connection, and answers at once.
pub type Answering = dyn Fn(&Connection, &str) -> Vec<String> + Send + Sync;

/// All sockets of one exchange.
pub struct Sockets {
    pub address: SocketAddr,
    connections: Arc<Mutex<Vec<Arc<Connection>>>>,
}

/// One connection.
#[derive(Debug)]
pub struct Connection {
    /// Its number, from 0.
    pub number: usize,
    acts: mpsc::UnboundedSender<Act>,
    /// What is subscribed on it.
    pub topics: Mutex<std::collections::BTreeSet<String>>,
    /// Messages of the client, and its pongs.
    pub heard: Mutex<Vec<String>>,
}

impl Connection {
    pub fn act(&self, act: Act) {
        let _ = self.acts.send(act);
    }

    pub fn is_open(&self) -> bool {
        !self.acts.is_closed()
    }

    /// Subscribes names, or unsubscribes them.
    pub fn turn(&self, is_new: bool, names: &serde_json::Value) {
        let mut topics = self.topics.lock().expect("not poisoned");
        for name in names.as_array().expect("a list") {
            let name = name.as_str().expect("a text").to_owned();
            if is_new {
                topics.insert(name)
            } else {
                topics.remove(&name)
            };
        }
    }

    fn hear(&self, text: &str) {
        self.heard.lock().expect("not poisoned").push(text.to_owned());
    }
}

impl Sockets {
    pub async fn open(
        answering: impl Fn(&Connection, &str) -> Vec<String> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections: Arc<Mutex<Vec<Arc<Connection>>>> = Arc::default();
        let (all, answering) = (Arc::clone(&connections), Arc::new(answering));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(socket) = tokio_tungstenite::accept_async(stream).await else { continue };
                let (acts, script) = mpsc::unbounded_channel();
                let number = all.lock().expect("not poisoned").len();
                let connection = Arc::new(Connection {
                    number,
                    acts,
                    topics: Mutex::default(),
                    heard: Mutex::default(),
                });
                all.lock().expect("not poisoned").push(Arc::clone(&connection));
                let answering: Arc<Answering> = Arc::clone(&answering) as _;
                tokio::spawn(serve(socket, script, connection, answering));
            }
        });
        Self { address, connections }
    }

    /// The newest open connection on which something is subscribed.
    pub fn live(&self) -> Option<Arc<Connection>> {
        let is_subscribed = |connection: &Arc<Connection>| {
            !connection.topics.lock().expect("not poisoned").is_empty()
        };
        self.all().into_iter().rfind(|one| one.is_open() && is_subscribed(one))
    }

    /// All connections that there ever were.
    pub fn all(&self) -> Vec<Arc<Connection>> {
        self.connections.lock().expect("not poisoned").clone()
    }
}

async fn serve(
    mut socket: WebSocketStream<TcpStream>,
    mut script: mpsc::UnboundedReceiver<Act>,
    connection: Arc<Connection>,
    answering: Arc<Answering>,
) {
    loop {
        tokio::select! {
            incoming = socket.next() => match incoming {
                Some(Ok(Message::Text(text))) => {
                    connection.hear(&text);
                    for answer in answering(&connection, &text) {
                        if socket.send(Message::text(answer)).await.is_err() { return script.close() }
                    }
                }
                Some(Ok(Message::Pong(payload))) => {
                    connection.hear(&format!("pong {}", String::from_utf8_lossy(&payload)));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return script.close(),
            },
            act = script.recv() => {
                let sent = match act {
                    Some(Act::Say(text)) => socket.send(Message::text(text)).await,
                    Some(Act::Ping) => socket.send(Message::Ping("1234".into())).await,
                    Some(Act::Cut) | None => {
                        // A text of 256 bytes of which there come three.
                        let half = [0x81, 0x7e, 0x01, 0x00, b'{', b'"', b'e'];
                        let _ = socket.get_mut().write_all(&half).await;
                        return script.close();
                    }
                };
                if sent.is_err() { return script.close() }
            }
        }
    }
}
