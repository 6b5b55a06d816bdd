//! The body of a stream, which notices a client that floods its connection.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;

use crate::hub::Subscription;

/// How often a body may be asked in vain. A stream is asked once for each piece of news and each
/// request that its client pipelines behind it, which is never answered; with a full queue of those the
/// connection would ask for ever.
const MOST_ASKED: u32 = 10_000;

/// A subscription as a response body.
pub struct Body {
    subscription: Subscription,
    /// Times asked since it last had something.
    asked: u32,
}

/// The client sends requests behind a stream that has no end.
#[derive(Debug, thiserror::Error)]
#[error("stream {0}: the client keeps sending, and is cut")]
pub struct Flooded(u64);

impl Body {
    /// The body of a subscription.
    pub const fn new(subscription: Subscription) -> Self {
        Self { subscription, asked: 0 }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, Flooded>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let step = Pin::new(&mut self.subscription).poll_next(cx);
        self.asked = if step.is_ready() { 0 } else { self.asked + 1 };
        if self.asked > MOST_ASKED {
            return Poll::Ready(Some(Err(Flooded(self.subscription.id()))));
        }
        step.map(|bytes| bytes.map(Ok))
    }
}
