//! The body of an answer that is sent once: bytes that many clients may be sent at the same time.

use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::StatusCode;
use bytes::Bytes;

use super::AppState;
use super::error::Problem;
use crate::shares::{Client, Exceeded, OnItsWay};

/// Shared bytes as a body, which count as unread while it is there.
#[derive(Debug)]
pub struct Once {
    sent: OnItsWay,
    is_yielded: bool,
}

impl Once {
    /// The body of an answer to `client`.
    ///
    /// # Errors
    /// 503 when too much is unread.
    pub fn new(state: &AppState, client: Option<Client>, bytes: Bytes) -> Result<Self, Problem> {
        let refused = |exceeded| {
            let detail = match exceeded {
                Exceeded::Client => "this client has asked for as much as it may leave unread",
                Exceeded::Total => "clients have asked for as much as they may leave unread",
            };
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        };
        let sent = state.unread.send(client, bytes).map_err(refused)?;
        Ok(Self { sent, is_yielded: false })
    }
}

impl MessageBody for Once {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.sent.bytes().len() as u64)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let is_yielded = mem::replace(&mut self.is_yielded, true);
        Poll::Ready((!is_yielded).then(|| Ok(self.sent.bytes().clone())))
    }
}
