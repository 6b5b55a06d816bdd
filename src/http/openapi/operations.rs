//! The table of operations: a row per method of each route.

use serde_json::{Value, json};

use super::operation::{Operation, of, reference};
use super::parameters::{
    self, format, interval, of_stream, of_view, query, required, symbol, udf_resolution,
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
            .refuses(&[404, 429, 503])
            .but_never(403),
    ]
}

fn lists() -> Vec<Operation> {
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
                query("symbol", "Whose ranges are told.", symbol()),
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
    let number = || json!({ "type": "integer" });
    let of_symbol = || required("symbol", "A symbol.", symbol());
    let answer =
        |about| move |operation: Operation| operation.answers(about, &[(JSON, of("UdfAnswer"))]);
    let config = Operation::get("/udf/config", "udfConfig", "What the data feed offers");
    vec![
        answer("What is offered.")(config).refuses(&[]),
        answer("A symbol.")(
            Operation::get("/udf/symbols", "udfSymbol", "What is known of a symbol")
                .with([of_symbol()]),
        )
        .refuses_as("UdfProblem", &[400, 403, 404, 503])
        .refuses(&[]),
        answer("Symbols.")(
            Operation::get("/udf/search", "udfSearch", "Symbols by ticker or name").with([
                query("query", "What is searched.", text()),
                query("exchange", "A source.", text()),
                query("type", "A class of assets.", text()),
                query("limit", "Most symbols.", json!({ "type": "integer", "minimum": 0 })),
            ]),
        )
        .refuses_as("UdfProblem", &[400, 429, 503])
        .refuses(&[]),
        answer("Columns of bars.")(
            Operation::get("/udf/history", "udfHistory", "Bars of a stretch of time").with([
                of_symbol(),
                udf_resolution(),
                query(
                    "from",
                    "Epoch second of the first bar; needed without `countback`.",
                    number(),
                ),
                required("to", "Epoch second before which all bars begin.", number()),
                query(
                    "countback",
                    "So many bars before `to`, at least one, whatever `from` is.",
                    number(),
                ),
            ]),
        )
        .refuses_as("UdfProblem", &[400, 403, 404, 429, 503])
        .refuses(&[]),
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
    let of_symbol = || required("symbol", "A symbol.", symbol());
    let raw = || query("raw", "`true` asks for the rows of a figure.", text());
    vec![
        list("/widgets.json", "openbbWidgets", "The widgets of a backend of OpenBB"),
        list("/apps.json", "openbbApps", "The apps of a backend of OpenBB"),
        list("/openbb/chart", "openbbChart", "A figure for OpenBB")
            .with([of_symbol(), raw()])
            .with(of_view(false)),
        list("/openbb/bars", "openbbBars", "Rows for OpenBB")
            .with([of_symbol(), raw()])
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
                json!({ "type": "string", "enum": ["1", "true", "0", "false"] }),
            ),
            query("symbol", "Whose rows they are, where the address does not say it.", symbol()),
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
        .refuses(&[400, 404, 429, 503]),
        Operation::get("/ingest/{symbol}/about", "described", "What is known of a pushed symbol")
            .answers("The description that is kept.", &[(JSON, of("About"))])
            .refuses(&[400, 404, 429]),
        Operation::new("put", "/ingest/{symbol}/about", "describe", "Say what a pushed symbol is")
            .takes(&[(JSON, reference("About"))])
            .answers("What is known of it now.", &[(JSON, of("About"))])
            .refuses(&[400, 408, 413, 422, 429, 503]),
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
            .may_take(&[("text/plain", json!({ "type": "string" }))])
            .answers_nothing(204, "The rows are on the disk.")
            .refuses_as("InfluxProblem", &[400, 401, 403, 408, 413, 415, 429, 503])
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
