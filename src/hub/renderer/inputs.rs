//! The inputs of a view: the feed of its own symbol, and those of the symbols that it is compared with.

use std::future::pending;
use std::sync::Arc;

use futures_util::future::select_all;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::sync::watch::error::RecvError;

use crate::hub::series::{FeedOutput, Series};
use crate::hub::status::{DataState, Health};
use crate::interval::Interval;
use crate::source::SeriesKey;
use crate::symbol::Symbol;

/// The inputs of a view, its own symbol first.
pub struct Inputs(Vec<Input>);

/// One symbol's part in a view.
pub struct Input {
    symbol: Symbol,
    bars: InputBars,
}

/// Where the bars of a symbol come from.
enum InputBars {
    /// A feed, and the length of its bars.
    Feed(Interval, watch::Receiver<FeedOutput>),
    /// No bars, and the health says why: the symbol does not exist, or not in such bars.
    Nowhere(Health),
}

/// The newest output of the feeds of a view.
pub struct InputSnapshot {
    /// How they are doing together.
    pub health: Health,
    /// The view's own symbol, if it does not exist.
    pub missing: Option<Symbol>,
    /// The series of each with the length of its bars, the view's own first; nothing before it is
    /// there, or while another may still come.
    pub series: Vec<(Interval, Arc<Series>)>,
}

impl Input {
    /// The bars of a feed.
    pub fn of(key: SeriesKey, feed: watch::Receiver<FeedOutput>) -> Self {
        Self { symbol: key.symbol, bars: InputBars::Feed(key.grain, feed) }
    }

    /// A symbol without bars, and why.
    pub fn without(symbol: Symbol, why: String, now: Timestamp) -> Self {
        let health = Health { message: Some(why), ..Health::new(DataState::NotFound, now) };
        Self { symbol, bars: InputBars::Nowhere(health) }
    }

    /// Waits until its feed publishes something new; for ever where it has no feed.
    ///
    /// # Errors
    /// When the feed has ended for another reason than that the symbol does not exist.
    async fn changed(&mut self) -> Result<(), RecvError> {
        if let InputBars::Feed(_, feed) = &mut self.bars {
            match feed.changed().await {
                Err(_) if feed.borrow().health.state == DataState::NotFound => {}
                result => return result,
            }
            // Its last word stays.
            let health = feed.borrow().health.clone();
            self.bars = InputBars::Nowhere(health);
        }
        pending().await
    }

    /// The newest output of its feed, which is no longer new from now on.
    fn take(&mut self) -> (Option<(Interval, Arc<Series>)>, Health) {
        match &mut self.bars {
            InputBars::Feed(grain, feed) => {
                let FeedOutput { series, health } = feed.borrow_and_update().clone();
                (series.map(|series| (*grain, series)), health)
            }
            InputBars::Nowhere(health) => (None, health.clone()),
        }
    }
}

impl Inputs {
    /// The inputs, that of the view's symbol first.
    pub fn new(own: Input, others: impl IntoIterator<Item = Input>) -> Self {
        Self(std::iter::once(own).chain(others).collect())
    }

    /// Waits until a feed publishes something new; whether it is the feed of the view's own symbol.
    ///
    /// # Errors
    /// When the feed of the view's symbol has ended, or another one has died.
    pub async fn changed(&mut self) -> Result<bool, RecvError> {
        let (own, others) = self.0.split_first_mut().expect("a view has its own symbol");
        let own = async {
            match &mut own.bars {
                InputBars::Feed(_, feed) => feed.changed().await,
                InputBars::Nowhere(_) => pending().await,
            }
        };
        if others.is_empty() {
            return own.await.map(|()| true);
        }
        let others = select_all(others.iter_mut().map(|other| Box::pin(other.changed())));
        tokio::select! {
            biased;
            result = own => result.map(|()| true),
            (result, ..) = others => result.map(|()| false),
        }
    }

    /// How many bars of the view's own symbol there are to draw from.
    pub fn bars(&self) -> usize {
        let own = self.0.first().map(|own| &own.bars);
        let Some(InputBars::Feed(_, feed)) = own else { return 0 };
        feed.borrow().series.as_ref().map_or(0, |series| series.bars.len())
    }

    /// The newest output of all, which is no longer new from now on.
    pub fn take(&mut self) -> InputSnapshot {
        let taken: Vec<_> = self.0.iter_mut().map(Input::take).collect();
        // Another may be in trouble or unknown, but not on its way.
        let is_settled = |(series, health): &(Option<_>, Health)| {
            series.is_some() || health.state != DataState::Loading
        };
        let own = taken.first().is_some_and(|(series, _)| series.is_some());
        let is_drawn = own && taken.iter().all(is_settled);
        let (series, healths): (Vec<_>, Vec<_>) = taken.into_iter().unzip();
        let told: Vec<_> = self.0.iter().map(|input| &input.symbol).zip(healths).collect();
        let is_missing = |(_, own): &&(_, Health)| own.state == DataState::NotFound;
        InputSnapshot {
            series: if is_drawn { series.into_iter().flatten().collect() } else { Vec::new() },
            missing: told.first().filter(is_missing).map(|(symbol, _)| (*symbol).clone()),
            health: together(&told),
        }
    }
}

/// The health of the view's own symbol, unless another has trouble that it has not. A symbol that
/// does not exist is no trouble of the others: it is left out, and the message says so.
fn together(told: &[(&Symbol, Health)]) -> Health {
    let ((_, own), others) = told.split_first().expect("a view has its own symbol");
    if !matches!(own.state, DataState::Live | DataState::Closed) {
        return own.clone();
    }
    let in_state = |wanted: DataState| others.iter().find(|(_, health)| health.state == wanted);
    let trouble =
        [DataState::Error, DataState::Stale, DataState::Loading].into_iter().find_map(in_state);
    let words = |(symbol, health): &(&Symbol, Health)| {
        let said = health.message.as_deref()?;
        Some(match health.state {
            DataState::NotFound => format!("left out of the comparison: {said}"),
            _ => format!("{symbol}: {said}"),
        })
    };
    let left_out = others.iter().filter(|(_, health)| health.state == DataState::NotFound);
    let messages: Vec<_> = trouble.into_iter().chain(left_out).filter_map(words).collect();
    let (_, state) = trouble.unwrap_or(&told[0]);
    Health {
        state: state.state,
        since: state.since,
        message: (!messages.is_empty()).then(|| messages.join("; ")),
        ..own.clone()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use jiff::tz::TimeZone;

    use super::{
        Arc, DataState, FeedOutput, Health, Input, Inputs, Interval, Series, SeriesKey, Symbol,
        Timestamp, watch,
    };
    use crate::bars::Bars;
    use crate::hub::series::{Seen, Version};
    use crate::market::{Hours, Instrument, Timetable};
    use crate::view::{Range, Session};

    fn symbol(text: &str) -> Symbol {
        Symbol::parse(text).expect("valid")
    }

    /// The output of a feed in `state`, with bars or without.
    fn output(state: DataState, message: &str, has_bars: bool) -> FeedOutput {
        let message = (!message.is_empty()).then(|| message.to_owned());
        let series = Series {
            version: Version::NONE,
            bars: Bars::default(),
            instrument: Instrument::unnamed(symbol("FICT"), TimeZone::UTC),
            decimals: None,
            hours: Hours::Sessions(Vec::new()),
            session: None,
            timetable: Timetable::UNKNOWN,
            quote: None,
            delay: None,
            split: None,
            seen: Seen::now(),
        };
        FeedOutput {
            series: has_bars.then(|| Arc::new(series)),
            health: Health { message, ..Health::new(state, Timestamp::MIN) },
        }
    }

    fn live() -> FeedOutput {
        output(DataState::Live, "", true)
    }

    /// An input and its feed.
    fn fed(name: &str, output: FeedOutput) -> (watch::Sender<FeedOutput>, Input) {
        let (sender, feed) = watch::channel(output);
        let (symbol, grain) = (symbol(name), Interval::Minute1);
        let key = SeriesKey { symbol, grain, depth: Range::Day5, session: Session::Regular };
        (sender, Input::of(key, feed))
    }

    /// A view of AAPL compared with MSFT.
    fn pair(own: FeedOutput, other: FeedOutput) -> ([watch::Sender<FeedOutput>; 2], Inputs) {
        let ((own_feed, own), (other_feed, other)) = (fed("AAPL", own), fed("MSFT", other));
        ([own_feed, other_feed], Inputs::new(own, [other]))
    }

    #[test]
    fn a_view_is_drawn_once_every_symbol_has_bars_or_a_reason_why_it_has_none() {
        let (feeds, mut inputs) = pair(live(), output(DataState::Loading, "", false));
        assert_eq!(inputs.take().series.len(), 0, "the other may still come");
        feeds[1].send_replace(output(DataState::Error, "no answer", false));
        assert_eq!(inputs.take().series.len(), 1);
        feeds[1].send_replace(live());
        assert_eq!(inputs.take().series.len(), 2);
        feeds[0].send_replace(output(DataState::Error, "no answer", false));
        assert_eq!(inputs.take().series.len(), 0, "its own bars are missing");
    }

    #[test]
    fn trouble_of_a_compared_symbol_is_told_by_its_name_and_trouble_of_the_own_symbol_alone() {
        let told = |own, other| {
            let (_feeds, mut inputs) = pair(own, other);
            let health = inputs.take().health;
            (health.state, health.message.unwrap_or_default())
        };
        let error = || output(DataState::Error, "no answer", true);
        assert_eq!(told(live(), live()), (DataState::Live, String::new()));
        assert_eq!(told(live(), error()), (DataState::Error, "MSFT: no answer".into()));
        let stale = output(DataState::Stale, "no trade", true);
        assert_eq!(told(stale, error()), (DataState::Stale, "no trade".into()));
    }

    #[test]
    fn a_symbol_without_bars_is_left_out_and_the_status_says_why() {
        let (_feed, own) = fed("AAPL", live());
        let other = Input::without(symbol("GONE"), "GONE is not known".to_owned(), Timestamp::MIN);
        let snapshot = Inputs::new(own, [other]).take();
        assert_eq!((snapshot.series.len(), snapshot.missing), (1, None));
        assert_eq!(snapshot.health.state, DataState::Live);
        let message = snapshot.health.message.expect("a message");
        assert_eq!(message, "left out of the comparison: GONE is not known");
    }

    #[test]
    fn a_view_whose_own_symbol_does_not_exist_says_which() {
        let (_feeds, mut inputs) = pair(output(DataState::NotFound, "unknown", false), live());
        let snapshot = inputs.take();
        assert_eq!((snapshot.series.len(), snapshot.missing), (0, Some(symbol("AAPL"))));
    }

    #[test]
    fn news_are_told_apart_by_whose_they_are() {
        let (feeds, mut inputs) = pair(live(), live());
        inputs.take();
        assert!(inputs.changed().now_or_never().is_none(), "nothing is new");
        for (index, feed) in feeds.iter().enumerate() {
            feed.send_replace(live());
            let changed = inputs.changed().now_or_never().expect("news");
            assert_eq!(changed.ok(), Some(index == 0));
            inputs.take();
        }
    }

    #[test]
    fn a_feed_of_an_unknown_symbol_ends_quietly_beside_another_and_every_other_end_is_an_error() {
        let (feeds, mut inputs) = pair(live(), output(DataState::NotFound, "unknown", false));
        let [own, other] = feeds;
        inputs.take();
        drop(other);
        assert!(inputs.changed().now_or_never().is_none(), "its last word stays");
        assert!(inputs.take().health.message.expect("a message").contains("unknown"));
        drop(own);
        assert!(inputs.changed().now_or_never().expect("the end").is_err());

        let ([_own, other], mut inputs) = pair(live(), live());
        inputs.take();
        drop(other);
        assert!(inputs.changed().now_or_never().expect("the end").is_err());
    }
}
