//! Whether bars that were just fetched are live ones: a source that answers may have stood still.

use jiff::Timestamp;

use crate::hub::series::Series;
use crate::market::{Hours, Period};
use crate::source::SeriesKey;

/// For so long a market may be open, in seconds, before the bars of a series that trades must have come:
/// longer than any exchange delays its data.
const PATIENCE: i64 = 2 * 3_600;

/// Why the bars of `series` are no live ones though its market is open, in words; nothing while they may
/// be. `has_bars` says whether the source's last answer had any.
///
/// Something that is traded rarely has no bars for hours. So a silence is one only if it is longer than
/// any before, or if the source tells of a later trade. Bars of days say nothing about hours.
pub fn of(series: &Series, key: &SeriesKey, has_bars: bool, now: Timestamp) -> Option<String> {
    let now = now.as_second();
    let phases = series.timetable.phases().iter();
    let open = phases.into_iter().find(|phase| phase.period.contains(now))?;
    if !key.trades_in(open.state) {
        return None;
    }
    if !has_bars {
        return Some("the source answers without prices, though the market is open".to_owned());
    }
    let last = series.bars.last().filter(|_| key.grain.is_intraday())?;
    let newest = last.ts.saturating_add(key.grain.seconds());
    let patience = PATIENCE + series.delay.map_or(0, |delay| seconds(delay.as_secs()));
    let silent = now.saturating_sub(newest.max(open.period.start));
    if silent <= patience {
        return None;
    }
    let newest = newest.min(now);
    let traded = series.quote.map_or(newest, |quote| quote.at.as_second());
    if traded > newest.saturating_add(patience) {
        let (newest, traded) = (minute(newest), minute(traded));
        return Some(format!("the source has no bars since {newest}, and a trade of {traded}"));
    }
    let longest = longest_gap(series.bars.times(), &series.hours, key.grain.seconds());
    let newest = minute(newest.max(traded));
    (silent > longest)
        .then(|| format!("the source tells of no trade since {newest}, though the market is open"))
}

/// The longest time within a session without a bar, in seconds; of the newest session up to its last bar.
fn longest_gap(times: &[i64], hours: &Hours, bar: i64) -> i64 {
    let (Some(&first), Some(&last)) = (times.first(), times.last()) else { return 0 };
    let whole = [Period { start: first, end: last }];
    let sessions = match hours {
        Hours::Sessions(sessions) if !sessions.is_empty() => &sessions[..],
        _ => &whole,
    };
    let covered = sessions.iter().filter(|session| session.start >= first && session.start <= last);
    let gaps = covered.flat_map(|session| {
        let from = times.partition_point(|ts| *ts < session.start);
        let to = times.partition_point(|ts| *ts < session.end);
        let ends = [session.start].into_iter().chain(times[from..to].iter().map(|ts| ts + bar));
        let starts = times[from..to].iter().copied().chain([session.end.min(last)]);
        ends.zip(starts).map(|(end, start)| start - end)
    });
    gaps.max().unwrap_or(0)
}

fn seconds(of: u64) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX / 2)
}

fn minute(ts: i64) -> String {
    let at = Timestamp::from_second(ts).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::of;
    use crate::bars::{Bar, Bars};
    use crate::hub::series::{Seen, Series, Version};
    use crate::interval::Interval;
    use crate::market::{Hours, Instrument, Period, Phase, SessionState, Timetable};
    use crate::source::{Quote, SeriesKey};
    use crate::symbol::Symbol;
    use crate::view::{Range, Session};

    const HOUR: i64 = 3_600;
    /// Nine o'clock in UTC; the market is open until five.
    const OPEN: i64 = 1_787_875_200 + 9 * HOUR;

    /// A series with a bar every `every` minutes of yesterday, and of today until `last` seconds after
    /// the open.
    fn series(every: usize, last: i64) -> Series {
        let day = |open: i64| Period { start: open, end: open + 8 * HOUR };
        let days = [day(OPEN - 24 * HOUR), day(OPEN)];
        let bar = |ts| Bar { ts, open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: 1.0 };
        let of = |day: Period, end| (day.start..end).step_by(every * 60).map(bar);
        let bars: Bars = of(days[0], days[0].end).chain(of(days[1], OPEN + last)).collect();
        let phase = |period| Phase { period, state: SessionState::Open };
        let timetable = Timetable::new(days.map(phase).to_vec());
        Series {
            version: Version::NONE,
            bars,
            instrument: Instrument::unnamed(Symbol::parse("FICT").expect("valid"), TimeZone::UTC),
            decimals: None,
            hours: Hours::Sessions(days.to_vec()),
            session: timetable.session_at(OPEN),
            timetable,
            quote: None,
            delay: None,
            split: None,
            seen: Seen::now(),
        }
    }

    fn at(ts: i64) -> Timestamp {
        Timestamp::from_second(ts).expect("in range")
    }

    /// Why the series is not live so long after the open.
    fn after(series: &Series, seconds: i64) -> Option<String> {
        of(series, &key(Interval::Minute1), true, at(OPEN + seconds))
    }

    fn key(grain: Interval) -> SeriesKey {
        let symbol = Symbol::parse("FICT").expect("valid");
        SeriesKey { symbol, grain, depth: Range::Day5, session: Session::Regular }
    }

    #[test]
    fn a_share_of_every_minute_that_has_none_for_two_hours_is_silent() {
        let series = series(1, HOUR);
        assert_eq!(after(&series, 3 * HOUR), None);
        let told = after(&series, 3 * HOUR + 1).expect("silent");
        assert_eq!(
            told,
            "the source tells of no trade since 2026-08-28 10:00 UTC, though the market is open"
        );
        assert_eq!(after(&series, 8 * HOUR), None, "the market is closed");
    }

    #[test]
    fn before_the_first_trade_of_a_day_the_hours_count_from_the_open() {
        let series = series(1, 0);
        assert_eq!(after(&series, 2 * HOUR), None);
        assert!(after(&series, 2 * HOUR + 1).is_some());
    }

    #[test]
    fn a_share_that_is_traded_rarely_is_silent_after_longer_than_ever() {
        let series = series(5 * 60, 1);
        assert_eq!(after(&series, 4 * HOUR), None);
        assert!(after(&series, 5 * HOUR + 1).is_some());
    }

    #[test]
    fn a_trade_without_its_bar_is_no_rare_one() {
        let mut series = series(5 * 60, 1);
        series.quote = Some(Quote { price: 1.0, at: at(OPEN + 3 * HOUR) });
        let told = after(&series, 3 * HOUR + 120).expect("silent");
        assert!(
            told.ends_with(
                "has no bars since 2026-08-28 09:01 UTC, and a trade of 2026-08-28 12:00 UTC"
            ),
            "{told}"
        );
    }

    #[test]
    fn the_delay_of_an_exchange_is_no_silence() {
        let mut series = series(1, HOUR);
        series.delay = Some(Duration::from_mins(30));
        assert_eq!(after(&series, 3 * HOUR + 1_800), None);
        assert!(after(&series, 3 * HOUR + 1_801).is_some());
    }

    #[test]
    fn an_answer_without_prices_is_silence_at_once_while_the_market_is_open() {
        let series = series(1, HOUR);
        let now = |seconds| of(&series, &key(Interval::Minute1), false, at(OPEN + seconds));
        assert!(now(HOUR).is_some());
        assert_eq!(now(-1), None);
        assert_eq!(now(8 * HOUR), None);
    }

    #[test]
    fn bars_of_days_and_markets_that_nobody_knows_are_never_silent() {
        let mut series = series(1, HOUR);
        let days = of(&series, &key(Interval::Day1), true, at(OPEN + 7 * HOUR));
        assert_eq!(days, None);
        series.timetable = Timetable::UNKNOWN;
        assert_eq!(after(&series, 7 * HOUR), None);
    }

    #[test]
    fn a_market_that_never_closes_is_silent_as_any_other() {
        let mut series = series(1, HOUR);
        (series.hours, series.timetable) = (Hours::Continuous { day: 86_400 }, Timetable::always());
        series.bars = series.bars.since(OPEN);
        assert_eq!(after(&series, 3 * HOUR), None);
        assert!(after(&series, 3 * HOUR + 1).is_some());
    }
}
