//! The end of a stream whose token ends: told a minute before, and then well-formed, so that a client with a new
//! token goes on by the id of its last event.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::hub::Subscription;
use crate::metrics::Metrics;
use crate::sse;

/// How long before its end a stream says that it will end, at most; of a short life it is a third, so that a client
/// which comes back with a new token is not told at once.
const NOTICE: Duration = Duration::from_mins(1);

/// A stream that ends with a token.
pub struct ExpiringStream {
    subscription: Subscription,
    expiry: Option<Expiry>,
}

struct Expiry {
    metrics: Arc<Metrics>,
    ends: Timestamp,
    at: Instant,
    is_told: bool,
    alarm: Pin<Box<Sleep>>,
}

impl ExpiringStream {
    /// The subscription as it is, or until `ends`, when it is `now`.
    pub fn new(
        subscription: Subscription,
        ends: Option<Timestamp>,
        now: Timestamp,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let expiry = ends.map(|ends| {
            let left = Duration::try_from(ends.duration_since(now)).unwrap_or_default();
            let at = Instant::now() + left;
            let notice = at.checked_sub(NOTICE.min(left / 3)).unwrap_or_else(Instant::now);
            let metrics = Arc::clone(metrics);
            Expiry { metrics, ends, at, is_told: false, alarm: Box::pin(sleep_until(notice)) }
        });
        Self { subscription, expiry }
    }
}

impl Drop for Expiry {
    fn drop(&mut self) {
        if self.is_told {
            self.metrics.streams_expiring.dec();
        }
    }
}

impl Stream for ExpiringStream {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Self { subscription, expiry } = &mut *self;
        if let Some(expiry) = expiry.as_mut().filter(|_| subscription.is_open())
            && expiry.alarm.as_mut().poll(cx).is_ready()
        {
            let is_over = expiry.is_told;
            if !is_over {
                expiry.metrics.streams_expiring.inc();
            }
            expiry.is_told = true;
            expiry.alarm.as_mut().reset(expiry.at);
            let event = told(expiry.ends, is_over);
            return Poll::Ready(Some(subscription.interject(event, is_over)));
        }
        Poll::Ready(ready!(Pin::new(subscription).poll_next(cx)))
    }
}

/// What a stream says of its token.
fn told(ends: Timestamp, is_over: bool) -> Bytes {
    let (state, message) = if is_over {
        ("ended", "the token of this stream has ended: open it again with a new one")
    } else {
        ("ending", "the token of this stream ends soon: get a new one")
    };
    let token = json!({ "state": state, "ends": ends, "message": message });
    sse::named("token", token.to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::sync::Arc;
    use std::time::Duration;

    use flate2::read::GzDecoder;
    use futures_util::StreamExt as _;
    use jiff::{SignedDuration, Timestamp};
    use tokio::time::Instant;

    use super::ExpiringStream;
    use crate::clock::{Clock, RuntimeClock};
    use crate::codec::Coding;
    use crate::config::{HubConfig, SimConfig};
    use crate::figure::Appearance;
    use crate::hub::{Hub, StreamOptions};
    use crate::metrics::Metrics;
    use crate::source::sim::Sim;
    use crate::source::{PollTiming, Polled, Source};
    use crate::symbol::Symbol;
    use crate::view::View;

    /// 2 March 2026, 15:00 UTC, when New York trades.
    const OPEN: i64 = 1_772_463_600;

    /// The whole body of a stream whose token has so many seconds left, and how long it took.
    async fn body(coding: Coding, seconds: i64) -> (String, Duration) {
        let origin = Timestamp::from_second(OPEN).expect("in range");
        let clock: Arc<dyn Clock> = Arc::new(RuntimeClock::starting_at(origin));
        let sim = Sim::new(&SimConfig::default(), Arc::clone(&clock));
        let source = Polled::new(Arc::new(sim), Arc::clone(&clock), PollTiming::default());
        let source: Arc<dyn Source> = Arc::new(source);
        let hub =
            Hub::new(source, clock, HubConfig::default(), Appearance::default(), Arc::default());
        let view = View::of(Symbol::parse("AAPL").expect("a symbol"));
        let options = StreamOptions { coding, ..StreamOptions::default() };
        let (mut subscription, _) = hub.subscribe(&[view], None, options).expect("a place");
        subscription.open(None, &[]).await.expect("found");
        let now = hub.now();
        let ends = now + SignedDuration::from_secs(seconds);
        let (metrics, started) = (Arc::new(Metrics::default()), Instant::now());
        let mut stream = ExpiringStream::new(subscription, Some(ends), now, &metrics);
        let mut bytes = Vec::new();
        while let Some(piece) = stream.next().await {
            bytes.extend_from_slice(&piece);
            let left = ends.duration_since(hub.now());
            let notice = SignedDuration::from_secs((seconds / 3).min(60));
            // At that very moment there may be a figure before it.
            if left != notice {
                assert_eq!(
                    metrics.streams_expiring.get(),
                    i64::from(left < notice),
                    "{left} before"
                );
            }
        }
        drop(stream);
        assert_eq!(metrics.streams_expiring.get(), 0);
        let text = match coding {
            Coding::Identity => bytes,
            Coding::Zstd => zstd::decode_all(&*bytes).expect("a whole body"),
            Coding::Gzip => {
                let mut text = Vec::new();
                GzDecoder::new(&*bytes).read_to_end(&mut text).expect("a whole body");
                text
            }
        };
        (String::from_utf8(text).expect("text"), started.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_told_a_minute_before_its_token_ends_and_ends_with_it_in_every_coding() {
        for coding in [Coding::Identity, Coding::Gzip, Coding::Zstd] {
            let (text, took) = body(coding, 184).await;
            assert_eq!(took.as_secs(), 184, "{coding:?}");
            let events: Vec<_> = text.split("\n\n").collect();
            let told: Vec<_> =
                (0..events.len()).filter(|n| events[*n].contains("event: token")).collect();
            let [ending, ended] = told[..] else { panic!("{coding:?}: {told:?}") };
            assert!(events[ending].contains("\"state\":\"ending\""), "{coding:?}");
            assert!(events[ended].contains("\"state\":\"ended\""), "{coding:?}");
            let figures = |part: &[&str]| part.iter().any(|event| event.contains("id: "));
            assert!(figures(&events[..ending]) && figures(&events[ending..ended]), "{coding:?}");
            assert!(!figures(&events[ended..]), "{coding:?}: the end is the last that is said");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_whose_token_lives_shortly_is_told_when_a_third_of_that_is_left() {
        let (text, took) = body(Coding::Identity, 30).await;
        assert_eq!(took.as_secs(), 30);
        let parts: Vec<_> = text.split("event: token").collect();
        let figures = |part: &str| part.matches("id: ").count();
        let [before, between, after] = parts[..] else { panic!("{text}") };
        // There is one a second.
        assert!((18..=22).contains(&figures(before)), "{}", figures(before));
        assert!(
            (8..=11).contains(&figures(between)) && figures(after) == 0,
            "{}",
            figures(between)
        );
    }
}
