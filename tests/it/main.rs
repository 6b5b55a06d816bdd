//! Integration tests, in one binary because linking polars is dear.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    reason = "this is how a test fails, or tells what it saw"
)]

mod admin;
mod auth;
mod bars;
mod base_path;
mod benchmarks;
mod brands;
mod cluster;
mod codings;
mod comparison;
mod doctor;
mod exchanges;
mod files;
mod hardening;
mod http;
mod hub;
mod ingest;
mod log;
mod manager;
mod metrics;
mod negotiation;
mod openapi;
mod openbb;
mod process;
mod recorded;
mod router;
mod rows;
mod search;
mod served;
mod sessions;
mod shares;
mod structure;
mod support;
mod tls;
mod udf;
mod versions;
mod yahoo;
