//! Room for another view: what is short, and which views go for it.
//!
//! Views go by [`giving_way`]: what nobody watches first, then some of the client that has most. A view
//! takes of the feeds what it does not share with other views.

use std::collections::{HashMap, HashSet};

use super::tables::{Running, Tables, ViewRow};
use crate::config::HubConfig;
use crate::hub::error::Overloaded;
use crate::hub::series::FeedKey;
use crate::hub::view::usage::ViewUsage;
use crate::shares::{Client, Kept, giving_way};
use crate::view::View;

/// What nobody watches may keep one part of all bytes in so many: it is there only because it may be asked
/// for again.
const ABANDONED: usize = 8;

/// What there is no room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shortage {
    Views,
    Feeds,
    Bytes,
}

impl Tables {
    /// Says how many bytes are kept for the figure of a view, and has views make room if all are too many.
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
    /// [`Overloaded::Views`] when all room is taken by clients that have less.
    pub fn make_room(
        &mut self,
        config: &HubConfig,
        client: Option<Client>,
        feeds: &[FeedKey],
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

    /// Has views go until no more bytes are kept than may be.
    pub fn free_bytes(&mut self, config: &HubConfig) {
        loop {
            let bytes = |is_counted: &dyn Fn(&ViewRow) -> bool| -> usize {
                let counted = self.views.rows().filter(|(_, row)| is_counted(row));
                counted.map(|(_, row)| row.usage.bytes()).sum()
            };
            let all = bytes(&|_| true);
            let abandoned = bytes(&|row| !row.usage.holders.any());
            let is_too_much = all > config.kept_bytes || abandoned > config.kept_bytes / ABANDONED;
            // Nobody in particular needs it, so that the client with most is found.
            let first = is_too_much.then(|| self.giving_way(Shortage::Bytes, None, 0.0)).flatten();
            let Some(first) = first.filter(|_| self.views.len() > 1) else { return };
            self.evict(&first);
        }
    }

    fn shortage(&mut self, config: &HubConfig, feeds: &[FeedKey]) -> Option<Shortage> {
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
            // Feeds that run are counted first, which costs nothing; some of them may be about to end.
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
    fn count_needed(&self, feeds: &[FeedKey]) -> usize {
        let needed = self.views.rows().flat_map(|(_, row)| &row.feeds).chain(feeds);
        needed.collect::<HashSet<_>>().len()
    }

    /// What a view keeps on average.
    fn usual_bytes(&self) -> usize {
        let bytes: usize = self.views.rows().map(|(_, row)| row.usage.bytes()).sum();
        bytes / self.views.len().max(1)
    }

    fn giving_way(&self, shortage: Shortage, newcomer: Option<Client>, need: f64) -> Option<View> {
        let mut uses: HashMap<&FeedKey, f64> = HashMap::new();
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
