//! `[source]`: where bars come from.

use serde::{Deserialize, Serialize};

/// The choice of sources.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourceConfig {
    /// The one for symbols that name none.
    pub name: SourceName,
    /// Others, for symbols with their name before them, as in `YAHOO:AAPL`.
    pub others: Vec<SourceName>,
}

impl SourceConfig {
    /// Every source that is used, each once, the one for symbols that name none first.
    #[must_use]
    pub fn used(&self) -> Vec<SourceName> {
        let mut used = vec![self.name];
        for other in &self.others {
            if !used.contains(other) {
                used.push(*other);
            }
        }
        used
    }

    /// Their names: `sim`, `sim and yahoo`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let names: Vec<_> = self.used().into_iter().map(SourceName::as_str).collect();
        names.join(" and ")
    }
}

/// The sources there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SourceName {
    /// A synthetic market that needs no network.
    #[default]
    Sim,
    /// Yahoo Finance.
    Yahoo,
    /// Recorded bars of files.
    Replay,
    /// The Binance exchange.
    Binance,
    /// The Kraken exchange.
    Kraken,
    /// The Coinbase exchange.
    Coinbase,
    /// US equities from Alpaca, with a key.
    Alpaca,
    /// Bars and ticks that others push in.
    Pushed,
}

impl SourceName {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Sim,
        Self::Yahoo,
        Self::Replay,
        Self::Binance,
        Self::Kraken,
        Self::Coinbase,
        Self::Alpaca,
        Self::Pushed,
    ];

    /// Whether it has its bars of another machine. The simulated market computes its past, recordings are files,
    /// and what is pushed is kept in any case.
    #[must_use]
    pub const fn has_upstream(self) -> bool {
        !matches!(self, Self::Sim | Self::Replay | Self::Pushed)
    }

    /// As it is written in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Yahoo => "yahoo",
            Self::Replay => "replay",
            Self::Binance => "binance",
            Self::Kraken => "kraken",
            Self::Coinbase => "coinbase",
            Self::Alpaca => "alpaca",
            Self::Pushed => "pushed",
        }
    }
}
