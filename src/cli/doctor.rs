//! `figcast doctor`: says in words what is wrong between a server and its clients, or with the machine of a server.
//!
//! With an address it reads streams as clients do, through whatever is in between. Without one it looks at the
//! configuration of this machine, and at what that needs.

mod args;
mod certificate;
mod finding;
mod judge;
mod local;
mod remote;
mod restart;
mod tape;

use anyhow::{Context as _, bail};
use url::Url;

pub use args::DoctorArgs;
use finding::Finding;
use remote::Visitor;

/// Looks, and says what was found. The token to show is in the variable `FIGCAST_TOKEN`.
///
/// # Errors
/// When something is wrong, after `say` has said what.
pub fn run(args: &DoctorArgs, say: impl FnOnce(&str) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let findings = runtime.block_on(async {
        match &args.url {
            Some(url) => visit(url, args).await,
            None => Ok(local::look(args.config.clone()).await),
        }
    })?;
    say(&if args.json { finding::json(&findings) } else { finding::text(&findings) })?;
    match findings.iter().filter(|finding| finding.is_wrong()).count() {
        0 => Ok(()),
        1 => bail!("1 thing is wrong"),
        wrong => bail!("{wrong} things are wrong"),
    }
}

/// Looks at the server behind `url`.
async fn visit(url: &Url, args: &DoctorArgs) -> anyhow::Result<Vec<Finding>> {
    let visitor = Visitor::new(url, args.symbol.as_ref())?;
    let mut findings: Vec<_> = visitor.certificate().await.into_iter().collect();
    if !findings.iter().any(Finding::is_wrong) {
        findings.extend(visitor.address().await);
    }
    if findings.iter().any(Finding::is_wrong) {
        return Ok(findings);
    }
    let visitor = visitor.of_a_symbol().await;
    findings.extend(visitor.clock().await);
    findings.extend(visitor.streams(args.time).await);
    findings.extend(visitor.cors(args.origin.as_deref()).await);
    if args.restart {
        findings.extend(restart::watch(&visitor).await);
    }
    Ok(findings)
}
