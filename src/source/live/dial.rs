//! Opening a socket: the handshake is one HTTP request of the same client that asks by REST, so that
//! proxies, certificates and refusals are the same.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use reqwest::header::{
    CONNECTION, RETRY_AFTER, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Upgraded};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as WireError, Message};
use url::Url;

use crate::config::ExchangeSettings;
use crate::source::error::SourceError;
use crate::source::upstream::{http_refusal, retry_after, secret_headers};

/// Longest message that is read, in bytes. A message of one bar has 400, a snapshot of many some thousands.
const MAX_MESSAGE: usize = 1 << 20;
/// Bytes that a connection keeps for reading.
const BUFFER: usize = 16 << 10;
/// Time to connect and shake hands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The `User-Agent` header.
const USER_AGENT: &str = concat!("figcast/", env!("CARGO_PKG_VERSION"));

/// What comes from a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A message, as bytes of text.
    Text(Vec<u8>),
    /// A ping or a pong: a sign of life. Pings are answered below.
    Alive,
}

/// A connection to an exchange.
#[async_trait]
pub trait Wire: Send {
    /// What comes next; `None` at its end. Dropping the future loses nothing.
    ///
    /// # Errors
    /// Why it broke, for people.
    async fn receive(&mut self) -> Option<Result<Incoming, String>>;

    /// Sends a message.
    ///
    /// # Errors
    /// Why it broke, for people.
    async fn send(&mut self, text: String) -> Result<(), String>;
}

/// Opens connections to one exchange.
#[async_trait]
pub trait Dial: fmt::Debug + Send + Sync {
    /// Opens one.
    ///
    /// # Errors
    /// `Blocked` when the exchange refuses this address, `Unavailable` else.
    async fn dial(&self, now: Timestamp) -> Result<Box<dyn Wire>, SourceError>;
}

/// Opens connections by HTTP.
#[derive(Debug)]
pub struct HttpDial {
    origin: &'static str,
    http: Client,
    url: Url,
}

impl HttpDial {
    /// Connections to the address that the settings name, which is `wss:` or `ws:`.
    ///
    /// # Errors
    /// When the machine has no root certificates.
    pub fn new(origin: &'static str, settings: &ExchangeSettings) -> Result<Self, reqwest::Error> {
        // Fails when the process has a provider already, and that one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .tls_backend_rustls()
            .user_agent(USER_AGENT)
            .default_headers(secret_headers(&settings.headers))
            // What is upgraded is a connection of HTTP/1.1.
            .http1_only()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(Policy::none())
            .build()?;
        Ok(Self { origin, http, url: as_http(&settings.socket_url) })
    }

    async fn shake_hands(&self, now: Timestamp) -> Result<Upgraded, SourceError> {
        let key = generate_key();
        let request = self
            .http
            .get(self.url.clone())
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, &key);
        let response = request.send().await.map_err(|error| self.failed(error))?;
        self.check(&response, &key, now)?;
        response.upgrade().await.map_err(|error| self.failed(error))
    }

    /// Whether the answer opens a socket, and is the answer to `key`.
    fn check(&self, response: &Response, key: &str, now: Timestamp) -> Result<(), SourceError> {
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let wish = header(RETRY_AFTER).and_then(|value| retry_after(value, now));
            return Err(http_refusal(
                self.origin,
                response.status().as_u16(),
                wish.unwrap_or_default(),
            ));
        }
        if header(SEC_WEBSOCKET_ACCEPT) == Some(derive_accept_key(key.as_bytes()).as_str()) {
            return Ok(());
        }
        let detail = "it opens no socket where one was asked for".to_owned();
        Err(SourceError::Malformed { origin: self.origin, detail })
    }

    fn failed(&self, error: reqwest::Error) -> SourceError {
        let error = error.without_url();
        let detail =
            if error.is_timeout() { "no socket in time" } else { "the socket is not opened" };
        let (origin, detail) = (self.origin, detail.to_owned());
        SourceError::Unavailable { origin, detail, cause: Some(error.into()) }
    }
}

/// The address as the HTTP client knows it.
fn as_http(url: &Url) -> Url {
    let text = url.as_str();
    let text =
        text.strip_prefix("ws").map_or_else(|| text.to_owned(), |rest| format!("http{rest}"));
    Url::parse(&text).unwrap_or_else(|_| url.clone())
}

#[async_trait]
impl Dial for HttpDial {
    async fn dial(&self, now: Timestamp) -> Result<Box<dyn Wire>, SourceError> {
        let late = |_| SourceError::Unavailable {
            origin: self.origin,
            detail: "no socket in time".to_owned(),
            cause: None,
        };
        let shaken = tokio::time::timeout(CONNECT_TIMEOUT, self.shake_hands(now));
        let upgraded = shaken.await.map_err(late)??;
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(MAX_MESSAGE)
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await;
        Ok(Box::new(HttpWire(socket)))
    }
}

/// A connection that was opened by HTTP.
struct HttpWire(WebSocketStream<Upgraded>);

#[async_trait]
impl Wire for HttpWire {
    async fn receive(&mut self) -> Option<Result<Incoming, String>> {
        Some(match self.0.next().await? {
            Ok(Message::Text(text)) => Ok(Incoming::Text(text.as_bytes().to_vec())),
            Ok(Message::Binary(bytes)) => Ok(Incoming::Text(bytes.to_vec())),
            Ok(Message::Close(Some(frame))) if !frame.reason.is_empty() => {
                let reason: String = frame.reason.chars().filter(|c| !c.is_control()).collect();
                Err(format!("the exchange closed it: {}", reason.trim()))
            }
            Ok(Message::Close(_)) => Err("the exchange closed it".to_owned()),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => Ok(Incoming::Alive),
            Err(error) => Err(broken(&error)),
        })
    }

    async fn send(&mut self, text: String) -> Result<(), String> {
        self.0.send(Message::text(text)).await.map_err(|error| broken(&error))
    }
}

fn broken(error: &WireError) -> String {
    match error {
        WireError::ConnectionClosed | WireError::AlreadyClosed => "it is closed".to_owned(),
        WireError::Capacity(_) => format!("a message is longer than {MAX_MESSAGE} bytes"),
        other => format!("it broke: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Url, as_http};

    #[test]
    fn a_socket_is_asked_for_by_http() {
        for (socket, http) in [
            ("wss://stream.example.com:9443/ws", "https://stream.example.com:9443/ws"),
            ("ws://127.0.0.1:9/v2", "http://127.0.0.1:9/v2"),
            ("https://example.com/", "https://example.com/"),
        ] {
            let url = Url::parse(socket).expect("a URL");
            assert_eq!(as_http(&url).as_str(), http);
        }
    }
}
