//! The socket of a connection, which notes what passes through it and ends when it is told to.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::Connection;

/// Bytes as the kernel has them: those of HTTP, or those of TLS around it.
#[derive(Debug)]
pub struct RawSocket(pub Rc<Connection>);

impl AsyncRead for RawSocket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.enter(cx)?;
        Pin::new(&mut *self.0.socket.borrow_mut()).poll_read(cx, buffer)
    }
}

impl AsyncWrite for RawSocket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let connection = &self.0;
        connection.enter(cx)?;
        let written = Pin::new(&mut *connection.socket.borrow_mut()).poll_write(cx, bytes);
        let mut progress = connection.progress.borrow_mut();
        match written {
            Poll::Ready(Ok(_)) => progress.wrote(),
            Poll::Ready(Err(_)) => {}
            // It has left without taking what is here, so nobody waits until it does.
            Poll::Pending if connection.hung_up.get() && !progress.is_answering() => {
                return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
            }
            Poll::Pending => progress.block(Instant::now()),
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.enter(cx)?;
        Pin::new(&mut *self.0.socket.borrow_mut()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.socket.borrow_mut()).poll_shutdown(cx)
    }
}
