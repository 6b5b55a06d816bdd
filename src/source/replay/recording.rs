//! What a file holds, before it is played.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::error::FileProblem;
use super::spacing::{self, Spacing, most_frequent};
use crate::bars::{Bar, Bars};
use crate::interval::Interval;
use crate::market::{Instrument, Period, TradingCalendar, stamps};
use crate::symbol::Symbol;

/// Recorded bars and what the file says of their instrument.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) bars: Bars,
    /// With the close before the first recorded day, when it is known.
    pub(super) instrument: Instrument,
    /// The sessions the file tells of, possibly none.
    pub(super) hours: Vec<Period>,
    /// The length of the bars where the file tells it, and whether it tells but dates.
    pub(super) interval: Option<Interval>,
    pub(super) are_dates: bool,
    /// What was left out of it, for people.
    pub(super) notes: Vec<String>,
}

impl Recording {
    /// A recording of which nothing but its bars is known.
    pub(super) fn of_rows(
        rows: impl IntoIterator<Item = Bar>,
        are_dates: bool,
        symbol: &Symbol,
        zone: TimeZone,
    ) -> Self {
        Self {
            bars: Bars::from_rows(rows),
            instrument: Instrument::unnamed(symbol.clone(), zone),
            hours: Vec::new(),
            interval: None,
            are_dates,
            notes: Vec::new(),
        }
    }

    /// The length of its bars, and how many of them stand beside the grid of those.
    ///
    /// # Errors
    /// [`FileProblem::Spacing`] when no chart has such bars.
    pub(super) fn spacing(&self) -> Result<Spacing, FileProblem> {
        match self.interval {
            Some(interval) => Ok(Spacing { interval, strays: 0 }),
            None => spacing::spacing(self.bars.times(), self.are_dates, &self.instrument.zone),
        }
    }

    /// This recording of bars of `interval` with each at the start of its slot: some programs stamp
    /// the last second of a bar, and a live recording ends off the grid.
    pub(super) fn in_slots(self, interval: Interval, calendar: Option<&TradingCalendar>) -> Self {
        let times = self.bars.times();
        let starts: Vec<i64> = if interval.is_intraday() {
            let grid = Grid::of(&self.bars, interval);
            times.iter().map(|ts| grid.start(*ts)).collect()
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
}

/// Where on the clock bars of one length start, in seconds after a multiple of it: the hours of a market
/// that opens at 09:30 start at half past, those after a lunch perhaps on the hour. Whole minutes; the
/// last second of one belongs to the next.
struct Grid {
    length: i64,
    /// The commonest place first, and others that are no strays.
    places: Vec<i64>,
}

impl Grid {
    fn of(bars: &Bars, interval: Interval) -> Self {
        let length = interval.seconds();
        let place = |ts: &i64| {
            let place = (ts + 1).rem_euclid(length);
            place - place.rem_euclid(60)
        };
        let mut counts = BTreeMap::<i64, usize>::new();
        for ts in bars.times() {
            *counts.entry(place(ts)).or_default() += 1;
        }
        let usual = most_frequent(bars.times().iter().map(place)).unwrap_or(0);
        let often = bars.len().div_ceil(10).max(spacing::STRAYS + 1);
        let others = counts.into_iter().filter(|(place, count)| *place != usual && *count >= often);
        let places = std::iter::once(usual).chain(others.map(|(place, _)| place)).collect();
        Self { length, places }
    }

    /// The start of the bar that is stamped with `ts`.
    fn start(&self, ts: i64) -> i64 {
        let into = |place: &i64| (ts - place).rem_euclid(self.length);
        let minute = |place: &&i64| into(place) < 60 || into(place) == self.length - 1;
        let place = self.places.iter().find(minute).or(self.places.first());
        place.map_or(ts, |place| ts - into(place))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::tz::TimeZone;

    use super::Recording;
    use crate::config::{DateOrder, Reading};
    use crate::fixtures;
    use crate::interval::Interval;
    use crate::source::replay::error::FileProblem;
    use crate::symbol::Symbol;

    const HEADER: &str = "ts,open,high,low,close,volume\n";

    fn recording(rows: &str) -> Result<Recording, FileProblem> {
        let symbol = Symbol::parse("XMPL").expect("valid");
        let reading = Reading::default();
        Recording::read(&format!("{HEADER}{rows}"), &symbol, TimeZone::UTC, &reading)
    }

    /// Rows of bars that start so many seconds after 13:30.
    fn rows(times: impl IntoIterator<Item = i64>) -> String {
        let row = |t: i64| format!("{},1,1,1,1,1", 1_727_875_800 + t);
        let rows: Vec<String> = times.into_iter().map(row).collect();
        rows.join("\n")
    }

    fn in_its_slots(rows: &str) -> Result<Recording, String> {
        let recording = recording(rows).expect("readable");
        let spacing = recording.spacing().map_err(|problem| problem.to_string())?;
        Ok(recording.in_slots(spacing.interval, None))
    }

    #[test]
    fn bars_of_a_length_that_no_chart_has_are_refused_in_words() {
        for (seconds, words) in [(1, "1 second"), (90, "90 seconds")] {
            let message = in_its_slots(&rows((0..5).map(|i| i * seconds))).expect_err(words);
            let parts =
                [&format!("bars are {words} apart; charts have bars of 1m, 2m, "), "1wk or 1mo"];
            assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        }
    }

    #[test]
    fn bars_of_every_length_are_recognised_and_keep_their_place_on_the_clock() {
        for interval in Interval::ALL {
            // Thirty days after the 2nd of a month with 31 it is still the same month.
            let apart = if interval == Interval::Month1 { 31 * 86_400 } else { interval.seconds() };
            let rows = rows((0..5).map(|i| i * apart));
            let loaded = recording(&rows).expect("readable");
            assert_eq!(loaded.spacing().expect("known").interval, interval);
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
    fn a_file_that_is_missing_or_endless_is_refused() {
        let load = |path: &str| {
            let symbol = Symbol::parse("XMPL").expect("valid");
            let reading = Reading::default();
            let loaded = Recording::load(Path::new(path), &symbol, TimeZone::UTC, &reading);
            loaded.expect_err(path).to_string()
        };
        assert!(load("/nonexistent.csv").starts_with("cannot be read: No such file"));
        assert!(load("/dev/zero").starts_with("is longer than 67108864 bytes"));
    }

    #[test]
    fn hours_that_begin_anew_after_lunch_keep_their_places() {
        let day = |day: i64| [0, 60, 120, 210, 270, 330].map(|minute| day * 86_400 + minute * 60);
        let times: Vec<i64> = (0..3).flat_map(day).collect();
        let bars = in_its_slots(&rows(times.clone())).expect("hours").bars;
        let expected: Vec<i64> = times.iter().map(|time| 1_727_875_800 + time).collect();
        assert_eq!(bars.times(), expected);
    }

    #[test]
    #[ignore = "needs the recorded fixtures"]
    fn recorded_market_data_is_read() {
        for (name, bars, interval) in [
            ("csv_SP500_1m_2019-11-05_to_08.csv", 391 + 391 + 391 + 390, Interval::Minute1),
            ("yahoo_chart_AAPL_1m_2024-10-02.json", 389, Interval::Minute1),
            ("csv_binance_export_15m_2023-03.csv", 40, Interval::Minute15),
            ("csv_SPY_1d_yahoo_download_2020.csv", 92, Interval::Day1),
            ("csv_plotly_finance-charts-apple.csv", 506, Interval::Day1),
            ("csv_yfinance_EA_15m.csv", 319, Interval::Minute15),
            ("csv_yfinance_ASAI.L_1h_100x_error.csv", 20, Interval::Hour1),
            ("stooq_daily_SPY_sample.csv", 24, Interval::Day1),
        ] {
            let path = fixtures::path(name);
            let ticker = if name.contains("apple") { "AAPL" } else { "XMPL" };
            let symbol = Symbol::parse(ticker).expect("valid");
            // Four days of November, or the eleventh of four months: the file does not tell.
            let date_order = name.starts_with("csv_SP500").then_some(DateOrder::MonthFirst);
            let reading = Reading { date_order, ..Reading::default() };
            let recording = Recording::load(&path, &symbol, TimeZone::UTC, &reading).expect(name);
            let spacing = recording.spacing().expect(name);
            assert_eq!((recording.bars.len(), spacing.interval), (bars, interval), "{name}");
        }
    }
}
