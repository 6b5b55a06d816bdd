//! What a comparison found, as a table with a column for each server.

use std::fmt;

use crate::scenario::Scenario;
use crate::stats::millis;
use crate::target::{Measured, Peer, Plan};

/// figcast and its peers under the same load.
pub struct Comparison {
    scenario: Scenario,
    subscribers: usize,
    own: Own,
    /// figcast first.
    columns: Vec<Column>,
}

struct Column {
    name: &'static str,
    measured: Measured,
    /// Microseconds an event, round for round.
    rounds: Vec<f64>,
}

/// What figcast says of itself.
#[derive(Clone, Copy, Default)]
pub struct Own {
    /// The coding of the events.
    pub coding: &'static str,
    /// Mean bytes of an event as text.
    pub text: usize,
    /// Figures drawn for an update.
    pub renders: f64,
    /// Figures that slow readers passed over.
    pub skipped: u64,
}

impl Comparison {
    /// Nothing measured yet.
    pub fn new(scenario: Scenario, plan: &Plan, peers: &[Peer]) -> Self {
        let names = ["figcast"].into_iter().chain(peers.iter().map(|peer| peer.name()));
        let column = |name| Column { name, measured: Measured::default(), rounds: Vec::new() };
        Self {
            scenario,
            subscribers: plan.subscribers,
            own: Own::default(),
            columns: names.map(column).collect(),
        }
    }

    /// Adds a round of what figcast says of itself.
    pub fn own(&mut self, own: Own) {
        self.own = Own { skipped: self.own.skipped + own.skipped, ..own };
    }

    /// Adds a round of a server: 0 is figcast, then come the peers.
    pub fn add(&mut self, column: usize, measured: Measured) {
        let column = &mut self.columns[column];
        column.rounds.push(measured.micros());
        column.measured.add(measured);
    }

    fn row(
        &self,
        out: &mut fmt::Formatter<'_>,
        title: &str,
        cell: impl Fn(&Column) -> String,
    ) -> fmt::Result {
        let cells: Vec<String> = self.columns.iter().map(cell).collect();
        writeln!(out, "| {title} | {} |", cells.join(" | "))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ours = &self.columns[0].measured;
        let Own { coding, text, renders, skipped } = &self.own;
        writeln!(
            out,
            "### {}: {} subscribers for {:.0} s\n\n\
             An event has {:.0} bytes ({coding}; {text} as text). {renders:.2} figures were drawn \
             an update, {skipped} skipped.\n",
            self.scenario.name(),
            self.subscribers,
            ours.elapsed.as_secs_f64(),
            ours.bytes as f64 / ours.delivered.max(1) as f64,
        )?;
        self.row(out, "", |column| column.name.to_owned())?;
        writeln!(out, "|---|{}", "--:|".repeat(self.columns.len()))?;
        let events = |one: &Measured| format!("{} of {}", one.delivered, one.due);
        self.row(out, "events delivered, of those due", |column| events(&column.measured))?;
        self.row(out, "**CPU per delivered event**", |column| {
            format!("**{:.1} us**", column.measured.micros())
        })?;
        self.row(out, "figcast in times of it", |column| {
            format!("{:.2}", ours.micros() / column.measured.micros())
        })?;
        if self.columns[0].rounds.len() > 1 {
            self.row(out, "round for round", Column::rounds)?;
        }
        self.row(out, "share of a core", |column| {
            format!("{:.0} %", 100.0 * column.measured.share())
        })?;
        self.row(out, "the load's share", |column| {
            format!("{:.0} %", 100.0 * column.measured.load_share())
        })?;
        self.row(out, "first to last subscriber, p50 / p99 / max", |column| {
            let [p50, p99, max] = [50, 99, 100].map(|p| millis(column.measured.spread(p)));
            format!("{p50:.0} / {p99:.0} / {max:.0} ms")
        })?;
        self.row(out, "memory per subscriber, connected / at the end", |column| {
            let Measured { connected_kib, sent_kib, .. } = column.measured;
            format!("{connected_kib:.1} / {sent_kib:.1} KiB")
        })?;
        writeln!(out)
    }
}

impl Column {
    fn rounds(&self) -> String {
        let rounds: Vec<String> = self.rounds.iter().map(|us| format!("{us:.1}")).collect();
        rounds.join(", ")
    }
}
