//! Why rows were not kept, as a problem.

use actix_web::http::StatusCode;

use crate::history::{HistoryError, RowFault};
use crate::http::error::Problem;

/// Most rows at fault that an answer lists.
pub const LISTED: usize = 20;

/// The problem of a server that ends before its work is done.
pub fn stopped() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping")
}

/// The problem of rows that cannot be kept.
pub fn refused(count: usize, mut rows: Vec<RowFault>) -> Problem {
    rows.truncate(LISTED);
    let first = rows.first().map(ToString::to_string).unwrap_or_default();
    let of_all = if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
    let detail =
        format!("{of_all} cannot be taken, so none was (partial=1 takes the others): {first}");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with_rows(rows)
}

impl From<HistoryError> for Problem {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::Rows(rows) => refused(rows.len(), rows),
            other => Self::new(StatusCode::SERVICE_UNAVAILABLE, other.to_string()),
        }
    }
}
