//! Tells a connection what is answered on it, and hands large bodies over in pieces.
//!
//! actix copies what a body yields into the buffer of its connection, and it takes more only when less
//! than 32 KiB are left there. A body that yields megabytes at once is copied once for every client that
//! does not read; one that yields pieces is shared by all of them.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use actix_web::Error;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use bytes::Bytes;

use super::Connection;
use crate::app::access_log::AccessEntry;
use crate::http::AppState;

/// Most bytes of an answer that are handed over at once. The kernel takes so many in any case, so an
/// answer of one piece is over when it is written.
const PIECE: usize = 16 * 1_024;
/// The same of a stream, where each piece is a chunk: hardly an event has more.
const PIECE_OF_STREAM: usize = 64 * 1_024;

/// The outermost layer of the routes.
///
/// # Errors
/// Those of the service inside.
pub async fn told<B: MessageBody + Unpin + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Pieces<B>>, Error> {
    let state = request.app_data::<Data<AppState>>();
    let body = state.and_then(|state| state.longest_body(request.path())).unwrap_or(0);
    let connection = request.conn_data::<Rc<Connection>>();
    let exchange = connection.map(|it| HttpExchange::begin(Rc::clone(it), body));
    let logging = state.filter(|state| state.logs_access).cloned();
    let began = Instant::now();
    let response = next.call(request).await?;
    let entry = logging.map(|state| AccessEntry::of(&state, &response, began));
    Ok(response.map_body(|_, body| Pieces::new(body, exchange, entry)))
}

/// A request and its answer; its drop is the end of both.
#[derive(Debug)]
struct HttpExchange(Rc<Connection>);

impl HttpExchange {
    fn begin(connection: Rc<Connection>, body: usize) -> Self {
        connection.begin(body);
        Self(connection)
    }
}

impl Drop for HttpExchange {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// A body that is handed over in pieces.
pub struct Pieces<B> {
    body: B,
    /// Most bytes of a piece.
    most: usize,
    /// What the body has yielded and was not handed over.
    rest: Bytes,
    /// Whether the body has yielded all.
    is_yielded: bool,
    /// Whether the answer is over only when its last piece has been taken.
    waits: bool,
    exchange: Option<HttpExchange>,
    /// The line of the log that this becomes.
    entry: Option<AccessEntry>,
}

impl<B: MessageBody> Pieces<B> {
    fn new(body: B, exchange: Option<HttpExchange>, entry: Option<AccessEntry>) -> Self {
        let streams = body.size() == BodySize::Stream;
        if let Some(exchange) = &exchange {
            exchange.0.answer(streams);
        }
        let most = if streams { PIECE_OF_STREAM } else { PIECE };
        let waits = matches!(body.size(), BodySize::Sized(size) if size > PIECE as u64);
        Self { body, most, rest: Bytes::new(), is_yielded: false, waits, exchange, entry }
    }

    /// Begins a piece.
    fn hand_over(&mut self, mut bytes: Bytes) -> Bytes {
        if bytes.len() > self.most {
            self.rest = bytes.split_off(self.most);
        }
        if self.waits
            && let Some(exchange) = &self.exchange
        {
            exchange.0.flushed.set(false);
        }
        bytes
    }

    /// actix counts the time of an idle connection from here on, and would not wait for a client that is
    /// still reading.
    fn is_taken(&self) -> bool {
        !self.waits || self.exchange.as_ref().is_none_or(|exchange| exchange.0.flushed.get())
    }
}

impl<B: MessageBody + Unpin> MessageBody for Pieces<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            return Poll::Ready(Some(Ok(self.hand_over(rest))));
        }
        if !self.is_yielded {
            match ready!(Pin::new(&mut self.body).poll_next(cx)) {
                Some(yielded) => {
                    if let (Some(entry), Ok(bytes)) = (&mut self.entry, &yielded) {
                        entry.sent(bytes.len() as u64);
                    }
                    return Poll::Ready(Some(yielded.map(|bytes| self.hand_over(bytes))));
                }
                None => self.is_yielded = true,
            }
        }
        // The flush of what is left wakes the task.
        if self.is_taken() { Poll::Ready(None) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use actix_web::body::{BodySize, MessageBody as _};
    use bytes::Bytes;

    use super::{PIECE, Pieces};

    fn next(body: &mut Pieces<Bytes>) -> Option<Bytes> {
        let mut cx = Context::from_waker(Waker::noop());
        match Pin::new(body).poll_next(&mut cx) {
            Poll::Ready(piece) => piece.map(|piece| piece.expect("bytes cannot fail")),
            Poll::Pending => panic!("nothing to wait for"),
        }
    }

    #[test]
    fn a_large_body_is_handed_over_in_pieces_that_share_its_bytes() {
        let all = Bytes::from(vec![7; 10 * PIECE + 1]);
        let mut body = Pieces::new(all.clone(), None, None);
        assert_eq!(body.size(), BodySize::Sized(all.len() as u64), "the length is known");
        let mut at = 0;
        while let Some(piece) = next(&mut body) {
            assert!(piece.len() <= PIECE);
            assert_eq!(piece.as_ptr(), all[at..].as_ptr(), "not a copy");
            at += piece.len();
        }
        assert_eq!(at, all.len());
        assert_eq!(next(&mut body), None);
    }

    #[test]
    fn a_small_body_is_one_piece() {
        let mut body = Pieces::new(Bytes::from(vec![7; PIECE]), None, None);
        assert_eq!(next(&mut body).map(|piece| piece.len()), Some(PIECE));
        assert_eq!(next(&mut body), None);
    }
}
