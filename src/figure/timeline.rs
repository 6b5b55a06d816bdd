//! The clock of a figure and the hours that its axis leaves out: what follows from when the bars are, and
//! so stays as it is from one tick to the next.

use jiff::tz::TimeZone;

use super::breaks;
use super::patterns::Break;
use super::time::Axis;
use crate::interval::Interval;
use crate::market::Hours;

/// When the bars of a figure are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct When<'a> {
    /// Those of the scene's own symbol.
    pub own: &'a [i64],
    /// When anything is drawn.
    pub all: &'a [i64],
    /// The exchange's zone.
    pub zone: &'a TimeZone,
    /// When it trades.
    pub hours: &'a Hours,
    /// How long the bars are.
    pub interval: Interval,
}

/// What follows from that.
pub struct Timeline {
    own: Vec<i64>,
    /// Nothing where they are the own ones.
    all: Vec<i64>,
    zone: TimeZone,
    hours: Hours,
    interval: Interval,
    /// The clock of the x axis.
    pub axis: Axis,
    /// What it leaves out.
    pub breaks: Vec<Break>,
}

impl Timeline {
    /// That of `when`, which may be the one that is `known`.
    pub fn of(when: When<'_>, known: Option<Self>) -> Self {
        if let Some(known) = known.filter(|known| known.when() == when) {
            return known;
        }
        let When { own, all, zone, hours, interval } = when;
        let axis = Axis::of(own, zone, interval);
        let breaks = breaks::of(all, hours, interval, &axis);
        let all = if all == own { Vec::new() } else { all.to_vec() };
        let (own, zone, hours) = (own.to_vec(), zone.clone(), hours.clone());
        Self { own, all, zone, hours, interval, axis, breaks }
    }

    /// Bytes that it keeps.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.own) + size_of_val(&*self.all)
    }

    fn when(&self) -> When<'_> {
        let Self { own, all, zone, hours, interval, .. } = self;
        let all = if all.is_empty() { own } else { all };
        When { own, all, zone, hours, interval: *interval }
    }
}
