//! figcast streams live market charts over Server-Sent Events.

#![forbid(unsafe_code)]

pub mod app;
pub mod bars;
pub mod cli;
pub mod clock;
pub mod config;
pub mod figure;
pub mod http;
pub mod hub;
pub mod interval;
pub mod market;
pub mod metrics;
pub mod source;
pub mod sse;
pub mod symbol;
pub mod view;
