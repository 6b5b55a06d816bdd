//! `[history]`: bars that stay.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where bars are kept, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HistoryConfig {
    /// The file; it is made when something is to be kept.
    pub path: PathBuf,
    /// Whether the bars of sources are kept, too, and not only what is pushed.
    pub record: bool,
    /// Most symbols of a source whose bars are kept.
    pub symbols: usize,
    /// Days that bars are kept.
    pub keep_days: KeepDays,
}

impl Default for HistoryConfig {
    fn default() -> Self {
        Self {
            path: "figcast.db".into(),
            record: false,
            symbols: 1_000,
            keep_days: KeepDays::default(),
        }
    }
}

/// Declares a number of days for each interval by its name.
macro_rules! keep_days {
    ($($field:ident = $name:literal,)+) => {
        /// Days that bars of each interval are kept; 0 is for good.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct KeepDays {
            $(
                #[doc = concat!("Of bars of ", $name, ".")]
                #[serde(rename = $name)]
                pub $field: u32,
            )+
        }

        impl KeepDays {
            /// The names of the intervals whose bars are not kept for good, with their days.
            pub fn bounded(&self) -> impl Iterator<Item = (&'static str, u32)> {
                [$(($name, self.$field)),+].into_iter().filter(|(_, days)| *days > 0)
            }
        }
    };
}

keep_days! {
    minute1 = "1m",
    minute2 = "2m",
    minute5 = "5m",
    minute15 = "15m",
    minute30 = "30m",
    hour1 = "1h",
    hour2 = "2h",
    hour4 = "4h",
    day1 = "1d",
    week1 = "1wk",
    month1 = "1mo",
}
