//! `[replay]`: recorded bars, shown whole, played back or followed.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Settings of recorded files.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReplayConfig {
    /// Recorded files by symbol: CSV, or JSON of Yahoo's chart endpoint. At least one.
    pub files: BTreeMap<String, RecordedFile>,
    /// Whether files are played from their beginning; else they are shown whole. Default false.
    pub play: bool,
    /// Recorded seconds that pass in a second of playing; finite and above 0. Default 60.
    pub speed: f64,
    /// Where playing begins, a time as in a file. Default empty: the first bar.
    pub from: String,
    /// Whether rows that are appended to the files are read as they come. Default false.
    pub follow: bool,
    /// IANA name of the zone of times without an offset, and of the days, in files that have none of
    /// their own. Default empty: that of the symbol's market, else UTC.
    pub timezone: String,
}

impl Default for ReplayConfig {
    fn default() -> Self {
        Self {
            files: BTreeMap::new(),
            play: false,
            speed: 60.0,
            from: String::new(),
            follow: false,
            timezone: String::new(),
        }
    }
}

/// A recorded file and how it is read. It is written as a path alone, or as a table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RecordedFile {
    /// Where it is.
    pub path: PathBuf,
    /// How it is read, as far as the file does not tell.
    #[serde(flatten)]
    pub reading: Reading,
}

/// How a file is read, as far as it does not tell itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reading {
    /// IANA name of the zone of its times without an offset, and of its days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// The ticker by which the file calls the symbol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticker: Option<String>,
    /// What its columns hold, from the left: time, date, open, high, low, close, volume, ticker, or
    /// nothing that matters. Empty: as its header says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Which of two numbers is the day, as in 02/03/2024. Default: as the whole column tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_order: Option<DateOrder>,
    /// What stands before the decimals. Default: as all numbers of the file tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<DecimalMark>,
}

/// Which of two numbers of a date is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateOrder {
    /// 31/12/2024.
    DayFirst,
    /// 12/31/2024.
    MonthFirst,
}

/// What stands before the decimals of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecimalMark {
    /// 1,234.5
    Point,
    /// 1.234,5
    Comma,
}

impl From<PathBuf> for RecordedFile {
    fn from(path: PathBuf) -> Self {
        Self { path, ..Self::default() }
    }
}

impl From<&str> for RecordedFile {
    fn from(path: &str) -> Self {
        PathBuf::from(path).into()
    }
}

impl<'de> Deserialize<'de> for RecordedFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PathOrTable)
    }
}

/// Reads either form. An untagged enum would not say which key of a table is wrong.
struct PathOrTable;

/// The table, flat as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    path: PathBuf,
    timezone: Option<String>,
    ticker: Option<String>,
    #[serde(default)]
    columns: Vec<String>,
    date_order: Option<DateOrder>,
    decimal: Option<DecimalMark>,
}

impl<'de> Visitor<'de> for PathOrTable {
    type Value = RecordedFile;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a path such as \"bars.csv\", or a table such as { path = \"bars.csv\", timezone = \"Asia/Tokyo\" }")
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<RecordedFile, E> {
        Ok(path.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RecordedFile, A::Error> {
        let table = FileTable::deserialize(MapAccessDeserializer::new(map))?;
        let FileTable { path, timezone, ticker, columns, date_order, decimal } = table;
        Ok(RecordedFile {
            path,
            reading: Reading { timezone, ticker, columns, date_order, decimal },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{DateOrder, DecimalMark, RecordedFile, ReplayConfig};

    #[test]
    fn a_file_is_a_path_or_a_table() {
        let config: ReplayConfig = toml::from_str(
            "[files]\nAAPL = \"a.csv\"\n\
             \"7203.T\" = { path = \"t.csv\", timezone = \"Asia/Tokyo\", ticker = \"7203\", \
             columns = [\"time\", \"close\"], date_order = \"day-first\", decimal = \"comma\" }\n",
        )
        .expect("valid");
        assert_eq!(config.files["AAPL"], RecordedFile::from("a.csv"));
        let RecordedFile { path, reading } = &config.files["7203.T"];
        assert_eq!(path, Path::new("t.csv"));
        assert_eq!(reading.timezone.as_deref(), Some("Asia/Tokyo"));
        assert_eq!(reading.ticker.as_deref(), Some("7203"));
        assert_eq!(reading.columns, ["time", "close"]);
        assert_eq!(reading.date_order, Some(DateOrder::DayFirst));
        assert_eq!(reading.decimal, Some(DecimalMark::Comma));
        let written = toml::to_string(&config).expect("serializable");
        assert_eq!(toml::from_str::<ReplayConfig>(&written).expect("valid"), config);
    }

    #[test]
    fn a_table_that_is_wrong_is_told_by_its_key() {
        for (text, part) in [
            ("AAPL = { file = \"a.csv\" }", "unknown field `file`, expected one of `path`"),
            ("AAPL = { timezone = \"UTC\" }", "missing field `path`"),
            ("AAPL = { path = \"a.csv\", date_order = \"d/m\" }", "`day-first` or `month-first`"),
            ("AAPL = { path = \"a.csv\", decimal = \",\" }", "`point` or `comma`"),
            ("AAPL = 7", "expected a path such as \"bars.csv\", or a table"),
        ] {
            let error = toml::from_str::<ReplayConfig>(&format!("[files]\n{text}\n"));
            let message = error.expect_err("refused").to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
