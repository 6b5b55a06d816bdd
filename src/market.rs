//! What is known of an instrument besides its bars: names, zone and trading hours.

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::symbol::Symbol;

/// The static facts of one instrument, as its source tells them.
#[derive(Debug, Clone, PartialEq)]
pub struct Instrument {
    /// The symbol it was asked for by.
    pub symbol: Symbol,
    /// Name for people, such as "Apple Inc.".
    pub name: Option<String>,
    /// Currency as the source spells it (ISO 4217, or `GBp` for pence).
    pub currency: Option<String>,
    /// Exchange for people, such as "`NasdaqGS`".
    pub exchange: Option<String>,
    /// The zone the exchange lives by; its clock is the chart's x axis.
    pub zone: TimeZone,
    /// Close of the session before the newest one, in the instrument's currency.
    pub previous_close: Option<f64>,
    /// Decimals for ticks and hover; prices themselves are never rounded by it.
    pub price_decimals: Option<u8>,
}

impl Instrument {
    /// An instrument of which only the symbol and the zone are known.
    #[must_use]
    pub fn unnamed(symbol: Symbol, zone: TimeZone) -> Self {
        Self {
            symbol,
            name: None,
            currency: None,
            exchange: None,
            zone,
            previous_close: None,
            price_decimals: None,
        }
    }

    /// IANA name of the zone, `UTC` when it has none.
    #[must_use]
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}

/// A stretch of trading, `start <= t < end`, in epoch seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First second of trading.
    pub start: i64,
    /// First second after it.
    pub end: i64,
}

impl Period {
    /// Whether `ts` lies inside.
    #[must_use]
    pub const fn contains(self, ts: i64) -> bool {
        self.start <= ts && ts < self.end
    }
}

/// When an instrument trades.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hours {
    /// Regular sessions, oldest first, as far as the source tells them; possibly none.
    Sessions(Vec<Period>),
    /// Never closed. A chart of one day shows this many seconds back from the last bar.
    Continuous {
        /// Length of "one day" in seconds: 86,400 for a real 24/7 market.
        day: i64,
    },
}

impl Hours {
    /// Whether the market trades at `now`, epoch seconds; `None` when the source has not said.
    #[must_use]
    pub fn state_at(&self, now: i64) -> Option<SessionState> {
        match self {
            Self::Continuous { .. } => Some(SessionState::Open),
            Self::Sessions(periods) if periods.is_empty() => None,
            Self::Sessions(periods) => Some(if periods.iter().any(|p| p.contains(now)) {
                SessionState::Open
            } else {
                SessionState::Closed
            }),
        }
    }
}

/// What the market is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Regular trading.
    Open,
    /// No regular trading.
    Closed,
}
