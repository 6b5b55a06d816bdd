//! The answers to recent searches, which are asked letter by letter and share the rate with the charts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

use super::NAME;
use crate::source::{Listing, Search, SourceError};

/// How long an answer is repeated.
const KEPT: Duration = Duration::from_mins(5);
/// Most searches remembered.
const MAX_SEARCHES: usize = 256;
/// Most searches under way at once: more would keep new charts waiting.
const MAX_UNDER_WAY: usize = 4;
/// When to come back if there are as many.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Remembers searches; those who ask the same at the same time share one answer.
#[derive(Debug)]
pub struct Recent {
    /// By what was searched, in lower case.
    searches: Mutex<HashMap<String, Remembered>>,
    /// The right to be under way.
    under_way: Semaphore,
}

/// Empty while the answer is under way, and after a failure.
type Cell = Arc<OnceCell<Vec<Listing>>>;

#[derive(Debug)]
struct Remembered {
    since: Instant,
    cell: Cell,
}

impl Default for Recent {
    fn default() -> Self {
        Self { searches: Mutex::default(), under_way: Semaphore::new(MAX_UNDER_WAY) }
    }
}

impl Recent {
    /// The answer to `search`, remembered or `ask`ed for. Failures are not remembered.
    ///
    /// # Errors
    /// That of `ask`; `Blocked` when too many searches are under way.
    pub async fn or_ask(
        &self,
        search: &Search,
        ask: impl AsyncFnOnce() -> Result<Vec<Listing>, SourceError>,
    ) -> Result<Vec<Listing>, SourceError> {
        let asked = async || {
            let _one = self.under_way.try_acquire().map_err(|_| crowded())?;
            ask().await
        };
        self.cell(search).get_or_try_init(asked).await.cloned()
    }

    fn cell(&self, search: &Search) -> Cell {
        let now = Instant::now();
        let mut searches = self.searches.lock().unwrap_or_else(PoisonError::into_inner);
        searches.retain(|_, remembered| now.duration_since(remembered.since) < KEPT);
        let key = search.as_str().to_lowercase();
        if searches.len() >= MAX_SEARCHES && !searches.contains_key(&key) {
            let oldest = searches.iter().min_by_key(|(_, remembered)| remembered.since);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                searches.remove(&oldest);
            }
        }
        let new = || Remembered { since: now, cell: Cell::default() };
        Arc::clone(&searches.entry(key).or_insert_with(new).cell)
    }
}

fn crowded() -> SourceError {
    SourceError::Blocked {
        origin: NAME,
        detail: "as many searches are under way as may be".to_owned(),
        retry_after: RETRY_AFTER,
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use tokio::time::advance;

    use super::{KEPT, MAX_SEARCHES, MAX_UNDER_WAY, Recent};
    use crate::source::{Listing, Search, SourceError};

    /// Counts how often it had to be asked.
    #[derive(Default)]
    struct Asked {
        recent: Recent,
        times: AtomicUsize,
    }

    impl Asked {
        async fn ask(&self, text: &str, answer: Result<Vec<Listing>, SourceError>) -> bool {
            let ask = async || {
                self.times.fetch_add(1, Ordering::Relaxed);
                answer
            };
            self.recent.or_ask(&search(text), ask).await.is_ok()
        }

        fn times(&self) -> usize {
            self.times.load(Ordering::Relaxed)
        }
    }

    fn search(text: &str) -> Search {
        Search::parse(text).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_repeated_for_a_while_however_it_is_spelt() {
        let asked = Asked::default();
        for text in ["apple", "Apple", " APPLE "] {
            assert!(asked.ask(text, Ok(Vec::new())).await);
        }
        assert_eq!(asked.times(), 1);
        advance(KEPT.saturating_sub(Duration::from_millis(1))).await;
        asked.ask("apple", Ok(Vec::new())).await;
        assert_eq!(asked.times(), 1);
        advance(Duration::from_millis(1)).await;
        asked.ask("apple", Ok(Vec::new())).await;
        assert_eq!(asked.times(), 2);
    }

    #[tokio::test]
    async fn a_failure_is_not_remembered() {
        let asked = Asked::default();
        assert!(!asked.ask("apple", Err(super::crowded())).await);
        assert!(asked.ask("apple", Ok(Vec::new())).await);
        assert_eq!(asked.times(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_search_makes_room_for_one_too_many() {
        let asked = Asked::default();
        for n in 0..MAX_SEARCHES {
            asked.ask(&n.to_string(), Ok(Vec::new())).await;
            advance(Duration::from_millis(1)).await;
        }
        asked.ask("0", Ok(Vec::new())).await;
        assert_eq!(asked.times(), MAX_SEARCHES);
        asked.ask("new", Ok(Vec::new())).await;
        asked.ask("1", Ok(Vec::new())).await;
        assert_eq!(asked.times(), MAX_SEARCHES + 1);
        asked.ask("0", Ok(Vec::new())).await;
        assert_eq!(asked.times(), MAX_SEARCHES + 2);
        assert_eq!(asked.recent.searches.lock().unwrap().len(), MAX_SEARCHES);
    }

    #[tokio::test]
    async fn searches_under_way_are_bounded_and_an_abandoned_one_makes_room() {
        let asked = Asked::default();
        let searches: Vec<Search> = (0..MAX_UNDER_WAY).map(|n| search(&n.to_string())).collect();
        let mut waiting: Vec<_> = searches
            .iter()
            .map(|search| Box::pin(asked.recent.or_ask(search, async || pending().await)))
            .collect();
        for one in &mut waiting {
            assert!(one.now_or_never().is_none());
        }
        assert!(!asked.ask("one more", Ok(Vec::new())).await);
        waiting.pop();
        assert!(asked.ask("one more", Ok(Vec::new())).await);
    }
}
