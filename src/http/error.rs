//! Errors as clients see them: RFC 9457 problem JSON that says what would be right.

use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::BasePath;
use crate::history::RowFault;
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
    /// The methods that there are, should the status be the one that says so.
    methods: &'static str,
    /// Whether a token was shown, should the status ask for one.
    is_bad_token: bool,
    /// Rows that are at fault.
    rows: Vec<RowFault>,
}

#[derive(Serialize)]
struct ProblemBody<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[RowFault]>::is_empty")]
    rows: &'a [RowFault],
}

impl Problem {
    /// A problem with a sentence for its reader.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            retry_after: RETRY_AFTER_BUSY,
            methods: METHODS,
            is_bad_token: false,
            rows: Vec::new(),
        }
    }

    /// The same with rows that are at fault.
    pub fn with_rows(self, rows: Vec<RowFault>) -> Self {
        Self { rows, ..self }
    }

    /// The same with the time until asking again makes sense.
    pub fn after(self, retry_after: Duration) -> Self {
        Self { retry_after, ..self }
    }

    /// A path that nothing is served at.
    pub fn nothing_here(base: &BasePath) -> Self {
        let detail = format!(
            "nothing is here: try {base}/, {base}/stream/AAPL, {base}/figure/AAPL, {base}/bars/AAPL, {base}/search or \
             {base}/views"
        );
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// A path that is not below the base path.
    pub fn outside(base: &BasePath) -> Self {
        let detail = format!(
            "nothing is here: everything is below {base}/ (server.base_path), but for /healthz and /readyz"
        );
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// A request that needs a token, or shows a bad one.
    pub fn unauthorized(detail: impl Into<String>, is_bad_token: bool) -> Self {
        Self { is_bad_token, ..Self::new(StatusCode::UNAUTHORIZED, detail) }
    }

    /// A push of more rows than one may have.
    pub fn too_many_rows(most: usize) -> Self {
        let detail = format!("a push has at most {most} rows (ingest.rows): send them in several");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// A method that a resource with these `methods` has not.
    pub fn only(method: &Method, methods: &'static str) -> Self {
        if method == Method::OPTIONS {
            return Self { methods, ..Self::new(StatusCode::NO_CONTENT, "") };
        }
        let detail = format!("{method} is not a method of this resource: it has {methods}");
        Self { methods, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, detail) }
    }

    /// A method that no resource has.
    pub fn method_not_allowed(method: &Method) -> Self {
        let detail = format!("{method} is not a method of this resource: it has {METHODS}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, detail)
    }

    /// The response as a client of Influx reads it.
    pub fn as_influx(&self) -> HttpResponse {
        let code = match self.status {
            StatusCode::UNAUTHORIZED => "unauthorized",
            StatusCode::FORBIDDEN => "forbidden",
            StatusCode::PAYLOAD_TOO_LARGE => "request too large",
            StatusCode::TOO_MANY_REQUESTS => "too many requests",
            status if status.is_server_error() => "unavailable",
            _ => "invalid",
        };
        self.told_as(&json!({ "code": code, "message": self.detail, "error": self.detail }))
    }

    /// The response as a client of UDF reads it.
    pub fn as_udf(&self) -> HttpResponse {
        self.told_as(&json!({ "s": "error", "errmsg": self.detail }))
    }

    /// The response with another body, and with the headers that say when to come back and with what.
    fn told_as(&self, body: &Value) -> HttpResponse {
        let mut response = self.response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.map_body(|_, _| BoxBody::new(body.to_string()))
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
            StatusCode::NO_CONTENT => {
                return response.insert_header((ALLOW, self.methods)).finish();
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                response.insert_header((ALLOW, self.methods));
            }
            StatusCode::UNAUTHORIZED => {
                let error = if self.is_bad_token { ", error=\"invalid_token\"" } else { "" };
                let scheme = format!("Bearer realm=\"figcast\"{error}");
                response.insert_header((WWW_AUTHENTICATE, scheme));
            }
            _ => {}
        }
        let body = ProblemBody {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            rows: &self.rows,
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
