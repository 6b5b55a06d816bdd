//! Reading the layers and laying them over each other.
//!
//! Each value is checked alone before it is merged, so that every fault is found in one reading and
//! names the file and line, the variable or the flag it stands in.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use toml::de::{DeString, DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::fault::{Fault, Faults, Location};
use super::{Config, SourceConfig, SourceName, bounds};

/// What every variable of ours begins with; sections and keys are joined by two underscores.
const ENV_PREFIX: &str = "FIGCAST_";
/// Variables with the prefix that are not keys.
const NOT_KEYS: [&str; 3] = ["FIGCAST_CONFIG", "FIGCAST_FIXTURES", "FIGCAST_TOKEN"];
/// Read when no other file is named, if it exists.
pub const DEFAULT_FILE: &str = "config/figcast.toml";

/// Where the values come from, besides the defaults.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// The file, when one was named.
    pub file: Option<PathBuf>,
    /// The environment.
    pub env: Vec<(OsString, OsString)>,
    /// Flags.
    pub flags: Vec<Flag>,
}

/// A flag as it was typed: `--name`, the dotted key it sets, and the value.
pub type Flag = (&'static str, &'static str, Value);

/// A configuration, and where its values were set.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The values: those that fit, over the defaults.
    pub config: Config,
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// Where each dotted key was last set.
    locations: BTreeMap<String, Location>,
}

impl Loaded {
    /// A fault of the value of a key, which names where it was set, or where the first of what is below it.
    #[must_use]
    pub fn fault(&self, key: &str, detail: impl Into<String>) -> Fault {
        let mut set = self.locations.range(key.to_owned()..).filter(|(set, _)| is_in(set, key));
        Fault { location: set.next().map(|(_, at)| at.clone()), detail: detail.into() }
    }

    /// Values that fit their keys' types and not their bounds.
    fn out_of_bounds(&self) -> Vec<Fault> {
        let set = flat(table_of(&self.config));
        let broken = bounds::RULES.iter().filter_map(|rule| {
            let value = set.get(rule.key).filter(|value| !rule.allows(value))?;
            Some(self.fault(rule.key, format!("{rule}, and not {value}")))
        });
        broken.collect()
    }

    /// Settings that do nothing with the sources that are used: the key, and where it stands. A file that lists the
    /// defaults sets none.
    #[must_use]
    pub fn unused(&self) -> Vec<(&str, &Location)> {
        let used = self.config.source.used();
        let [set, default] =
            [&self.config, &Config::default()].map(|config| flat(table_of(config)));
        let below = |values: &BTreeMap<String, Value>, key: &str| -> Vec<Value> {
            let below = values.iter().filter(|(set, _)| is_in(set, key));
            below.map(|(_, value)| value.clone()).collect()
        };
        let is_of_another = |key: &str| match source_of(key) {
            Some(source) => !used.contains(&source),
            None => key == "history.record" && !used.iter().any(|source| source.has_upstream()),
        };
        let does_nothing =
            |key: &str| is_of_another(key) && below(&set, key) != below(&default, key);
        let keys = self.locations.iter().map(|(key, location)| (key.as_str(), location));
        keys.filter(|(key, _)| does_nothing(key)).collect()
    }
}

impl Layers {
    /// Lays the layers over the defaults.
    ///
    /// # Errors
    /// [`Faults`]: everything that is wrong.
    pub fn load(&self) -> Result<Loaded, Faults> {
        let (loaded, faults) = self.read();
        if faults.is_empty() { Ok(loaded) } else { Err(Faults(faults)) }
    }

    /// Lays what fits over the defaults, and tells what does not.
    #[must_use]
    pub fn read(&self) -> (Loaded, Vec<Fault>) {
        let (mut merged, mut faults) = (Table::new(), Vec::new());
        let mut loaded = Loaded { file: self.path(), ..Loaded::default() };
        for Layer { table, location } in self.layers(&mut faults) {
            let keys = flat(table.clone()).into_keys();
            loaded.locations.extend(keys.map(|key| (key, location.clone())));
            merge(&mut merged, table);
        }
        loaded.config = Config::deserialize(merged).expect("every value was checked alone");
        faults.extend(loaded.out_of_bounds());
        let broken = loaded.config.broken_rules().into_iter();
        faults.extend(broken.map(|(key, rule)| loaded.fault(key, format!("{key} {rule}"))));
        faults.extend(self.unfit_flags(&loaded.config.source));
        (loaded, faults)
    }

    /// Every value that fits, in the order in which they win.
    fn layers(&self, faults: &mut Vec<Fault>) -> Vec<Layer> {
        let mut layers = Vec::new();
        let mut take = |checked: Result<Layer, Fault>| match checked {
            Ok(layer) => layers.push(layer),
            Err(fault) => faults.push(fault),
        };
        self.path().iter().flat_map(|path| file(path)).for_each(&mut take);
        for (name, value) in &self.env {
            let name = name.to_string_lossy();
            let Some(key) = name.strip_prefix(ENV_PREFIX).filter(|_| !NOT_KEYS.contains(&&*name))
            else {
                continue;
            };
            let key = key.to_ascii_lowercase().replace("__", ".");
            let unreadable = || format!("\"{}\" is not text in UTF-8", value.display());
            let text = value.to_str().ok_or_else(unreadable);
            let table =
                text.and_then(|text| variable(&key, text)).map_err(|detail| told(&key, detail));
            take(Layer::checked(table, Location::Variable(name.into_owned())));
        }
        for (flag, key, value) in &self.flags {
            let table = fitting(nested(key, value.clone())).map_err(|detail| told(key, detail));
            take(Layer::checked(table, Location::Flag(flag)));
        }
        layers
    }

    /// Flags of a source that is not used: they would do nothing.
    fn unfit_flags(&self, config: &SourceConfig) -> Vec<Fault> {
        let unfit = |(flag, key, _): &Flag| {
            let source = source_of(key).filter(|source| !config.used().contains(source))?.as_str();
            let used = config.in_words();
            let detail = format!(
                "it is for the {source} source, and the source is {used}: leave one of them out"
            );
            Some(Fault { location: Some(Location::Flag(flag)), detail })
        };
        let mut faults: Vec<_> = self.flags.iter().filter_map(unfit).collect();
        // One flag may set several keys.
        faults.dedup();
        faults
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

/// A value that fits, as a table of sections.
struct Layer {
    table: Table,
    location: Location,
}

impl Layer {
    fn checked(table: Result<Table, String>, location: Location) -> Result<Self, Fault> {
        match table {
            Ok(table) => Ok(Self { table, location }),
            Err(detail) => Err(Fault { location: Some(location), detail }),
        }
    }
}

/// The values of a file, each with its line.
fn file(path: &Path) -> Vec<Result<Layer, Fault>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) => {
            let detail = format!("cannot read {}: {cause}", path.display());
            return vec![Err(Fault { location: None, detail })];
        }
    };
    let (spans, errors) = DeTable::parse_recoverable(&text);
    let whole = match toml::from_str::<Table>(&text) {
        Ok(whole) if errors.is_empty() => whole,
        _ => {
            let fault = |error: &toml::de::Error| {
                let detail = format!("{}: {error}", path.display());
                Err(Fault { location: None, detail })
            };
            return errors.iter().map(fault).collect();
        }
    };
    let mut values: Vec<(usize, String, Table)> = Vec::new();
    for (name, inside) in spans.get_ref() {
        let key = &**name.get_ref();
        match (inside.get_ref(), &whole[key]) {
            (DeValue::Table(section), Value::Table(inside)) if is_section(key) => {
                for (name, value) in section {
                    let whole = &inside[&**name.get_ref()];
                    values.extend(entries(
                        &format!("{key}.{}", name.get_ref()),
                        name,
                        value,
                        whole,
                    ));
                }
            }
            (_, value) => {
                let layer = nested(key, value.clone());
                values.push((name.span().start, key.to_owned(), layer));
            }
        }
    }
    values.sort_unstable_by_key(|(start, ..)| *start);
    let layer = |(start, key, layer): (usize, String, Table)| {
        let line = text[..start].matches('\n').count() + 1;
        let location = Location::File { path: path.to_owned(), line };
        let table = fitting(layer).map_err(|detail| format!("{key}: {}", told(&key, detail)));
        Layer::checked(table, location)
    };
    values.into_iter().map(layer).collect()
}

/// The value of a dotted key, with where it starts; of a table where there may be one each entry by itself, so that
/// each has its line.
fn entries(
    key: &str,
    name: &Spanned<DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
    whole: &Value,
) -> Vec<(usize, String, Table)> {
    match (value.get_ref(), whole) {
        (DeValue::Table(spans), Value::Table(inside)) if is_section(key) => {
            let entry = |(name, _): (&Spanned<DeString<'_>>, _)| {
                // The name is a symbol, perhaps with a dot in it.
                let (name, start) = (name.get_ref().to_string(), name.span().start);
                let value = inside[&name].clone();
                let inner = Table::from_iter([(name.clone(), value)]);
                (start, format!("{key}.{name}"), nested(key, Value::Table(inner)))
            };
            spans.iter().map(entry).collect()
        }
        _ => vec![(name.span().start, key.to_owned(), nested(key, whole.clone()))],
    }
}

/// Whether there may be a table of that dotted name.
fn is_section(name: &str) -> bool {
    fitting(nested(name, Value::Table(Table::new()))).is_ok()
}

/// A variable's text as TOML (`8`, `["10.0.0.1"]`) if that fits its key, else as a plain string, or where
/// the key has a list as its parts between commas.
fn variable(key: &str, text: &str) -> Result<Table, String> {
    let literal = toml::from_str::<Table>(&format!("value = {text}"))
        .ok()
        .and_then(|mut table| table.remove("value"))
        .and_then(|value| fitting(nested(key, value)).ok());
    if let Some(layer) = literal {
        return Ok(layer);
    }
    let value = if is_list(key) {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        Value::Array(parts.map(Value::from).collect())
    } else {
        Value::from(text)
    };
    fitting(nested(key, value))
}

/// Whether the values of a key are lists.
fn is_list(key: &str) -> bool {
    flat(table_of(&Config::default())).get(key).is_some_and(Value::is_array)
}

/// The source that a key is for, where it is one source's alone.
fn source_of(key: &str) -> Option<SourceName> {
    let section = key.split('.').next()?;
    SourceName::ALL.into_iter().find(|name| name.as_str() == section)
}

/// Whether a dotted key is another, or below it.
fn is_in(key: &str, other: &str) -> bool {
    key.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `a.b` and a value as `{a: {b: value}}`.
fn nested(key: &str, value: Value) -> Table {
    let (name, value) = match key.split_once('.') {
        Some((section, rest)) => (section, Value::Table(nested(rest, value))),
        None => (key, value),
    };
    Table::from_iter([(name.to_owned(), value)])
}

/// `{a: {b: value}}` as `a.b` and the value, whatever the depth.
fn flat(table: Table) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) => {
                values.extend(flat(inner).into_iter().map(|(key, v)| (format!("{name}.{key}"), v)));
            }
            value => {
                values.insert(name, value);
            }
        }
    }
    values
}

fn table_of(config: &Config) -> Table {
    Table::try_from(config).expect("a configuration is a table of what TOML has")
}

/// What is wrong with a value, and what would be right as far as that is a matter of bounds.
fn told(key: &str, detail: String) -> String {
    match bounds::of(key).filter(|rule| rule.is_bounded()) {
        Some(rule) => format!("{detail}: {rule}"),
        None => detail,
    }
}

/// The layer, if it fits over the defaults.
fn fitting(layer: Table) -> Result<Table, String> {
    match Config::deserialize(layer.clone()) {
        Ok(_) => Ok(layer),
        Err(error) => Err(error.message().to_owned()),
    }
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
    use std::ffi::OsString;
    use std::time::Duration;

    use humantime_serde::re::humantime::parse_duration;

    use super::bounds::{self, RULES};
    use super::{Config, Layers, Value, flat, table_of};

    fn env(pairs: &[(&str, &str)]) -> Layers {
        let env = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Layers { env: env.collect(), ..Layers::default() }
    }

    fn written_in(text: &str) -> (Layers, tempfile::TempDir) {
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
        let (mut layers, _folder) = written_in("[hub]\nfeeds = 1\nviews = 2\nheartbeat = \"3s\"\n");
        layers.env = env(&[("FIGCAST_HUB__VIEWS", "20"), ("FIGCAST_HUB__HEARTBEAT", "30s")]).env;
        layers.flags = vec![("--heartbeat", "hub.heartbeat", Value::from("300s"))];
        let hub = layers.load().expect("valid").config.hub;
        assert_eq!((hub.feeds, hub.views, hub.heartbeat), (1, 20, Duration::from_mins(5)));
    }

    #[test]
    fn an_unknown_key_is_refused_with_file_line_and_the_keys_there_are() {
        let (layers, _folder) = written_in("[server]\nlisten = \"127.0.0.1:0\"\nport = 1\n");
        let text = layers.load().expect_err("refused").to_string();
        for part in ["figcast.toml", "line 3", "unknown field `port`", "`listen`"] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }

    #[test]
    fn each_entry_of_a_table_is_told_by_its_own_line() {
        let (layers, _folder) = written_in(
            "[server.admin]\nlisten = \"x\"\n[auth.keys]\na = { algorithm = \"none\", file = \"f\" }\n\
             b = { algorithm = \"ES256\" }\nc = 1\n[server.tls]\ncertificate = 1\nkye = \"k\"\n",
        );
        let text = layers.load().expect_err("refused").to_string();
        for part in [
            "line 2: server.admin.listen: ",
            "line 4: auth.keys.a: unknown variant `none`",
            "line 5: auth.keys.b: missing field `file`",
            "line 6: auth.keys.c: ",
            "line 8: server.tls.certificate: ",
            "line 9: server.tls.kye: unknown field `kye`",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }

    #[test]
    fn a_bad_variable_is_refused_by_name() {
        for (name, value, part) in [
            (
                "FIGCAST_HUB__FEEDS",
                "many",
                "invalid type: string \"many\", expected usize: hub.feeds must be 1 to",
            ),
            ("FIGCAST_HUB__HEARTBEAT", "15", "hub.heartbeat must be 100ms to 1h, as proxies cut"),
            ("FIGCAST_HUB__FEEEDS", "1", "unknown field"),
            ("FIGCAST_NONSENSE", "1", "unknown field"),
            ("FIGCAST_SERVER__LISTEN", "nowhere", "is nowhere to listen: write host:port"),
            ("FIGCAST_SERVER__BASE_PATH", "charts", "is no base path: write one such as /charts"),
            ("FIGCAST_SERVER__TRUSTED_PROXIES", "10.0.0.1,ten", "\"ten\" is neither an IP address"),
            ("FIGCAST_SERVER__FRAME_ANCESTORS", "https://a.example,b", "\"b\" is not an origin"),
        ] {
            let text = env(&[(name, value)]).load().expect_err("refused").to_string();
            assert!(text.contains(name) && text.contains(part), "{text}");
        }
    }

    #[test]
    fn every_key_has_a_rule_and_every_number_and_time_bounds() {
        let defaults = flat(table_of(&Config::default()));
        for (key, value) in &defaults {
            let rule = bounds::of(key).unwrap_or_else(|| panic!("{key} has no rule of bounds"));
            let is_time = value.as_str().is_some_and(|text| parse_duration(text).is_ok());
            let is_number = value.is_integer() || value.is_float();
            assert!(rule.is_bounded() || !(is_time || is_number), "{key} has no bounds");
            assert!(rule.allows(value), "{key}: its default {value} is refused by \"{rule}\"");
        }
        let stale = RULES.iter().find(|rule| !defaults.contains_key(rule.key));
        assert!(stale.is_none(), "{} is no key", stale.map_or("", |rule| rule.key));
    }

    #[test]
    fn what_makes_no_sense_is_refused_for_every_number_and_time_with_the_key_the_place_and_bounds()
    {
        for (key, value) in flat(table_of(&Config::default())) {
            let is_time = value.as_str().is_some_and(|text| parse_duration(text).is_ok());
            let senseless = match value {
                Value::Integer(_) => &["-1", "9223372036854775808", "1e3", "nan"][..],
                Value::Float(_) => &["-1", "-0.5", "nan", "inf", "-inf", "1e300"],
                _ if is_time => &["60days", "-1s", "1", "99999999999999999999s", "9e9h", "1y 1ns"],
                _ => continue,
            };
            let name = format!("FIGCAST_{}", key.to_uppercase().replace('.', "__"));
            for text in senseless {
                let faults = env(&[(&name, text)]).load().expect_err(&name);
                let told = faults.to_string();
                let rule = bounds::of(&key).expect("a rule").to_string();
                assert!(told.contains(&name) && told.contains(&rule), "{key} = {text}: {told}");
            }
        }
    }

    #[test]
    fn every_value_at_its_bounds_is_taken_and_those_beyond_are_told_all_at_once() {
        let tried: Vec<(String, String, String)> = [
            ("SERVER__WORKERS", "512", "3000"),
            ("SERVER__WRITE_TIMEOUT", "1s", "999ms"),
            ("HUB__HEARTBEAT", "100ms", "1ns"),
            ("YAHOO__TIMEOUT", "5m", "60days"),
            ("YAHOO__REQUEST_RATE", "0.001", "0.0"),
            ("REPLAY__SPEED", "1e6", "nan"),
            ("YAHOO__BASE_URLS", "http://localhost:1", "file:///etc/passwd"),
            ("YAHOO__USER_AGENT", "curl/8", "\"a\\r\\nX-Y: z\""),
            ("YAHOO__CLOSED_POLL", "1day", "2days"),
        ]
        .map(|(key, right, wrong)| (format!("FIGCAST_{key}"), right.into(), wrong.into()))
        .into();
        let right: Vec<_> = tried.iter().map(|(key, right, _)| (&**key, &**right)).collect();
        env(&right).load().unwrap_or_else(|faults| panic!("{faults}"));
        let wrong: Vec<_> = tried.iter().map(|(key, _, wrong)| (&**key, &**wrong)).collect();
        let faults = env(&wrong).load().expect_err("refused");
        assert_eq!(faults.0.len(), tried.len(), "{faults}");
        for (name, ..) in &tried {
            assert!(faults.to_string().contains(&format!("variable {name}: ")), "{faults}");
        }
        for (text, words) in
            [("", "one or more"), ("ftp://x", "http://"), ("http://", "empty host")]
        {
            let told =
                env(&[("FIGCAST_YAHOO__BASE_URLS", text)]).load().expect_err(text).to_string();
            assert!(told.contains(words), "{text}: {told}");
        }
        assert!(env(&[("FIGCAST_YAHOO__USER_AGENT", "")]).load().is_err(), "an empty header");
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_utf_8_is_told_and_not_passed_over() {
        use std::os::unix::ffi::OsStringExt as _;
        let bytes = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        let layers = Layers {
            env: vec![
                (bytes(b"FIGCAST_HUB__FEEDS"), bytes(b"1\xff")),
                (bytes(b"FIGCAST_HUB__VIE\xff"), bytes(b"1")),
                (bytes(b"OTHER\xff"), bytes(b"\xff")),
            ],
            ..Layers::default()
        };
        let told = layers.load().expect_err("refused").to_string();
        assert!(told.starts_with("2 faults"), "{told}");
        assert!(told.contains("variable FIGCAST_HUB__FEEDS: \"1\u{fffd}\" is not text"), "{told}");
        assert!(told.contains("unknown field `vie\u{fffd}`"), "{told}");
    }

    #[test]
    fn a_list_in_a_variable_is_written_as_in_the_file_or_with_commas() {
        let server = |name: &str, text: &str| {
            let layers = env(&[(&format!("FIGCAST_SERVER__{name}"), text)]);
            layers.load().unwrap_or_else(|faults| panic!("{text}: {faults}")).config.server
        };
        for (text, count) in [
            ("[\"10.0.0.1\"]", 1),
            ("10.0.0.1", 1),
            ("10.0.0.1,10.0.0.2", 2),
            (" 10.0.0.1 , ::1, ", 2),
            ("", 0),
            ("[]", 0),
        ] {
            assert_eq!(server("TRUSTED_PROXIES", text).trusted_proxies.len(), count, "{text}");
        }
        let framed = server("FRAME_ANCESTORS", "https://a.example,https://b.example:8443");
        let framed: Vec<_> = framed.frame_ancestors.iter().map(ToString::to_string).collect();
        assert_eq!(framed, ["https://a.example", "https://b.example:8443"]);
        let urls = env(&[("FIGCAST_YAHOO__BASE_URLS", "http://localhost:1,http://localhost:2")]);
        assert_eq!(urls.load().expect("valid").config.yahoo.base_urls.len(), 2);
    }

    #[test]
    fn an_address_to_listen_on_is_read_alike_in_a_file_a_variable_and_a_flag() {
        for (written, listen) in [
            ("\"localhost:8081\"", "localhost:8081"),
            ("\":8081\"", "localhost:8081"),
            ("\"8081\"", "localhost:8081"),
            ("8081", "localhost:8081"),
            ("\"[::1]:8081\"", "[::1]:8081"),
            ("\"0.0.0.0:8081\"", "0.0.0.0:8081"),
        ] {
            let text = written.trim_matches('"');
            let (in_file, _folder) = written_in(&format!("[server]\nlisten = {written}\n"));
            let in_flag = Layers {
                flags: vec![("--listen", "server.listen", Value::from(text))],
                ..Layers::default()
            };
            for layers in [in_file, in_flag, env(&[("FIGCAST_SERVER__LISTEN", text)])] {
                let read = layers.load().expect(written).config.server.listen;
                assert_eq!(read.to_string(), listen, "{written}");
            }
        }
    }

    #[test]
    fn every_fault_is_told_at_once_each_with_where_it_stands() {
        let text =
            "[server]\nport = 1\nzstd = \"yes\"\n\n[hub]\nfeeds = 0\nviews = 2\n[nonsense]\n";
        let (mut layers, _folder) = written_in(text);
        layers.env = env(&[("FIGCAST_HUB__FEDS", "1"), ("FIGCAST_HUB__VIEWS", "0")]).env;
        layers.flags = vec![("--listen", "server.listen", Value::from("nowhere"))];
        let (loaded, faults) = layers.read();
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        for (fault, part) in told.iter().zip([
            "figcast.toml: line 2: server.port: unknown field `port`",
            "figcast.toml: line 3: server.zstd: invalid type: string",
            "figcast.toml: line 8: nonsense: unknown field `nonsense`",
            "environment variable FIGCAST_HUB__FEDS: unknown field `feds`",
            "--listen: \"nowhere\" is nowhere to listen",
            "figcast.toml: line 6: hub.feeds must be 1 to 100000, as each asks the source",
            "environment variable FIGCAST_HUB__VIEWS: hub.views must be 1 to 1000000, as each",
        ]) {
            assert!(fault.contains(part), "{part} is missing in {told:#?}");
        }
        assert_eq!(told.len(), 7, "{told:#?}");
        assert_eq!(loaded.file, layers.file);
        let all = layers.load().expect_err("faults").to_string();
        assert!(all.starts_with("7 faults in the configuration:\n- "), "{all}");
    }

    #[test]
    fn a_recorded_file_has_the_line_it_stands_in_whatever_its_symbol() {
        let (layers, _folder) =
            written_in("[replay]\n[replay.files]\nA = \"a\"\n\"BRK.B\" = { path = \"b\" }\n");
        let loaded = layers.load().expect("valid");
        assert_eq!(loaded.config.replay.files.len(), 2);
        for (key, line) in [("replay.files.A", "line 3"), ("replay.files.BRK.B", "line 4")] {
            let fault = loaded.fault(key, "x").to_string();
            assert!(fault.contains(line), "{fault}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_is_told_with_its_line_beside_what_else_is_wrong() {
        let (mut layers, _folder) = written_in("[hub]\nfeeds = 1\n[server\nzstd = true\n");
        layers.env = env(&[("FIGCAST_HUB__FEDS", "1")]).env;
        let all = layers.load().expect_err("refused").to_string();
        for part in ["2 faults", "figcast.toml: ", "line 3", "FIGCAST_HUB__FEDS: unknown field"] {
            assert!(all.contains(part), "{part} is missing in {all}");
        }
    }

    #[test]
    fn a_flag_of_a_source_that_is_not_used_is_refused_and_a_setting_is_named() {
        let speed = ("--speed", "replay.speed", Value::from(2.0));
        let source = |name: &str| ("--source", "source.name", Value::from(name));
        let layers = |flags: Vec<_>| Layers { flags, ..Layers::default() };
        let fault = layers(vec![speed.clone()]).load().expect_err("refused").to_string();
        assert_eq!(
            fault,
            "--speed: it is for the replay source, and the source is sim: leave one of them out"
        );
        assert!(layers(vec![source("yahoo"), speed.clone()]).load().is_err());
        assert!(layers(vec![source("replay"), speed.clone()]).load().is_ok());
        let others = ("--source", "source.others", Value::from(vec!["replay"]));
        assert!(layers(vec![others, speed]).load().is_ok(), "the second source");
        let (loaded, _folder) =
            written_in("[replay]\nspeed = 2.0\nplay = false\n[replay.files]\nA = \"a.csv\"\n");
        let loaded = loaded.load().expect("a file may have settings of every source");
        let unused: Vec<_> = loaded.unused().into_iter().map(|(key, _)| key).collect();
        assert_eq!(
            unused,
            ["replay.files.A", "replay.speed"],
            "that nothing is played is the default"
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error_when_it_was_named() {
        let layers = Layers { file: Some("no/such.toml".into()), ..Layers::default() };
        let text = layers.load().expect_err("refused").to_string();
        assert!(text.starts_with("cannot read no/such.toml: No such file"), "{text}");
    }

    #[test]
    fn bounds_that_contradict_each_other_are_refused() {
        let layers = env(&[("FIGCAST_HUB__RETRY_MIN", "9s")]);
        let text = layers.load().expect_err("refused").to_string();
        assert_eq!(
            text,
            "environment variable FIGCAST_HUB__RETRY_MIN: hub.retry_min must not exceed hub.retry_max"
        );
    }
}
