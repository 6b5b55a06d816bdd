//! Room for another view: what is short, and which views go for it.
//!
//! Views go by [`giving_way`]: what nobody watches first, then some of the client that has most. A view
//! takes of the feeds what it does not share with other views.

use std::collections::{HashMap, HashSet};

use super::refusal::Busy;
use super::series::FeedKey;
use super::tables::{Rows, ViewRow};
use crate::config::HubConfig;
use crate::shares::{Client, Kept, giving_way};
use crate::view::View;

/// What nobody watches may keep one part of all bytes in so many: it is there only because it may be asked
/// for again.
const ABANDONED: usize = 8;

/// What there is no room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lack {
    Views,
    Feeds,
    Bytes,
}

impl Rows {
    /// Makes room for a view of `client` that is drawn from `feeds`.
    ///
    /// # Errors
    /// [`Busy::Views`] when all room is taken by clients that have less.
    pub fn make_room(
        &mut self,
        config: &HubConfig,
        client: Option<Client>,
        feeds: &[FeedKey],
    ) -> Result<(), Busy> {
        if feeds.len() > config.feeds {
            return Err(Busy::Views);
        }
        while let Some(lack) = self.lack(config, feeds) {
            let need = match lack {
                Lack::Views => 1.0,
                Lack::Feeds => self.count_needed(feeds) as f64 - self.count_needed(&[]) as f64,
                Lack::Bytes => self.usual_bytes() as f64,
            };
            let first = self.giving_way(lack, client, need).ok_or(Busy::Views)?;
            self.evict(&first);
        }
        Ok(())
    }

    /// Has views go until no more bytes are kept than may be.
    pub fn free_bytes(&mut self, config: &HubConfig) {
        loop {
            let bytes = |is_counted: &dyn Fn(&ViewRow) -> bool| -> usize {
                let counted = self.views.rows().filter(|(_, row)| is_counted(row));
                counted.map(|(_, row)| row.upkeep.bytes()).sum()
            };
            let all = bytes(&|_| true);
            let abandoned = bytes(&|row| !row.upkeep.holders.any());
            let is_too_much = all > config.kept_bytes || abandoned > config.kept_bytes / ABANDONED;
            // Nobody in particular needs it, so that the client with most is found.
            let first = is_too_much.then(|| self.giving_way(Lack::Bytes, None, 0.0)).flatten();
            let Some(first) = first.filter(|_| self.views.len() > 1) else { return };
            self.evict(&first);
        }
    }

    fn lack(&mut self, config: &HubConfig, feeds: &[FeedKey]) -> Option<Lack> {
        if self.views.len() >= config.views {
            self.views.bury();
        }
        if self.feeds.len() + feeds.len() > config.feeds {
            self.feeds.bury();
            self.views.bury();
        }
        let bytes: usize = self.views.rows().map(|(_, row)| row.upkeep.bytes()).sum();
        match () {
            () if self.views.len() >= config.views => Some(Lack::Views),
            // Feeds that run are counted first, which costs nothing; some of them may be about to end.
            () if self.feeds.len() + feeds.len() > config.feeds
                && self.count_needed(feeds) > config.feeds =>
            {
                Some(Lack::Feeds)
            }
            () if bytes + self.usual_bytes() > config.kept_bytes => Some(Lack::Bytes),
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
        let bytes: usize = self.views.rows().map(|(_, row)| row.upkeep.bytes()).sum();
        bytes / self.views.len().max(1)
    }

    fn giving_way(&self, lack: Lack, newcomer: Option<Client>, need: f64) -> Option<View> {
        let mut uses: HashMap<&FeedKey, f64> = HashMap::new();
        for key in self.views.rows().flat_map(|(_, row)| &row.feeds) {
            *uses.entry(key).or_default() += 1.0;
        }
        let kept = self.views.rows().map(|(view, row)| Kept {
            key: view,
            weight: match lack {
                Lack::Views => 1.0,
                Lack::Feeds => row.feeds.iter().map(|key| 1.0 / uses[key]).sum(),
                Lack::Bytes => row.upkeep.bytes() as f64,
            },
            holders: &row.upkeep.holders,
        });
        giving_way(kept, newcomer, need).cloned()
    }

    fn evict(&mut self, view: &View) {
        if let Some(row) = self.views.remove(view) {
            row.upkeep.evicted.cancel();
        }
    }
}
