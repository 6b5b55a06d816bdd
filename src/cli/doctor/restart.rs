//! What clients see of a restart. Any status but 200 ends an `EventSource` for good, so that a proxy which answers 502
//! for a second leaves every open page dead.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::finding::Finding;
use super::remote::Visitor;
use super::tape::{StreamTape, TapeEnd, TapedEvent};

/// How long the restart is waited for, and how long the server may be away.
const PATIENCE: Duration = Duration::from_mins(5);
/// Time between two tries: shorter than an `EventSource` would take, so that nothing is missed.
const AGAIN: Duration = Duration::from_millis(200);

/// Reads a stream until it ends, and comes back until there is one again.
pub async fn watch(visitor: &Visitor) -> Vec<Finding> {
    eprintln!("figcast doctor: restart the server now; its clients' stream is read meanwhile");
    let forever: fn(&[TapedEvent]) -> bool = |_| false;
    let stream = || visitor.stream("?max_rate=0.02", "identity");
    let cut = match StreamTape::record(stream(), PATIENCE, forever).await {
        Ok(tape) => tape.end,
        Err(why) => return vec![Finding::wrong("restart", why, "see the findings above")],
    };
    let TapeEnd::Ended(_) = cut else {
        return vec![match cut {
            TapeEnd::Broken(_, why) => Finding::wrong(
                "restart",
                format!("the stream broke off ({why}) instead of ending"),
                "stop the server with SIGTERM, and give it server.drain before it is killed",
            ),
            _ => Finding::warn("restart", "the server was not restarted", "try again, and do"),
        }];
    };
    let ended = Instant::now();
    let mut refused = Vec::new();
    while ended.elapsed() < PATIENCE {
        let is_enough: fn(&[TapedEvent]) -> bool =
            |events| events.iter().any(|event| event.id.is_some());
        match StreamTape::record(stream(), PATIENCE, is_enough).await {
            Ok(tape) if tape.streams() && is_enough(&tape.events()) => {
                return vec![told(&refused, ended.elapsed())];
            }
            // One that says when to come back is as good as the server's own.
            Ok(tape) if tape.streams() => {}
            Ok(tape) => refused.push(tape.status.as_u16()),
            // An EventSource tries again where nobody answers.
            Err(_) => {}
        }
        sleep(AGAIN).await;
    }
    vec![Finding::wrong("restart", "the server did not come back", "start it")]
}

fn told(refused: &[u16], away: Duration) -> Finding {
    let away = format!("streams were away for {:.1} s", away.as_secs_f64());
    match refused.first() {
        None => Finding::ok("restart", format!("{away}, and clients come back by themselves")),
        Some(status) => Finding::wrong(
            "restart",
            format!(
                "{away}, and clients were answered {status}, after which an EventSource never comes back"
            ),
            "answer the proxy's own 502, 503 and 504 on /stream with 200, Content-Type: text/event-stream and retry: 3000, as \
             config/nginx.conf does",
        ),
    }
}
