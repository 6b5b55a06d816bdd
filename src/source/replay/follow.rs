//! Follows a file that another program appends rows to.
//!
//! A look parses what was appended since the last one and nothing else. A line counts once it is ended. A
//! file that became shorter or another is read again. A line that cannot be read is told, until one comes
//! that can; the bars before it stay.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use super::csv::{self, Dialect};
use super::entry::Entry;
use super::error::FileProblem;
use super::recording::Recording;
use super::tape::Tape;
use super::text;
use crate::bars::Bars;
use crate::interval::Interval;

/// Most bytes of one look; what is left waits for the next one.
const MOST: u64 = 8 << 20;
/// The last bytes that were read tell whether the file is still the same.
const KEPT: usize = 256;

/// A file that is read as it grows.
#[derive(Debug)]
pub(super) struct Follower {
    entry: Entry,
    state: Mutex<Followed>,
}

/// What was read of it so far.
#[derive(Debug)]
struct Followed {
    /// Bytes and lines, up to the end of a line.
    bytes: u64,
    lines: usize,
    /// The last of the bytes.
    last: Vec<u8>,
    dialect: Dialect,
    are_dates: bool,
    interval: Interval,
    /// The bars at their stamps.
    bars: Bars,
    tape: Arc<Tape>,
    /// The newest line that could not be read.
    fault: Option<String>,
}

impl Follower {
    /// Reads what there is of the file.
    ///
    /// # Errors
    /// [`FileProblem`]; a file without bars is one, because they tell their length.
    pub(super) fn open(entry: Entry) -> Result<Self, FileProblem> {
        let state = Mutex::new(Followed::open(&entry)?);
        Ok(Self { entry, state })
    }

    /// Reads what was appended, which blocks.
    ///
    /// # Errors
    /// What cannot be read, with its file and line.
    pub(super) fn look(&self) -> Result<Arc<Tape>, String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.advance(&self.entry) {
            Ok(Advance::Same) => {}
            Ok(Advance::Grown(problem)) => state.fault = problem.map(|problem| self.told(&problem)),
            Ok(Advance::Replaced(other)) => *state = *other,
            Err(problem) => state.fault = Some(self.told(&problem)),
        }
        state.fault.clone().map_or_else(|| Ok(Arc::clone(&state.tape)), Err)
    }

    /// What was read by the last look.
    pub(super) fn tape(&self) -> Arc<Tape> {
        Arc::clone(&self.state.lock().unwrap_or_else(PoisonError::into_inner).tape)
    }

    /// Whose file it is.
    pub(super) const fn entry(&self) -> &Entry {
        &self.entry
    }

    fn told(&self, problem: &FileProblem) -> String {
        format!("{}: {problem}", self.entry.path().display())
    }
}

/// What a look has found.
enum Advance {
    /// Nothing, or the beginning of a line.
    Same,
    /// Lines, one of which may not be readable.
    Grown(Option<FileProblem>),
    /// Another file.
    Replaced(Box<Followed>),
}

impl Followed {
    fn open(entry: &Entry) -> Result<Self, FileProblem> {
        let bytes = text::bytes(File::open(entry.path())?)?;
        text::followed(&bytes)?;
        let end = ended(&bytes);
        let whole = text::decode(&bytes[..end])?;
        let sheet = csv::read(&whole, entry.wanted())?;
        let recording = entry.recording(sheet.bars, sheet.are_dates);
        let bars = recording.bars.clone();
        let (interval, tape) = entry.tape(recording)?;
        Ok(Self {
            bytes: end as u64,
            lines: lines(&bytes[..end]),
            last: last(&bytes[..end]),
            dialect: sheet.dialect,
            are_dates: sheet.are_dates,
            interval,
            bars,
            tape: Arc::new(tape),
            fault: None,
        })
    }

    fn advance(&mut self, entry: &Entry) -> Result<Advance, FileProblem> {
        let mut file = File::open(entry.path())?;
        let length = file.metadata()?.len();
        if length < self.bytes || !self.is_same(&mut file)? {
            return Ok(Advance::Replaced(Box::new(Self::open(entry)?)));
        }
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(self.bytes))?;
        file.take(MOST).read_to_end(&mut bytes)?;
        let end = ended(&bytes);
        if end == 0 {
            let is_endless = bytes.len() as u64 == MOST;
            return if is_endless {
                Err(FileProblem::TooLarge { limit: MOST })
            } else {
                Ok(Advance::Same)
            };
        }
        let appended = &bytes[..end];
        let first = self.lines + 1;
        self.bytes += end as u64;
        self.lines += lines(appended);
        self.last = last(&[&*self.last, appended].concat());
        let newest = self.bars.times().last().copied().unwrap_or(i64::MIN);
        let text = text::decode(appended)?;
        let (rows, problem) = self.dialect.appended(&text, first, self.are_dates, newest);
        if !rows.is_empty() {
            self.bars = self.bars.merge(&Bars::from_rows(rows));
            let unfilled = entry.recording([], self.are_dates);
            let recording = Recording { bars: self.bars.clone(), ..unfilled };
            self.tape = Arc::new(entry.tape_of(recording, self.interval)?);
        }
        Ok(Advance::Grown(problem))
    }

    /// Whether the file still has what was read last.
    fn is_same(&self, file: &mut File) -> io::Result<bool> {
        let mut last = vec![0; self.last.len()];
        file.seek(SeekFrom::Start(self.bytes - self.last.len() as u64))?;
        file.read_exact(&mut last)?;
        Ok(last == self.last)
    }
}

/// The bytes up to the end of the last line that has one.
fn ended(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

fn lines(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}

fn last(bytes: &[u8]) -> Vec<u8> {
    bytes[bytes.len().saturating_sub(KEPT)..].to_vec()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write as _;
    use std::path::PathBuf;

    use super::Follower;
    use crate::config::ReplayConfig;
    use crate::market::Calendars;
    use crate::source::Window;
    use crate::source::replay::entry::Entry;
    use crate::symbol::Symbol;

    const START: &str = "time,open,high,low,close,volume\n\
        2024-10-02 09:30,1,1,1,1,1\n2024-10-02 09:31,2,2,2,2,2\n2024-10-02 09:32,3,3,3,3,3\n";

    struct Growing {
        _folder: tempfile::TempDir,
        path: PathBuf,
        follower: Follower,
    }

    fn following(text: &str) -> Result<Growing, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("bars.csv");
        fs::write(&path, text).expect("written");
        let config =
            ReplayConfig { timezone: "America/New_York".to_owned(), ..ReplayConfig::default() };
        let symbol = Symbol::parse("GROW").expect("valid");
        let entry = Entry::new(symbol, &path.clone().into(), &config, &Calendars::standard());
        let follower =
            Follower::open(entry.expect("valid")).map_err(|problem| problem.to_string())?;
        Ok(Growing { _folder: folder, path, follower })
    }

    impl Growing {
        fn append(&self, text: &str) {
            let mut file = OpenOptions::new().append(true).open(&self.path).expect("there");
            file.write_all(text.as_bytes()).expect("written");
        }

        /// The closes after a look.
        fn closes(&self) -> Result<Vec<f64>, String> {
            let tape = self.follower.look()?;
            Ok(tape.answer(Window::All, i64::MAX).bars.closes().to_vec())
        }
    }

    #[test]
    fn rows_are_read_as_they_come_and_a_half_written_one_waits() {
        let file = following(START).expect("readable");
        assert_eq!(file.closes().expect("read"), [1.0, 2.0, 3.0]);
        file.append("2024-10-02 09:33,4,4,4,4,4\n2024-10-02 09:34,5,5,");
        assert_eq!(file.closes().expect("read"), [1.0, 2.0, 3.0, 4.0]);
        file.append("5,5.5,5\n");
        assert_eq!(file.closes().expect("read"), [1.0, 2.0, 3.0, 4.0, 5.5]);
    }

    #[test]
    fn a_row_that_is_written_again_takes_the_place_of_the_first() {
        let file = following(START).expect("readable");
        file.append("2024-10-02 09:32,3,9,3,9,30\n");
        assert_eq!(file.closes().expect("read"), [1.0, 2.0, 9.0]);
        assert_eq!(
            file.follower.look().expect("read").answer(Window::All, i64::MAX).bars.volumes(),
            [1.0, 2.0, 30.0]
        );
    }

    #[test]
    fn a_file_that_was_cut_off_or_replaced_is_read_again() {
        let file = following(START).expect("readable");
        fs::write(&file.path, START.split_inclusive('\n').take(2).collect::<String>())
            .expect("written");
        assert_eq!(file.closes().expect("read"), [1.0]);
        // As long as before, and longer, with other rows.
        let other = START.replace("09:3", "10:3").replace(",1,1,1,1,1", ",7,7,7,7,7");
        fs::write(&file.path, &other).expect("written");
        assert_eq!(file.closes().expect("read"), [7.0, 2.0, 3.0]);
    }

    #[test]
    fn a_bad_line_is_told_until_a_good_one_comes_and_the_bars_stay() {
        let file = following(START).expect("readable");
        file.append("2024-10-02 09:33,4,oops,4,4,4\n");
        for _ in 0..2 {
            let message = file.closes().expect_err("bad");
            assert!(
                message.ends_with(
                    "line 5: high is \"oops\"; expected a number such as 1234.5 or 1,234.5"
                ),
                "{message}"
            );
        }
        assert_eq!(file.follower.tape().answer(Window::All, i64::MAX).bars.len(), 3);
        file.append("2024-10-02 09:34,5,5,5,5,5\n");
        assert_eq!(file.closes().expect("read"), [1.0, 2.0, 3.0, 5.0]);
        file.append("2024-10-02 09:35,6\n");
        assert!(
            file.closes().expect_err("short").ends_with("line 7: 2 cells where the header has 6")
        );
    }

    #[test]
    fn a_file_that_is_gone_for_a_while_is_told_and_read_when_it_is_back() {
        let file = following(START).expect("readable");
        fs::remove_file(&file.path).expect("removed");
        assert!(file.closes().expect_err("gone").contains("cannot be read"));
        fs::write(&file.path, START).expect("written");
        file.append("2024-10-02 09:33,4,4,4,4,4\n");
        assert_eq!(file.closes().expect("read"), [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn the_hour_that_the_clock_repeats_comes_after_itself_as_rows_come() {
        let row = |time: &str| format!("2024-11-03 {time},1,1,1,1,1\n");
        let head = "time,open,high,low,close,volume\n";
        let file = following(&[head, &row("01:00"), &row("01:30")].concat()).expect("readable");
        file.append(&row("01:00"));
        file.append(&row("01:30"));
        let tape = file.follower.look().expect("read");
        let times = tape.answer(Window::All, i64::MAX).bars.times().to_vec();
        assert_eq!(times.windows(2).map(|two| two[1] - two[0]).collect::<Vec<_>>(), [1_800; 3]);
    }

    #[test]
    fn what_cannot_grow_row_by_row_is_refused() {
        for (text, part) in [
            ("{\"chart\": {}}", "cannot be followed"),
            ("time,open\u{1f}\n", "is not text"),
            ("time,open,high,low,close\n", "holds no bars"),
            ("time,open", "is empty"),
        ] {
            let message = following(text).err().expect(part);
            assert!(message.contains(part), "{message}");
        }
    }
}
