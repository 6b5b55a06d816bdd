//! Metrics: every family in one struct, in a registry of its own so that each server, also each one
//! in a test, counts for itself. No label holds a symbol: its values would be unbounded.

mod exposition;
mod process;

use std::fmt::Write as _;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use process::ProcessCollector;

/// Upper bounds, in seconds, of the rendering histogram.
const RENDER_BUCKETS: [f64; 8] = [0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.02];

/// Upper bounds, in seconds, of the histogram of ages. A reader that keeps up is in the first ones.
const AGE_BUCKETS: [f64; 9] = [0.001, 0.01, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0];

/// Upper bounds, in seconds, of the histogram of commits. A disk syncs in milliseconds.
const COMMIT_BUCKETS: [f64; 9] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 2.0];

/// Upper bounds, in seconds, of the histogram of a cluster's lag.
const LAG_BUCKETS: [f64; 8] = [0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 2.0];

/// Upper bounds, in seconds, of the histogram of updates: a figure is drawn in a millisecond, and a comparison waits
/// for the news of the other symbols for up to a second.
const UPDATE_BUCKETS: [f64; 10] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

/// The classes of answers.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// A source, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceLabel(pub &'static str);

impl EncodeLabelSet for SourceLabel {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> std::fmt::Result {
        [("source", self.0)].encode(encoder)
    }
}

/// The class of an answer by its status, such as `2xx`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AnswerClass(&'static str);

impl AnswerClass {
    /// That of a status.
    #[must_use]
    pub fn of(status: u16) -> Self {
        let class = usize::from(status / 100).checked_sub(1).and_then(|at| CLASSES.get(at));
        Self(class.copied().unwrap_or("5xx"))
    }
}

impl EncodeLabelSet for AnswerClass {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> std::fmt::Result {
        [("class", self.0)].encode(encoder)
    }
}

/// The state of the data of a feed, as its status says it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StateLabel(pub &'static str);

impl EncodeLabelSet for StateLabel {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> std::fmt::Result {
        [("state", self.0)].encode(encoder)
    }
}

/// How a source answered: `ok`, or the kind of its error.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// The source's name.
    pub source: &'static str,
    /// The word for it.
    pub outcome: &'static str,
}

impl EncodeLabelSet for Outcome {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> std::fmt::Result {
        [("source", self.source), ("outcome", self.outcome)].encode(encoder)
    }
}

/// What was made by a compression: the name of a coding, or of its deltas (`gzip_delta`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EncodingForm(pub &'static str);

impl EncodeLabelSet for EncodingForm {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> std::fmt::Result {
        [("form", self.0)].encode(encoder)
    }
}

/// Why a connection was ended before its client ended it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CutReason(pub &'static str);

impl EncodeLabelSet for CutReason {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> std::fmt::Result {
        [("reason", self.0)].encode(encoder)
    }
}

/// How a request to push was answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IngestOutcome(pub &'static str);

impl EncodeLabelSet for IngestOutcome {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> std::fmt::Result {
        [("outcome", self.0)].encode(encoder)
    }
}

/// What a node does for a series of a cluster: it is its `leader` or a `follower`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClusterRole(pub &'static str);

impl EncodeLabelSet for ClusterRole {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> std::fmt::Result {
        [("role", self.0)].encode(encoder)
    }
}

/// Declares the families with their names; each field's doc comment is its help text.
macro_rules! families {
    ($($(#[doc = $help:literal])+ $field:ident: $kind:ty = $make:expr => $name:literal,)+) => {
        /// What the server counts.
        #[derive(Debug)]
        pub struct Metrics {
            registry: Registry,
            $($(#[doc = $help])+ pub $field: $kind,)+
        }

        impl Metrics {
            /// The name of each family, and what it is: those without a label value are not in an exposition.
            pub const FAMILIES: &[(&str, &str)] = &[$(($name, stringify!($kind)),)+];
        }

        impl Default for Metrics {
            fn default() -> Self {
                let mut registry = Registry::default();
                registry.register_collector(Box::new(ProcessCollector::default()));
                let ours = registry.sub_registry_with_prefix("figcast");
                let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
                ours.register("build", "The release that runs", build);
                $(
                    let $field: $kind = $make;
                    ours.register($name, concat!($($help),+).trim().trim_end_matches('.'), $field.clone());
                )+
                let metrics = Self { registry, $($field,)+ };
                for class in CLASSES {
                    let _ = metrics.http_answers.get_or_create(&AnswerClass(class));
                }
                metrics
            }
        }
    };
}

families! {
    /// Connections open now.
    connections: Gauge = Gauge::default() => "connections",
    /// Connections that were ended because their clients took too long, sent too much or made room, by reason.
    connections_cut: Family<CutReason, Counter> = Family::default() => "connections_cut",
    /// Connections that were closed at once because there was no place for them.
    connections_refused: Counter = Counter::default() => "connections_refused",
    /// TLS handshakes that have begun and are not over.
    tls_handshakes: Gauge = Gauge::default() => "tls_handshakes",
    /// Connections that were closed before their TLS handshake, as there was no place for it or their client had too many.
    tls_handshakes_refused: Counter = Counter::default() => "tls_handshakes_refused",
    /// Clients that began TLS and did not end its handshake.
    tls_handshakes_failed: Counter = Counter::default() => "tls_handshakes_failed",
    /// When the certificate of TLS ends, in seconds since 1970; 0 without one.
    certificate_ends: Gauge = Gauge::default() => "tls_certificate_ends_timestamp_seconds",
    /// Answers, by the class of their status.
    http_answers: Family<AnswerClass, Counter> = Family::default() => "http_answers",
    /// Streams open now.
    streams: Gauge = Gauge::default() => "streams",
    /// Streams opened since the start; a stream's id in the log is this count at its opening.
    streams_opened: Counter = Counter::default() => "streams_opened",
    /// Streams that ended since the start, for any reason.
    streams_closed: Counter = Counter::default() => "streams_closed",
    /// Streams open now whose token ends within a minute.
    streams_expiring: Gauge = Gauge::default() => "streams_expiring",
    /// Requests turned away because a bound was reached or the server was stopping.
    turned_away: Counter = Counter::default() => "turned_away",
    /// Feeds running now.
    feeds: Gauge = Gauge::default() => "feeds",
    /// Feeds running now, by the state of their data.
    feed_states: Family<StateLabel, Gauge> = Family::default() => "feed_states",
    /// Views rendered now.
    views: Gauge = Gauge::default() => "views",
    /// Answers of sources to fetches, by source and outcome.
    fetches: Family<Outcome, Counter> = Family::default() => "fetches",
    /// When a source last answered a fetch well, in seconds since 1970; 0 before it has.
    source_answered: Family<SourceLabel, Gauge> = Family::default() => "source_answered_timestamp_seconds",
    /// Whether requests to a source pause because it refused one: 1 while they do.
    source_paused: Family<SourceLabel, Gauge> = Family::default() => "source_paused",
    /// Answers of sources to searches for symbols, by source and outcome.
    searches: Family<Outcome, Counter> = Family::default() => "searches",
    /// Figures rendered.
    renders: Counter = Counter::default() => "renders",
    /// Time to render one figure and encode its event.
    render_seconds: Histogram = Histogram::new(RENDER_BUCKETS) => "render_seconds",
    /// Time from when an update of a source was seen until what was drawn of it was there for all subscribers of a view.
    update_seconds: Histogram = Histogram::new(UPDATE_BUCKETS) => "update_seconds",
    /// Compressions of figures and statuses, each once for all who get it.
    compressions: Family<EncodingForm, Counter> = Family::default() => "compressions",
    /// Figures handed to streams.
    figures_sent: Counter = Counter::default() => "figures_sent",
    /// Updates that were sent as the rows that changed.
    changes_sent: Counter = Counter::default() => "changes_sent",
    /// Figures a stream passed over because a newer one was there.
    figures_skipped: Counter = Counter::default() => "figures_skipped",
    /// Age of figures when they are handed to streams, from when they were drawn.
    figure_age_seconds: Histogram = Histogram::new(AGE_BUCKETS) => "figure_age_seconds",
    /// Status events handed to streams.
    statuses_sent: Counter = Counter::default() => "statuses_sent",
    /// Heartbeat comments handed to streams.
    heartbeats_sent: Counter = Counter::default() => "heartbeats_sent",
    /// Requests to push, by how they were answered.
    ingest_requests: Family<IngestOutcome, Counter> = Family::default() => "ingest_requests",
    /// Rows that were pushed, by what became of them.
    ingest_rows: Family<IngestOutcome, Counter> = Family::default() => "ingest_rows",
    /// Pushed bars that took the place of others which were not the newest.
    ingest_corrections: Counter = Counter::default() => "ingest_corrections",
    /// Time from the beginning of a transaction of the history to its sync.
    history_commit_seconds: Histogram = Histogram::new(COMMIT_BUCKETS) => "history_commit_seconds",
    /// Transactions of the history that failed.
    history_failures: Counter = Counter::default() => "history_failures",
    /// Bars of sources that were written into the history.
    history_recorded: Counter = Counter::default() => "history_recorded_bars",
    /// Symbols that the history keeps.
    history_symbols: Gauge = Gauge::default() => "history_symbols",
    /// Bytes of the history's file and its log.
    history_bytes: Gauge = Gauge::default() => "history_bytes",
    /// Series of the cluster that this node leads or follows, by role; also `unreadable`: as a newer node writes them.
    cluster_series: Family<ClusterRole, Gauge> = Family::default() => "cluster_series",
    /// Leases of series that this node took, gave back or lost.
    cluster_lease_changes: Counter = Counter::default() => "cluster_lease_changes",
    /// Time from when a leader's change was in Redis until a follower had it, by the clock of Redis.
    cluster_lag: Histogram = Histogram::new(LAG_BUCKETS) => "cluster_lag_seconds",
    /// When Redis last answered this node, in seconds since 1970 by its clock; 0 without a cluster.
    cluster_beat: Gauge = Gauge::default() => "cluster_beat_timestamp_seconds",
    /// Lines of the log that were dropped because nobody read it in time.
    log_lines_dropped: Counter = Counter::default() => "log_lines_dropped",
}

impl Metrics {
    /// Shows these reasons for cutting a connection from the beginning, with none.
    pub fn list_cuts(&self, reasons: impl IntoIterator<Item = &'static str>) {
        for reason in reasons {
            let _ = self.connections_cut.get_or_create(&CutReason(reason));
        }
    }

    /// Counts an answer.
    pub fn count_answer(&self, status: u16) {
        self.http_answers.get_or_create(&AnswerClass::of(status)).inc();
    }

    /// Shows these sources from the beginning.
    pub fn list_sources(&self, sources: impl IntoIterator<Item = &'static str>) {
        for source in sources {
            let _ = self.source_answered.get_or_create(&SourceLabel(source));
        }
    }

    /// All of it in the text format of Prometheus, version 0.0.4.
    #[must_use]
    pub fn expose_text(&self) -> String {
        exposition::prometheus_text(&self.expose())
    }

    /// The text exposition (`OpenMetrics`).
    #[must_use]
    pub fn expose(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            // Writing to a String cannot fail; say so rather than panic if an encoder ever does.
            let _ = text.write_str("# encoding failed\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{AnswerClass, CutReason, Metrics, Outcome};

    #[test]
    fn the_exposition_has_help_types_and_values() {
        let metrics = Metrics::default();
        metrics.streams.inc();
        metrics.connections_cut.get_or_create(&CutReason("late")).inc();
        metrics.fetches.get_or_create(&Outcome { source: "sim", outcome: "ok" }).inc();
        metrics.searches.get_or_create(&Outcome { source: "yahoo", outcome: "blocked" }).inc();
        metrics.count_answer(404);
        metrics.list_sources(["sim"]);
        // What the system says is another number each time.
        insta::with_settings!({ filters => [(r"(?m)^(process_\w+) \S+$", "$1 [number]")] }, {
            insta::assert_snapshot!(with_classes_in_order(&metrics.expose()));
        });
    }

    /// The values of one metric stand in another order in each process.
    fn with_classes_in_order(exposition: &str) -> String {
        let mut lines: Vec<&str> = exposition.split_inclusive('\n').collect();
        for of_one_metric in
            lines.chunk_by_mut(|a, b| [a, b].iter().all(|line| line.contains("{class=")))
        {
            of_one_metric.sort_unstable();
        }
        lines.concat()
    }

    #[test]
    fn an_answer_counts_for_the_class_of_its_status() {
        for (status, class) in
            [(200, "2xx"), (204, "2xx"), (404, "4xx"), (599, "5xx"), (999, "5xx")]
        {
            assert_eq!(AnswerClass::of(status), AnswerClass(class), "{status}");
        }
    }
}
