//! The forms of the parts of a series: bars, instrument, hours, timetable, quote.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::error::FormError;
use crate::bars::{Bar, Bars};
use crate::market::{
    Hours, Instrument, Period, Phase, SessionNow, SessionState, Timetable, TradingWeek, Weekdays,
};
use crate::source::update::Quote;
use crate::symbol::Symbol;

/// Columns, each as long as the others. Of the times each but the first is told by the one before it, as
/// that takes a byte or two.
#[derive(Serialize, Deserialize)]
pub struct BarsForm {
    steps: Vec<i64>,
    opens: Vec<f64>,
    highs: Vec<f64>,
    lows: Vec<f64>,
    closes: Vec<f64>,
    volumes: Vec<f64>,
}

/// An instrument.
#[derive(Serialize, Deserialize)]
pub struct InstrumentForm {
    symbol: String,
    name: Option<String>,
    currency: Option<String>,
    exchange: Option<String>,
    #[serde(with = "jiff::fmt::serde::tz::required")]
    zone: TimeZone,
    week: u8,
    /// Former weeks, each with the first date on which it no longer held.
    former_weeks: Vec<(Date, u8)>,
    previous_close: Option<f64>,
    price_decimals: Option<u8>,
}

/// Trading hours.
#[derive(Serialize, Deserialize)]
pub enum HoursForm {
    /// Start and end of each stretch.
    Sessions(Vec<(i64, i64)>),
    /// The length of a chart's day.
    Continuous(i64),
}

/// Start, end and state of each phase.
#[derive(Serialize, Deserialize)]
pub struct TimetableForm(Vec<(i64, i64, StateForm)>);

/// What a market does.
#[derive(Serialize, Deserialize)]
pub enum StateForm {
    /// Trading before the regular session.
    Pre,
    /// Regular trading.
    Open,
    /// A break.
    Lunch,
    /// Trading after the regular session.
    Post,
    /// No trading.
    Closed,
}

/// State, until when in nanoseconds, and what comes then.
#[derive(Serialize, Deserialize)]
pub struct SessionForm(StateForm, Option<i128>, Option<StateForm>);

/// A price, and its instant in nanoseconds.
#[derive(Serialize, Deserialize)]
pub struct QuoteForm(f64, i128);

impl From<&Bars> for BarsForm {
    fn from(bars: &Bars) -> Self {
        let before = std::iter::once(0).chain(bars.times().iter().copied());
        let steps = bars.times().iter().zip(before).map(|(ts, before)| ts.wrapping_sub(before));
        Self {
            steps: steps.collect(),
            opens: bars.opens().to_vec(),
            highs: bars.highs().to_vec(),
            lows: bars.lows().to_vec(),
            closes: bars.closes().to_vec(),
            volumes: bars.volumes().to_vec(),
        }
    }
}

impl TryFrom<BarsForm> for Bars {
    type Error = FormError;

    fn try_from(form: BarsForm) -> Result<Self, FormError> {
        let columns = [&form.opens, &form.highs, &form.lows, &form.closes, &form.volumes];
        if columns.iter().any(|column| column.len() != form.steps.len()) {
            return Err(FormError::Impossible("columns of different lengths"));
        }
        if columns.iter().any(|column| column.iter().any(|value| !value.is_finite())) {
            return Err(FormError::Impossible("a price that is no number"));
        }
        let mut ts = 0_i64;
        let times: Vec<_> = form
            .steps
            .iter()
            .map(|step| {
                ts = ts.wrapping_add(*step);
                ts
            })
            .collect();
        if !times.is_sorted_by(|a, b| a < b) {
            return Err(FormError::Impossible("a bar that does not begin after the one before it"));
        }
        let bar = |(row, ts): (usize, i64)| Bar {
            ts,
            open: form.opens[row],
            high: form.highs[row],
            low: form.lows[row],
            close: form.closes[row],
            volume: form.volumes[row],
        };
        let bars: Vec<Bar> = times.into_iter().enumerate().map(bar).collect();
        let holds = |bar: &Bar| {
            bar.low <= bar.open.min(bar.close)
                && bar.open.max(bar.close) <= bar.high
                && bar.volume >= 0.0
        };
        if !bars.iter().all(holds) {
            return Err(FormError::Impossible("a bar whose high and low do not hold its prices"));
        }
        Ok(bars.into_iter().collect())
    }
}

impl From<&Instrument> for InstrumentForm {
    fn from(instrument: &Instrument) -> Self {
        Self {
            symbol: instrument.symbol.to_string(),
            name: instrument.name.clone(),
            currency: instrument.currency.clone(),
            exchange: instrument.exchange.clone(),
            zone: instrument.zone.clone(),
            week: bits(instrument.week.days()),
            former_weeks: instrument
                .week
                .former()
                .iter()
                .map(|(until, days)| (*until, bits(*days)))
                .collect(),
            previous_close: instrument.previous_close,
            price_decimals: instrument.price_decimals,
        }
    }
}

impl TryFrom<InstrumentForm> for Instrument {
    type Error = FormError;

    fn try_from(form: InstrumentForm) -> Result<Self, FormError> {
        let former = form.former_weeks.into_iter().map(|(until, days)| (until, weekdays(days)));
        Ok(Self {
            symbol: Symbol::parse(&form.symbol)
                .map_err(|_| FormError::Impossible("a symbol outside the grammar"))?,
            name: form.name,
            currency: form.currency,
            exchange: form.exchange,
            zone: form.zone,
            week: TradingWeek::new(weekdays(form.week), former.collect()),
            previous_close: form.previous_close,
            price_decimals: form.price_decimals,
        })
    }
}

/// A bit per day, Monday the lowest.
fn bits(days: Weekdays) -> u8 {
    (0..7).filter(|day| days.contains(weekday(*day))).fold(0, |set, day| set | 1 << day)
}

fn weekdays(bits: u8) -> Weekdays {
    (0..7).filter(|day| bits >> day & 1 == 1).map(weekday).collect()
}

/// A day of the week, counted from Monday.
fn weekday(day: i8) -> Weekday {
    Weekday::Monday.wrapping_add(day)
}

impl From<&Hours> for HoursForm {
    fn from(hours: &Hours) -> Self {
        match hours {
            Hours::Sessions(periods) => {
                Self::Sessions(periods.iter().map(|period| (period.start, period.end)).collect())
            }
            Hours::Continuous { day } => Self::Continuous(*day),
        }
    }
}

impl From<HoursForm> for Hours {
    fn from(form: HoursForm) -> Self {
        match form {
            HoursForm::Sessions(periods) => Self::Sessions(
                periods.into_iter().map(|(start, end)| Period { start, end }).collect(),
            ),
            HoursForm::Continuous(day) => Self::Continuous { day },
        }
    }
}

impl From<&Timetable> for TimetableForm {
    fn from(timetable: &Timetable) -> Self {
        let phase = |phase: &Phase| (phase.period.start, phase.period.end, phase.state.into());
        Self(timetable.phases().iter().map(phase).collect())
    }
}

impl From<TimetableForm> for Timetable {
    fn from(form: TimetableForm) -> Self {
        let phase = |(start, end, state): (i64, i64, StateForm)| Phase {
            period: Period { start, end },
            state: state.into(),
        };
        Self::new(form.0.into_iter().map(phase).collect())
    }
}

impl From<SessionState> for StateForm {
    fn from(state: SessionState) -> Self {
        match state {
            SessionState::Pre => Self::Pre,
            SessionState::Open => Self::Open,
            SessionState::Lunch => Self::Lunch,
            SessionState::Post => Self::Post,
            SessionState::Closed => Self::Closed,
        }
    }
}

impl From<StateForm> for SessionState {
    fn from(form: StateForm) -> Self {
        match form {
            StateForm::Pre => Self::Pre,
            StateForm::Open => Self::Open,
            StateForm::Lunch => Self::Lunch,
            StateForm::Post => Self::Post,
            StateForm::Closed => Self::Closed,
        }
    }
}

impl From<SessionNow> for SessionForm {
    fn from(session: SessionNow) -> Self {
        let until = session.until.map(Timestamp::as_nanosecond);
        Self(session.state.into(), until, session.next.map(Into::into))
    }
}

impl TryFrom<SessionForm> for SessionNow {
    type Error = FormError;

    fn try_from(SessionForm(state, until, next): SessionForm) -> Result<Self, FormError> {
        let until = until.map(Timestamp::from_nanosecond).transpose();
        let until = until.map_err(|_| FormError::Impossible("an instant out of range"))?;
        Ok(Self { state: state.into(), until, next: next.map(Into::into) })
    }
}

impl From<Quote> for QuoteForm {
    fn from(quote: Quote) -> Self {
        Self(quote.price, quote.at.as_nanosecond())
    }
}

impl TryFrom<QuoteForm> for Quote {
    type Error = FormError;

    fn try_from(QuoteForm(price, at): QuoteForm) -> Result<Self, FormError> {
        let at = Timestamp::from_nanosecond(at);
        Ok(Self { price, at: at.map_err(|_| FormError::Impossible("an instant out of range"))? })
    }
}
