//! One that watches a series, and never believes that a bar goes back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use figcast::bars::Bar;
use figcast::interval::Interval;
use figcast::shares::Holders;
use figcast::source::{SeriesKey, Source, Update};
use figcast::view::{Range, Session};
use futures_util::StreamExt as _;
use tokio::task::JoinHandle;

use crate::support::symbol;

/// The bars of a series as its updates have made them.
#[derive(Debug, Default)]
pub struct Watched {
    pub bars: BTreeMap<i64, Bar>,
    /// How many updates came of the socket, with one bar each.
    pub moves: usize,
    /// The updates about the socket: why it is down, or `None` once it is up.
    pub impaired: Vec<Option<String>>,
    /// Bars that went back.
    pub backward: Vec<(Bar, Bar)>,
}

pub struct Watcher {
    pub watched: Arc<Mutex<Watched>>,
    task: JoinHandle<()>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watcher {
    pub fn of(source: &dyn Source, name: &str) -> Self {
        let key = SeriesKey {
            symbol: symbol(name),
            grain: Interval::Minute1,
            depth: Range::Day5,
            session: Session::Regular,
        };
        let mut updates = source.open(key, Holders::none(), None);
        let watched: Arc<Mutex<Watched>> = Arc::default();
        let shared = Arc::clone(&watched);
        let task = tokio::spawn(async move {
            while let Some(update) = updates.next().await {
                shared.lock().expect("not poisoned").take(update);
            }
        });
        Self { watched, task }
    }

    /// The bars until one.
    pub fn bars_until(&self, ts: i64) -> Vec<Bar> {
        let seen = self.watched.lock().expect("not poisoned");
        seen.bars.range(..=ts).map(|(_, bar)| *bar).collect()
    }
}

impl Watched {
    fn take(&mut self, update: Update) {
        let fetched = match update {
            Update::Whole { fetched, .. } => {
                let first = fetched.bars.times().first().copied().unwrap_or(i64::MAX);
                let gone = self.bars.split_off(&first);
                let is_there = |ts: &i64| fetched.bars.times().contains(ts);
                assert!(gone.keys().all(is_there), "an answer of everything takes bars away");
                self.bars.extend(gone);
                fetched
            }
            Update::Tail { fetched, .. } => {
                self.moves += usize::from(fetched.bars.len() == 1);
                fetched
            }
            Update::Impaired { why } => return self.impaired.push(why),
            _ => return,
        };
        for bar in fetched.bars.iter() {
            if let Some(before) = self.bars.insert(bar.ts, bar)
                && bar.volume < before.volume
            {
                self.backward.push((before, bar));
            }
        }
    }
}
