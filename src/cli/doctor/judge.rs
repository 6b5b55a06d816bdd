//! What a tape tells of the way between server and client. Nothing here asks for the time or for bytes.

use std::io::Read as _;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use reqwest::{StatusCode, Version};

use super::finding::Finding;
use super::tape::{StreamTape, TapeEnd, TapedEvent};

/// The longest silence of a server's own, by its default `hub.heartbeat`, and what a network may add.
const HEARTBEAT: Duration = Duration::from_secs(15);
const SLACK: Duration = Duration::from_secs(3);
/// By when a server's first event is there: it waits for the first bars for `hub.first_figure`, 2 s by default.
const FIRST: Duration = Duration::from_secs(4);
/// Events that come closer together than this came at once.
const AT_ONCE: Duration = Duration::from_millis(30);
/// So many at once, after a silence of so long, were held back: a server sends each as it is drawn.
const HELD: usize = 3;
const HELD_FOR: Duration = Duration::from_millis(1_500);
/// How far what is sent together may come apart.
const LATE: Duration = Duration::from_millis(700);
/// What has a proxy pass events on.
const UNBUFFERED: &str = "let the proxy pass each event on at once (nginx: proxy_buffering off; Apache: flushpackets=on; Caddy: \
                          flush_interval -1), and leave X-Accel-Buffering of the server in place";

/// What an answer that is no stream means; nothing if it is one.
pub fn refusal(tape: &StreamTape, has_token: bool) -> Option<Finding> {
    let detail = tape.detail();
    let told = detail.clone().map_or_else(String::new, |detail| format!(": {detail}"));
    let status = tape.status;
    Some(match status {
        _ if tape.streams() => return None,
        StatusCode::UNAUTHORIZED if has_token && told.contains("a token is needed") => {
            Finding::wrong(
                "token",
                "the token of FIGCAST_TOKEN does not reach the server",
                "let the proxy pass the header Authorization on",
            )
        }
        StatusCode::UNAUTHORIZED if detail.is_none() => Finding::wrong(
            "token",
            "something before the server asks for credentials of its own",
            "let the proxy pass /stream without them, or give clients those of the proxy",
        ),
        StatusCode::UNAUTHORIZED if has_token => Finding::wrong(
            "token",
            format!("the token of FIGCAST_TOKEN is not believed{told}"),
            "take another one; `figcast token check` on the server says why",
        ),
        StatusCode::UNAUTHORIZED => Finding::wrong(
            "token",
            format!("the server asks for a token{told}"),
            "set FIGCAST_TOKEN; `figcast token mint` makes one",
        ),
        StatusCode::FORBIDDEN => Finding::wrong(
            "token",
            format!("the answer is 403{told}"),
            "take a token that allows the symbol, or name another symbol with --symbol",
        ),
        StatusCode::NOT_FOUND if detail.is_some() => Finding::wrong(
            "stream",
            format!("the answer is 404{told}"),
            "name a symbol that the server has with --symbol",
        ),
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => no_server("stream", status),
        StatusCode::SERVICE_UNAVAILABLE if detail.is_none() => no_server("stream", status),
        StatusCode::OK => Finding::wrong(
            "stream",
            "the answer is no event stream: something else than figcast answers",
            "send /stream to the server, and keep its Content-Type",
        ),
        status => Finding::wrong(
            "stream",
            format!("the answer is {}{told}", status.as_u16()),
            "look into the log of the proxy and of the server",
        ),
    })
}

/// A proxy's own answer.
pub fn no_server(check: &'static str, status: StatusCode) -> Finding {
    Finding::wrong(
        check,
        format!("a proxy answers {}: it does not reach the server", status.as_u16()),
        "start the server, and let the proxy have its address",
    )
}

/// The version of HTTP that clients are spoken to in.
pub fn version(tape: &StreamTape) -> Finding {
    match tape.version {
        Version::HTTP_09 | Version::HTTP_10 => Finding::wrong(
            "http",
            "answers are HTTP/1.0, in which a stream that is cut cannot be told from one that ends",
            "let the proxy answer in HTTP/1.1 or 2, and speak HTTP/1.1 to the server (nginx: proxy_http_version 1.1)",
        ),
        version => Finding::ok("http", format!("{version:?}")),
    }
}

/// Whether the first event comes when the server sends it.
pub fn first_event(tape: &StreamTape, events: &[TapedEvent], time: Duration) -> Finding {
    match events.first() {
        None => Finding::wrong(
            "first event",
            format!("no event came within {time:?}, and a server sends the first one at once"),
            UNBUFFERED,
        ),
        Some(first) if first.at > FIRST => Finding::wrong(
            "first event",
            format!("the first event came after {}", seconds(first.at)),
            UNBUFFERED,
        ),
        Some(first) if tape.end == TapeEnd::Open => {
            Finding::ok("first event", format!("came after {} ms", first.at.as_millis()))
        }
        Some(first) => Finding::ok("first event", format!("came after {}", seconds(first.at))),
    }
}

/// Whether events come one by one. They are small here, so that a buffer holds many of them.
pub fn pace(events: &[TapedEvent], time: Duration) -> Finding {
    if let Some(finding) = begins_late(events) {
        return finding;
    }
    let mut before = Duration::ZERO;
    let mut rest = events;
    while let Some(first) = rest.first() {
        let at_once =
            rest.iter().take_while(|event| event.at.saturating_sub(first.at) < AT_ONCE).count();
        // The first rows come with a status before them.
        let silence = first.at.saturating_sub(before);
        let changes = rest[..at_once].iter().filter(|event| event.id.is_some()).count();
        if changes >= HELD && silence >= HELD_FOR {
            return Finding::wrong(
                "buffering",
                format!("{changes} updates came at once after {} of silence", seconds(silence)),
                UNBUFFERED,
            );
        }
        before = rest[at_once - 1].at;
        rest = &rest[at_once..];
    }
    let updates = events.iter().filter(|event| event.id.is_some()).count().saturating_sub(1);
    match updates {
        0 => Finding::ok("buffering", format!("no update came in {}", seconds(time))),
        updates => Finding::ok("buffering", format!("{updates} updates came one by one")),
    }
}

/// Whether the end of the first rows came only with the event behind them: the server sends them with their status.
fn begins_late(events: &[TapedEvent]) -> Option<Finding> {
    let status = events.iter().position(TapedEvent::is_status)?;
    let told = events[status].data.as_deref().unwrap_or_default();
    let mut updates = events[status..].iter().filter(|event| event.id.is_some());
    let (first, next) = (updates.next()?, updates.next()?);
    let late = first.at.saturating_sub(events[status].at);
    let is_pushed = next.at.saturating_sub(first.at) < AT_ONCE;
    (is_pushed && late >= LATE && !told.contains("\"loading\"")).then(|| {
        let found = format!(
            "the end of the first event came {} late, pushed on by the next one",
            seconds(late)
        );
        Finding::wrong("buffering", found, UNBUFFERED)
    })
}

/// Whether a stream that hardly says anything is kept alive, and for how long.
pub fn quiet(tape: &StreamTape, time: Duration) -> Vec<Finding> {
    let times = tape.pieces.iter().map(|(at, _)| *at);
    let last = match &tape.end {
        TapeEnd::Open => time,
        TapeEnd::Ended(at) | TapeEnd::Broken(at, _) => *at,
    };
    let times: Vec<_> = times.chain([last]).collect();
    let longest =
        times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).max().unwrap_or(last);
    let heartbeats = if longest > HEARTBEAT + SLACK {
        let found = format!(
            "nothing came for {}, and the server says something every {HEARTBEAT:?}",
            seconds(longest)
        );
        Finding::wrong("heartbeat", found, UNBUFFERED)
    } else if time < HEARTBEAT + SLACK {
        Finding::warn("heartbeat", "was not waited for", "read for longer: --for 20s")
    } else {
        Finding::ok("heartbeat", format!("the longest silence was {}", seconds(longest)))
    };
    let right = "raise the read timeout of the proxy above 60s (nginx: proxy_read_timeout; HAProxy: timeout server; a balancer: \
                 its idle timeout); heartbeats come every 15s";
    let cut = match &tape.end {
        TapeEnd::Open => Finding::ok("cut", format!("it is still open after {}", seconds(time))),
        TapeEnd::Broken(at, why) => {
            Finding::wrong("cut", format!("it was cut after {} ({why})", seconds(*at)), right)
        }
        TapeEnd::Ended(at) if says_goodbye(&tape.body()) => Finding::warn(
            "cut",
            format!("the server ended it after {}", seconds(*at)),
            "look once more: the server stops, or the token ends",
        ),
        TapeEnd::Ended(at) => Finding::wrong(
            "cut",
            format!("it ended after {}, and not by the server's own end", seconds(*at)),
            right,
        ),
    };
    vec![heartbeats, cut]
}

/// Whether a body ends as the server ends one: with a reconnection time.
fn says_goodbye(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    text.trim_end().lines().last().is_some_and(|line| line.starts_with("retry:"))
}

/// Whether what was asked for in no coding has none.
pub fn identity(tape: &StreamTape) -> Finding {
    match tape.coding() {
        None => Finding::ok("identity", "a client that asks for no coding gets none"),
        Some(coding) => Finding::wrong(
            "identity",
            format!("a client that asks for no coding gets {coding}"),
            "let the proxy pass Accept-Encoding on, and not compress text/event-stream",
        ),
    }
}

/// Whether what was asked for in `wanted` is in it, once.
pub fn coded(
    check: &'static str,
    wanted: &str,
    tape: Result<StreamTape, String>,
    time: Duration,
) -> Finding {
    match tape {
        Ok(tape) if !tape.pieces.is_empty() => coding_of(check, wanted, &tape, &tape.body()),
        Ok(_) => {
            let found = format!("nothing of the {wanted} came in {}", seconds(time));
            let right = "let the proxy neither collect text/event-stream nor compress it: the server does, and flushes";
            Finding::wrong(check, found, right)
        }
        Err(why) => Finding::wrong(check, why, UNBUFFERED),
    }
}

fn coding_of(check: &'static str, wanted: &str, tape: &StreamTape, body: &[u8]) -> Finding {
    let Some(coding) = tape.coding() else {
        if is_compressed(body) {
            return Finding::wrong(
                check,
                "the body is compressed, and the answer does not say so",
                "let the proxy pass Content-Encoding on",
            );
        }
        let right = format!(
            "let the proxy pass Accept-Encoding on to the server, and see that server.{wanted} is on: streams take five times the bytes without"
        );
        return Finding::warn(check, format!("{wanted} was asked for, and there is none"), right);
    };
    let text = decoded(coding, body);
    match text {
        None => Finding::wrong(
            check,
            format!("the answer says {coding}, and its body is something else"),
            "let the proxy pass the body on as it is, with its Content-Encoding",
        ),
        Some(text) if is_compressed(&text) => Finding::wrong(
            check,
            format!("the stream is compressed twice, though the answer says {coding}"),
            "let the proxy not compress text/event-stream: the server has done it",
        ),
        Some(text) if text.is_empty() => Finding::wrong(
            check,
            format!("nothing of the {coding} can be read yet: it is not flushed with each event"),
            "let the proxy not compress text/event-stream: the server does, and flushes",
        ),
        Some(text) => {
            let share = 100 * body.len() / text.len().max(1);
            Finding::ok(check, format!("{coding}, {share} % of the bytes"))
        }
    }
}

/// What can be read of a body that is not over; nothing where it is not in that coding.
fn decoded(coding: &str, body: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    match coding {
        "gzip" if body.starts_with(GZIP) => {
            // The stream goes on, so that its end is missing.
            let _ = MultiGzDecoder::new(body).read_to_end(&mut text);
        }
        "zstd" if body.starts_with(ZSTD) => {
            let _ = zstd::stream::read::Decoder::new(body).ok()?.read_to_end(&mut text);
        }
        _ => return None,
    }
    Some(text)
}

/// How a body in each coding begins.
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

fn is_compressed(body: &[u8]) -> bool {
    body.starts_with(GZIP) || body.starts_with(ZSTD)
}

/// Whether a client that comes back is known; nothing where no status came, which other checks tell.
pub fn resumed(events: &[TapedEvent]) -> Option<Finding> {
    let status = events.iter().find(|event| event.is_status())?.data.as_deref()?;
    if status.contains("\"resume\":") {
        return Some(Finding::ok("last-event-id", "a client that comes back goes on where it was"));
    }
    Some(Finding::wrong(
        "last-event-id",
        "a client that comes back is sent everything again: its Last-Event-ID does not reach the server",
        "let the proxy pass the header Last-Event-ID on",
    ))
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests;
