//! What a view is drawn from: the feed of its symbol, and those of the symbols it is compared with.

use std::sync::Arc;

use futures_util::future::select_all;
use tokio::sync::watch;
use tokio::sync::watch::error::RecvError;

use super::series::{FeedKey, FeedState, Series};
use super::status::{Health, State};
use crate::interval::Interval;
use crate::symbol::Symbol;

/// The feeds of a view, its symbol's first.
pub struct Inputs(Vec<Input>);

struct Input {
    key: FeedKey,
    feed: watch::Receiver<FeedState>,
}

/// What the feeds of a view last said.
pub struct Said {
    /// How they are doing together.
    pub health: Health,
    /// The symbol that does not exist, if one does not.
    pub missing: Option<Symbol>,
    /// The series of each with the length of its bars, the view's own first; nothing before it is
    /// there, or while another may still come.
    pub series: Vec<(Interval, Arc<Series>)>,
}

impl Inputs {
    /// The feeds, that of the view's symbol first.
    pub fn new(feeds: Vec<(FeedKey, watch::Receiver<FeedState>)>) -> Self {
        Self(feeds.into_iter().map(|(key, feed)| Input { key, feed }).collect())
    }

    /// Waits until a feed says something new; whether it is the one of the view's symbol.
    ///
    /// # Errors
    /// When a feed has ended.
    pub async fn changed(&mut self) -> Result<bool, RecvError> {
        if let [own] = &mut self.0[..] {
            return own.feed.changed().await.map(|()| true);
        }
        let changes = self.0.iter_mut().map(|input| Box::pin(input.feed.changed()));
        let (result, index, _) = select_all(changes).await;
        result.map(|()| index == 0)
    }

    /// What they said last, which is then no longer new.
    pub fn take(&mut self) -> Said {
        let take = |input: &mut Input| input.feed.borrow_and_update().clone();
        let states: Vec<_> = self.0.iter_mut().map(take).collect();
        let states: Vec<_> = self.0.iter().map(|input| &input.key).zip(states).collect();
        // Another may be in trouble, but not on its way or unknown.
        let is_settled = |(_, state): &(_, FeedState)| {
            state.series.is_some() || matches!(state.health.state, State::Error | State::Stale)
        };
        let own = states.first().is_some_and(|(_, state)| state.series.is_some());
        let is_drawn = own && states.iter().all(is_settled);
        let series =
            states.iter().filter_map(|(key, state)| Some((key.grain, state.series.clone()?)));
        let missing = states.iter().find(|(_, state)| state.health.state == State::NotFound);
        Said {
            series: if is_drawn { series.collect() } else { Vec::new() },
            missing: missing.map(|(key, _)| key.symbol.clone()),
            health: together(&states),
        }
    }
}

/// The health of the view's own feed, unless another has trouble that it has not.
fn together(states: &[(&FeedKey, FeedState)]) -> Health {
    let ((_, own), others) = states.split_first().expect("a view has the feed of its symbol");
    let in_state = |wanted: State| others.iter().find(|(_, state)| state.health.state == wanted);
    let trouble = [State::NotFound, State::Error, State::Stale, State::Loading];
    let is_well = matches!(own.health.state, State::Live | State::Closed);
    match trouble.into_iter().find_map(in_state).filter(|_| is_well) {
        Some((key, other)) => {
            let said = other.health.message.as_deref();
            let message = said.map(|said| format!("{}: {said}", key.symbol));
            Health {
                state: other.health.state,
                since: other.health.since,
                message,
                ..own.health.clone()
            }
        }
        None => own.health.clone(),
    }
}
