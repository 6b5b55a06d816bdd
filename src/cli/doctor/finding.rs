//! What the doctor says: one finding per check.

use std::fmt::Write as _;

use serde::Serialize;

/// How good what was found is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it has to be.
    Ok,
    /// It works, and could be better; or it could not be told.
    Warn,
    /// Clients suffer from it.
    Wrong,
}

/// What a check has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    check: &'static str,
    verdict: Grade,
    found: String,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    right: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, verdict: Grade::Ok, found: found.into(), right: None }
    }

    /// Something could be better.
    pub fn warn(check: &'static str, found: impl Into<String>, right: impl Into<String>) -> Self {
        Self { check, verdict: Grade::Warn, found: found.into(), right: Some(right.into()) }
    }

    /// Something is wrong.
    pub fn wrong(check: &'static str, found: impl Into<String>, right: impl Into<String>) -> Self {
        Self { check, verdict: Grade::Wrong, found: found.into(), right: Some(right.into()) }
    }

    /// Whether clients suffer.
    pub fn is_wrong(&self) -> bool {
        self.verdict == Grade::Wrong
    }

    #[cfg(test)]
    pub fn verdict(&self) -> (&'static str, Grade) {
        (self.check, self.verdict)
    }
}

/// One line per finding, and one more with what would be right.
pub fn text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
    let mut text = String::new();
    for Finding { check, verdict, found, right } in findings {
        let verdict = match verdict {
            Grade::Ok => "ok",
            Grade::Warn => "warn",
            Grade::Wrong => "wrong",
        };
        let _ = writeln!(text, "{verdict:<5}  {check:<width$}  {}", found.replace('\n', "; "));
        if let Some(right) = right {
            let _ = writeln!(text, "{:7}{:width$}  {right}", "", "");
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// The same for programs.
pub fn json(findings: &[Finding]) -> String {
    serde_json::to_string_pretty(findings).expect("findings have string keys only")
}

#[cfg(test)]
mod tests {
    use super::{Finding, json, text};

    #[test]
    fn a_finding_is_a_line_and_what_would_be_right_another() {
        let findings = [
            Finding::ok("address", "answers after 3 ms"),
            Finding::wrong("cors", "no page may read", "name it"),
        ];
        let expected = "ok     address  answers after 3 ms\n\
                        wrong  cors     no page may read\n                name it";
        assert_eq!(text(&findings), expected);
        let findings: serde_json::Value = serde_json::from_str(&json(&findings)).expect("JSON");
        assert_eq!(findings[1]["verdict"], "wrong");
        assert!(findings[0].get("right").is_none());
    }
}
