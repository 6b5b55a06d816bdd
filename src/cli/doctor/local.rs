//! The doctor on the machine of a server: the configuration, and what it needs here.

use std::env;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::certificate;
use super::finding::Finding;
use super::tape::in_words;
use crate::auth;
use crate::cli::check;
use crate::clock::{Clock, SystemClock};
use crate::cluster;
use crate::config::{Config, IngestConfig, JwksConfig, Layers, Listen, SourceName};
use crate::figure::Appearance;
use crate::hub::Hub;
use crate::source::{self, SearchQuery};
use crate::view::View;

/// Fewer descriptors than this carry no crowd.
const DESCRIPTORS: u64 = 4_096;
/// Descriptors that streams do not get.
const SPARE: u64 = 500;
/// Longest wait for the bars of a source.
const PATIENCE: Duration = Duration::from_secs(15);

/// Looks at this machine.
pub async fn look(file: Option<PathBuf>) -> Vec<Finding> {
    let layers = Layers { file, env: env::vars_os().collect(), flags: Vec::new() };
    let mut findings = Vec::new();
    match check::check(&layers) {
        Ok(told) => findings.push(Finding::ok("configuration", told)),
        Err(faults) => {
            let right = "mend each place that is named; figcast serve refuses to start until then";
            findings.push(Finding::wrong("configuration", format!("{faults:#}"), right));
        }
    }
    let (loaded, _) = layers.read();
    let config = loaded.config;
    let listens = [
        ("server.listen", Some(&config.server.listen)),
        ("server.admin.listen", config.server.admin.listen.as_ref()),
        ("ingest.listen", config.ingest.listen.as_ref()),
    ];
    for (key, listen) in listens {
        findings.extend(listen.into_iter().flat_map(|listen| ports(key, listen)));
    }
    findings.extend(descriptors(&config));
    findings.extend(certificate::configured(&config.server.tls, SystemClock.now()));
    if findings.iter().all(|finding| !finding.is_wrong()) {
        findings.extend(sources(config.clone()).await);
    }
    findings.extend(issuer(&config.auth.jwks).await);
    if config.cluster.is_on() {
        findings.push(match cluster::report(&config.cluster).await {
            Ok(_) => Finding::ok("redis", "cluster.redis answers"),
            Err(error) => {
                Finding::wrong("redis", in_words(&error), "start Redis, or mend cluster.redis")
            }
        });
    }
    findings
}

/// Whether the keys of tokens can be had from their address.
async fn issuer(jwks: &JwksConfig) -> Option<Finding> {
    Some(match auth::issuer_keys_now(jwks).await.transpose()? {
        Ok(1) => Finding::ok("jwks", "auth.jwks.url has one key"),
        Ok(keys) => Finding::ok("jwks", format!("auth.jwks.url has {keys} keys")),
        Err(error) => Finding::wrong(
            "jwks",
            format!("auth.jwks.url: {error:#}"),
            "look at the address, and whether this machine may reach it; nobody is let in until there are keys",
        ),
    })
}

/// Whether each address can be listened on.
fn ports(key: &str, listen: &Listen) -> Vec<Finding> {
    let Ok(addresses) = listen.resolve() else { return Vec::new() };
    let look = |address| match TcpListener::bind(address) {
        Ok(_) => Finding::ok("port", format!("{address} is free ({key})")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Finding::warn(
            "port",
            format!("{address} is taken ({key})"),
            "fine if figcast runs already; else stop the other program, or choose another port",
        ),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Finding::wrong(
            "port",
            format!("{address} may not be listened on ({key})"),
            "choose a port above 1023, or give the process CAP_NET_BIND_SERVICE",
        ),
        Err(error) => Finding::warn(
            "port",
            format!("{address} cannot be listened on ({key}): {error}"),
            "name an address that this machine has",
        ),
    };
    addresses.into_iter().map(look).collect()
}

/// Whether the process may have as many descriptors as its streams need.
fn descriptors(config: &Config) -> Option<Finding> {
    let (soft, hard) = rlimit::getrlimit(rlimit::Resource::NOFILE).ok()?;
    let right = "raise the hard limit: LimitNOFILE= in a unit of systemd, ulimit -Hn in a shell, --ulimit nofile in a container";
    let wanted = u64::try_from(config.hub.streams).unwrap_or(u64::MAX);
    let carried = hard.saturating_sub(SPARE);
    Some(if wanted > carried {
        let found = format!("hub.streams is {wanted}, and {hard} descriptors carry {carried}");
        Finding::wrong("descriptors", found, right)
    } else if hard < DESCRIPTORS {
        let found = format!("the limit is {hard}, which carries {carried} streams");
        Finding::warn("descriptors", found, right)
    } else {
        Finding::ok("descriptors", format!("{hard} ({soft} until the server raises it)"))
    })
}

/// Whether each source has bars of the symbol that it shows first. Nothing of it is kept.
async fn sources(config: Config) -> Vec<Finding> {
    let mut config = Config { ingest: IngestConfig::default(), ..config };
    config.history.record = false;
    config.source.others.retain(|name| *name != SourceName::Pushed);
    if config.source.name == SourceName::Pushed {
        return Vec::new();
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let router = match source::open(&config, &clock) {
        Ok(router) => router,
        Err(error) => {
            return vec![Finding::wrong("source", in_words(&error), "mend its settings")];
        }
    };
    let hub = Hub::new(router, clock, config.hub, Appearance::default(), Arc::default());
    let mut findings = Vec::new();
    let query = SearchQuery::parse("").ok();
    let found = match query {
        Some(query) => hub.search(query, None, PATIENCE).await.ok(),
        None => None,
    };
    let listings = found.map(|found| found.listings).unwrap_or_default();
    for name in hub.sources() {
        let first = listings.iter().find(|found| hub.source_of(&found.listing.symbol) == name);
        let Some(first) = first else { continue };
        let view = View::of(first.listing.symbol.clone());
        let started = Instant::now();
        findings.push(match hub.figure(&view, None, PATIENCE).await {
            Ok(_) => {
                let took = started.elapsed().as_millis();
                Finding::ok("source", format!("{name} has bars of {} after {took} ms", view.symbol))
            }
            Err(error) => Finding::wrong(
                "source",
                format!("{name} has no bars of {}: {error}", view.symbol),
                "look whether this machine may reach it: a firewall, a proxy, root certificates (ca-certificates), a ban of its address",
            ),
        });
    }
    hub.stop().await;
    findings
}
