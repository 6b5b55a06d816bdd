//! What every client of an upstream is made of: a bounded HTTP client, a ration of requests, and a breaker
//! that stops them all while the upstream refuses them.

mod breaker;
mod client;
mod limiter;
mod refusal;
mod rest;

pub use breaker::{Breaker, Pass};
pub use client::{Answer, HttpClient, HttpSettings, retry_after, secret_headers};
pub use limiter::Limiter;
pub use refusal::http_refusal;
pub use rest::{Ask, Rest, RestSettings, paused};
