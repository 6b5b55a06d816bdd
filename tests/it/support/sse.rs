//! Server-Sent Events as a client reads them: a small parser of our own, so that the server's encoder
//! is not checked by itself.

use serde_json::Value;

/// One event, or a block without data (a retry, a comment).
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

    /// The state that a status tells.
    pub fn state(&self) -> String {
        assert!(self.is_status(), "{self:?}");
        self.json()["state"].as_str().expect("a state").to_owned()
    }
}

/// Cuts bytes into blocks at blank lines.
#[derive(Debug, Default)]
pub struct Parser {
    buffer: String,
}

impl Parser {
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.buffer.push_str(std::str::from_utf8(bytes).expect("whole UTF-8 pieces"));
        let mut events = Vec::new();
        while let Some(end) = self.buffer.find("\n\n") {
            let block: String = self.buffer.drain(..end + 2).collect();
            events.push(parse(block.trim_end_matches('\n')));
        }
        events
    }

    /// What came after the last blank line.
    pub fn rest(&self) -> &str {
        &self.buffer
    }
}

fn parse(block: &str) -> Event {
    let mut event = Event::default();
    for line in block.split('\n') {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => event.comment = true,
            "id" => event.id = Some(value.to_owned()),
            "event" => event.name = Some(value.to_owned()),
            "retry" => event.retry = Some(value.parse().expect("milliseconds")),
            "data" => match &mut event.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => event.data = Some(value.to_owned()),
            },
            other => panic!("unknown field {other:?}"),
        }
    }
    event
}
