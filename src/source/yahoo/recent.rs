//! The answers to recent searches, which are asked letter by letter; and the clients whose searches wait
//! because Yahoo refused one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::fault::NAME;
use crate::shares::{Client, Exceeded, Holders, Quota};
use crate::source::error::SourceError;
use crate::source::search::{Listing, SearchQuery};

/// How long an answer is repeated.
const KEPT: Duration = Duration::from_mins(5);
/// Most searches remembered.
const MAX_SEARCHES: usize = 256;
/// Most searches of one client that wait for an answer.
const MAX_OF_CLIENT: usize = 4;
/// The same of all together.
const MAX_UNDER_WAY: usize = 256;
/// When to come back if there are as many.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Remembers searches; those who ask the same at the same time share one answer.
#[derive(Debug)]
pub struct Recent {
    /// By what was searched, in lower case.
    searches: Mutex<HashMap<String, Remembered>>,
    /// The right to wait for an answer.
    under_way: Arc<Quota>,
    /// How long a client's searches wait after one was refused.
    pause: Duration,
    /// The clients whose searches wait, and until when.
    paused: Mutex<HashMap<Option<Client>, Instant>>,
}

#[derive(Debug)]
struct Remembered {
    since: Instant,
    search: Arc<Sought>,
}

/// One search of however many clients.
#[derive(Debug)]
struct Sought {
    /// Empty while the answer is under way, and after a failure.
    found: OnceCell<Vec<Listing>>,
    /// The clients that wait for it.
    holders: Arc<Holders>,
}

impl Recent {
    /// Nothing was searched; after a refusal a client's searches wait for `pause`.
    pub fn new(pause: Duration) -> Self {
        Self {
            searches: Mutex::default(),
            under_way: Quota::new(MAX_UNDER_WAY, MAX_OF_CLIENT),
            pause,
            paused: Mutex::default(),
        }
    }

    /// The answer to `search` of `client`, remembered or `ask`ed for. Failures are not remembered.
    ///
    /// # Errors
    /// That of `ask`; `Blocked` when too many searches are under way, or a short while after one of the
    /// client's was refused: what it searches for must not keep others from searching.
    pub async fn or_ask(
        &self,
        search: &SearchQuery,
        client: Option<Client>,
        ask: impl AsyncFnOnce(&Arc<Holders>) -> Result<Vec<Listing>, SourceError>,
    ) -> Result<Vec<Listing>, SourceError> {
        let sought = self.sought(search);
        if let Some(found) = sought.found.get() {
            return Ok(found.clone());
        }
        let _one = self.under_way.take(client).map_err(crowded)?;
        self.check(client)?;
        let _hold = sought.holders.hold(client);
        let asked = async || {
            let outcome = ask(&sought.holders).await;
            if matches!(outcome, Err(SourceError::Refused { .. })) {
                self.paused().insert(client, Instant::now() + self.pause);
            }
            outcome
        };
        sought.found.get_or_try_init(asked).await.cloned()
    }

    /// Whether a search of `client` may be asked.
    fn check(&self, client: Option<Client>) -> Result<(), SourceError> {
        let now = Instant::now();
        let mut paused = self.paused();
        paused.retain(|_, until| *until > now);
        let until = paused.get(&client);
        until.map_or(Ok(()), |until| {
            Err(blocked("it has refused your last search, so the next one waits", *until - now))
        })
    }

    fn paused(&self) -> MutexGuard<'_, HashMap<Option<Client>, Instant>> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sought(&self, search: &SearchQuery) -> Arc<Sought> {
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
        let new = || {
            let search = Sought { found: OnceCell::new(), holders: Holders::none() };
            Remembered { since: now, search: Arc::new(search) }
        };
        Arc::clone(&searches.entry(key).or_insert_with(new).search)
    }
}

fn crowded(bound: Exceeded) -> SourceError {
    let detail = match bound {
        Exceeded::Client => "as many of your searches are under way as may be",
        Exceeded::Total => "as many searches are under way as may be",
    };
    blocked(detail, RETRY_AFTER)
}

fn blocked(detail: &str, retry_after: Duration) -> SourceError {
    SourceError::Blocked { origin: NAME, detail: detail.to_owned(), retry_after }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::net::Ipv4Addr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use tokio::time::advance;

    use super::{Client, KEPT, MAX_OF_CLIENT, MAX_SEARCHES, RETRY_AFTER, Recent, blocked};
    use crate::shares::Holders;
    use crate::source::error::SourceError;
    use crate::source::search::{Listing, SearchQuery};

    const A: Option<Client> = Some(Client::V4(Ipv4Addr::new(10, 0, 0, 1)));
    const B: Option<Client> = Some(Client::V4(Ipv4Addr::new(10, 0, 0, 2)));
    const PAUSE: Duration = Duration::from_mins(1);

    /// Counts how often it had to be asked.
    struct Asked {
        recent: Recent,
        times: AtomicUsize,
    }

    impl Default for Asked {
        fn default() -> Self {
            Self { recent: Recent::new(PAUSE), times: AtomicUsize::new(0) }
        }
    }

    impl Asked {
        async fn ask(&self, text: &str, answer: Result<Vec<Listing>, SourceError>) -> bool {
            self.ask_for(A, text, answer).await.is_ok()
        }

        async fn ask_for(
            &self,
            client: Option<Client>,
            text: &str,
            answer: Result<Vec<Listing>, SourceError>,
        ) -> Result<Vec<Listing>, SourceError> {
            let ask = async |_: &Arc<Holders>| {
                self.times.fetch_add(1, Ordering::Relaxed);
                answer
            };
            self.recent.or_ask(&search(text), client, ask).await
        }

        fn times(&self) -> usize {
            self.times.load(Ordering::Relaxed)
        }
    }

    fn outage() -> SourceError {
        blocked("an outage", RETRY_AFTER)
    }

    fn search(text: &str) -> SearchQuery {
        SearchQuery::parse(text).unwrap()
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
        assert!(!asked.ask("apple", Err(outage())).await);
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
    async fn searches_of_one_client_are_bounded_and_an_abandoned_one_makes_room() {
        let asked = Asked::default();
        let searches: Vec<SearchQuery> =
            (0..MAX_OF_CLIENT).map(|n| search(&n.to_string())).collect();
        let mut waiting: Vec<_> = searches
            .iter()
            .map(|search| {
                let ask = async |_: &Arc<Holders>| pending().await;
                Box::pin(asked.recent.or_ask(search, A, ask))
            })
            .collect();
        for one in &mut waiting {
            assert!(one.now_or_never().is_none());
        }
        assert!(!asked.ask("one more", Ok(Vec::new())).await);
        assert!(asked.ask_for(B, "of another", Ok(Vec::new())).await.is_ok());
        assert!(asked.ask("of another", Ok(Vec::new())).await, "what is known is told to all");
        waiting.pop();
        assert!(asked.ask("one more", Ok(Vec::new())).await);
    }

    #[tokio::test(start_paused = true)]
    async fn clients_that_search_for_the_same_wait_for_it_together() {
        let recent = Recent::new(PAUSE);
        let apple = search("apple");
        let seen = std::sync::OnceLock::new();
        let ask = async |holders: &Arc<Holders>| {
            let _ = seen.set(Arc::clone(holders));
            pending().await
        };
        let first = recent.or_ask(&apple, A, ask);
        let second = recent.or_ask(&apple, B, async |_: &Arc<Holders>| Ok(Vec::new()));
        let (mut first, mut second) = (Box::pin(first), Box::pin(second));
        assert!((&mut first).now_or_never().is_none());
        assert!((&mut second).now_or_never().is_none());
        let mut clients = seen.get().expect("asked").clients();
        clients.sort_unstable();
        assert_eq!(clients, [A, B]);
        drop(first);
        assert!(second.await.is_ok(), "the next asks when the first has gone");
    }

    #[tokio::test(start_paused = true)]
    async fn words_that_yahoo_refuses_pause_the_client_that_searched_for_them_alone() {
        let asked = Asked::default();
        let refused = SourceError::Refused { origin: "yahoo", detail: "no".to_owned() };
        assert!(!asked.ask("<script>", Err(refused)).await);
        let waits = asked.ask_for(A, "apple", Ok(Vec::new())).await.expect_err("paused");
        assert!(matches!(waits, SourceError::Blocked { retry_after, .. } if retry_after == PAUSE));
        assert!(asked.ask_for(B, "other words", Ok(Vec::new())).await.is_ok());
        advance(PAUSE).await;
        assert!(asked.ask("apple", Ok(Vec::new())).await);
    }
}
