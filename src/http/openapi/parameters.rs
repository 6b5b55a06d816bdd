//! The parameters of queries, made of the tables that queries are read by.

use serde_json::{Value, json};

use crate::figure::Format;
use crate::http::udf::resolution;
use crate::interval::Interval;
use crate::study::{KINDS, StudyKind};
use crate::view::{self, Offer, OptionKind, ViewOption};

/// The grammar of symbols. A source before one has to be there, too.
const SYMBOL: &str = r"^([A-Za-z][A-Za-z0-9]{0,15}:)?\^?[A-Za-z0-9]([A-Za-z0-9]|[.\-_&][A-Za-z0-9])*(=[A-Za-z]{1,3})?$";

/// A symbol.
pub fn symbol() -> Value {
    json!({ "type": "string", "pattern": SYMBOL, "maxLength": 48 })
}

/// A parameter of the query.
pub fn query(name: &str, about: &str, schema: Value) -> Value {
    let mut parameter = json!({ "name": name, "in": "query", "description": about });
    parameter["schema"] = schema;
    parameter
}

/// The same, which has to be there.
pub fn required(name: &str, about: &str, schema: Value) -> Value {
    let mut parameter = query(name, about, schema);
    parameter["required"] = true.into();
    parameter
}

/// The options of a view; those of a stream say how it is sent as well.
pub fn of_view(is_stream: bool) -> Vec<Value> {
    let options = view::options().into_iter().filter(|option| is_stream || option.name != "as");
    options.map(option).collect()
}

fn option(ViewOption { name, about, default, kind }: ViewOption) -> Value {
    match kind {
        OptionKind::Choice { values } => query(name, about, choice(&values, default)),
        // Roles and their colours, in one text.
        OptionKind::Colors { .. } => query(name, about, json!({ "type": "string" })),
        OptionKind::List { of, most } => {
            let studies: Vec<_> = KINDS.iter().map(StudyKind::name).collect();
            let item = match of {
                "study" => json!({
                    "type": "string",
                    "pattern": format!("^({})(:[0-9.]+)*$", studies.join("|")),
                    "examples": KINDS.iter().map(|kind| kind.form).collect::<Vec<_>>(),
                }),
                _ => symbol(),
            };
            let mut list = query(
                name,
                about,
                json!({ "type": "array", "items": item, "maxItems": most, "uniqueItems": true }),
            );
            // Joined by commas.
            list["style"] = "form".into();
            list["explode"] = false.into();
            list
        }
    }
}

fn choice(values: &[Offer], default: &str) -> Value {
    let names: Vec<_> = values.iter().map(|offer| offer.value).collect();
    let about: Vec<_> =
        values.iter().map(|offer| format!("`{}`: {}", offer.value, offer.about)).collect();
    let mut schema = json!({ "type": "string", "enum": names, "description": about.join("\n") });
    if !default.is_empty() {
        schema["default"] = default.into();
    }
    schema
}

/// In what form a table is written.
pub fn format() -> Value {
    query(
        "format",
        "How the table is written; else as Accept prefers.",
        choice(&Offer::all::<Format>(), ""),
    )
}

/// The length of pushed bars.
pub fn interval() -> Value {
    query("interval", "The length of bars; ticks make 1m.", choice(&Offer::all::<Interval>(), "1m"))
}

/// What goes with a stream of any kind.
pub fn of_stream() -> Vec<Value> {
    let id = json!({ "type": "string", "maxLength": 64 });
    vec![
        query(
            "max_rate",
            "Most figures a second.",
            json!({ "type": "number", "minimum": 0.016, "maximum": 100 }),
        ),
        query(
            "last_event_id",
            "The id of the last figure that the client has, where it cannot send the header.",
            id.clone(),
        ),
        json!({
            "name": "Last-Event-ID", "in": "header", "schema": id,
            "description": "The id of the last figure that the client has; an EventSource sends it by itself.",
        }),
    ]
}

/// The resolutions of UDF.
pub fn udf_resolution() -> Value {
    required(
        "resolution",
        "Minutes, or 1D, 1W, 1M.",
        json!({ "type": "string", "enum": resolution::names(|_| true) }),
    )
}
