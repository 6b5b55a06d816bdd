//! Errors as clients see them: RFC 9457 problem JSON that says what would be right.

use std::time::Duration;

use actix_web::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

use crate::hub::{Overloaded, SubscribeError};
use crate::source::{SearchError, SourceError};
use crate::symbol::{SymbolError, UnknownSource};
use crate::view::ViewError;

/// The methods of every resource.
const METHODS: &str = "GET, HEAD, OPTIONS";

/// When one who was turned away may ask again.
const RETRY_AFTER_BUSY: Duration = Duration::from_secs(5);

/// What went wrong, in the words of the problem's reader.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    status: StatusCode,
    detail: String,
    /// When to ask again, should the status be one that says so.
    retry_after: Duration,
}

#[derive(Serialize)]
struct ProblemBody<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
}

impl Problem {
    /// A problem with a sentence for its reader.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), retry_after: RETRY_AFTER_BUSY }
    }

    /// A method that no resource has.
    pub fn method_not_allowed(method: &Method) -> Self {
        let detail = format!("{method} is not a method of this resource: it has {METHODS}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, detail)
    }

    /// The response.
    pub fn response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.insert_header((CACHE_CONTROL, "no-store"));
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                let seconds = self.retry_after.as_millis().div_ceil(1_000).max(1);
                response.insert_header((RETRY_AFTER, seconds.to_string()));
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                response.insert_header((ALLOW, METHODS));
            }
            _ => {}
        }
        let body = ProblemBody {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
        };
        let text = serde_json::to_string(&body).expect("a problem has string keys only");
        response.content_type("application/problem+json").body(text)
    }
}

/// The answer to OPTIONS outside of a CORS preflight.
pub fn options() -> HttpResponse {
    HttpResponse::NoContent().insert_header((ALLOW, METHODS)).finish()
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.response()
    }
}

impl From<SymbolError> for Problem {
    fn from(error: SymbolError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string())
    }
}

impl From<UnknownSource> for Problem {
    fn from(error: UnknownSource) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string())
    }
}

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string())
    }
}

impl From<ViewError> for Problem {
    fn from(error: ViewError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string())
    }
}

impl From<SubscribeError> for Problem {
    fn from(error: SubscribeError) -> Self {
        let status = match error {
            SubscribeError::NotFound { .. } => StatusCode::NOT_FOUND,
            SubscribeError::OutOfRange(_) => StatusCode::BAD_REQUEST,
            SubscribeError::Overloaded(Overloaded::Rate { .. }) => StatusCode::TOO_MANY_REQUESTS,
            SubscribeError::Overloaded(_) | SubscribeError::Unavailable { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        let mut problem = Self::new(status, error.to_string());
        if let SubscribeError::Overloaded(Overloaded::Rate { retry_after }) = error {
            problem.retry_after = retry_after;
        }
        problem
    }
}

impl From<SourceError> for Problem {
    fn from(error: SourceError) -> Self {
        let status = match error {
            SourceError::NotFound { .. } => StatusCode::NOT_FOUND,
            SourceError::Refused { .. } => StatusCode::BAD_REQUEST,
            SourceError::Blocked { .. }
            | SourceError::Unavailable { .. }
            | SourceError::Malformed { .. } => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut problem = Self::new(status, error.to_string());
        if let SourceError::Blocked { retry_after, .. } = error {
            problem.retry_after = retry_after;
        }
        problem
    }
}
