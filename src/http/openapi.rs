//! `/openapi.json`: what can be asked here, for programs that make clients and tests of it. `/llms.txt`: the same for
//! programs that read prose.
//!
//! The options of views, their values and bounds come from the tables that requests are read by. `OpenAPI` 3.2 is the
//! first that has words for the events of a stream (`itemSchema`).

mod operation;
mod operations;
mod parameters;

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Bytes;
use serde_json::{Map, Value, json};

use operation::Operation;

/// How long the answer may be believed: it changes with the release.
const CACHING: &str = "public, max-age=60";
/// The schemas of events, answers and errors.
const SCHEMAS: &str = include_str!("openapi/schemas.json");
/// The server in prose.
const LLMS: &str = include_str!("openapi/llms.txt");

/// The whole document.
static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| document().to_string().into());

/// Answers with the document.
pub async fn get() -> HttpResponse {
    let document = Bytes::clone(&DOCUMENT);
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, CACHING)).content_type("application/json").body(document)
}

/// Answers with the server in prose.
pub async fn llms() -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CACHE_CONTROL, CACHING))
        .content_type("text/plain; charset=utf-8")
        .body(LLMS)
}

fn document() -> Value {
    let schemas: Value = serde_json::from_str(SCHEMAS).expect("the file is JSON, as a test knows");
    json!({
        "openapi": "3.2.0",
        "info": {
            "title": "figcast",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT", "identifier": "MIT" },
            "description": "Live market charts over Server-Sent Events: figures for Plotly, and the rows of their bars. \
                 GET routes answer HEAD, too. With [auth] the charts need a token; without it nobody is asked for one.",
        },
        "servers": [{ "url": "./" }],
        "security": [{}, { "bearer": [] }, { "cookie": [] }, { "ticket": [] }],
        "paths": paths(operations::all()),
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "cookie": {
                    "type": "apiKey", "in": "cookie", "name": "__Host-figcast",
                    "description": "The name is auth.cookie of the configuration.",
                },
                "ticket": {
                    "type": "apiKey", "in": "query", "name": super::query::TICKET,
                    "description": "What POST /ticket answers with, for an EventSource.",
                },
            },
        },
    })
}

/// The operations by path and method.
fn paths(operations: Vec<Operation>) -> Value {
    let mut paths = Map::new();
    for operation in operations {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        let method = operation.method;
        path[method] = operation.into_json();
    }
    Value::Object(paths)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::document;

    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                let named = map.get("$ref").and_then(Value::as_str).map(str::to_owned);
                found.extend(named);
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn whatever_is_referred_to_is_there_and_whatever_is_there_is_referred_to() {
        let document = document();
        let mut named = BTreeSet::new();
        references(&document, &mut named);
        for name in &named {
            let pointer = name.strip_prefix('#').expect("within the document");
            assert!(document.pointer(pointer).is_some(), "{name}");
        }
        for name in document["components"]["schemas"].as_object().expect("schemas").keys() {
            assert!(named.contains(&format!("#/components/schemas/{name}")), "nobody needs {name}");
        }
    }

    #[test]
    fn every_operation_has_an_id_of_its_own_and_every_part_of_a_path_a_parameter() {
        let document = document();
        let mut ids = BTreeSet::new();
        for (path, operations) in document["paths"].as_object().expect("paths") {
            for (method, operation) in operations.as_object().expect("operations") {
                let id = operation["operationId"].as_str().expect("an id").to_owned();
                assert!(ids.insert(id.clone()), "{id} is there twice");
                let parameters = operation["parameters"].as_array().expect("a list");
                let in_path = |parameter: &&Value| parameter["in"] == "path";
                let of_path = parameters.iter().filter(in_path).count();
                assert_eq!(of_path, path.matches('{').count(), "{method} {path}");
                assert!(operation["responses"].is_object(), "{method} {path}");
            }
        }
    }
}
