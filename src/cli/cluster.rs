//! `figcast cluster`: several servers that are one service, from the command line.

use anyhow::{Context as _, bail};
use clap::Subcommand;
use tokio::runtime::Runtime;

use crate::cluster;
use crate::config::Config;

/// What can be asked of a cluster.
#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// Print its nodes, and which of them leads each series
    Status,
}

/// Does what was asked, and says what came of it.
///
/// # Errors
/// When there is no cluster, or its Redis does not answer.
pub fn run(command: &ClusterCommand, config: &Config) -> anyhow::Result<String> {
    if !config.cluster.is_on() {
        bail!("there is no cluster: cluster.redis is empty");
    }
    let runtime = Runtime::new().context("cannot start the runtime")?;
    match command {
        ClusterCommand::Status => Ok(runtime.block_on(cluster::report(&config.cluster))?),
    }
}
