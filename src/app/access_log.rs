//! The access log: a line for each request that was answered, at its end. It names the route and not the path, and nothing of
//! the query or the headers, in which there may be tokens.

use std::fmt;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::CONTENT_ENCODING;
use actix_web::http::{Method, StatusCode};
use log::info;

use crate::http::AppState;
use crate::hub::EventCount;
use crate::logging::ACCESS;
use crate::shares::Client;

/// A request and its answer so far; its drop is the line.
#[derive(Debug)]
pub struct AccessEntry {
    method: Method,
    route: String,
    status: StatusCode,
    coding: String,
    client: Option<Client>,
    /// What a stream has sent.
    events: Option<EventCount>,
    began: Instant,
    /// Bytes of the body that were handed over.
    bytes: u64,
}

impl AccessEntry {
    /// Of an answer to a request that came at `began`.
    pub fn of<B: MessageBody>(
        state: &AppState,
        response: &ServiceResponse<B>,
        began: Instant,
    ) -> Self {
        let request = response.request();
        let coding = response.headers().get(CONTENT_ENCODING).and_then(|name| name.to_str().ok());
        Self {
            method: request.method().clone(),
            route: request.match_pattern().unwrap_or_else(|| "-".to_owned()),
            status: response.status(),
            coding: coding.unwrap_or("identity").to_owned(),
            client: state.client(request),
            events: response.response().extensions().get::<EventCount>().cloned(),
            began,
            bytes: 0,
        }
    }

    /// A part of the body is handed over.
    pub const fn sent(&mut self, bytes: u64) {
        self.bytes += bytes;
    }
}

impl fmt::Display for AccessEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, route, coding, bytes, .. } = self;
        // A method may be anything of any length.
        let method = &method.as_str()[..method.as_str().len().min(16)];
        write!(f, "{method} {route} {} {coding} {bytes} bytes", self.status.as_u16())?;
        if let Some(events) = &self.events {
            write!(f, " {} events", events.get())?;
        }
        write!(f, " {:.3} s", self.began.elapsed().as_secs_f64())?;
        match self.client {
            Some(client) => write!(f, " from {client}"),
            None => f.write_str(" from nobody named"),
        }
    }
}

impl Drop for AccessEntry {
    fn drop(&mut self) {
        info!(target: ACCESS, "{self}");
    }
}
