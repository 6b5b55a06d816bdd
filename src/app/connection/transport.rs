//! A socket as actix reads and writes it, which notes what it does and ends when it is told to.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::Connection;

/// The socket of a connection.
#[derive(Debug)]
pub struct Transport(pub Rc<Connection>);

impl Transport {
    /// The client has closed its side, by which it says that it has left: the task ends the connection when
    /// it is told so. It is told a moment later, when what came before the end has been looked at, and not
    /// while an answer is on its way, which reaches a client that has only nothing more to ask.
    fn poll_hung_up(&self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let connection = &self.0;
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

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let connection = &self.0;
        connection.enter(cx)?;
        let before = buffer.filled().len();
        ready!(Pin::new(&mut *connection.socket.borrow_mut()).poll_read(cx, buffer))?;
        let count = buffer.filled().len() - before;
        if count == 0 {
            return self.poll_hung_up(cx);
        }
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
        // All that there was to write has been written when actix flushes.
        self.0.enter(cx)?;
        if !self.0.flushed.replace(true) {
            self.0.wake();
        }
        Pin::new(&mut *self.0.socket.borrow_mut()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.socket.borrow_mut()).poll_shutdown(cx)
    }
}
