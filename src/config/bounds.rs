//! What each key may be set to: one table, of every key there is.
//!
//! A type says what can be read; the table says what makes sense. A value outside of its bounds is
//! refused before anything starts, with the key, the place it was set, and the bounds with their reason.

use std::fmt;
use std::time::Duration;

use humantime_serde::re::humantime::{format_duration, parse_duration};
use toml::Value;

use super::appearance::ThemeConfig;

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Most bytes of a header's value: servers refuse heads that are long.
const MAX_HEADER: usize = 512;

/// A key, what it may be set to, and why that is so.
pub struct Rule {
    /// Section and key, with a dot between.
    pub key: &'static str,
    bounds: Bounds,
    why: &'static str,
}

enum Bounds {
    /// A whole number.
    Count(i64, i64),
    /// A number with decimals.
    Number(f64, f64),
    Time(Duration, Duration),
    /// Anything that holds to a rule in words.
    Text(fn(&Value) -> bool, &'static str),
    /// All that its type can be, or what is looked at when it is opened.
    Typed,
}

use Bounds::{Count, Number, Text, Time, Typed};

const fn rule(key: &'static str, bounds: Bounds, why: &'static str) -> Rule {
    Rule { key, bounds, why }
}

/// Every key, in the order of the shipped file.
pub const RULES: &[Rule] = &[
    rule("server.listen", Typed, "an address is tried by listening on it"),
    rule("server.base_path", Typed, "a path, or nothing"),
    rule("server.workers", Count(0, 512), "each is a thread, and more than cores share no work"),
    rule("server.trusted_proxies", Typed, "addresses and networks"),
    rule("server.client_header", Typed, "a choice"),
    rule("server.frame_ancestors", Typed, "origins"),
    rule("server.origins", Typed, "origins"),
    rule("server.drain", Time(SECOND, Duration::from_mins(10)), "streams need a moment to end"),
    rule("server.drain_notice", Time(Duration::ZERO, MINUTE), "it delays every restart"),
    rule("server.request_timeout", Time(SECOND, MINUTE), "phones are slow, and waiting costs"),
    rule("server.write_timeout", Time(SECOND, HOUR), "a slow reader pauses, and a dead one costs"),
    rule("server.stall_timeout", Time(SECOND, DAY), "a slow reader pauses, and a dead one costs"),
    rule("server.unread_bytes", Count(0, 1 << 40), "memory ends"),
    rule("server.connections", Count(0, 10_000_000), "each is a descriptor"),
    rule("server.connections_per_address", Count(0, 10_000_000), "each is a descriptor"),
    rule("server.zstd", Typed, "a choice"),
    rule("server.gzip", Typed, "a choice"),
    rule("server.access_log", Typed, "a choice"),
    rule("server.admin.listen", Typed, "a host and a port, or nothing"),
    rule("server.tls.certificate", Typed, "a file is tried by reading it"),
    rule("server.tls.key", Typed, "a file is tried by reading it"),
    rule("server.tls.handshakes", Count(0, 10_000_000), "each is a connection"),
    rule("server.tls.handshakes_per_address", Number(0.0, 1e6), "a client has as many a second"),
    rule("auth.issuer", Typed, "tokens name it"),
    rule("auth.audience", Typed, "tokens name it"),
    rule("auth.leeway", Time(Duration::ZERO, Duration::from_mins(5)), "a token is to end"),
    rule("auth.cookie", Text(is_cookie, "1 to 64 letters, digits, - and _"), ""),
    rule("auth.ticket_key", Typed, "a file, or nothing"),
    rule("auth.ticket_lifetime", Time(SECOND, DAY), "it stands in addresses, which others may see"),
    rule("auth.jwks.url", Typed, "an address, or nothing"),
    rule("auth.jwks.algorithms", Typed, "choices"),
    rule("auth.jwks.refresh", Time(MINUTE, DAY), "keys change, and are taken back"),
    rule("auth.jwks.timeout", Time(SECOND, MINUTE), "requests wait for it"),
    rule("auth.routes.page", Typed, "a choice"),
    rule("auth.routes.charts", Typed, "a choice"),
    rule("auth.routes.metrics", Typed, "a choice"),
    rule("hub.feeds", Count(1, 100_000), "each asks the source, and keeps its bars"),
    rule("hub.views", Count(1, 1_000_000), "each keeps a figure"),
    rule("hub.streams", Count(0, 10_000_000), "each is a connection"),
    rule("hub.streams_per_address", Count(0, 10_000_000), "each is a connection"),
    rule("hub.requests_per_address", Number(0.0, 1e6), "a client has as many a second"),
    rule("hub.kept_bytes", Count(1 << 20, 1 << 40), "a figure has to fit, and memory ends"),
    rule("hub.heartbeat", Time(Duration::from_millis(100), HOUR), "proxies cut what is silent"),
    rule("hub.retry_min", Time(MILLISECOND, HOUR), "a client waits for so long"),
    rule("hub.retry_max", Time(MILLISECOND, HOUR), "a client waits for so long"),
    rule("hub.first_figure", Time(Duration::ZERO, MINUTE), "a client waits for so long"),
    rule("hub.linger", Time(Duration::ZERO, DAY), "nobody watches meanwhile"),
    rule("hub.not_found", Time(Duration::ZERO, DAY), "a symbol may come to be"),
    rule("hub.refresh", Time(MILLISECOND, Duration::from_hours(7 * 24)), "corrections come late"),
    rule("hub.backoff_max", Time(MILLISECOND, DAY), "a source comes back"),
    rule("appearance.font", Typed, "a name"),
    rule("appearance.dark.background", Typed, "a colour"),
    rule("appearance.dark.text", Typed, "a colour"),
    rule("appearance.dark.muted", Typed, "a colour"),
    rule("appearance.dark.grid", Typed, "a colour"),
    rule("appearance.dark.up", Typed, "a colour"),
    rule("appearance.dark.down", Typed, "a colour"),
    rule("appearance.dark.flat", Typed, "a colour"),
    rule("appearance.dark.own", Typed, "a colour"),
    rule("appearance.dark.lines", Text(are_few, "at most 6 colours"), "charts have no more"),
    rule("appearance.light.background", Typed, "a colour"),
    rule("appearance.light.text", Typed, "a colour"),
    rule("appearance.light.muted", Typed, "a colour"),
    rule("appearance.light.grid", Typed, "a colour"),
    rule("appearance.light.up", Typed, "a colour"),
    rule("appearance.light.down", Typed, "a colour"),
    rule("appearance.light.flat", Typed, "a colour"),
    rule("appearance.light.own", Typed, "a colour"),
    rule("appearance.light.lines", Text(are_few, "at most 6 colours"), "charts have no more"),
    rule("source.name", Typed, "a choice"),
    rule("source.others", Typed, "each is a choice"),
    rule("markets.file", Typed, "a file is tried by reading it"),
    rule("sim.seed", Count(0, i64::MAX), "any number draws a market"),
    rule("sim.tick", Time(Duration::from_millis(100), HOUR), "a price moves once a second"),
    rule("yahoo.base_urls", Text(are_urls, "one or more, each http:// or https:// and a host"), ""),
    rule("yahoo.user_agent", Text(is_header, "1 to 512 printable characters of ASCII"), ""),
    rule("yahoo.poll", Time(Duration::from_millis(10), HOUR), "a chart is to be live"),
    rule("yahoo.closed_poll", Time(Duration::from_millis(10), DAY), "a market opens again"),
    rule("yahoo.request_rate", Number(0.001, 1000.0), "every series waits its turn"),
    rule("yahoo.connect_timeout", Time(MILLISECOND, MINUTE), "the other server waits its turn"),
    rule("yahoo.timeout", Time(MILLISECOND, Duration::from_mins(5)), "a late price is no price"),
    rule("yahoo.body_limit", Count(1 << 16, 1 << 30), "five days of minutes have 200 kB"),
    rule("yahoo.breaker_open", Time(MILLISECOND, DAY), "a refusal passes"),
    rule("yahoo.breaker_max", Time(MILLISECOND, DAY), "a refusal passes"),
    rule("binance.rest_url", Text(is_http, "http:// or https:// and a host"), ""),
    rule("binance.socket_url", Text(is_socket, "ws:// or wss:// and a host"), ""),
    rule("binance.poll", Time(Duration::from_millis(10), HOUR), "a chart is to be live"),
    rule("binance.request_rate", Number(0.001, 1000.0), "every series waits its turn"),
    rule("binance.timeout", Time(MILLISECOND, Duration::from_mins(5)), "a late price is no price"),
    rule("binance.silence", Time(MILLISECOND, HOUR), "a dead socket shows nothing"),
    rule("kraken.rest_url", Text(is_http, "http:// or https:// and a host"), ""),
    rule("kraken.socket_url", Text(is_socket, "ws:// or wss:// and a host"), ""),
    rule("kraken.poll", Time(Duration::from_millis(10), HOUR), "a chart is to be live"),
    rule("kraken.request_rate", Number(0.001, 1000.0), "every series waits its turn"),
    rule("kraken.timeout", Time(MILLISECOND, Duration::from_mins(5)), "a late price is no price"),
    rule("kraken.silence", Time(MILLISECOND, HOUR), "a dead socket shows nothing"),
    rule("coinbase.rest_url", Text(is_http, "http:// or https:// and a host"), ""),
    rule("coinbase.socket_url", Text(is_socket, "ws:// or wss:// and a host"), ""),
    rule("coinbase.poll", Time(Duration::from_millis(10), HOUR), "a chart is to be live"),
    rule("coinbase.request_rate", Number(0.001, 1000.0), "every series waits its turn"),
    rule("coinbase.timeout", Time(MILLISECOND, Duration::from_mins(5)), "a late price is no price"),
    rule("coinbase.silence", Time(MILLISECOND, HOUR), "a dead socket shows nothing"),
    rule("alpaca.key_id", Typed, "it is tried by asking"),
    rule("alpaca.secret_key", Typed, "it is tried by asking"),
    rule("alpaca.feed", Typed, "a choice"),
    rule("alpaca.rest_url", Text(is_http, "http:// or https:// and a host"), ""),
    rule("alpaca.assets_url", Text(is_http, "http:// or https:// and a host"), ""),
    rule("alpaca.socket_url", Text(is_socket, "ws:// or wss:// and a host"), ""),
    rule("alpaca.poll", Time(Duration::from_millis(10), HOUR), "a chart is to be live"),
    rule("alpaca.request_rate", Number(0.001, 1000.0), "every series waits its turn"),
    rule("alpaca.timeout", Time(MILLISECOND, Duration::from_mins(5)), "a late price is no price"),
    rule("alpaca.silence", Time(MILLISECOND, HOUR), "a dead socket shows nothing"),
    rule("replay.play", Typed, "a choice"),
    rule("replay.speed", Number(0.001, 1e6), "time passes, and forwards"),
    rule("replay.from", Typed, "it is looked for in the files"),
    rule("replay.follow", Typed, "a choice"),
    rule("replay.timezone", Typed, "it is looked up"),
    rule("ingest.tokens", Typed, "hashes"),
    rule("ingest.allow_loopback", Typed, "a choice"),
    rule("ingest.claims", Typed, "a choice"),
    rule("ingest.listen", Typed, "a host and a port, or nothing"),
    rule("ingest.body", Count(1 << 10, 1 << 30), "a row has to fit, and memory ends"),
    rule("ingest.unpacked", Count(1 << 10, 1 << 30), "a row has to fit, and memory ends"),
    rule("ingest.rows", Count(1, 10_000_000), "they are committed together"),
    rule("ingest.requests_per_address", Number(0.0, 1e6), "a client has as many a second"),
    rule("ingest.timeout", Time(SECOND, Duration::from_mins(10)), "a slow sender holds memory"),
    rule("ingest.symbols", Count(1, 1_000_000), "each is kept"),
    rule("ingest.bars", Count(2, 100_000_000), "a chart has two, and disks end"),
    rule("ingest.ticks", Count(1, 100_000_000), "they are on the disk"),
    rule("ingest.window", Time(Duration::ZERO, MINUTE), "a chart is to be live"),
    rule("ingest.stale_after", Time(SECOND, Duration::from_hours(24 * 30)), "senders pause"),
    rule("history.path", Typed, "a file is tried by opening it"),
    rule("history.record", Typed, "a choice"),
    rule("history.symbols", Count(1, 1_000_000), "each is kept"),
    rule("history.keep_days.1m", Count(0, 100_000), "a day is kept whole"),
    rule("history.keep_days.2m", Count(0, 100_000), "a day is kept whole"),
    rule("history.keep_days.5m", Count(0, 100_000), "a day is kept whole"),
    rule("history.keep_days.15m", Count(0, 100_000), "a day is kept whole"),
    rule("history.keep_days.30m", Count(0, 100_000), "a day is kept whole"),
    rule("history.keep_days.1h", Count(0, 100_000), "a day is kept whole"),
    rule("history.keep_days.2h", Count(0, 100_000), "a day is kept whole"),
    rule("history.keep_days.4h", Count(0, 100_000), "a day is kept whole"),
    rule("history.keep_days.1d", Count(0, 100_000), "a day is kept whole"),
    rule("history.keep_days.1wk", Count(0, 100_000), "a day is kept whole"),
    rule("history.keep_days.1mo", Count(0, 100_000), "a day is kept whole"),
    rule("cluster.redis", Typed, "an address is tried by connecting"),
    rule("cluster.sentinels", Typed, "addresses are tried by connecting"),
    rule("cluster.prefix", Text(is_prefix, "1 to 64 letters, digits, - . _ and :"), ""),
    rule("cluster.when_redis_is_gone", Typed, "a choice"),
    rule("cluster.replicas", Count(0, 16), "0 asks for none"),
];

/// The rule of a key.
pub fn of(key: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.key == key)
}

impl Rule {
    /// Whether a value that fits the key's type keeps to it.
    pub fn allows(&self, value: &Value) -> bool {
        match &self.bounds {
            Count(low, high) => value.as_integer().is_some_and(|set| (*low..=*high).contains(&set)),
            Number(low, high) => value.as_float().is_some_and(|set| (*low..=*high).contains(&set)),
            Time(shortest, longest) => {
                let set = value.as_str().and_then(|text| parse_duration(text).ok());
                set.is_some_and(|set| (*shortest..=*longest).contains(&set))
            }
            Text(fits, _) => fits(value),
            Typed => true,
        }
    }

    /// Whether there is more to say of what would be right than that it has another type.
    pub const fn is_bounded(&self) -> bool {
        !matches!(self.bounds, Typed)
    }
}

/// `server.workers must be 0 to 512: each is a thread`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be ", self.key)?;
        match &self.bounds {
            Count(low, high) => write!(f, "{low} to {high}")?,
            Number(low, high) => write!(f, "{low} to {high}")?,
            Time(shortest, longest) => {
                let [shortest, longest] = [*shortest, *longest].map(format_duration);
                write!(f, "{shortest} to {longest}")?;
            }
            Text(_, words) => f.write_str(words)?,
            Typed => f.write_str("another")?,
        }
        if self.why.is_empty() { Ok(()) } else { write!(f, ", as {}", self.why) }
    }
}

fn is_header(value: &Value) -> bool {
    let printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    value.as_str().is_some_and(|text| (1..=MAX_HEADER).contains(&text.len()) && printable(text))
}

fn is_cookie(value: &Value) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    value.as_str().is_some_and(|text| (1..=64).contains(&text.len()) && text.bytes().all(fits))
}

fn is_prefix(value: &Value) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    value.as_str().is_some_and(|text| (1..=64).contains(&text.len()) && text.bytes().all(plain))
}

fn are_few(value: &Value) -> bool {
    value.as_array().is_some_and(|colors| colors.len() <= ThemeConfig::MAX_LINES)
}

fn are_urls(value: &Value) -> bool {
    value.as_array().is_some_and(|urls| !urls.is_empty() && urls.iter().all(is_http))
}

fn is_http(value: &Value) -> bool {
    is_url(value, ["http", "https"])
}

fn is_socket(value: &Value) -> bool {
    is_url(value, ["ws", "wss"])
}

fn is_url(value: &Value, schemes: [&str; 2]) -> bool {
    let url = value.as_str().and_then(|text| url::Url::parse(text).ok());
    url.is_some_and(|url| schemes.contains(&url.scheme()) && url.has_host())
}
