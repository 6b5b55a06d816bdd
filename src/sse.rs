//! The bytes of Server-Sent Events: encoded once, then shared.

use std::time::Duration;

use bytes::Bytes;
use russe::{Event, Message};

/// Longest accepted `Last-Event-ID`; ours have at most 64 bytes.
pub const MAX_EVENT_ID_LEN: usize = 64;

/// The line that says which reconnection time a client should use: before the lines of an event, or last
/// of all. Clients take it as they read it. A blank line behind it would be an empty message to some.
#[must_use]
pub fn retry(delay: Duration) -> Bytes {
    format!("retry: {}\n", delay.as_millis()).into()
}

/// An unnamed event with an id: what `onmessage` hears.
#[must_use]
pub fn message(id: &str, data: String) -> Bytes {
    event(Some(id), None, data)
}

/// What stands before the data of a [`message`] and behind it, where the data is one line.
#[must_use]
pub fn around(id: &str) -> (String, &'static str) {
    (format!("id: {id}\ndata: "), "\n\n")
}

/// A named event without an id, so that it never moves a client's `Last-Event-ID`.
#[must_use]
pub fn named(name: &'static str, data: String) -> Bytes {
    event(None, Some(name), data)
}

fn event(id: Option<&str>, name: Option<&'static str>, data: String) -> Bytes {
    let event = Event::Message(Message {
        id: id.map(Into::into),
        event: name.map(Into::into),
        retry: None,
        data: data.into(),
    });
    // Ids and names are ours and hold no line break, the one thing the encoder refuses.
    event.into_bytestring().expect("ids and event names have no line breaks").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::{Duration, around, message, named, retry};

    #[test]
    fn a_message_is_id_then_data_then_a_blank_line() {
        assert_eq!(message("e-1", "{}".to_owned()), "id: e-1\ndata: {}\n\n");
        let (before, after) = around("e-1");
        assert_eq!(message("e-1", "{}".to_owned()), [&before, "{}", after].concat());
    }

    #[test]
    fn a_named_event_has_no_id() {
        assert_eq!(named("status", "{}".to_owned()), "event: status\ndata: {}\n\n");
    }

    #[test]
    fn a_line_break_in_data_is_split_into_two_data_lines() {
        assert_eq!(message("e-1", "a\rb\nc".to_owned()), "id: e-1\ndata: a\ndata: b\ndata: c\n\n");
    }

    #[test]
    fn retry_is_a_line_in_milliseconds_and_no_event() {
        assert_eq!(retry(Duration::from_millis(2_500)), "retry: 2500\n");
    }
}
