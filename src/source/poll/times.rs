//! The times of a long series in little memory: bars follow each other at one distance for hours, so their times are kept
//! as runs.

/// Ascending times, each once.
#[derive(Debug, Clone, Default)]
pub struct BarTimes {
    runs: Vec<TimeRun>,
}

/// Times at one distance.
#[derive(Debug, Clone, Copy)]
struct TimeRun {
    first: i64,
    /// From one to the next; of a single time it says nothing.
    step: i64,
    /// How many there are, at least one.
    count: usize,
}

impl TimeRun {
    /// The time at an index. No time lies beyond the last one, so what wraps on the way to it wraps back.
    fn at(self, index: usize) -> i64 {
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        self.first.wrapping_add(self.step.wrapping_mul(index))
    }

    fn last(self) -> i64 {
        self.at(self.count - 1)
    }

    /// How many of its times are before `ts`.
    fn before(self, ts: i64) -> usize {
        if ts <= self.first {
            return 0;
        }
        if self.last() < ts {
            return self.count;
        }
        let steps = ts.abs_diff(self.first).div_ceil(self.step.unsigned_abs());
        usize::try_from(steps).unwrap_or(self.count)
    }

    /// Goes on with a later time, if the time is at the distance of the others; whether it is.
    fn goes_on(&mut self, ts: i64) -> bool {
        let step = if self.count == 1 { ts.checked_sub(self.first) } else { Some(self.step) };
        let Some(step) = step.filter(|step| self.last().checked_add(*step) == Some(ts)) else {
            return false;
        };
        (self.step, self.count) = (step, self.count + 1);
        true
    }
}

impl BarTimes {
    /// The earliest.
    pub fn first(&self) -> Option<i64> {
        self.runs.first().map(|run| run.first)
    }

    /// The latest.
    pub fn last(&self) -> Option<i64> {
        self.runs.last().map(|run| run.last())
    }

    /// Those from `ts` on.
    pub fn since(&self, ts: i64) -> impl Iterator<Item = i64> {
        let from = self.runs.partition_point(|run| run.last() < ts);
        self.runs[from..]
            .iter()
            .flat_map(move |run| (run.before(ts)..run.count).map(|index| run.at(index)))
    }

    /// How many there are from `ts` on.
    pub fn count_since(&self, ts: i64) -> usize {
        let from = self.runs.partition_point(|run| run.last() < ts);
        self.runs[from..].iter().map(|run| run.count - run.before(ts)).sum()
    }

    /// Leaves out those from `ts` on.
    pub fn truncate(&mut self, ts: i64) {
        let kept = self.runs.partition_point(|run| run.first < ts);
        self.runs.truncate(kept);
        if let Some(run) = self.runs.last_mut() {
            run.count = run.before(ts);
        }
    }

    /// Leaves out those before `ts`.
    pub fn forget_before(&mut self, ts: i64) {
        let gone = self.runs.partition_point(|run| run.last() < ts);
        self.runs.drain(..gone);
        if let Some(run) = self.runs.first_mut() {
            let before = run.before(ts);
            (run.first, run.count) = (run.at(before), run.count - before);
        }
    }

    /// Adds ascending times, of which some may be known.
    pub fn add(&mut self, times: &[i64]) {
        let Some(&first) = times.first() else { return };
        if self.since(first).eq(times.iter().copied()) {
            return;
        }
        let mut all: Vec<i64> = self.since(first).chain(times.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        self.truncate(first);
        for ts in all {
            self.push(ts);
        }
    }

    /// Whether neither has a time that the other misses, as far as both reach.
    pub fn agrees_with(&self, other: &Self) -> bool {
        let (Some(one), Some(two)) = (self.last(), other.last()) else { return true };
        self.until(one.min(two)).eq(other.until(one.min(two)))
    }

    fn until(&self, end: i64) -> impl Iterator<Item = i64> {
        self.since(i64::MIN).take_while(move |ts| *ts <= end)
    }

    /// Adds a time after all others.
    fn push(&mut self, ts: i64) {
        if !self.runs.last_mut().is_some_and(|run| run.goes_on(ts)) {
            self.runs.push(TimeRun { first: ts, step: 1, count: 1 });
        }
    }
}

impl From<&[i64]> for BarTimes {
    /// Of ascending times.
    fn from(times: &[i64]) -> Self {
        let mut all = Self::default();
        for ts in times {
            all.push(*ts);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::BarTimes;

    const MINUTE: i64 = 60;

    /// What happens to the times of a series.
    #[derive(Debug, Clone)]
    enum Change {
        Add(Vec<i64>),
        Truncate(i64),
        ForgetBefore(i64),
    }

    /// Minutes of a few hours with gaps, and now and then a second between two of them.
    fn times() -> impl Strategy<Value = Vec<i64>> {
        let run = (0i64..300, 1i64..40, prop_oneof![4 => Just(1i64), 1 => 2i64..5], 0i64..30);
        let run = run.prop_map(|(first, count, step, off)| {
            let off = i64::from(off == 7);
            (0..count).map(move |n| (first + n * step) * MINUTE + off).collect::<Vec<_>>()
        });
        proptest::collection::vec(run, 0..5).prop_map(|runs| {
            let times: BTreeSet<i64> = runs.into_iter().flatten().collect();
            times.into_iter().collect()
        })
    }

    fn change() -> impl Strategy<Value = Change> {
        let ts = -60i64..400 * MINUTE;
        prop_oneof![
            4 => times().prop_map(Change::Add),
            1 => ts.clone().prop_map(Change::Truncate),
            1 => ts.prop_map(Change::ForgetBefore),
        ]
    }

    fn all(times: &BarTimes) -> Vec<i64> {
        times.since(i64::MIN).collect()
    }

    #[test]
    fn a_day_of_minutes_and_its_gaps_take_a_run_each() {
        let days = [0, 1_440].map(|day| (day..day + 390).map(|minute| minute * MINUTE));
        let mut times = BarTimes::default();
        for ts in days.into_iter().flatten().filter(|ts| *ts != 1_500 * MINUTE) {
            times.add(&[ts]);
        }
        assert!(times.runs.len() <= 6, "{:?}", times.runs);
    }

    #[test]
    fn times_at_the_ends_of_the_clock_are_kept_as_they_are() {
        let ends = [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX];
        let times = BarTimes::from(&ends[..]);
        assert_eq!(all(&times), ends);
        assert_eq!(ends.map(|ts| times.count_since(ts)), [6, 5, 4, 3, 2, 1]);
    }

    #[test]
    fn times_agree_when_neither_has_one_that_the_other_misses() {
        let times = |minutes: &[i64]| BarTimes::from(minutes);
        let known = times(&[1, 2, 4]);
        assert!(known.agrees_with(&times(&[1, 2, 4, 5])));
        assert!(known.agrees_with(&times(&[1, 2])));
        assert!(!known.agrees_with(&times(&[1, 4])));
        assert!(!known.agrees_with(&times(&[2, 4])));
        assert!(!known.agrees_with(&times(&[1, 2, 3, 4])));
    }

    proptest! {
        #[test]
        fn runs_hold_the_times_that_a_set_holds(
            changes in proptest::collection::vec(change(), 1..8),
            asked in -60i64..400 * MINUTE,
        ) {
            let (mut times, mut model) = (BarTimes::default(), BTreeSet::new());
            for change in changes {
                match change {
                    Change::Add(more) => {
                        times.add(&more);
                        model.extend(more);
                    }
                    Change::Truncate(ts) => {
                        times.truncate(ts);
                        model.retain(|known| *known < ts);
                    }
                    Change::ForgetBefore(ts) => {
                        times.forget_before(ts);
                        model.retain(|known| *known >= ts);
                    }
                }
                let since: Vec<i64> = model.range(asked..).copied().collect();
                prop_assert_eq!(all(&times), model.iter().copied().collect::<Vec<_>>());
                prop_assert_eq!(times.since(asked).collect::<Vec<_>>(), since.clone());
                prop_assert_eq!(times.count_since(asked), since.len());
                prop_assert_eq!((times.first(), times.last()), (model.first().copied(), model.last().copied()));
            }
            let again = BarTimes::from(&all(&times)[..]);
            prop_assert!(again.agrees_with(&times) && times.agrees_with(&again));
        }
    }
}
