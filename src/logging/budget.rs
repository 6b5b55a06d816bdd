//! How many lines a client, or a module that names none, may have written.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use crate::shares::Client;

/// Time for a line, once the burst is spent.
const INTERVAL: Duration = Duration::from_secs(1);
/// Lines that may come at once.
const BURST: u32 = 20;
/// Most budgets kept. Clients beyond share one.
const MAX_SUBJECTS: usize = 4_096;

/// Whose lines they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    Client(Client),
    Module(String),
    /// All clients for which there is no budget of their own left.
    Others,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(client) => write!(f, "client {client}"),
            Self::Module(module) => f.write_str(module),
            Self::Others => f.write_str("other clients"),
        }
    }
}

/// What everybody has spent, as far as it is not paid off by the time that has passed.
#[derive(Debug, Default)]
pub struct Budgets(HashMap<Subject, Budget>);

#[derive(Debug)]
struct Budget {
    /// When all is paid off.
    settled: Instant,
    /// Lines left out since the last one.
    left_out: u64,
}

impl Budgets {
    /// Pays for a line and tells how many were left out before it; `None` if there is nothing left.
    pub fn spend(&mut self, subject: Subject, now: Instant) -> Option<u64> {
        if self.0.len() >= MAX_SUBJECTS && !self.0.contains_key(&subject) {
            self.0.retain(|_, budget| budget.is_owed(now));
        }
        let is_full = self.0.len() >= MAX_SUBJECTS && !self.0.contains_key(&subject);
        let subject = if is_full { Subject::Others } else { subject };
        let fresh = || Budget { settled: now, left_out: 0 };
        let budget = self.0.entry(subject).or_insert_with(fresh);
        let settled = budget.settled.max(now) + INTERVAL;
        if settled > now + INTERVAL * BURST {
            budget.left_out += 1;
            return None;
        }
        budget.settled = settled;
        Some(std::mem::take(&mut budget.left_out))
    }

    /// The lines left out of those who have been silent since, once; forgets who owes nothing.
    pub fn sweep(&mut self, now: Instant) -> Vec<(Subject, u64)> {
        let is_due = |budget: &Budget| budget.settled <= now + INTERVAL * (BURST / 2);
        let left_out = self.take(is_due);
        self.0.retain(|_, budget| budget.is_owed(now));
        left_out
    }

    /// All lines left out.
    pub fn settle(&mut self) -> Vec<(Subject, u64)> {
        self.take(|_| true)
    }

    fn take(&mut self, is_due: impl Fn(&Budget) -> bool) -> Vec<(Subject, u64)> {
        let due = self.0.iter_mut().filter(|(_, budget)| budget.left_out > 0 && is_due(budget));
        let count = |(subject, budget): (&Subject, &mut Budget)| {
            (subject.clone(), std::mem::take(&mut budget.left_out))
        };
        let mut left_out: Vec<_> = due.map(count).collect();
        left_out.sort();
        left_out
    }
}

impl Budget {
    fn is_owed(&self, now: Instant) -> bool {
        self.settled > now || self.left_out > 0
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::{Duration, Instant};

    use super::{BURST, Budgets, MAX_SUBJECTS, Subject};

    fn client(number: u32) -> Subject {
        Subject::Client(IpAddr::from(Ipv4Addr::from_bits(number)).into())
    }

    #[test]
    fn one_client_has_a_line_a_second_after_a_burst_and_another_its_own() {
        let (mut budgets, start) = (Budgets::default(), Instant::now());
        let mut written = 0;
        // A hundred lines a second for a minute.
        for tick in 0..6_000 {
            let now = start + Duration::from_millis(10 * tick);
            written += u32::from(budgets.spend(client(1), now).is_some());
        }
        assert!((BURST + 59..=BURST + 60).contains(&written), "{written}");
        assert_eq!(budgets.spend(client(2), start + Duration::from_mins(1)), Some(0));
    }

    #[test]
    fn what_was_left_out_is_told_once_by_the_next_line_or_when_no_more_come() {
        let (mut budgets, start) = (Budgets::default(), Instant::now());
        for _ in 0..BURST + 7 {
            budgets.spend(client(1), start);
        }
        assert_eq!(budgets.sweep(start), [], "there may be more to come");
        let later = start + Duration::from_secs(2);
        assert_eq!(budgets.spend(client(1), later), Some(7));
        assert_eq!(budgets.spend(client(1), later), Some(0));
        assert_eq!(budgets.spend(client(1), later), None);
        let much_later = start + Duration::from_mins(1);
        assert_eq!(budgets.sweep(much_later), [(client(1), 1)]);
        assert_eq!(budgets.sweep(much_later), []);
        assert!(budgets.0.is_empty(), "and nothing is kept of it");
    }

    #[test]
    fn a_crowd_of_clients_takes_bounded_memory_and_those_beyond_share_a_budget() {
        let (mut budgets, start) = (Budgets::default(), Instant::now());
        let crowd = u32::try_from(2 * MAX_SUBJECTS).expect("few");
        let written = (0..crowd).filter(|number| budgets.spend(client(*number), start).is_some());
        assert_eq!(written.count(), MAX_SUBJECTS + BURST as usize);
        assert!(budgets.0.len() <= MAX_SUBJECTS + 1);
        // The budget of a silent client makes room for another.
        let later = start + Duration::from_mins(1);
        assert_eq!(budgets.spend(client(crowd), later), Some(0));
        assert!(budgets.0.len() <= 2);
    }
}
