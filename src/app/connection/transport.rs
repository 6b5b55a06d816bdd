//! A connection as actix reads and writes it: the bytes of HTTP, whether or not they are in TLS.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Connection;
use super::socket::RawSocket;

/// Most bytes that TLS keeps for a client that takes nothing. They are old when they are read.
const TLS_BUFFER: usize = 16 * 1_024;

/// A connection, and what its bytes go through.
#[derive(Debug)]
pub struct Transport {
    connection: Rc<Connection>,
    wire: TransportWire,
}

/// What is between HTTP and the socket.
#[derive(Debug)]
enum TransportWire {
    Plain(RawSocket),
    Tls(Box<TlsStream<RawSocket>>),
}

impl Transport {
    /// A connection without TLS.
    pub fn plain(connection: Rc<Connection>) -> Self {
        Self { wire: TransportWire::Plain(RawSocket(Rc::clone(&connection))), connection }
    }

    /// A connection with TLS, once its client has shaken hands. The client's time for its first request passes
    /// meanwhile.
    ///
    /// # Errors
    /// When the client sends something else, refuses the certificate, or is cut.
    pub async fn shake_hands(
        connection: Rc<Connection>,
        acceptor: &TlsAcceptor,
    ) -> io::Result<Self> {
        let socket = RawSocket(Rc::clone(&connection));
        let accepted =
            acceptor.accept_with(socket, |session| session.set_buffer_limit(Some(TLS_BUFFER)));
        let accepted = accepted.await;
        connection.handshake.take();
        Ok(Self { wire: TransportWire::Tls(Box::new(accepted?)), connection })
    }

    /// The connection.
    pub const fn connection(&self) -> &Rc<Connection> {
        &self.connection
    }

    /// The client has closed its side, by which it says that it has left: the task ends the connection when
    /// it is told so. It is told a moment later, when what came before the end has been looked at, and not
    /// while an answer is on its way, which reaches a client that has only nothing more to ask.
    fn poll_hung_up(&self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let connection = &self.connection;
        if !connection.hung_up.replace(true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if connection.progress.borrow().is_answering() {
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for TransportWire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buffer),
            Self::Tls(stream) => match ready!(Pin::new(stream).poll_read(cx, buffer)) {
                // Many clients leave without a word of TLS. HTTP knows by itself what is cut off.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                read => Poll::Ready(read),
            },
        }
    }
}

impl AsyncWrite for TransportWire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.wire).poll_read(cx, buffer))?;
        let count = buffer.filled().len() - before;
        if count == 0 {
            return self.poll_hung_up(cx);
        }
        let connection = &self.connection;
        let mut progress = connection.progress.borrow_mut();
        let read = progress.read(count, Instant::now(), &connection.patience);
        drop(progress);
        if let Err(cut) = read {
            connection.cut(cut);
            connection.enter(cx)?;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.wire).poll_flush(cx))?;
        // All that there was to write has been written when actix flushes.
        if !self.connection.flushed.replace(true) {
            self.connection.wake();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}
