//! `figcast check-config`: reads and opens what `serve` would, and reports every fault at once.

use std::error::Error;
use std::fs;
use std::sync::Arc;

use crate::app;
use crate::auth::Authority;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, DEFAULT_FILE, Faults, Layers, Loaded};
use crate::figure::{Appearance, contrast_of};
use crate::source;
use crate::view::Theme;

/// Below it words cannot be told from their ground. Of words that are easy to read it is 4.5.
const LEAST_CONTRAST: f64 = 1.5;

/// What there is to say of a configuration without a fault.
///
/// # Errors
/// [`Faults`], after which file was read.
pub fn check(layers: &Layers) -> anyhow::Result<String> {
    let (loaded, mut faults) = layers.read();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let opened = source::check(&loaded.config, &clock);
    for (key, error) in &opened {
        let fault = loaded.fault(key, told(error));
        // A value beyond its bounds cannot be opened either, which is no second fault.
        let known =
            fault.location.is_some() && faults.iter().any(|known| known.location == fault.location);
        if !known {
            faults.push(fault);
        }
    }
    let certificate = app::check_certificate(&loaded.config.server.tls, clock.now());
    if let Err(error) = &certificate {
        faults.push(loaded.fault("server.tls", told(error)));
    }
    let auth = Authority::faults(&loaded.config.auth).into_iter();
    faults.extend(auth.map(|(key, error)| loaded.fault(&key, told(&error))));
    let Config { server, ingest, .. } = &loaded.config;
    let listens = [
        ("server.listen", Some(&server.listen)),
        ("server.admin.listen", server.admin.listen.as_ref()),
        ("ingest.listen", ingest.listen.as_ref()),
    ];
    for (key, listen) in listens {
        let unusable = listen.and_then(|listen| app::check_address(listen).err());
        faults.extend(unusable.map(|error| loaded.fault(key, format!("{error:#}"))));
    }
    let read = read(&loaded);
    if !faults.is_empty() {
        let is_unread = loaded.file.as_ref().is_some_and(|path| fs::read_to_string(path).is_err());
        let faults = anyhow::Error::new(Faults(faults));
        return Err(if is_unread { faults } else { faults.context(read) });
    }
    let notes = notes(&loaded).into_iter().chain(certificate.ok().flatten());
    let fine = format!("the configuration is fine: {read}");
    Ok(std::iter::once(fine).chain(notes).collect::<Vec<_>>().join("\n"))
}

/// Settings that do nothing, and those that nobody can read, in words.
pub fn notes(loaded: &Loaded) -> Vec<String> {
    let used = loaded.config.source.in_words();
    let unused = loaded.unused().into_iter();
    let unused =
        unused.map(|(key, at)| format!("{at}: {key} does nothing, as the source is {used}"));
    unused.chain(illegible(loaded)).collect()
}

/// Themes whose words are lost in their ground. What is good to read beyond that is the operator's affair.
fn illegible(loaded: &Loaded) -> Vec<String> {
    let appearance = Appearance::from(&loaded.config.appearance);
    let told = |theme: Theme| {
        let contrast =
            contrast_of(&appearance, theme).filter(|contrast| *contrast < LEAST_CONTRAST)?;
        let key = format!("appearance.{}", theme.as_str());
        let detail = format!(
            "{key}: text and background are nearly equal, with a contrast of {contrast:.1} to 1"
        );
        Some(loaded.fault(&key, detail).to_string())
    };
    Theme::ALL.into_iter().filter_map(told).collect()
}

/// Which file was read, in words.
pub fn read(loaded: &Loaded) -> String {
    match &loaded.file {
        Some(path) => format!("{} was read", path.display()),
        None => format!("no file was read, as none was named and there is no {DEFAULT_FILE}"),
    }
}

/// An error and its causes on one line.
fn told(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told
}
