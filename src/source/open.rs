//! The configured sources.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::alpaca::Alpaca;
use super::binance::Binance;
use super::coinbase::Coinbase;
use super::fetch::Fetch;
use super::kraken::Kraken;
use super::live::{Exchange, ExchangeClient, HttpDial, Live};
use super::poll::{PollTiming, Polled};
use super::pushed::{NotJoined, PushPolicy, PushStore, Pushed};
use super::recorded::Recorded;
use super::replay::{Replay, ReplayError};
use super::router::Router;
use super::seam::Source;
use super::search::Search;
use super::sim::Sim;
use super::yahoo::{Yahoo, YahooSetupError};
use crate::clock::Clock;
use crate::config::{
    AlpacaConfig, Config, ExchangeSettings, IngestConfig, ReplayConfig, SourceName,
};
use crate::history::{History, HistoryError, Limits};
use crate::market::{CalendarError, Calendars};

/// Why a configured source cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A recording cannot be played.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The settings make no client.
    #[error(transparent)]
    Yahoo(#[from] YahooSetupError),
    /// The machine has no root certificates.
    #[error("an HTTP client cannot be made")]
    Client(#[from] reqwest::Error),
    /// Alpaca answers nobody without a key.
    #[error(
        "alpaca needs a key: set alpaca.key_id and alpaca.secret_key, or FIGCAST_ALPACA__KEY_ID and FIGCAST_ALPACA__SECRET_KEY"
    )]
    NoKey,
    /// The history cannot be opened.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The table of markets cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// It is no table of markets.
    #[error("{}", path.display())]
    Markets {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: CalendarError,
    },
}

/// The configured table of markets, or the one in the binary. Blocks while a file is read.
///
/// # Errors
/// [`OpenError::Unreadable`] and [`OpenError::Markets`].
pub fn calendars(config: &Config) -> Result<Calendars, OpenError> {
    let path = &config.markets.file;
    if path.as_os_str().is_empty() {
        return Ok(Calendars::standard());
    }
    let text = fs::read_to_string(path)
        .map_err(|cause| OpenError::Unreadable { path: path.clone(), cause })?;
    Calendars::parse(&text).map_err(|cause| OpenError::Markets { path: path.clone(), cause })
}

/// Opens the sources that the configuration names. Recordings are read here, which blocks.
///
/// # Errors
/// [`OpenError`] when the settings or files of one do not allow it.
pub fn open(config: &Config, clock: &Arc<dyn Clock>) -> Result<Router, OpenError> {
    let calendars = calendars(config)?;
    let history = keeps_bars(config).then(|| History::open(&config.history.path)).transpose()?;
    let (mut sources, mut pushed) = (Vec::<Arc<dyn Source>>::new(), None);
    for name in config.sources() {
        match (&history, name) {
            (history, SourceName::Pushed) => {
                let opened = open_pushed(config, push_store(history.as_ref()), &calendars, clock);
                pushed = Some(Arc::clone(&opened));
                sources.push(opened);
            }
            (Some(history), name) if is_recorded(name, config) => {
                let source = open_one(name, config, &calendars, clock)?;
                let symbols = config.history.symbols;
                sources.push(Arc::new(Recorded::new(source, history.clone(), symbols)));
            }
            _ => sources.push(open_one(name, config, &calendars, clock)?),
        }
    }
    let default = sources.remove(0);
    let mut router = Router::new(default, sources);
    if let Some(pushed) = pushed {
        router = router.with_pushed(pushed);
    }
    Ok(match history {
        Some(history) => router.with_history(history),
        None => router,
    })
}

/// Whether any source has its bars in the history. What is pushed to several servers is kept where they meet, and in
/// their files besides where bars are recorded.
fn keeps_bars(config: &Config) -> bool {
    let is_alone = !config.cluster.is_on();
    let is_kept = |name| match name {
        SourceName::Pushed => is_alone || config.history.record,
        name => is_recorded(name, config),
    };
    config.sources().into_iter().any(is_kept)
}

/// Whether the bars of a source are recorded.
const fn is_recorded(name: SourceName, config: &Config) -> bool {
    config.history.record && name.has_upstream()
}

fn open_one(
    name: SourceName,
    config: &Config,
    calendars: &Calendars,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Source>, OpenError> {
    Ok(match name {
        SourceName::Sim => {
            let sim = Sim::new(&config.sim, Arc::clone(clock));
            polled(sim.with_calendars(calendars.clone()), config, clock)
        }
        SourceName::Yahoo => {
            let yahoo = Yahoo::new(&config.yahoo, Arc::clone(clock))?;
            polled(yahoo.with_calendars(calendars.clone()), config, clock)
        }
        SourceName::Replay => {
            polled(Replay::open(&config.replay, calendars, Arc::clone(clock))?, config, clock)
        }
        SourceName::Binance => live(Binance, &(&config.binance).into(), config, clock)?,
        SourceName::Kraken => live(Kraken, &(&config.kraken).into(), config, clock)?,
        SourceName::Coinbase => live(Coinbase, &(&config.coinbase).into(), config, clock)?,
        SourceName::Alpaca => {
            let AlpacaConfig { key_id, secret_key, .. } = &config.alpaca;
            if !key_id.is_set() || !secret_key.is_set() {
                return Err(OpenError::NoKey);
            }
            let alpaca = Alpaca::new(&config.alpaca, calendars.clone(), Arc::clone(clock))?;
            live(alpaca, &(&config.alpaca).into(), config, clock)?
        }
        SourceName::Pushed => {
            let history = keeps_bars(config).then(|| History::open(&config.history.path));
            open_pushed(config, push_store(history.transpose()?.as_ref()), calendars, clock)
        }
    })
}

/// Where a server alone keeps what is pushed; several find that out when they meet.
fn push_store(history: Option<&History>) -> Arc<dyn PushStore> {
    match history {
        Some(history) => Arc::new(history.clone()),
        None => Arc::new(NotJoined),
    }
}

/// What is pushed, and kept in `store`.
fn open_pushed(
    config: &Config,
    store: Arc<dyn PushStore>,
    calendars: &Calendars,
    clock: &Arc<dyn Clock>,
) -> Arc<Pushed> {
    let IngestConfig { symbols, bars, ticks, window, stale_after, .. } = config.ingest;
    let limits = Limits { symbols, bars, ticks };
    let is_open = config.ingest.is_on();
    let policy = PushPolicy { limits, window, stale_after, is_open };
    Arc::new(Pushed::new(store, policy, calendars.clone(), Arc::clone(clock)))
}

fn live(
    exchange: impl Exchange,
    settings: &ExchangeSettings,
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Source>, reqwest::Error> {
    let dial = Arc::new(HttpDial::new(exchange.profile().name, settings)?);
    let client = Arc::new(ExchangeClient::new(exchange, settings, Arc::clone(clock))?);
    Ok(Arc::new(Live::new(client, dial, Arc::clone(clock), timing(config))))
}

const fn timing(config: &Config) -> PollTiming {
    PollTiming { refresh: config.hub.refresh, backoff_max: config.hub.backoff_max }
}

fn polled(
    fetcher: impl Fetch + Search,
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Arc<dyn Source> {
    Arc::new(Polled::new(Arc::new(fetcher), Arc::clone(clock), timing(config)))
}

/// Opens what [`open`] would, and closes it again: all that is wrong with it, each with the dotted key of
/// the setting that is.
#[must_use]
pub fn check(config: &Config, clock: &Arc<dyn Clock>) -> Vec<(String, OpenError)> {
    let mut faults = Vec::new();
    let calendars = calendars(config).unwrap_or_else(|error| {
        faults.push(("markets.file".to_owned(), error));
        Calendars::standard()
    });
    for name in config.sources() {
        faults.extend(check_one(name, config, &calendars, clock));
    }
    let history = keeps_bars(config).then(|| History::check(&config.history.path));
    let unusable = history.and_then(Result::err);
    faults.extend(unusable.map(|error| ("history.path".to_owned(), error.into())));
    faults
}

fn check_one(
    name: SourceName,
    config: &Config,
    calendars: &Calendars,
    clock: &Arc<dyn Clock>,
) -> Vec<(String, OpenError)> {
    match name {
        SourceName::Sim | SourceName::Pushed => Vec::new(),
        SourceName::Binance | SourceName::Kraken | SourceName::Coinbase | SourceName::Alpaca => {
            let unusable = open_one(name, config, calendars, clock).err();
            let key = |error: &OpenError| match error {
                OpenError::NoKey => "alpaca.key_id".to_owned(),
                _ => format!("{}.rest_url", name.as_str()),
            };
            unusable.map(|error| (key(&error), error)).into_iter().collect()
        }
        SourceName::Yahoo => {
            let unusable = Yahoo::new(&config.yahoo, Arc::clone(clock)).err().map(|error| {
                let key = match error {
                    YahooSetupError::BaseUrls => "yahoo.base_urls",
                    YahooSetupError::RequestRate(_) => "yahoo.request_rate",
                    YahooSetupError::Client(_) => "yahoo.user_agent",
                };
                (key.to_owned(), error.into())
            });
            unusable.into_iter().collect()
        }
        SourceName::Replay => {
            let unusable = check_replay(&config.replay, calendars, clock);
            unusable.into_iter().map(|(key, error)| (key, error.into())).collect()
        }
    }
}

/// What is wrong with the settings, and with each of the files.
fn check_replay(
    config: &ReplayConfig,
    calendars: &Calendars,
    clock: &Arc<dyn Clock>,
) -> Vec<(String, ReplayError)> {
    if config.files.is_empty() {
        return vec![("replay.files".to_owned(), ReplayError::NoFiles)];
    }
    let mut faults = Vec::new();
    for (name, file) in &config.files {
        let files = [(name.clone(), file.clone())].into();
        let only = ReplayConfig { files, ..config.clone() };
        let Err(error) = Replay::open(&only, calendars, Arc::clone(clock)) else { continue };
        // A setting for all files is no fault of each.
        let key = match &error {
            ReplayError::Speed { .. } => "replay.speed".to_owned(),
            ReplayError::PlayAndFollow => "replay.follow".to_owned(),
            ReplayError::From { .. } => "replay.from".to_owned(),
            ReplayError::Zone { .. } if file.reading.timezone.is_none() => {
                "replay.timezone".to_owned()
            }
            _ => format!("replay.files.{name}"),
        };
        if faults.iter().all(|(known, _)| *known != key) {
            faults.push((key, error));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Calendars, Config, calendars};

    #[test]
    fn a_table_of_markets_takes_the_place_of_the_one_in_the_binary() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut config = Config::default();
        assert_eq!(calendars(&config).expect("the standard"), Calendars::standard());
        config.markets.file = folder.path().join("markets.toml");
        let told = |config: &Config| {
            let error = calendars(config).expect_err("refused");
            let cause = std::error::Error::source(&error).expect("a cause").to_string();
            format!("{error}: {cause}")
        };
        assert!(told(&config).contains("cannot read"));
        fs::write(&config.markets.file, "[x]\nzone = \"UTC\"\nregular = []\n").expect("written");
        assert!(told(&config).contains("markets.toml: [x]: regular is empty"), "{}", told(&config));
        fs::write(&config.markets.file, "[x]\nzone = \"UTC\"\nregular = [\"09:00-10:00\"]\n")
            .expect("written");
        assert_eq!(calendars(&config).expect("a table").iter().count(), 1);
    }
}
