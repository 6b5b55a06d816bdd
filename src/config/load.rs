//! Reading the layers and laying them over each other.
//!
//! Each layer is checked alone before it is merged, so that an error names the file and line, the
//! variable or the flag it stands in.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use toml::{Table, Value};

use super::Config;

/// What every variable of ours begins with; sections and keys are joined by two underscores.
const ENV_PREFIX: &str = "FIGCAST_";
/// Variables with the prefix that are not keys.
const NOT_KEYS: [&str; 2] = ["FIGCAST_CONFIG", "FIGCAST_FIXTURES"];
/// Read when no other file is named, if it exists.
const DEFAULT_FILE: &str = "config/figcast.toml";

/// Where the values come from, besides the defaults.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// The file, when one was named.
    pub file: Option<PathBuf>,
    /// The environment.
    pub env: Vec<(String, String)>,
    /// Flags.
    pub flags: Vec<Flag>,
}

/// A flag as it was typed: `--name`, the dotted key it sets, and the value.
pub type Flag = (&'static str, &'static str, Value);

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The file is not TOML, or has a key or value that does not fit.
    #[error("{}: {detail}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Line, key and what is allowed.
        detail: String,
    },
    /// A variable names no key, or its value does not fit.
    #[error("environment variable {name}: {detail}")]
    Variable {
        /// The variable.
        name: String,
        /// What is allowed.
        detail: String,
    },
    /// A flag's value does not fit.
    #[error("{flag}: {detail}")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// What is allowed.
        detail: String,
    },
    /// Values that fit alone but make no sense.
    #[error("{key}: {detail}")]
    Nonsense {
        /// The dotted key.
        key: &'static str,
        /// What would be right.
        detail: &'static str,
    },
}

impl Layers {
    /// Lays the layers over the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] for the first thing that is wrong.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let mut merged = Table::new();
        if let Some(path) = self.path() {
            merge(&mut merged, read(&path)?);
        }
        let ours = |name: &String| name.starts_with(ENV_PREFIX) && !NOT_KEYS.contains(&&**name);
        for (name, text) in self.env.iter().filter(|(name, _)| ours(name)) {
            let key = name[ENV_PREFIX.len()..].to_ascii_lowercase().replace("__", ".");
            let layer = variable(&key, text)
                .map_err(|detail| ConfigError::Variable { name: name.clone(), detail })?;
            merge(&mut merged, layer);
        }
        for (flag, key, value) in &self.flags {
            let layer = nested(key, value.clone());
            check(&layer).map_err(|detail| ConfigError::Flag { flag, detail })?;
            merge(&mut merged, layer);
        }
        let config = Config::deserialize(merged).expect("every layer was checked alone");
        config.validate()?;
        Ok(config)
    }

    /// The named file, the one that `FIGCAST_CONFIG` names, or the default one if it is there.
    fn path(&self) -> Option<PathBuf> {
        let named = self.env.iter().find(|(name, _)| name == "FIGCAST_CONFIG");
        self.file
            .clone()
            .or_else(|| named.map(|(_, path)| path.into()))
            .or_else(|| Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists()))
    }
}

fn read(path: &Path) -> Result<Table, ConfigError> {
    let text = fs::read_to_string(path)
        .map_err(|cause| ConfigError::Unreadable { path: path.to_owned(), cause })?;
    let fits = toml::from_str::<Config>(&text).and_then(|_| toml::from_str(&text));
    fits.map_err(|error| ConfigError::File { path: path.to_owned(), detail: error.to_string() })
}

/// A variable's text as TOML (`8`, `["10.0.0.1"]`) if that fits its key, else as a plain string.
fn variable(key: &str, text: &str) -> Result<Table, String> {
    let literal = toml::from_str::<Table>(&format!("value = {text}"))
        .ok()
        .and_then(|mut table| table.remove("value"))
        .map(|value| nested(key, value))
        .filter(|layer| check(layer).is_ok());
    literal.map_or_else(
        || {
            let layer = nested(key, Value::String(text.to_owned()));
            check(&layer).map(|()| layer)
        },
        Ok,
    )
}

/// `a.b` and a value as `{a: {b: value}}`.
fn nested(key: &str, value: Value) -> Table {
    let (name, value) = match key.split_once('.') {
        Some((section, rest)) => (section, Value::Table(nested(rest, value))),
        None => (key, value),
    };
    Table::from_iter([(name.to_owned(), value)])
}

fn check(layer: &Table) -> Result<(), String> {
    Config::deserialize(layer.clone()).map(|_| ()).map_err(|error| error.message().to_owned())
}

/// Tables are merged key by key, anything else is replaced.
fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Config, Layers, Value};

    fn env(pairs: &[(&str, &str)]) -> Layers {
        let env = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Layers { env: env.collect(), ..Layers::default() }
    }

    fn written(text: &str) -> (Layers, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("figcast.toml");
        std::fs::write(&path, text).expect("written");
        (Layers { file: Some(path), ..Layers::default() }, folder)
    }

    #[test]
    fn the_shipped_file_lists_every_key_with_its_default() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/figcast.toml");
        let text = std::fs::read_to_string(path).expect("readable");
        let shipped: Config = toml::from_str(&text).expect("valid");
        assert_eq!(shipped, Config::default());
        let keys = |table: &toml::Table| -> Vec<String> {
            let sections = table.iter().filter_map(|(name, value)| Some((name, value.as_table()?)));
            sections.flat_map(|(s, t)| t.keys().map(move |key| format!("{s}.{key}"))).collect()
        };
        let listed: toml::Table = toml::from_str(&text).expect("valid");
        let all = toml::Table::try_from(Config::default()).expect("serializable");
        assert_eq!(keys(&listed), keys(&all));
    }

    #[test]
    fn a_variable_wins_over_the_file_and_a_flag_over_both() {
        let (mut layers, _folder) = written("[hub]\nfeeds = 1\nviews = 2\nheartbeat = \"3s\"\n");
        layers.env = env(&[("FIGCAST_HUB__VIEWS", "20"), ("FIGCAST_HUB__HEARTBEAT", "30s")]).env;
        layers.flags = vec![("--heartbeat", "hub.heartbeat", Value::from("300s"))];
        let hub = layers.load().expect("valid").hub;
        assert_eq!((hub.feeds, hub.views, hub.heartbeat), (1, 20, Duration::from_mins(5)));
    }

    #[test]
    fn an_unknown_key_is_refused_with_file_line_and_the_keys_there_are() {
        let (layers, _folder) = written("[server]\nlisten = \"127.0.0.1:0\"\nport = 1\n");
        let text = layers.load().expect_err("refused").to_string();
        for part in ["figcast.toml", "line 3", "unknown field `port`", "`listen`"] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }

    #[test]
    fn a_bad_variable_is_refused_by_name() {
        for (name, value, part) in [
            ("FIGCAST_HUB__FEEDS", "many", "invalid type"),
            ("FIGCAST_HUB__FEEEDS", "1", "unknown field"),
            ("FIGCAST_NONSENSE", "1", "unknown field"),
            ("FIGCAST_SERVER__LISTEN", "nowhere", "socket address"),
        ] {
            let text = env(&[(name, value)]).load().expect_err("refused").to_string();
            assert!(text.contains(name) && text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_list_in_a_variable_is_written_as_in_the_file() {
        let layers = env(&[("FIGCAST_SERVER__TRUSTED_PROXIES", "[\"10.0.0.1\"]")]);
        assert_eq!(layers.load().expect("valid").server.trusted_proxies.len(), 1);
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error_when_it_was_named() {
        let layers = Layers { file: Some("no/such.toml".into()), ..Layers::default() };
        let text = layers.load().expect_err("refused").to_string();
        assert_eq!(text, "cannot read no/such.toml");
    }

    #[test]
    fn bounds_that_contradict_each_other_are_refused() {
        let layers = env(&[("FIGCAST_HUB__RETRY_MIN", "9s")]);
        let text = layers.load().expect_err("refused").to_string();
        assert!(text.starts_with("hub.retry_min"), "{text}");
    }
}
