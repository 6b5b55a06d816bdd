//! A search of all sources at once: what each finds, merged.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde::Serialize;
use tokio::time::timeout;

use super::Router;
use crate::shares::Client;
use crate::source::error::SourceError;
use crate::source::seam::Source;
use crate::source::search::{Listing, MAX_LISTINGS, SearchQuery};

/// How long the other sources are waited for once one has found something.
const GRACE: Duration = Duration::from_secs(1);

/// What a search of all sources has found.
#[derive(Debug)]
pub struct Found {
    /// Best first, at most [`MAX_LISTINGS`].
    pub listings: Vec<SourceListing>,
    /// The names of the sources that answered.
    pub answered: Vec<&'static str>,
    /// Why the other sources have no answer.
    pub unanswered: Vec<SourceError>,
}

/// A listing, spelled as it is asked for, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceListing {
    /// The listing.
    #[serde(flatten)]
    pub listing: Listing,
    /// The name of its source.
    pub source: &'static str,
}

/// The answer of one source, and where it stands among them.
type SourceAnswer = (usize, Result<Vec<Listing>, SourceError>);

impl Router {
    /// Searches all sources, or the one that stands before a colon in the query. A source that is slower than
    /// another by more than a second is left out.
    ///
    /// # Errors
    /// [`SourceError`] of the first source when none has an answer.
    pub async fn search(
        &self,
        query: &SearchQuery,
        client: Option<Client>,
    ) -> Result<Found, SourceError> {
        let (asked, query) = self.asked(query);
        let mut answers = self.answers(&asked, &query, client).await;
        answers.sort_unstable_by_key(|(place, _)| *place);
        let (mut ranked, mut answered, mut unanswered) = (Vec::new(), Vec::new(), Vec::new());
        for (place, answer) in answers {
            match answer {
                Ok(listings) => {
                    answered.push(asked[place].name());
                    let listings = listings.into_iter().enumerate();
                    ranked.extend(listings.map(|(n, listing)| (n, place, listing)));
                }
                Err(error) => unanswered.push(error),
            }
        }
        if answered.is_empty() {
            return Err(unanswered.swap_remove(0));
        }
        if asked.len() > 1 {
            ranked.sort_by_cached_key(|(n, place, listing)| (query.rank(listing), *n, *place));
        }
        let spelled = |(_, place, listing): (usize, usize, Listing)| {
            let source = asked[place].name();
            let is_default = source == self.default.name();
            let symbol = if is_default { listing.symbol } else { listing.symbol.at(source) };
            SourceListing { listing: Listing { symbol, ..listing }, source }
        };
        let listings = ranked.into_iter().map(spelled).take(MAX_LISTINGS).collect();
        Ok(Found { listings, answered, unanswered })
    }

    /// The sources to ask, and for what.
    fn asked(&self, query: &SearchQuery) -> (Vec<&Arc<dyn Source>>, SearchQuery) {
        let one = query.as_str().split_once(':').and_then(|(prefix, rest)| {
            Some((vec![self.named(prefix.trim())?], SearchQuery::parse(rest).ok()?))
        });
        one.unwrap_or_else(|| (self.sources().collect(), query.clone()))
    }

    /// The answers of all that have one in time, and of the others that they have none.
    async fn answers(
        &self,
        asked: &[&Arc<dyn Source>],
        query: &SearchQuery,
        client: Option<Client>,
    ) -> Vec<SourceAnswer> {
        let ask = |(place, source): (usize, &&Arc<dyn Source>)| {
            let source = Arc::clone(source);
            async move { (place, source.search().find(query, client).await) }
        };
        let mut pending: FuturesUnordered<_> = asked.iter().enumerate().map(ask).collect();
        let mut answers: Vec<SourceAnswer> = Vec::new();
        while answers.iter().all(|(_, answer)| answer.is_err()) {
            let Some(answer) = pending.next().await else { return answers };
            answers.push(answer);
        }
        let rest = async {
            while let Some(answer) = pending.next().await {
                answers.push(answer);
            }
        };
        let _ = timeout(GRACE, rest).await;
        for (place, source) in asked.iter().enumerate() {
            if answers.iter().all(|(answered, _)| *answered != place) {
                let detail = "no answer in time".to_owned();
                let origin = source.name();
                answers
                    .push((place, Err(SourceError::Unavailable { origin, detail, cause: None })));
            }
        }
        answers
    }
}
