//! Lines between the threads that log and the one that writes.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use log::Level;
use prometheus_client::metrics::counter::Counter;

use super::form::LogFormat;

/// Most lines that wait. At their greatest usual length they are a megabyte.
const MAX_LINES: usize = 4_096;

/// A bounded queue of lines. Putting one in never waits for what is done with it.
#[derive(Debug, Default)]
pub struct Queue {
    state: Mutex<QueueState>,
    /// A line has come.
    filled: Condvar,
    /// The last one has been written.
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct QueueState {
    lines: VecDeque<Vec<u8>>,
    /// Whether a line that was taken out is being written.
    is_writing: bool,
    /// Lines dropped since the last one was put in.
    dropped: u64,
    /// All lines that were dropped or could not be written.
    counter: Counter,
    /// How the lines are written that stand for missing ones.
    format: LogFormat,
}

impl Queue {
    /// An empty one of lines in `format`.
    pub fn new(format: LogFormat) -> Self {
        let queue = Self::default();
        queue.lock().format = format;
        queue
    }

    /// Puts a line in, or drops it where too many wait.
    pub fn push(&self, line: Vec<u8>) {
        let mut state = self.lock();
        if state.lines.len() < MAX_LINES {
            let note = state.note();
            state.lines.extend(note);
            state.lines.push_back(line);
            self.filled.notify_one();
        } else {
            state.dropped += 1;
            state.counter.inc();
        }
    }

    /// Counts the lines that are dropped in `counter`, with those that have been.
    pub fn count_in(&self, counter: &Counter) {
        let mut state = self.lock();
        counter.inc_by(state.counter.get());
        state.counter = counter.clone();
    }

    /// Writes the lines that are there and those that come within `time`.
    pub fn write_for(&self, time: Duration, out: &mut dyn Write) {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let waited =
                self.filled.wait_timeout_while(self.lock(), left, |state| !state.has_lines());
            let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            let Some(line) = state.lines.pop_front().or_else(|| state.note()) else { return };
            state.is_writing = true;
            drop(state);
            let written = out.write_all(&line);
            let mut state = self.lock();
            if written.is_err() {
                state.counter.inc();
            }
            state.is_writing = false;
            if !state.has_lines() {
                self.emptied.notify_all();
            }
        }
    }

    /// Waits until all lines are written, but no longer than `patience`.
    pub fn drain(&self, patience: Duration) {
        let is_busy = |state: &mut QueueState| state.is_writing || state.has_lines();
        // Poisoned or late, there is nothing else to be done.
        drop(self.emptied.wait_timeout_while(self.lock(), patience, is_busy));
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueueState {
    fn has_lines(&self) -> bool {
        !self.lines.is_empty() || self.dropped > 0
    }

    /// A line that stands where others are missing.
    fn note(&mut self) -> Option<Vec<u8>> {
        let dropped = mem::take(&mut self.dropped);
        let note = || format!("[{dropped} lines are missing here, as nobody read the log in time]");
        (dropped > 0).then(|| self.format.line(Level::Warn, &note()))
    }
}

/// The queue as something to write to, a whole line at a time.
#[derive(Debug)]
pub struct Inlet(pub Arc<Queue>);

impl Write for Inlet {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line.to_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::mpsc::{self, Receiver};
    use std::sync::{Arc, Mutex};
    use std::thread;
    use std::time::{Duration, Instant};

    use super::{Counter, MAX_LINES, Queue};

    /// What was written, once its reader lets it be written.
    struct Slow {
        reader: Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Slow {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            // A reader that has gone lets everything through.
            let _ = self.reader.recv();
            self.written.lock().expect("no panic").extend_from_slice(line);
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_find_the_queue_full_are_dropped_counted_and_told_where_they_are_missing() {
        let (queue, counter) = (Queue::default(), Counter::default());
        for number in 0..MAX_LINES + 3 {
            queue.push(format!("{number}\n").into_bytes());
        }
        queue.count_in(&counter);
        queue.push(b"late\n".to_vec());
        assert_eq!(counter.get(), 4, "with those from before it was counted");
        let mut out = Vec::new();
        queue.write_for(Duration::ZERO, &mut out);
        queue.push(b"after\n".to_vec());
        queue.write_for(Duration::ZERO, &mut out);
        let text = String::from_utf8(out).expect("UTF-8");
        let missing = "[4 lines are missing here, as nobody read the log in time]";
        assert!(text.starts_with("0\n1\n"), "{text}");
        assert!(text.ends_with(&format!("\n4095\n{missing}\nafter\n")), "{text}");
    }

    #[test]
    fn nobody_waits_for_a_reader_that_has_stopped_but_the_end_a_little() {
        let (queue, written) = (Arc::new(Queue::default()), Arc::default());
        let (reader, reads) = mpsc::channel();
        let mut out = Slow { reader: reads, written: Arc::clone(&written) };
        let writing = Arc::clone(&queue);
        let writer = thread::spawn(move || writing.write_for(Duration::from_mins(1), &mut out));
        let started = Instant::now();
        for _ in 0..2 * MAX_LINES {
            queue.push(b"line\n".to_vec());
        }
        let patience = Duration::from_millis(50);
        queue.drain(patience);
        assert!(started.elapsed() >= patience, "lines are left");
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
        assert!(written.lock().expect("no panic").is_empty());
        drop(reader);
        queue.drain(Duration::from_secs(20));
        let whole = String::from_utf8(written.lock().expect("no panic").clone()).expect("UTF-8");
        assert!((MAX_LINES..=MAX_LINES + 1).contains(&whole.matches("line\n").count()), "{whole}");
        assert!(!writer.is_finished(), "more may come");
    }
}
