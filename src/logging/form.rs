//! How a line of the log is written: for people, or as one JSON object for programs that collect logs.

use std::io::{self, Write};

use clap::ValueEnum;
use jiff::Timestamp;
use log::{Level, Record};
use serde::Serialize;

/// The target of lines that no module has written.
const PROGRAM: &str = "figcast";

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// `[2026-03-02T14:30:00Z INFO  figcast::app] stopped`
    #[default]
    Text,
    /// One object per line: time, level, target, message
    Json,
}

#[derive(Serialize)]
struct JsonLine<'a> {
    time: String,
    level: &'a str,
    target: &'a str,
    message: &'a str,
}

impl LogFormat {
    /// A line that is no record of a module, such as why the program ends.
    #[must_use]
    pub fn line(self, level: Level, text: &str) -> Vec<u8> {
        match self {
            Self::Text => format!("{text}\n").into_bytes(),
            Self::Json => json(level, PROGRAM, text, Timestamp::now()).into_bytes(),
        }
    }
}

/// Writes a record as JSON.
pub fn write_json(out: &mut impl Write, record: &Record<'_>) -> io::Result<()> {
    let message = record.args().to_string();
    out.write_all(json(record.level(), record.target(), &message, Timestamp::now()).as_bytes())
}

fn json(level: Level, target: &str, message: &str, now: Timestamp) -> String {
    let level = match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    };
    let line = JsonLine { time: format!("{now:.3}"), level, target, message };
    let mut text = serde_json::to_string(&line).expect("a line has string keys only");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use log::Level;

    use super::{LogFormat, json};

    #[test]
    fn a_line_of_json_is_one_object_whatever_is_in_it() {
        let now = Timestamp::from_millisecond(1_772_463_600_042).expect("in range");
        let line = json(Level::Warn, "figcast::app", "two\nlines and a \"quote\"", now);
        let expected = "{\"time\":\"2026-03-02T15:00:00.042Z\",\"level\":\"warn\",\"target\":\"figcast::app\",\
            \"message\":\"two\\nlines and a \\\"quote\\\"\"}\n";
        assert_eq!(line, expected);
    }

    #[test]
    fn what_no_module_says_is_a_line_of_the_same_form() {
        assert_eq!(LogFormat::Text.line(Level::Error, "figcast: no"), b"figcast: no\n");
        let line = LogFormat::Json.line(Level::Error, "figcast: no");
        let object: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
        assert_eq!(
            (&object["level"], &object["message"]),
            (&"error".into(), &"figcast: no".into())
        );
    }
}
