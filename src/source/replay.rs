//! Shows recorded bars: whole, played as if they happened now, or as a program appends them.
//!
//! Bars come from CSV files and from recorded answers of Yahoo's chart endpoint. Time in all answers
//! is recorded time: the x axis, the trading hours and the quote, whose instant is the position of
//! the playback. A market's state has to be judged at that instant, not by the wall clock.

mod chart;
mod csv;
mod entry;
mod error;
mod follow;
mod load;
mod playback;
mod recording;
mod spacing;
mod tape;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::{JoinError, spawn_blocking};

use self::entry::Entry;
use self::follow::Follower;
use self::playback::{Playback, TapeClock};
use self::tape::Tape;
use super::coverage::Coverage;
use super::error::SourceError;
use super::fetch::{Fetch, FetchRequest, PollPolicy};
use super::search::{Listing, Search, SearchQuery};
use super::update::Fetched;
use crate::bars::Bars;
use crate::clock::Clock;
use crate::config::{RecordedFile, ReplayConfig};
use crate::interval::Interval;
use crate::market::Calendars;
use crate::shares::Client;
use crate::symbol::Symbol;

pub use error::{FileProblem, ReplayError};

const NAME: &str = "replay";
/// Bounds of the time between two looks, however fast or slow the playback is.
const MIN_POLL: [Duration; 2] = [Duration::from_millis(250), Duration::from_mins(1)];
/// Time between two looks at a file that is followed.
const FOLLOW_POLL: Duration = Duration::from_secs(1);
/// Most symbols that a message names.
const NAMED: usize = 10;

/// Recorded files.
#[derive(Debug)]
pub struct Replay {
    files: BTreeMap<Symbol, LoadedFile>,
    playback: Playback,
}

/// The bars of one file.
#[derive(Debug)]
enum LoadedFile {
    /// All there will be.
    Whole(Arc<Tape>),
    /// As another program appends them.
    Followed(Arc<Follower>),
}

impl LoadedFile {
    fn open(entry: Entry, follow: bool) -> Result<Self, ReplayError> {
        if !follow {
            return Ok(Self::Whole(Arc::new(entry.load()?)));
        }
        let path = entry.path().to_owned();
        let follower =
            Follower::open(entry).map_err(|problem| ReplayError::File { path, problem })?;
        Ok(Self::Followed(Arc::new(follower)))
    }

    fn tape(&self) -> Arc<Tape> {
        match self {
            Self::Whole(tape) => Arc::clone(tape),
            Self::Followed(follower) => follower.tape(),
        }
    }

    /// The tape, with what was appended to its file since it was last asked for.
    async fn newest(&self) -> Result<Arc<Tape>, SourceError> {
        let Self::Followed(follower) = self else { return Ok(self.tape()) };
        let follower = Arc::clone(follower);
        let unavailable = |cause: JoinError| SourceError::Unavailable {
            origin: NAME,
            detail: "the look at the file was broken off".to_owned(),
            cause: Some(cause.into()),
        };
        let looked = spawn_blocking(move || follower.look()).await.map_err(unavailable)?;
        looked.map_err(|detail| SourceError::Malformed { origin: NAME, detail })
    }
}

/// The bars of one file and their length; blocks.
///
/// # Errors
/// [`ReplayError`]: the file and its line, and what would be right.
pub fn read(
    symbol: &Symbol,
    file: &RecordedFile,
    calendars: &Calendars,
) -> Result<(Interval, Bars), ReplayError> {
    let tape = Entry::new(symbol.clone(), file, &ReplayConfig::default(), calendars)?.load()?;
    Ok((tape.interval(), tape.bars().clone()))
}

impl Replay {
    /// Reads all files, which blocks, and starts the playback, if any, at the clock's now.
    ///
    /// # Errors
    /// [`ReplayError`]: the setting, or the file and its line, and what would be right.
    pub fn open(
        config: &ReplayConfig,
        calendars: &Calendars,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ReplayError> {
        if config.files.is_empty() {
            return Err(ReplayError::NoFiles);
        }
        if !(config.speed.is_finite() && config.speed > 0.0) {
            return Err(ReplayError::Speed { found: config.speed });
        }
        if config.play && config.follow {
            return Err(ReplayError::PlayAndFollow);
        }
        let files = config.files.iter().map(|(name, file)| {
            let symbol = Symbol::parse_bare(name)
                .map_err(|reason| ReplayError::Symbol { found: name.clone(), reason })?;
            let entry = Entry::new(symbol.clone(), file, config, calendars)?;
            Ok((symbol, LoadedFile::open(entry, config.follow)?))
        });
        Ok(Self {
            files: files.collect::<Result<_, _>>()?,
            playback: Playback::new(clock, config.play.then_some(config.speed)),
        })
    }
}

#[async_trait]
impl Fetch for Replay {
    fn name(&self) -> &'static str {
        NAME
    }

    fn policy(&self) -> PollPolicy {
        let [shortest, longest] = MIN_POLL;
        let is_followed = self.files.values().any(|file| matches!(file, LoadedFile::Followed(_)));
        let played = self.playback.speed().and_then(|speed| {
            let bars = self.files.values().map(|file| file.tape().interval());
            let bar = bars.min().unwrap_or_default().seconds().unsigned_abs();
            Duration::try_from_secs_f64(Duration::from_secs(bar).as_secs_f64() / speed).ok()
        });
        let poll = match played {
            Some(bar) => bar.clamp(shortest, longest),
            None if is_followed => FOLLOW_POLL,
            None => longest,
        };
        PollPolicy { min_poll: poll, closed_poll: poll, request_rate: None }
    }

    fn coverage(&self, symbol: &Symbol) -> Coverage {
        let file = self.files.get(symbol);
        file.map_or(Coverage::UNBOUNDED, |file| Coverage::NONE.with_all(file.tape().interval()))
    }

    fn clock(&self, symbol: &Symbol) -> Arc<dyn Clock> {
        match self.files.get(symbol) {
            Some(LoadedFile::Whole(tape)) => {
                Arc::new(TapeClock::new(Arc::clone(tape), self.playback.clone()))
            }
            _ => Arc::clone(self.playback.wall()),
        }
    }

    async fn fetch(&self, request: &FetchRequest) -> Result<Fetched, SourceError> {
        let file = self.files.get(&request.symbol).ok_or_else(|| self.unknown(&request.symbol))?;
        let tape = file.newest().await?;
        if request.interval != tape.interval() {
            let (recorded, wanted) = (tape.interval(), request.interval);
            return Err(SourceError::Refused {
                origin: NAME,
                detail: format!("bars of {recorded} are recorded, not of {wanted}"),
            });
        }
        Ok(match file {
            LoadedFile::Whole(_) => tape.answer(request.window, self.playback.played()),
            LoadedFile::Followed(follower) => {
                let now = self.playback.wall().now();
                tape.growing(request.window, now, follower.entry().calendar())
            }
        })
    }
}

#[async_trait]
impl Search for Replay {
    async fn find(
        &self,
        query: &SearchQuery,
        _client: Option<Client>,
    ) -> Result<Vec<Listing>, SourceError> {
        Ok(query.find(self.files.values().map(|file| file.tape().listing())))
    }
}

impl Replay {
    fn unknown(&self, symbol: &Symbol) -> SourceError {
        let named: Vec<&str> = self.files.keys().take(NAMED).map(Symbol::as_str).collect();
        let more = if self.files.len() > NAMED { ", .." } else { "" };
        SourceError::NotFound {
            symbol: symbol.clone(),
            origin: NAME,
            detail: format!("recorded are {}{more}", named.join(", ")),
        }
    }
}

#[cfg(test)]
mod times;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Write as _;
    use std::path::Path;
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::Duration;

    use jiff::Timestamp;

    use super::Replay;
    use crate::clock::Clock;
    use crate::config::{DateOrder, ReplayConfig};
    use crate::fixtures;
    use crate::interval::Interval;
    use crate::market::{Calendars, Hours, SessionState};
    use crate::shares::Holders;
    use crate::source::{
        Fetch as _, FetchRequest, Fetched, Listing, Priority, Search as _, SearchQuery,
        SourceError, Window,
    };
    use crate::symbol::Symbol;
    use crate::view::Session;

    /// Moves when it is told to.
    #[derive(Debug)]
    struct ManualClock(AtomicI64);

    impl ManualClock {
        fn new() -> Arc<Self> {
            Arc::new(Self(AtomicI64::new(1_800_000_000_000)))
        }

        fn advance(&self, milliseconds: i64) {
            self.0.fetch_add(milliseconds, Ordering::Relaxed);
        }
    }

    impl Clock for ManualClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).expect("in range")
        }
    }

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/replay").join(name)
    }

    fn config(files: &[(&str, PathBuf)]) -> ReplayConfig {
        let file = |(name, path): &(&str, PathBuf)| ((*name).to_owned(), path.clone().into());
        ReplayConfig {
            files: files.iter().map(file).collect(),
            timezone: "America/New_York".to_owned(),
            ..ReplayConfig::default()
        }
    }

    fn playing(files: &[(&str, PathBuf)]) -> ReplayConfig {
        ReplayConfig { play: true, ..config(files) }
    }

    fn open(config: &ReplayConfig) -> Result<Replay, String> {
        Replay::open(config, &Calendars::standard(), ManualClock::new())
            .map_err(|error| error.to_string())
    }

    async fn fetch(replay: &Replay, symbol: &str, window: Window) -> Result<Fetched, SourceError> {
        let request = FetchRequest {
            symbol: Symbol::parse(symbol).expect(symbol),
            interval: Interval::Minute1,
            window,
            session: Session::Regular,
            priority: Priority::Live,
            watchers: Holders::none(),
        };
        replay.fetch(&request).await
    }

    /// Counts and last closes of a day as `milliseconds` pass one after the other.
    async fn seen(config: &ReplayConfig, milliseconds: &[i64]) -> Vec<(usize, f64)> {
        let clock = ManualClock::new();
        let replay =
            Replay::open(config, &Calendars::standard(), Arc::clone(&clock) as _).expect("opens");
        let mut seen = Vec::new();
        for passed in milliseconds {
            clock.advance(*passed);
            let day = fetch(&replay, "AAPL", Window::Days(1)).await.expect("known");
            seen.push((day.bars.len(), day.bars.last().map_or(0.0, |bar| bar.close)));
        }
        seen
    }

    #[tokio::test]
    async fn a_recording_is_shown_whole_and_closed_unless_it_is_played() {
        let config = config(&[("aapl", fixture("two_days.csv"))]);
        assert_eq!(seen(&config, &[0, 60_000]).await, [(3, 22.0), (3, 22.0)]);
        let clock = ManualClock::new();
        let replay =
            Replay::open(&config, &Calendars::standard(), Arc::clone(&clock) as _).expect("opens");
        let whole = fetch(&replay, "AAPL", Window::All).await.expect("known");
        assert_eq!(whole.bars.len(), 5);
        let now = replay.clock(&Symbol::parse("AAPL").expect("valid")).now().as_second();
        assert_eq!(now, whole.bars.last().expect("five").ts + 60, "when the last bar is over");
        let session = whole.timetable.session_at(now).expect("known");
        assert_eq!(session.state, SessionState::Closed);
    }

    #[tokio::test]
    async fn bars_appear_as_the_clock_moves_and_the_speed_says() {
        let files = [("aapl", fixture("two_days.csv"))];
        let first = seen(&playing(&files), &[0, 999, 1, -1_000]).await;
        assert_eq!(first, [(1, 10.0), (1, 10.0), (2, 11.0), (1, 10.0)]);
        let fast = ReplayConfig { speed: 120.0, ..playing(&files) };
        assert_eq!(seen(&fast, &[0, 499, 1]).await, [(1, 10.0), (1, 10.0), (2, 11.0)]);
    }

    #[tokio::test]
    async fn playing_begins_where_it_is_told_to() {
        let files = [("aapl", fixture("two_days.csv"))];
        let from = |from: &str| ReplayConfig { from: from.to_owned(), ..playing(&files) };
        let (open, minute) = ((9 * 60 + 30) * 1_000, 1_000);
        for (start, expected) in [
            ("2024-10-02", [(2, 11.0), (2, 11.0), (1, 20.0)]),
            ("2024-10-02 09:31", [(1, 20.0), (3, 22.0), (3, 22.0)]),
            ("1900-01-01", [(1, 10.0), (2, 11.0), (2, 11.0)]),
            ("2030-01-01", [(3, 22.0); 3]),
        ] {
            assert_eq!(seen(&from(start), &[0, open, minute]).await, expected, "{start}");
        }
    }

    #[tokio::test]
    async fn a_followed_file_grows_and_tells_a_bad_line_while_its_bars_stay() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("bars.csv");
        std::fs::copy(fixture("two_days.csv"), &path).expect("copied");
        let append = |text: &str| {
            let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("there");
            file.write_all(text.as_bytes()).expect("written");
        };
        let config = ReplayConfig { follow: true, ..config(&[("AAPL", path.clone())]) };
        let clock = ManualClock::new();
        let replay =
            Replay::open(&config, &Calendars::standard(), Arc::clone(&clock) as _).expect("opens");
        assert_eq!(replay.policy().min_poll, Duration::from_secs(1));
        let symbol = Symbol::parse("AAPL").expect("valid");
        assert_eq!(replay.clock(&symbol).now(), clock.now(), "it is live");
        append("2024-10-02 09:33,22,23,22,23,1\n");
        let fetched = fetch(&replay, "AAPL", Window::Days(1)).await.expect("read");
        assert_eq!(fetched.bars.closes(), [20.0, 21.0, 22.0, 23.0]);
        let session = fetched.timetable.session_at(clock.now().as_second());
        assert!(session.is_some_and(|session| session.next.is_some()), "the market has a tomorrow");
        append("tomorrow,1,1,1,1,1\n");
        let error = fetch(&replay, "AAPL", Window::Days(1)).await.expect_err("bad");
        assert!(error.to_string().contains("bars.csv: line 8: Date is \"tomorrow\""), "{error}");
        append("2024-10-02 09:34,23,24,23,24,1\n");
        let fetched = fetch(&replay, "AAPL", Window::Days(1)).await.expect("read");
        assert_eq!(fetched.bars.last().map(|bar| bar.close), Some(24.0));
    }

    #[tokio::test]
    async fn other_symbols_are_answered_with_those_there_are() {
        let names: Vec<String> = (10..21).map(|i| format!("S{i}")).collect();
        let files: Vec<_> =
            names.iter().map(|name| (name.as_str(), fixture("two_days.csv"))).collect();
        let message = async |count: usize| {
            let replay = open(&config(&files[..count])).expect("opens");
            let answer = fetch(&replay, "TSLA", Window::Days(1)).await;
            answer.expect_err("not there").to_string()
        };
        assert_eq!(message(2).await, "TSLA is not known to replay: recorded are S10, S11");
        let ten = "TSLA is not known to replay: recorded are S10, S11, S12, S13, S14, S15, S16, S17, S18, S19";
        assert_eq!(message(10).await, ten);
        assert_eq!(message(11).await, format!("{ten}, .."));
    }

    #[tokio::test]
    async fn recordings_are_found_by_their_symbols_and_recorded_names() {
        let clock = ManualClock::new();
        let files = [("AAPL", fixture("two_days.csv")), ("FICT", fixture("chart.json"))];
        let replay = Replay::open(&config(&files), &Calendars::standard(), Arc::clone(&clock) as _)
            .expect("opens");
        let found = async |text: &str| -> Vec<Listing> {
            let query = SearchQuery::parse(text).expect(text);
            replay.find(&query, None).await.expect("searched")
        };
        let all = found("").await;
        assert_eq!(
            all.iter().map(|listing| listing.symbol.as_str()).collect::<Vec<_>>(),
            ["AAPL", "FICT"]
        );
        let named = all[1].name.clone().expect("recorded");
        assert_eq!(found(&named).await, all[1..]);
        assert_eq!(found("aap").await, all[..1]);
        assert!(found("MSFT").await.is_empty());
    }

    /// A file of bars of `seconds`, from 2 Oct 2024, 09:30 in New York on.
    fn recorded(seconds: i64, count: i64) -> (tempfile::TempDir, ReplayConfig) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("bars.csv");
        let row = |n: i64| format!("{},1,2,1,1.5,10\n", 1_727_875_800 + n * seconds);
        let rows: String = (0..count).map(row).collect();
        std::fs::write(&path, format!("ts,open,high,low,close,volume\n{rows}")).expect("written");
        (folder, config(&[("AAPL", path)]))
    }

    #[tokio::test]
    async fn bars_of_every_interval_are_shown_as_they_are_and_offered_as_longer_ones() {
        for (interval, offered) in [
            (Interval::Minute15, "15m 30m 1h 2h 4h 1d 1wk 1mo"),
            (Interval::Hour1, "1h 2h 4h 1d 1wk 1mo"),
            (Interval::Day1, "1d 1wk 1mo"),
            (Interval::Week1, "1wk"),
        ] {
            let (_folder, config) = recorded(interval.seconds(), 40);
            let clock = ManualClock::new();
            let replay = Replay::open(&config, &Calendars::standard(), Arc::clone(&clock) as _)
                .expect("opens");
            let symbol = Symbol::parse("AAPL").expect("valid");
            let coverage = replay.coverage(&symbol);
            let can = Interval::ALL.into_iter().filter(|other| !coverage.ranges(*other).is_empty());
            assert_eq!(can.map(Interval::as_str).collect::<Vec<_>>().join(" "), offered);

            let request = |interval| FetchRequest {
                symbol: symbol.clone(),
                interval,
                window: Window::All,
                session: Session::Regular,
                priority: Priority::Live,
                watchers: Holders::none(),
            };
            let fetched = replay.fetch(&request(interval)).await.expect("played");
            assert_eq!(fetched.bars.len(), 40, "{interval}");
            let finer = replay.fetch(&request(Interval::Minute1)).await;
            assert_eq!(
                finer.expect_err("finer").to_string(),
                format!("replay refuses the request: bars of {interval} are recorded, not of 1m")
            );
        }
    }

    #[tokio::test]
    async fn a_played_day_is_known_when_it_is_over() {
        let (_folder, config) = recorded(86_400, 40);
        let (clock, config) = (ManualClock::new(), ReplayConfig { play: true, ..config });
        let replay =
            Replay::open(&config, &Calendars::standard(), Arc::clone(&clock) as _).expect("opens");
        let request = FetchRequest {
            symbol: Symbol::parse("AAPL").expect("valid"),
            interval: Interval::Day1,
            window: Window::Months(1),
            session: Session::Regular,
            priority: Priority::Live,
            watchers: Holders::none(),
        };
        for (minutes, bars) in [(0, 1), (23, 1), (1, 2), (24, 3)] {
            clock.advance(minutes * 60_000);
            let fetched = replay.fetch(&request).await.expect("played");
            assert_eq!(fetched.bars.len(), bars, "at 60 times the speed a day takes 24 minutes");
        }
    }

    #[tokio::test]
    async fn the_zone_of_a_file_goes_before_that_of_all_files_and_that_before_its_market() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("bars.csv");
        let rows = "Date,Open,High,Low,Close\n2024-10-02 09:30,1,1,1,1\n2024-10-02 09:31,1,1,1,1\n";
        std::fs::write(&path, rows).expect("written");
        for (symbol, of_file, of_all, hour) in [
            ("7203.T", Some("America/New_York"), "Europe/Berlin", 13),
            ("7203.T", None, "Europe/Berlin", 7),
            ("7203.T", None, "", 0),
            ("NOWHERE", None, "", 9),
        ] {
            let mut config = config(&[(symbol, path.clone())]);
            config.timezone = of_all.to_owned();
            let file = config.files.get_mut(symbol).expect("there");
            file.reading.timezone = of_file.map(str::to_owned);
            let clock = ManualClock::new();
            let replay = Replay::open(&config, &Calendars::standard(), Arc::clone(&clock) as _)
                .expect("opens");
            let bars = fetch(&replay, symbol, Window::All).await.expect("known").bars;
            assert_eq!(bars.times()[0] % 86_400, hour * 3_600 + 1_800, "{symbol} {of_file:?}");
        }
    }

    #[test]
    fn settings_that_cannot_work_are_refused_with_what_would() {
        let file = || fixture("two_days.csv");
        let good = config(&[("AAPL", file())]);
        let speed = |speed| ReplayConfig { speed, ..good.clone() };
        let cases = [
            (
                ReplayConfig::default(),
                "replay needs at least one recorded file: --file AAPL=bars.csv",
            ),
            (
                speed(0.0),
                "replay speed 0 is not a finite number above 0 (recorded seconds per second)",
            ),
            (
                speed(f64::NAN),
                "replay speed NaN is not a finite number above 0 (recorded seconds per second)",
            ),
            (
                speed(f64::INFINITY),
                "replay speed inf is not a finite number above 0 (recorded seconds per second)",
            ),
            (
                ReplayConfig { timezone: "Mars/Olympus".to_owned(), ..good.clone() },
                "timezone \"Mars/Olympus\" of AAPL is not an IANA name such as America/New_York or UTC",
            ),
            (
                ReplayConfig { from: "soon".to_owned(), ..good.clone() },
                "replay.from \"soon\" is not a time such as 2024-10-02, \"2024-10-02 09:30\" or",
            ),
            (
                ReplayConfig { play: true, follow: true, ..good.clone() },
                "replay.play and replay.follow exclude each other",
            ),
            (
                config(&[("A B", file())]),
                "replay symbol \"A B\" is not a symbol: a symbol is letters",
            ),
        ];
        for (config, message) in cases {
            let error = open(&config).expect_err(message);
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn a_bad_file_is_named_with_its_line() {
        let path = fixture("bad_line.csv");
        let error = open(&config(&[("AAPL", path.clone())])).expect_err("bad");
        assert_eq!(
            error,
            format!(
                "{}: line 3: Low is \"9.x\"; expected a number such as 1234.5 or 1,234.5",
                path.display()
            )
        );
    }

    #[test]
    fn the_pace_is_a_recorded_minute_within_bounds() {
        for (speed, seconds) in [
            (60.0, 1.0),
            (1.0, 60.0),
            (0.1, 60.0),
            (1e-320, 60.0),
            (120.0, 0.5),
            (1e9, 0.25),
            (f64::MAX, 0.25),
        ] {
            let config = ReplayConfig { speed, ..playing(&[("AAPL", fixture("two_days.csv"))]) };
            let policy = open(&config).expect("opens").policy();
            assert_eq!(policy.min_poll, Duration::from_secs_f64(seconds), "{speed}");
            assert_eq!(policy.request_rate, None);
        }
    }

    #[test]
    fn settings_have_defaults_and_refuse_unknown_keys() {
        let parse = serde_json::from_str::<ReplayConfig>;
        assert_eq!(parse("{}").expect("defaults"), ReplayConfig::default());
        let config = parse(r#"{"files": {"AAPL": "a.csv"}, "speed": 1.5, "timezone": "UTC"}"#)
            .expect("valid");
        assert_eq!(config.files, BTreeMap::from([("AAPL".to_owned(), "a.csv".into())]));
        assert!(parse(r#"{"file": {}}"#).is_err());
    }

    #[tokio::test]
    #[ignore = "needs the recorded fixtures"]
    async fn recorded_market_data_is_played() {
        let mut config = playing(&[
            ("^GSPC", fixtures::path("csv_SP500_1m_2019-11-05_to_08.csv")),
            ("AAPL", fixtures::path("yahoo_chart_AAPL_1m_2024-10-02.json")),
        ]);
        // Four days of November, or the eleventh of four months: the file does not tell.
        let index = config.files.get_mut("^GSPC").expect("there");
        index.reading.date_order = Some(DateOrder::MonthFirst);
        let clock = ManualClock::new();
        let replay =
            Replay::open(&config, &Calendars::standard(), Arc::clone(&clock) as _).expect("opens");
        let start = fetch(&replay, "AAPL", Window::Days(1)).await.expect("known");
        assert_eq!((start.bars.len(), start.instrument.previous_close), (1, Some(226.21)));

        clock.advance(7 * 24 * 3_600_000);
        let apple = fetch(&replay, "AAPL", Window::Days(5)).await.expect("known");
        assert_eq!(apple.bars.len(), 389);
        for (days, bars) in [(1, 390), (2, 781), (3, 1_172), (4, 1_563), (5, 1_563)] {
            let index = fetch(&replay, "^GSPC", Window::Days(days)).await.expect("known");
            assert_eq!(index.bars.len(), bars);
            assert!(matches!(index.hours, Hours::Sessions(sessions) if sessions.len() == 4));
        }
    }
}
