//! What a file holds, before it is played.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use jiff::tz::TimeZone;

use super::error::FileProblem;
use super::{chart, csv};
use crate::bars::{Bar, Bars};
use crate::interval::Interval;
use crate::market::{Instrument, Period, TradingCalendar, stamps};
use crate::symbol::Symbol;

/// Longest accepted file: a year of minutes around the clock has about half of it.
const MAX_BYTES: u64 = 64 << 20;

/// Recorded bars and what the file says of their instrument.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) bars: Bars,
    /// With the close before the first recorded day, when it is known.
    pub(super) instrument: Instrument,
    /// The sessions the file tells of, possibly none.
    pub(super) hours: Vec<Period>,
}

impl Recording {
    /// Reads a file; times without an offset are read as times in `zone`.
    ///
    /// # Errors
    /// [`FileProblem`]; a file without bars is one.
    pub(super) fn load(path: &Path, symbol: Symbol, zone: TimeZone) -> Result<Self, FileProblem> {
        let mut bytes = Vec::new();
        File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(FileProblem::TooLarge { limit: MAX_BYTES });
        }
        let text = str::from_utf8(&bytes).map_err(|_| FileProblem::NotText)?;
        Self::read(text, symbol, zone)
    }

    /// Reads CSV, or a chart's JSON, which opens with a brace.
    pub(super) fn read(text: &str, symbol: Symbol, zone: TimeZone) -> Result<Self, FileProblem> {
        let text = text.trim_start_matches('\u{feff}');
        let recording = if text.trim_start().starts_with('{') {
            chart::read(text, symbol, zone)?
        } else {
            Self {
                bars: csv::read(text, &zone)?,
                instrument: Instrument::unnamed(symbol, zone),
                hours: Vec::new(),
            }
        };
        if recording.bars.is_empty() {
            return Err(FileProblem::NoBars);
        }
        Ok(recording)
    }

    /// The usual time from one bar to the next in seconds; of two as usual the shorter.
    pub(super) fn spacing(&self) -> Option<i64> {
        most_frequent(self.bars.times().windows(2).map(|pair| pair[1] - pair[0]))
    }

    /// The length of its bars; of a single one, a minute.
    ///
    /// # Errors
    /// [`FileProblem::Spacing`] when no chart has such bars.
    pub(super) fn interval(&self) -> Result<Interval, FileProblem> {
        let Some(seconds) = self.spacing() else {
            return Ok(Interval::Minute1);
        };
        Interval::from_spacing(seconds).ok_or(FileProblem::Spacing { seconds })
    }

    /// This recording of bars of `interval` with each at the start of its slot: some programs stamp
    /// the last second of a bar, and a live recording ends off the grid.
    pub(super) fn in_slots(self, interval: Interval, calendar: Option<&TradingCalendar>) -> Self {
        let times = self.bars.times();
        let starts: Vec<i64> = if interval.is_intraday() {
            let phase = self.phase(interval);
            times.iter().map(|ts| ts - (ts - phase).rem_euclid(interval.seconds())).collect()
        } else {
            stamps::starts(times, interval, &self.instrument.zone, calendar)
        };
        let mut slots: Vec<Bar> = Vec::with_capacity(self.bars.len());
        for (bar, ts) in self.bars.iter().zip(starts) {
            match slots.last_mut().filter(|slot| slot.ts == ts) {
                Some(slot) => {
                    *slot = Bar {
                        ts,
                        open: slot.open,
                        high: slot.high.max(bar.high),
                        low: slot.low.min(bar.low),
                        close: bar.close,
                        volume: slot.volume + bar.volume,
                    };
                }
                None => slots.push(Bar { ts, ..bar }),
            }
        }
        Self { bars: slots.into_iter().collect(), ..self }
    }

    /// Where on the clock bars usually start, in seconds after a multiple of their length: the hours
    /// of a market that opens at 09:30 start at half past. Whole minutes; the last second of one
    /// belongs to the next.
    fn phase(&self, interval: Interval) -> i64 {
        let phases = self.bars.times().iter().map(|ts| (ts + 1).rem_euclid(interval.seconds()));
        let usual = most_frequent(phases).unwrap_or(0);
        usual - usual.rem_euclid(60)
    }
}

/// The value that comes most often; of two as frequent the lesser.
fn most_frequent(values: impl Iterator<Item = i64>) -> Option<i64> {
    let mut counts = BTreeMap::<i64, usize>::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    // `max_by_key` keeps the last of equals, hence the reversal.
    counts.into_iter().rev().max_by_key(|&(_, count)| count).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::tz::TimeZone;

    use super::{MAX_BYTES, Recording};
    use crate::interval::Interval;
    use crate::source::replay::error::FileProblem;
    use crate::symbol::Symbol;

    const HEADER: &str = "ts,open,high,low,close,volume\n";

    fn recording(rows: &str) -> Result<Recording, FileProblem> {
        let symbol = Symbol::parse("XMPL").expect("valid");
        Recording::read(&format!("{HEADER}{rows}"), symbol, TimeZone::UTC)
    }

    /// Rows of bars that start so many seconds after 13:30.
    fn rows(times: impl IntoIterator<Item = i64>) -> String {
        let row = |t: i64| format!("{},1,1,1,1,1", 1_727_875_800 + t);
        let rows: Vec<String> = times.into_iter().map(row).collect();
        rows.join("\n")
    }

    fn in_its_slots(rows: &str) -> Result<Recording, String> {
        let recording = recording(rows).expect("readable");
        let interval = recording.interval().map_err(|problem| problem.to_string())?;
        Ok(recording.in_slots(interval, None))
    }

    #[test]
    fn the_spacing_is_the_usual_gap_and_the_shorter_of_two_as_usual() {
        for (times, spacing) in [
            (&[0][..], None),
            (&[0, 60, 120, 64_000, 64_060][..], Some(60)),
            (&[0, 1, 61, 121][..], Some(60)),
            (&[0, 300, 360][..], Some(60)),
        ] {
            assert_eq!(
                recording(&rows(times.iter().copied())).expect("readable").spacing(),
                spacing,
                "{times:?}"
            );
        }
    }

    #[test]
    fn bars_of_a_length_that_no_chart_has_are_refused_in_words() {
        for (seconds, words) in [
            (1, "1 second"),
            (90, "90 seconds"),
            (600, "10 minutes"),
            (3 * 3_600, "3 hours"),
            (2 * 86_400, "2 days"),
        ] {
            let message = in_its_slots(&rows((0..5).map(|i| i * seconds))).expect_err(words);
            assert_eq!(
                message,
                format!(
                    "bars are {words} apart; replay plays bars of 1m, 2m, 5m, 15m, 30m, 1h, 2h, 4h, \
                     1d, 1wk or 1mo"
                )
            );
        }
    }

    #[test]
    fn bars_of_every_other_length_are_recognised_and_keep_their_place_on_the_clock() {
        for interval in Interval::ALL {
            // Thirty days after the 2nd of a month with 31 it is still the same month.
            let apart = if interval == Interval::Month1 { 31 * 86_400 } else { interval.seconds() };
            let rows = rows((0..5).map(|i| i * apart));
            let loaded = recording(&rows).expect("readable");
            assert_eq!(loaded.interval().expect("known"), interval);
            let bars = in_its_slots(&rows).expect("known").bars;
            assert_eq!(bars.len(), 5, "{interval}");
            // 2 Oct 2024, 13:30 UTC, a Wednesday.
            let start = match interval {
                Interval::Day1 => 1_727_827_200,
                Interval::Week1 => 1_727_654_400,
                Interval::Month1 => 1_727_740_800,
                _ => 1_727_875_800,
            };
            assert_eq!(bars.times()[0], start, "{interval}");
        }
        let last_seconds = rows((0..5).map(|i| i * 3_600 + 3_599));
        assert_eq!(in_its_slots(&last_seconds).expect("hours").bars.times()[0], 1_727_875_800);
    }

    #[test]
    fn stamps_of_the_last_second_and_off_the_grid_belong_to_their_minute() {
        let rows = "1727875859,1,3,1,2,10\n1727875919,2,2,1,1.5,20\n1727875979,2,2,1,1,5\n\
                    1727876039,9,9,2,3,4\n1727876013,3,3,0.5,2,1\n";
        let bars = in_its_slots(rows).expect("minutes").bars;
        assert_eq!(bars.times(), [1_727_875_800, 1_727_875_860, 1_727_875_920, 1_727_875_980]);
        let last = bars.last().expect("four");
        assert_eq!(
            (last.open, last.high, last.low, last.close, last.volume),
            (3.0, 9.0, 0.5, 3.0, 5.0)
        );
    }

    #[test]
    fn a_file_without_bars_is_refused() {
        assert!(matches!(recording(""), Err(FileProblem::NoBars)));
        assert!(matches!(recording("1727875800,1,1,1,,1\n"), Err(FileProblem::NoBars)));
    }

    #[test]
    fn a_file_that_is_missing_binary_or_endless_is_refused() {
        let load = |path: &str| {
            let symbol = Symbol::parse("XMPL").expect("valid");
            Recording::load(Path::new(path), symbol, TimeZone::UTC).expect_err(path).to_string()
        };
        assert!(load("/nonexistent.csv").starts_with("cannot be read: No such file"));
        let latin = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/replay/latin1.csv");
        assert!(load(latin).starts_with("is not UTF-8 text"));
        assert_eq!(
            load("/dev/zero"),
            format!("is longer than {MAX_BYTES} bytes, the most a recording may have")
        );
    }

    #[test]
    fn recorded_market_data_is_read_when_it_is_there() {
        let Ok(folder) = std::env::var("FIGCAST_FIXTURES") else {
            eprintln!("skipped: FIGCAST_FIXTURES is not set");
            return;
        };
        let minute = Interval::Minute1.seconds();
        for (name, bars, spacing) in [
            ("csv_SP500_1m_2019-11-05_to_08.csv", 391 + 391 + 391 + 390, minute),
            ("yahoo_chart_AAPL_1m_2024-10-02.json", 389, minute),
            ("csv_binance_export_15m_2023-03.csv", 40, 15 * minute),
            ("csv_SPY_1d_yahoo_download_2020.csv", 92, 1_440 * minute),
            ("csv_plotly_finance-charts-apple.csv", 506, 1_440 * minute),
            ("csv_yfinance_EA_15m.csv", 319, 15 * minute),
            ("csv_yfinance_ASAI.L_1h_100x_error.csv", 20, 60 * minute),
            ("stooq_daily_SPY_sample.csv", 24, 1_440 * minute),
        ] {
            let path = Path::new(&folder).join(name);
            let symbol = Symbol::parse("XMPL").expect("valid");
            let recording = Recording::load(&path, symbol, TimeZone::UTC).expect(name);
            assert_eq!(
                (recording.bars.len(), recording.spacing()),
                (bars, Some(spacing)),
                "{name}"
            );
        }
    }
}
