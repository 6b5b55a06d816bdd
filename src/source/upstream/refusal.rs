//! What a status of HTTP means where an upstream refuses, in words.

use std::time::Duration;

use crate::source::error::SourceError;

/// The error of a status other than success, where the body says nothing better; `wish` is how long the
/// upstream asks to be left alone.
pub fn http_refusal(origin: &'static str, status: u16, wish: Duration) -> SourceError {
    let blocked = |detail: &str| SourceError::Blocked {
        origin,
        detail: format!("{detail} (HTTP {status})"),
        retry_after: wish,
    };
    match status {
        451 => blocked("it does not serve the region of this address"),
        403 => blocked("it refuses this address, or its region"),
        401 => blocked("it asks for a key, or refuses the one it was given"),
        418 => blocked("it has banned this address for asking too often"),
        429 => blocked("too many requests"),
        // A page of maintenance says when it is over, at times.
        503 if !wish.is_zero() => blocked("it is under maintenance"),
        400..=499 => SourceError::Refused { origin, detail: format!("HTTP {status}") },
        500..=599 => SourceError::Unavailable {
            origin,
            detail: format!("it is down or under maintenance (HTTP {status})"),
            cause: None,
        },
        _ => SourceError::Malformed { origin, detail: format!("HTTP {status}") },
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, http_refusal};

    #[test]
    fn a_refusal_of_the_address_is_told_from_one_of_the_request_and_from_an_outage() {
        let minute = Duration::from_mins(1);
        for (status, wish, kind, words) in [
            (451, Duration::ZERO, "blocked", "does not serve the region"),
            (403, Duration::ZERO, "blocked", "or its region"),
            (401, Duration::ZERO, "blocked", "it asks for a key"),
            (429, minute, "blocked", "too many requests"),
            (418, minute, "blocked", "has banned this address"),
            (503, minute, "blocked", "under maintenance"),
            (503, Duration::ZERO, "unavailable", "maintenance"),
            (502, Duration::ZERO, "unavailable", "HTTP 502"),
            (400, Duration::ZERO, "refused", "HTTP 400"),
            (302, Duration::ZERO, "malformed", "HTTP 302"),
        ] {
            let error = http_refusal("binance", status, wish);
            assert_eq!(error.kind(), kind, "{status}");
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
