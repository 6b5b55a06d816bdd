//! Eviction: room for another view at a bound.
//!
//! [`giving_way`] says which view goes: the one that no client has watched for longest, else a view of the client
//! that has most. A view counts for the part of its feeds that it does not share with other views.

use std::collections::{HashMap, HashSet};

use super::{Running, Tables, ViewRow};
use crate::config::HubConfig;
use crate::hub::error::Overloaded;
use crate::hub::view::usage::ViewUsage;
use crate::shares::{Client, Kept, giving_way};
use crate::source::SeriesKey;
use crate::view::View;

/// Views that no client watches may keep this part of all bytes: they are kept only because a client may come
/// back to them.
const ABANDONED: usize = 8;

/// The bound that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shortage {
    Views,
    Feeds,
    Bytes,
}

impl Tables {
    /// Notes how many bytes are kept for the frame of a view, and evicts views if all are too many.
    pub fn weigh(&self, usage: &ViewUsage, bytes: usize) {
        if usage.weigh(bytes) {
            self.change(|running| running.free_bytes(&self.config));
        }
    }
}

impl Running {
    /// Makes room for a view of `client` that is drawn from `feeds`.
    ///
    /// # Errors
    /// [`Overloaded::Views`] when clients that have less take all room.
    pub fn make_room(
        &mut self,
        config: &HubConfig,
        client: Option<Client>,
        feeds: &[SeriesKey],
    ) -> Result<(), Overloaded> {
        if feeds.len() > config.feeds {
            return Err(Overloaded::Views);
        }
        while let Some(shortage) = self.shortage(config, feeds) {
            let need = match shortage {
                Shortage::Views => 1.0,
                Shortage::Feeds => self.count_needed(feeds) as f64 - self.count_needed(&[]) as f64,
                Shortage::Bytes => self.usual_bytes() as f64,
            };
            let first = self.giving_way(shortage, client, need).ok_or(Overloaded::Views)?;
            self.evict(&first);
        }
        Ok(())
    }

    /// Evicts views until no more bytes are kept than may be.
    pub fn free_bytes(&mut self, config: &HubConfig) {
        loop {
            let bytes = |is_counted: &dyn Fn(&ViewRow) -> bool| -> usize {
                let counted = self.views.rows().filter(|(_, row)| is_counted(row));
                counted.map(|(_, row)| row.usage.bytes()).sum()
            };
            let all = bytes(&|_| true);
            let abandoned = bytes(&|row| !row.usage.holders.any());
            let is_too_much = all > config.kept_bytes || abandoned > config.kept_bytes / ABANDONED;
            // No newcomer needs the room, so a view of the client with most goes.
            let first = is_too_much.then(|| self.giving_way(Shortage::Bytes, None, 0.0)).flatten();
            let Some(first) = first.filter(|_| self.views.len() > 1) else { return };
            self.evict(&first);
        }
    }

    fn shortage(&mut self, config: &HubConfig, feeds: &[SeriesKey]) -> Option<Shortage> {
        if self.views.len() >= config.views {
            self.views.bury();
        }
        if self.feeds.len() + feeds.len() > config.feeds {
            self.feeds.bury();
            self.views.bury();
        }
        let bytes: usize = self.views.rows().map(|(_, row)| row.usage.bytes()).sum();
        match () {
            () if self.views.len() >= config.views => Some(Shortage::Views),
            // The count of running feeds costs nothing, but some of them may be about to end.
            () if self.feeds.len() + feeds.len() > config.feeds
                && self.count_needed(feeds) > config.feeds =>
            {
                Some(Shortage::Feeds)
            }
            () if bytes + self.usual_bytes() > config.kept_bytes => Some(Shortage::Bytes),
            () => None,
        }
    }

    /// How many feeds there have to be for all views and another one that is drawn from `feeds`.
    fn count_needed(&self, feeds: &[SeriesKey]) -> usize {
        let needed = self.views.rows().flat_map(|(_, row)| &row.feeds).chain(feeds);
        needed.collect::<HashSet<_>>().len()
    }

    /// Bytes that a view keeps on average.
    fn usual_bytes(&self) -> usize {
        let bytes: usize = self.views.rows().map(|(_, row)| row.usage.bytes()).sum();
        bytes / self.views.len().max(1)
    }

    fn giving_way(&self, shortage: Shortage, newcomer: Option<Client>, need: f64) -> Option<View> {
        let mut uses: HashMap<&SeriesKey, f64> = HashMap::new();
        for key in self.views.rows().flat_map(|(_, row)| &row.feeds) {
            *uses.entry(key).or_default() += 1.0;
        }
        let kept = self.views.rows().map(|(view, row)| Kept {
            key: view,
            weight: match shortage {
                Shortage::Views => 1.0,
                Shortage::Feeds => row.feeds.iter().map(|key| 1.0 / uses[key]).sum(),
                Shortage::Bytes => row.usage.bytes() as f64,
            },
            holders: &row.usage.holders,
        });
        giving_way(kept, newcomer, need).cloned()
    }

    fn evict(&mut self, view: &View) {
        if let Some(row) = self.views.remove(view) {
            row.usage.evicted.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;
    use tokio::sync::watch;
    use tokio::time::advance;

    use super::{Client, HubConfig, Overloaded, Running, SeriesKey, View, ViewRow, ViewUsage};
    use crate::hub::series::FeedOutput;
    use crate::hub::status::{DataState, Health};
    use crate::hub::view::published::Published;
    use crate::interval::Interval;
    use crate::shares::{Hold, Holders};
    use crate::symbol::Symbol;
    use crate::view::{Range, Session};

    /// Views that run, and the senders of their tasks.
    #[derive(Default)]
    struct Views {
        running: Running,
        tasks: Vec<Arc<watch::Sender<Published>>>,
        feeds: Vec<Arc<watch::Sender<FeedOutput>>>,
    }

    impl Views {
        /// Starts a view and those of its feeds that do not run; the hold of each client that watches it.
        fn start(&mut self, symbol: &str, feeds: &[SeriesKey], clients: &[u8]) -> Vec<Hold> {
            let health = Health::new(DataState::Loading, Timestamp::MIN);
            for key in feeds {
                if self.running.feeds.running(key).is_some() {
                    continue;
                }
                let output = FeedOutput { series: None, health: health.clone() };
                let feed = Arc::new(watch::Sender::new(output));
                self.running.feeds.insert(key.clone(), &feed, Holders::none());
                self.feeds.push(feed);
            }
            let task = Arc::new(watch::Sender::new(Published::loading(health)));
            let usage = ViewUsage::none(Vec::new());
            let holds = clients.iter().flat_map(|n| usage.hold(Some(client(*n)))).collect();
            let row = ViewRow { feeds: feeds.to_vec(), usage };
            self.running.views.insert(view(symbol), &task, row);
            self.tasks.push(task);
            holds
        }

        /// Has a client's view of `feeds` ask for room; the symbols of the views that are left.
        fn room(
            &mut self,
            config: &HubConfig,
            n: u8,
            feeds: &[SeriesKey],
        ) -> (Result<(), Overloaded>, Vec<String>) {
            let outcome = self.running.make_room(config, Some(client(n)), feeds);
            (outcome, self.left())
        }

        fn left(&self) -> Vec<String> {
            let mut left: Vec<_> =
                self.running.views.rows().map(|(view, _)| view.symbol.to_string()).collect();
            left.sort();
            left
        }

        fn weigh(&self, symbol: &str, bytes: usize) {
            self.running.views.row(&view(symbol)).expect("it runs").usage.weigh(bytes);
        }
    }

    fn client(n: u8) -> Client {
        Client::V4(Ipv4Addr::new(203, 0, 113, n))
    }

    fn key(symbol: &str) -> SeriesKey {
        SeriesKey {
            symbol: Symbol::parse(symbol).expect("valid"),
            grain: Interval::Minute1,
            depth: Range::Day5,
            session: Session::Regular,
        }
    }

    fn view(symbol: &str) -> View {
        View::of(Symbol::parse(symbol).expect("valid"))
    }

    fn views_bound(views: usize) -> HubConfig {
        HubConfig { views, ..HubConfig::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn the_view_that_has_been_without_a_subscriber_longest_goes_first() {
        let mut views = Views::default();
        let mut holds = Vec::new();
        for symbol in ["A", "B", "C"] {
            holds.push(views.start(symbol, &[], &[1]));
        }
        drop(holds.remove(1));
        advance(Duration::from_secs(1)).await;
        drop(holds.remove(0));
        assert_eq!(views.room(&views_bound(4), 2, &[]).1, ["A", "B", "C"], "there is room");
        assert_eq!(views.room(&views_bound(3), 2, &[]).1, ["A", "C"]);
        assert_eq!(views.room(&views_bound(2), 2, &[]).1, ["C"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_newcomer_takes_from_the_client_with_most_and_never_as_much_as_that_has() {
        let mut views = Views::default();
        let mut holds = Vec::new();
        for symbol in ["A", "B", "C"] {
            holds.push(views.start(symbol, &[], &[1]));
            advance(Duration::from_secs(1)).await;
        }
        assert_eq!(views.room(&views_bound(3), 1, &[]).0, Err(Overloaded::Views), "it has most");
        assert_eq!(views.room(&views_bound(3), 2, &[]), (Ok(()), vec!["A".into(), "B".into()]));
        holds.push(views.start("D", &[], &[2]));
        let (outcome, left) = views.room(&views_bound(3), 2, &[]);
        assert_eq!(
            (outcome, left.len()),
            (Err(Overloaded::Views), 3),
            "two would drive each other out"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_view_that_goes_is_told_to_end() {
        let mut views = Views::default();
        let _hold = views.start("A", &[], &[]);
        let usage = Arc::clone(&views.running.views.row(&view("A")).expect("it runs").usage);
        views.room(&views_bound(1), 1, &[]).0.expect("room");
        assert!(usage.evicted.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn feeds_that_views_share_count_once_and_a_view_of_too_many_is_refused() {
        let mut views = Views::default();
        let config = HubConfig { feeds: 2, ..HubConfig::default() };
        let _holds = [
            views.start("A", &[key("X")], &[1]),
            views.start("B", &[key("X")], &[1]),
            views.start("C", &[key("Y")], &[1]),
        ];
        assert_eq!(views.room(&config, 2, &[key("X"), key("Y")]).1, ["A", "B", "C"]);
        assert_eq!(views.room(&config, 2, &[key("Z")]).1, ["A", "B"], "only C frees a feed");
        let three = [key("X"), key("Y"), key("Z")];
        assert_eq!(views.room(&config, 3, &three).0, Err(Overloaded::Views));
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_are_freed_down_to_the_bound_and_the_last_view_stays() {
        let mut views = Views::default();
        let config = HubConfig { kept_bytes: 800, ..HubConfig::default() };
        let holds = ["A", "B", "C"].map(|symbol| (symbol, views.start(symbol, &[], &[1])));
        for (symbol, bytes) in [("A", 300), ("B", 200), ("C", 300)] {
            views.weigh(symbol, bytes);
        }
        views.running.free_bytes(&config);
        assert_eq!(views.left(), ["A", "B", "C"], "all are watched and within the bound");
        views.weigh("B", 700);
        views.running.free_bytes(&config);
        assert_eq!(views.left(), ["A", "C"]);
        // Views without a subscriber may keep an eighth of all bytes.
        drop(holds);
        views.running.free_bytes(&config);
        assert_eq!(views.left().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_view_whose_task_died_takes_no_room() {
        let mut views = Views::default();
        let _hold = views.start("A", &[], &[1]);
        views.tasks.clear();
        assert_eq!(views.room(&views_bound(1), 1, &[]), (Ok(()), Vec::new()));
    }
}
