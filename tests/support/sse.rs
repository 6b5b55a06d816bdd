//! Server-Sent Events as a client reads them, for tests and benchmarks: a small parser of our own, so that the server's
//! encoder is not checked by itself.

#![allow(
    dead_code,
    clippy::panic,
    reason = "each uses its own part, and what is no event fails it"
)]

use serde_json::Value;

/// One event, or a comment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    pub id: Option<String>,
    pub name: Option<String>,
    pub data: Option<String>,
    pub retry: Option<u64>,
    pub comment: bool,
}

impl Event {
    pub fn is_figure(&self) -> bool {
        self.id.is_some() && self.name.is_none() && self.data.is_some()
    }

    pub fn is_status(&self) -> bool {
        self.name.as_deref() == Some("status")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(self.data.as_deref().expect("an event with data")).expect("JSON")
    }

    /// The number of a figure's frame among those of its view.
    pub fn number(&self) -> u64 {
        let id = self.id.as_deref().expect("a figure");
        id.rsplit('.')
            .next()
            .and_then(|number| number.parse().ok())
            .expect("the number of the version")
    }

    /// Takes a line of the event.
    fn field(&mut self, line: &str) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.id = Some(value.to_owned()),
            "event" => self.name = Some(value.to_owned()),
            "retry" => self.retry = Some(value.parse().expect("milliseconds")),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            other => panic!("unknown field {other:?}"),
        }
    }

    /// The state that a status tells.
    pub fn state(&self) -> String {
        assert!(self.is_status(), "{self:?}");
        self.json()["state"].as_str().expect("a state").to_owned()
    }
}

/// Reads lines as a naive reader does, for which every blank line ends a message: none may end an empty
/// one, and a comment stands between events.
#[derive(Debug, Default)]
pub struct Parser {
    /// The line under way.
    line: String,
    /// The event under way.
    event: Option<Event>,
}

impl Parser {
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        let text = std::str::from_utf8(bytes).expect("whole UTF-8 pieces");
        for part in text.split_inclusive('\n') {
            self.line.push_str(part);
            if let Some(line) = self.line.strip_suffix('\n') {
                events.extend(Self::take(&mut self.event, line));
                self.line.clear();
            }
        }
        events
    }

    /// Takes a line; the event that it ends, or that it is.
    fn take(event: &mut Option<Event>, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = event.take().expect("a blank line ends an event");
            assert!(event.data.is_some(), "an empty message: {event:?}");
            return Some(event);
        }
        if line.starts_with(':') {
            assert_eq!(*event, None, "a comment stands between events");
            // Any other is what zstd needs between its pieces, and says nothing.
            return (line == ":").then(|| Event { comment: true, ..Event::default() });
        }
        event.get_or_insert_default().field(line);
        None
    }

    /// What came after the last event: nothing, or a reconnection time, which a client has read by then.
    pub fn rest(&self) -> Option<&Event> {
        assert_eq!(self.line, "", "whole lines");
        let rest = self.event.as_ref();
        let said = rest.map(|rest| Event { retry: None, ..rest.clone() });
        assert_eq!(said.unwrap_or_default(), Event::default(), "whole events");
        rest
    }
}
