//! figcast streams live market charts over Server-Sent Events.
//!
//! `GET /stream/AAPL` answers with complete Plotly figures, updated as the market moves. However many
//! people watch a symbol, the server fetches its data once, draws its figure once and encodes the event
//! once per coding; every subscriber gets the same bytes.
//!
//! ```text
//! source --updates--> feed --series--> renderer --frame--> published --> fan-out --> subscription --> GET /stream
//! yahoo, sim,         one per          one per             one per       one per     one per
//! replay              series           view                view          view and    client
//!                                                                        worker
//! ```
//!
//! Read [`app`], [`http`], [`hub`], [`source`], [`figure`] and [`bars`], in that order. Imports point
//! downward only, along this list:
//!
//! - [`cli`]: what was typed.
//! - [`app`]: binds, runs, drains.
//! - [`http`]: the routes.
//! - [`cluster`]: several processes that are one service.
//! - [`hub`]: feeds, renderers, subscriptions; knows nothing of HTTP.
//! - [`source`]: where bars come from; [`figure`]: how they are drawn. Neither knows the other.
//! - [`auth`]: whose tokens are believed, and what each of them allows.
//! - [`bars`]: the polars series.
//! - [`codec`]: content codings in pieces that many connections share; knows bytes only.
//! - [`view`], [`market`], [`config`], [`symbol`], [`interval`], [`study`], [`brand`], [`choice`], [`clock`],
//!   [`sse`], [`metrics`], [`shares`]: the vocabulary.
//! - [`logging`]: lines on stderr, bounded for each client.

#[macro_use]
pub mod choice;

pub mod app;
pub mod auth;
pub mod bars;
pub mod brand;
pub mod cli;
pub mod clock;
pub mod cluster;
pub mod codec;
pub mod config;
pub mod figure;
pub mod history;
pub mod http;
pub mod hub;
pub mod interval;
pub mod jitter;
pub mod logging;
pub mod market;
pub mod metrics;
pub mod shares;
pub mod source;
pub mod sse;
pub mod study;
pub mod symbol;
pub mod view;

#[cfg(test)]
mod fixtures;

// What tests of the crate share with those of its surface names the crate as those do.
#[cfg(test)]
extern crate self as figcast;
#[cfg(test)]
#[path = "../tests/support/scripted.rs"]
mod scripted;
