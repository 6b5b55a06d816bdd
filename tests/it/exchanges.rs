//! Exchanges as sources, in front of scripted ones: REST and a socket on free ports, without TLS, that replay
//! sessions of a generated market in the exact published format.

mod alpaca;
mod binance;
mod coinbase;
mod crowd;
mod day;
mod kraken;
mod market;
mod socket;
mod venue;
mod watcher;
mod yahoo;
