//! What time it is on a recording.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::tape::Tape;
use crate::clock::Clock;

/// When playing began and how fast it goes; recordings that are not played are shown whole.
#[derive(Debug, Clone)]
pub(super) struct Playback {
    clock: Arc<dyn Clock>,
    playing: Option<(Timestamp, f64)>,
}

/// The time of one recording.
#[derive(Debug)]
pub(super) struct TapeClock {
    tape: Arc<Tape>,
    playback: Playback,
}

impl Playback {
    /// A playback that begins now, with so many recorded seconds per second; all of them without a speed.
    pub(super) fn new(clock: Arc<dyn Clock>, speed: Option<f64>) -> Self {
        let playing = speed.map(|speed| (clock.now(), speed));
        Self { clock, playing }
    }

    /// The clock on the wall.
    pub(super) const fn wall(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// How fast it goes, if it does.
    pub(super) fn speed(&self) -> Option<f64> {
        self.playing.map(|(_, speed)| speed)
    }

    /// Recorded seconds since the playback began; all of them where nothing is played.
    pub(super) fn played(&self) -> i64 {
        let Some((opened_at, speed)) = self.playing else { return i64::MAX };
        let real = Duration::try_from(self.clock.now().duration_since(opened_at));
        let played = Duration::try_from_secs_f64(real.unwrap_or_default().as_secs_f64() * speed);
        played.map_or(i64::MAX, |time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
    }
}

impl TapeClock {
    /// The time on `tape`.
    pub(super) const fn new(tape: Arc<Tape>, playback: Playback) -> Self {
        Self { tape, playback }
    }
}

impl Clock for TapeClock {
    fn now(&self) -> Timestamp {
        let position = self.tape.position(self.playback.played());
        Timestamp::from_second(position).unwrap_or_else(|_| self.playback.clock.now())
    }
}
