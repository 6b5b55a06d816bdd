//! The serialised form of a series, by the rules of [`source::form`](crate::source::form).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Seen, Series, Version};
use crate::source::form::{
    self, BarsForm, FormError, HoursForm, InstrumentForm, QuoteForm, SessionForm, TimetableForm,
};

#[derive(Serialize, Deserialize)]
struct SeriesForm {
    epoch: i64,
    seq: u64,
    bars: BarsForm,
    instrument: InstrumentForm,
    decimals: Option<u8>,
    hours: HoursForm,
    timetable: TimetableForm,
    session: Option<SessionForm>,
    quote: Option<QuoteForm>,
    delay: Option<Duration>,
    split: Option<i64>,
}

impl Series {
    /// Its serialised form.
    ///
    /// # Errors
    /// As of [`form::write`].
    pub fn to_form(&self) -> Result<Vec<u8>, FormError> {
        form::write(&SeriesForm {
            epoch: self.version.epoch,
            seq: self.version.seq,
            bars: (&self.bars).into(),
            instrument: (&self.instrument).into(),
            decimals: self.decimals,
            hours: (&self.hours).into(),
            timetable: (&self.timetable).into(),
            session: self.session.map(Into::into),
            quote: self.quote.map(Into::into),
            delay: self.delay,
            split: self.split,
        })
    }

    /// What a serialised form holds.
    ///
    /// # Errors
    /// [`FormError`].
    pub fn of_form(bytes: &[u8]) -> Result<Self, FormError> {
        let form: SeriesForm = form::read(bytes)?;
        Ok(Self {
            version: Version { epoch: form.epoch, seq: form.seq },
            bars: form.bars.try_into()?,
            instrument: form.instrument.try_into()?,
            decimals: form.decimals,
            hours: form.hours.into(),
            timetable: form.timetable.into(),
            session: form.session.map(TryInto::try_into).transpose()?,
            quote: form.quote.map(TryInto::try_into).transpose()?,
            delay: form.delay,
            split: form.split,
            seen: Seen::now(),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::{FormError, Seen, Series, Version};
    use crate::bars::{Bar, Bars};
    use crate::market::{Hours, Instrument, Period, Phase, SessionNow, SessionState, Timetable};
    use crate::source::Quote;
    use crate::symbol::Symbol;

    /// The form that the first release wrote of [`example`], which is read for ever.
    const FIRST: &[u8] =
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/series.1.bin"));

    /// A series of a fictional coin.
    fn example() -> Series {
        let bar = |minute: i64| Bar {
            ts: 1_787_875_200 + 60 * minute,
            open: 0.000_012,
            high: 0.000_014,
            low: 0.000_011,
            close: 0.000_013,
            volume: 1e9,
        };
        let at = Timestamp::from_millisecond(1_787_875_412_345).expect("in range");
        let period = Period { start: 1_787_875_200, end: 1_787_961_600 };
        Series {
            version: Version { epoch: 1_787_875_199_000, seq: 42 },
            bars: [0, 1, 3].into_iter().map(bar).collect(),
            instrument: Instrument::unnamed(
                Symbol::parse("KRAKEN:FIC-USD").expect("valid"),
                TimeZone::UTC,
            ),
            decimals: Some(6),
            hours: Hours::Continuous { day: 86_400 },
            timetable: Timetable::new(vec![Phase { period, state: SessionState::Open }]),
            session: Some(SessionNow {
                state: SessionState::Open,
                until: Some(at),
                next: Some(SessionState::Closed),
            }),
            quote: Some(Quote { price: 0.000_013, at }),
            delay: None,
            split: None,
            seen: Seen::now(),
        }
    }

    #[test]
    fn the_form_of_the_first_release_is_read_and_is_what_is_written() {
        assert_eq!(example().to_form().expect("a form"), FIRST);
        let read = Series::of_form(FIRST).expect("a form");
        assert_eq!(format!("{read:?}"), format!("{:?}", example()));
    }

    #[test]
    fn a_series_without_bars_and_facts_is_read_again() {
        let bare = Series {
            version: Version::NONE,
            bars: Bars::empty(),
            decimals: None,
            hours: Hours::UNKNOWN,
            timetable: Timetable::UNKNOWN,
            session: None,
            quote: None,
            ..example()
        };
        let form = bare.to_form().expect("a form");
        let read = Series::of_form(&form).expect("a form");
        assert_eq!(format!("{read:?}"), format!("{bare:?}"));
        assert!(Series::of_form(&form[..form.len() - 1]).is_err());
        assert!(matches!(Series::of_form(&[9]), Err(FormError::Unknown(9))));
    }
}
