//! Integration tests, in one binary because linking polars is dear.

mod http;
mod hub;
mod process;
mod support;
