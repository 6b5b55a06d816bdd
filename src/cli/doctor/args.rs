//! What `figcast doctor` is told.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use humantime_serde::re::humantime::parse_duration;
use url::Url;

use crate::symbol::Symbol;

/// What to look at.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Where clients reach the server, such as <https://charts.example.com/>; without it this machine is looked at
    #[arg(value_parser = address)]
    pub url: Option<Url>,
    /// Whose stream is read [default: the symbol that the server shows first]
    #[arg(long)]
    pub symbol: Option<Symbol>,
    /// How long a stream is read: 70s finds what is cut after a minute
    #[arg(long = "for", value_name = "TIME", default_value = "20s", value_parser = parse_duration)]
    pub time: Duration,
    /// A site whose pages are to read the charts, such as <https://example.com>
    #[arg(long, value_name = "ORIGIN")]
    pub origin: Option<String>,
    /// Wait until the server restarts, and say what its clients see of that
    #[arg(long, requires = "url")]
    pub restart: bool,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
    /// Configuration file, without an address [default: config/figcast.toml, if it is there]
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    pub config: Option<PathBuf>,
}

/// The address of a server.
fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let right = "an address of a server begins with http:// or https://";
    url.ok_or_else(|| format!("{right}, as in https://charts.example.com/"))
}
