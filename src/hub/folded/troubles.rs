//! What the log says of sources in trouble. An outage fails every series of a source again and again, and is told
//! twice: when it begins, and when the last of those series has an answer or is watched no more, with the count.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use log::{debug, info, warn};
use tokio::time::Instant;

use crate::source::{SeriesKey, SourceError};

/// Which trouble: the source's name, and the kind of its error.
type Trouble = (&'static str, &'static str);

/// The troubles of all sources.
#[derive(Debug, Default)]
pub struct SourceTroubles(Mutex<HashMap<Trouble, Outage>>);

/// One trouble that goes on.
#[derive(Debug)]
struct Outage {
    since: Instant,
    /// Series whose last answer was this trouble.
    series: u64,
    /// All that were at any time.
    touched: u64,
    /// Answers that were this trouble.
    failures: u64,
}

/// The trouble that one series is in. Its drop is the end of that.
#[derive(Debug)]
pub struct SeriesTrouble {
    troubles: Arc<SourceTroubles>,
    source: &'static str,
    kind: Option<&'static str>,
}

impl SeriesTrouble {
    /// No trouble yet, of a series of `source`.
    pub const fn none(troubles: Arc<SourceTroubles>, source: &'static str) -> Self {
        Self { troubles, source, kind: None }
    }

    /// The series `key` has failed.
    pub fn fail(&mut self, key: &SeriesKey, error: &SourceError) {
        let kind = error.kind();
        if self.kind != Some(kind) {
            self.end();
        }
        let is_new = self.kind.is_none();
        self.kind = Some(kind);
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        if self.troubles.count((self.source, kind), is_new) {
            warn!("feed {key}: {error}{cause}");
        } else {
            debug!("feed {key}: {error}{cause}");
        }
    }

    /// The series has an answer.
    pub fn end(&mut self) {
        if let Some(kind) = self.kind.take() {
            self.troubles.leave((self.source, kind));
        }
    }
}

impl Drop for SeriesTrouble {
    fn drop(&mut self) {
        self.end();
    }
}

impl SourceTroubles {
    /// Counts a failure; whether it is the first of its trouble.
    fn count(&self, trouble: Trouble, is_new: bool) -> bool {
        let mut outages = self.outages();
        let is_first = !outages.contains_key(&trouble);
        let fresh = || Outage { since: Instant::now(), series: 0, touched: 0, failures: 0 };
        let outage = outages.entry(trouble).or_insert_with(fresh);
        outage.failures += 1;
        outage.series += u64::from(is_new);
        outage.touched += u64::from(is_new);
        is_first
    }

    /// One of its series is in this trouble no more.
    fn leave(&self, trouble: Trouble) {
        let mut outages = self.outages();
        let Some(outage) = outages.get_mut(&trouble) else { return };
        outage.series = outage.series.saturating_sub(1);
        if outage.series > 0 {
            return;
        }
        if let Some(outage) = outages.remove(&trouble) {
            info!("{}", outage.in_words(trouble));
        }
    }

    fn outages(&self) -> MutexGuard<'_, HashMap<Trouble, Outage>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outage {
    fn in_words(&self, (source, kind): Trouble) -> String {
        let counted = |count: u64, one: &str, many: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {many}"),
        };
        let failures = counted(self.failures, "failure", "failures");
        let series = counted(self.touched, "series", "series");
        let took = Duration::from_secs(self.since.elapsed().as_secs());
        format!(
            "{source}: no series is in trouble ({kind}) any more, after {took:?} and {failures} of {series}"
        )
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::time::advance;

    use super::SourceTroubles;

    const TROUBLE: (&str, &str) = ("yahoo", "unavailable");

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_told_at_its_first_failure_and_ends_with_the_last_series() {
        let troubles = Arc::new(SourceTroubles::default());
        let firsts: Vec<_> = (0..200).map(|_| troubles.count(TROUBLE, true)).collect();
        assert_eq!(firsts.iter().filter(|first| **first).count(), 1);
        assert!(!troubles.count(TROUBLE, false), "once for all of its failures");
        assert!(troubles.count(("yahoo", "malformed"), true), "another trouble is told");
        assert!(troubles.count(("kraken", "unavailable"), true), "and that of another source");
        advance(Duration::from_secs(90)).await;
        (0..199).for_each(|_| troubles.leave(TROUBLE));
        let outage = troubles.outages().remove(&TROUBLE).expect("one series is still in it");
        let told = outage.in_words(TROUBLE);
        let expected = "yahoo: no series is in trouble (unavailable) any more, after 90s and 201 failures of 200 series";
        assert_eq!(told, expected);
        assert!(troubles.count(TROUBLE, true), "the next one is told again");
        troubles.leave(TROUBLE);
        assert!(!troubles.outages().contains_key(&TROUBLE));
    }
}
