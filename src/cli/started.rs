//! What a server says when it has started.

use super::check;
use crate::app::{App, AppBounds};
use crate::config::{BasePath, HubConfig, Loaded};
use crate::http::Scope;

/// What runs, in one line: where it listens, by which configuration, and how much it takes at a time.
pub fn line(listening: &str, bounds: AppBounds, loaded: &Loaded) -> String {
    let AppBounds { streams, connections } = bounds;
    let HubConfig { feeds, views, .. } = loaded.config.hub;
    let (used, read) = (loaded.config.sources_in_words(), check::read(loaded));
    format!(
        "figcast {}: {listening}; source {used}; at most {connections} connections, {streams} streams, {views} views, \
         {feeds} series; {read}",
        env!("CARGO_PKG_VERSION")
    )
}

/// Where a server listens, in words.
pub fn listening(app: &App, base: &BasePath) -> String {
    let folder = if base.is_root() { "" } else { "/" };
    let all = |scope| -> Vec<_> {
        app.endpoints(scope).map(|at| format!("{at}{base}{folder}")).collect()
    };
    let charts = all(Scope::Charts);
    let apart =
        [("pushes", Scope::Pushes), ("operators", Scope::Operations)].map(|(what, scope)| {
            let others: Vec<_> = all(scope).into_iter().filter(|at| !charts.contains(at)).collect();
            let others = (!others.is_empty()).then(|| others.join(" and "));
            others.map(|others| format!(", and for {what} on {others}")).unwrap_or_default()
        });
    format!("listening on {}{}", charts.join(" and "), apart.concat())
}
