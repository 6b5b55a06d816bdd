//! The table of operations: a row per method of each route.

use serde_json::{Value, json};

use super::operation::{Operation, of, reference};
use super::parameters::{
    self, format, interval, of_stream, of_view, query, required, udf_resolution,
};

const JSON: &str = "application/json";

/// All of them.
pub fn all() -> Vec<Operation> {
    [charts(), lists(), udf(), openbb(), pushes(), line_protocol(), health()]
        .into_iter()
        .flatten()
        .collect()
}

/// A stream: each event is an item of the body.
fn events() -> [(&'static str, Value); 1] {
    [("text/event-stream", json!({ "itemSchema": reference("StreamEvent") }))]
}

fn charts() -> Vec<Operation> {
    let once = [400, 404, 406, 429, 503];
    vec![
        Operation::get("/stream/{symbol}", "stream", "Figures of a symbol, as they change")
            .with(of_view(true))
            .with(of_stream())
            .answers("A stream that does not end by itself.", &events())
            .refuses(&once),
        Operation::get("/stream", "streamViews", "Figures of up to 32 views in one stream")
            .with([required(
                "view",
                "A view: a symbol and its options, as in AAPL;range=5d.",
                json!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": 32 }),
            )])
            .with(of_stream())
            .answers("A stream that does not end by itself.", &events())
            .refuses(&once),
        Operation::get("/figure/{symbol}", "figure", "The newest figure once")
            .with(of_view(false))
            .answers("A figure for Plotly.", &[(JSON, of("Figure"))])
            .answers_nothing(304, "The client has it (If-None-Match).")
            .refuses(&once),
        Operation::get("/bars/{symbol}", "bars", "What the newest figure shows, as a table")
            .with(of_view(false))
            .with([format()])
            .answers("A row per bar.", &[
                (JSON, of("Table")),
                ("text/csv", json!({ "schema": { "type": "string" } })),
            ])
            .answers_nothing(304, "The client has it (If-None-Match).")
            .refuses(&once),
        Operation::new("post", "/ticket", "ticket", "A ticket for the query of an address")
            .answers("What the token of the request lets one see.", &[(JSON, of("Ticket"))])
            .refuses(&[404, 429, 503]),
    ]
}

fn lists() -> Vec<Operation> {
    let symbol = json!({ "type": "string", "maxLength": 64 });
    vec![
        Operation::get("/search", "search", "Symbols by ticker or name")
            .with([query(
                "q",
                "What is searched; empty for those that are shown first.",
                json!({ "type": "string" }),
            )])
            .answers("At most 20 symbols, best first.", &[(JSON, of("Found"))])
            .refuses(&[400, 406, 429, 503]),
        Operation::get("/views", "views", "What a view can be asked for")
            .with([
                query("symbol", "Whose ranges are told.", symbol),
                query(
                    "colors",
                    "Told in these, as `colors` of a view.",
                    json!({ "type": "string" }),
                ),
            ])
            .answers("Options, studies, intervals, ranges, colours.", &[(JSON, of("Views"))])
            .answers_nothing(304, "The client has it (If-None-Match).")
            .refuses(&[400, 406]),
    ]
}

fn udf() -> Vec<Operation> {
    let text = || json!({ "type": "string" });
    let seconds = || json!({ "type": "integer" });
    let symbol = || required("symbol", "A symbol.", text());
    let answer =
        |about| move |operation: Operation| operation.answers(about, &[(JSON, of("UdfAnswer"))]);
    vec![
        answer("What is offered.")(Operation::get(
            "/udf/config",
            "udfConfig",
            "What the data feed offers",
        ))
        .refuses(&[]),
        answer("A symbol.")(
            Operation::get("/udf/symbols", "udfSymbol", "What is known of a symbol")
                .with([symbol()]),
        )
        .refuses(&[400, 404, 503]),
        answer("Symbols.")(
            Operation::get("/udf/search", "udfSearch", "Symbols by ticker or name").with([
                query("query", "What is searched.", text()),
                query("exchange", "A source.", text()),
                query("type", "A class of assets.", text()),
                query("limit", "Most symbols.", json!({ "type": "integer", "minimum": 0 })),
            ]),
        )
        .refuses(&[400, 429, 503]),
        answer("Columns of bars.")(
            Operation::get("/udf/history", "udfHistory", "Bars of a stretch of time").with([
                symbol(),
                udf_resolution(),
                query(
                    "from",
                    "Epoch second of the first bar; needed without `countback`.",
                    seconds(),
                ),
                required("to", "Epoch second before which all bars begin.", seconds()),
                query(
                    "countback",
                    "So many bars before `to`, whatever `from` is.",
                    json!({ "type": "integer", "minimum": 1 }),
                ),
            ]),
        )
        .refuses(&[400, 404, 429, 503]),
        Operation::get("/udf/time", "udfTime", "The server's time")
            .answers("Epoch seconds.", &[("text/plain", json!({ "schema": { "type": "string" } }))])
            .refuses(&[]),
    ]
}

/// What a backend of `OpenBB` has.
fn openbb() -> Vec<Operation> {
    let list = |path, id, summary| {
        Operation::get(path, id, summary)
            .answers("As OpenBB says it.", &[(JSON, of("OpenBbAnswer"))])
            .refuses(&[400, 404, 429, 503])
    };
    let text = || json!({ "type": "string" });
    let symbol = || required("symbol", "A symbol.", text());
    let raw = || query("raw", "`true` asks for the rows of a figure.", text());
    vec![
        list("/widgets.json", "openbbWidgets", "The widgets of a backend of OpenBB"),
        list("/apps.json", "openbbApps", "The apps of a backend of OpenBB"),
        list("/openbb/chart", "openbbChart", "A figure for OpenBB")
            .with([symbol(), raw()])
            .with(of_view(false)),
        list("/openbb/bars", "openbbBars", "Rows for OpenBB")
            .with([symbol(), raw()])
            .with(of_view(false)),
    ]
}

/// The forms of rows.
fn rows() -> [(&'static str, Value); 3] {
    let text = json!({ "type": "string" });
    [("text/csv", text.clone()), ("application/x-ndjson", text), (JSON, reference("Rows"))]
}

fn pushes() -> Vec<Operation> {
    let options = || {
        let units = json!({ "type": "string", "enum": ["s", "ms", "us", "ns"], "default": "ms" });
        [
            interval(),
            query("precision", "The unit of times that are numbers.", units),
            query(
                "partial",
                "1 takes the good rows and lists the others.",
                json!({ "type": "string", "enum": ["1", "0"] }),
            ),
            query(
                "symbol",
                "Whose rows they are, where the address does not say it.",
                json!({ "type": "string" }),
            ),
        ]
    };
    let push = |path, id, summary| {
        Operation::new("post", path, id, summary)
            .with(options())
            .takes(&rows())
            .answers("The rows are on the disk.", &[(JSON, of("Taken"))])
            .refuses(&[400, 408, 413, 415, 422, 429, 503])
    };
    vec![
        push("/ingest/{symbol}", "push", "Keep bars or ticks of a symbol"),
        push("/ingest", "pushMany", "Keep bars or ticks of symbols that each row names"),
        push("/ingest/hook/{token}", "pushHook", "The same for senders without headers"),
        Operation::new(
            "delete",
            "/ingest/{symbol}",
            "removeSymbol",
            "Remove a pushed symbol and its bars",
        )
        .answers_nothing(204, "It is removed.")
        .refuses(&[404, 429, 503]),
        Operation::get("/ingest/{symbol}/about", "described", "What is known of a pushed symbol")
            .answers("The description that is kept.", &[(JSON, of("About"))])
            .refuses(&[404, 429]),
        Operation::new("put", "/ingest/{symbol}/about", "describe", "Say what a pushed symbol is")
            .takes(&[(JSON, reference("About"))])
            .answers("What is known of it now.", &[(JSON, of("About"))])
            .refuses(&[408, 413, 422, 429, 503]),
    ]
}

fn line_protocol() -> Vec<Operation> {
    let write = |path, id| {
        let ignored = ["org", "orgID", "bucket", "db", "rp", "consistency", "u", "p"];
        let ignored =
            ignored.map(|name| query(name, "Is passed over.", json!({ "type": "string" })));
        let units =
            json!({ "type": "string", "enum": ["s", "ms", "us", "ns", "n", "u", "h", "m"] });
        Operation::new("post", path, id, "Keep bars or ticks in the line protocol of Influx")
            .with([parameters::interval(), query("precision", "The unit of times.", units)])
            .with(ignored)
            .takes(&[("text/plain", json!({ "type": "string" }))])
            .answers_nothing(204, "The rows are on the disk.")
            .refuses(&[400, 408, 413, 415, 429, 503])
    };
    vec![write("/write", "writeLines"), write("/api/v2/write", "writeLines2")]
}

fn health() -> Vec<Operation> {
    let text =
        |about| [("text/plain", json!({ "schema": { "type": "string", "description": about } }))];
    vec![
        Operation::get("/healthz", "alive", "Whether the process answers")
            .public()
            .answers("It does.", &text("ok")),
        Operation::get("/readyz", "ready", "Whether new streams are welcome")
            .public()
            .answers("They are.", &text("ok"))
            .refuses(&[503]),
        Operation::get("/metrics", "metrics", "What the server counts, for Prometheus")
            .answers(
                "The text format of Prometheus, or OpenMetrics for a client that asks for it.",
                &[
                    ("text/plain", json!({ "schema": { "type": "string" } })),
                    ("application/openmetrics-text", json!({ "schema": { "type": "string" } })),
                ],
            )
            .refuses(&[]),
        Operation::get("/openapi.json", "openapi", "This document")
            .answers("OpenAPI 3.2.", &[(JSON, json!({ "schema": { "type": "object" } }))])
            .refuses(&[]),
        Operation::get("/llms.txt", "llms", "The server in prose")
            .answers("Markdown.", &text("What can be asked."))
            .refuses(&[]),
        Operation::get("/", "page", "The page")
            .answers("HTML.", &[("text/html", json!({ "schema": { "type": "string" } }))])
            .refuses(&[]),
        Operation::get("/chart/{symbol}", "chart", "The page with a chart")
            .answers("HTML.", &[("text/html", json!({ "schema": { "type": "string" } }))])
            .refuses(&[]),
    ]
}
