//! Errors as clients see them: RFC 9457 problem JSON that says what would be right.

use actix_web::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

use crate::hub::Refusal;
use crate::symbol::SymbolError;
use crate::view::ViewError;

/// The methods of every resource.
const METHODS: &str = "GET, HEAD, OPTIONS";

/// Seconds after which one who was turned away may ask again.
const RETRY_SECONDS: u64 = 5;

/// What went wrong, in the words of the problem's reader.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    status: StatusCode,
    detail: String,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
}

impl Problem {
    /// A problem with a sentence for its reader.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
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
            StatusCode::SERVICE_UNAVAILABLE => {
                response.insert_header((RETRY_AFTER, RETRY_SECONDS));
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                response.insert_header((ALLOW, METHODS));
            }
            _ => {}
        }
        let body = Body {
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

impl From<ViewError> for Problem {
    fn from(error: ViewError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::NotFound { .. } => StatusCode::NOT_FOUND,
            Refusal::Unserved(_) => StatusCode::BAD_REQUEST,
            Refusal::Busy(_) | Refusal::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, refusal.to_string())
    }
}
