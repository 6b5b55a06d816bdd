//! `figcast alive`: whether a server answers, for images that have no other program to ask with.

use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use reqwest::Client;
use tokio::runtime::Runtime;
use url::Url;

/// Longest wait for the answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which server.
#[derive(Debug, Args)]
pub struct AliveArgs {
    /// What is asked
    #[arg(default_value = "http://127.0.0.1:8080/healthz")]
    url: Url,
}

impl AliveArgs {
    /// Asks.
    ///
    /// # Errors
    /// When there is no answer, or one that is none of a server that is well.
    pub fn ask(&self) -> anyhow::Result<()> {
        // Fails when the process has a provider already, and that one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let runtime = Runtime::new().context("cannot start the runtime")?;
        let answer = runtime.block_on(async { client.get(self.url.clone()).send().await })?;
        if !answer.status().is_success() {
            bail!("{} answers {}", self.url, answer.status());
        }
        Ok(())
    }
}
