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
use crate::market::{Instrument, Period};
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
        let mut counts = BTreeMap::<i64, usize>::new();
        for pair in self.bars.times().windows(2) {
            *counts.entry(pair[1] - pair[0]).or_default() += 1;
        }
        // `max_by_key` keeps the last of equals, hence the reversal.
        counts.into_iter().rev().max_by_key(|&(_, count)| count).map(|(gap, _)| gap)
    }

    /// This recording as bars of `interval`, each at the start of its slot: some programs stamp the
    /// last second of a bar, and a live recording ends off the grid.
    ///
    /// # Errors
    /// [`FileProblem::Spacing`] when its bars are of another length.
    pub(super) fn in_slots(self, interval: Interval) -> Result<Self, FileProblem> {
        if let Some(seconds) = self.spacing().filter(|&gap| gap != interval.seconds()) {
            return Err(FileProblem::Spacing { seconds });
        }
        let mut slots: Vec<Bar> = Vec::with_capacity(self.bars.len());
        for bar in self.bars.iter() {
            let ts = interval.floor(bar.ts);
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
        Ok(Self { bars: slots.into_iter().collect(), ..self })
    }
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

    fn in_minutes(rows: &str) -> Result<Recording, String> {
        let recording = recording(rows).expect("readable");
        recording.in_slots(Interval::Minute1).map_err(|problem| problem.to_string())
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
    fn bars_of_another_length_are_refused_in_words() {
        for (seconds, words) in [
            (900, "15 minutes"),
            (3_600, "1 hour"),
            (86_400, "1 day"),
            (1, "1 second"),
            (90, "90 seconds"),
        ] {
            let message = in_minutes(&rows((0..5).map(|i| i * seconds))).expect_err(words);
            assert_eq!(message, format!("bars are {words} apart; replay needs 1-minute bars"));
        }
    }

    #[test]
    fn stamps_of_the_last_second_and_off_the_grid_belong_to_their_minute() {
        let rows = "1727875859,1,3,1,2,10\n1727875919,2,2,1,1.5,20\n1727875979,2,2,1,1,5\n\
                    1727876039,9,9,2,3,4\n1727876013,3,3,0.5,2,1\n";
        let bars = in_minutes(rows).expect("minutes").bars;
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
