//! What subscribers ask for.

use clap::ValueEnum;

/// A view and a coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// The spark line, coded zstd: hundreds of bytes
    Small,
    /// The mountain as it is, 16 to 22 KB
    Figures,
    /// The mountain, coded gzip
    Gzip,
    /// The mountain, coded zstd
    Zstd,
}

impl Scenario {
    /// A few words for a table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Small => "small events (spark, zstd)",
            Self::Figures => "figures (identity)",
            Self::Gzip => "figures (gzip)",
            Self::Zstd => "figures (zstd)",
        }
    }

    /// The request for a symbol's view.
    pub fn request(self, symbol: &str) -> String {
        let (query, coding) = match self {
            Self::Small => ("?chart=spark", "Accept-Encoding: zstd\r\n"),
            Self::Figures => ("", ""),
            Self::Gzip => ("", "Accept-Encoding: gzip\r\n"),
            Self::Zstd => ("", "Accept-Encoding: zstd\r\n"),
        };
        format!(
            "GET /stream/{symbol}{query} HTTP/1.1\r\nHost: bench\r\n\
             Accept: text/event-stream\r\n{coding}\r\n"
        )
    }
}
