//! The serialised form of what sources and feeds say, which stores and nodes keep and pass on.
//!
//! A form is a byte that says which one it is, and then the fields of that form by
//! [postcard](https://postcard.jamesmunns.com/wire-format), whose bytes are specified. Forms are types of
//! their own, so that no change of the domain's types changes them. A form that was released is read for ever.

mod error;
mod parts;

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use error::{FormError, NEWEST};
pub use parts::{
    BarsForm, HoursForm, InstrumentForm, QuoteForm, SessionForm, StateForm, TimetableForm,
};

use super::update::Fetched;

/// Writes the newest form of something.
///
/// # Errors
/// [`FormError::Impossible`] for a time zone without a name or an offset.
pub fn write<T: Serialize>(form: &T) -> Result<Vec<u8>, FormError> {
    let bytes = postcard::to_extend(form, vec![NEWEST]);
    bytes.map_err(|_| FormError::Impossible("a time zone that has no name"))
}

/// Reads a form of something.
///
/// # Errors
/// [`FormError`].
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FormError> {
    match bytes.split_first() {
        None => Err(FormError::Empty),
        Some((&NEWEST, fields)) => match postcard::take_from_bytes(fields)? {
            (form, []) => Ok(form),
            (_, rest) => Err(FormError::Trailing(rest.len())),
        },
        Some((newer, _)) => Err(FormError::Unknown(*newer)),
    }
}

impl Fetched {
    /// Its serialised form.
    ///
    /// # Errors
    /// As of [`write`].
    pub fn to_form(&self) -> Result<Vec<u8>, FormError> {
        write(&FetchedForm::from(self))
    }

    /// What a serialised form holds.
    ///
    /// # Errors
    /// [`FormError`].
    pub fn of_form(bytes: &[u8]) -> Result<Self, FormError> {
        read::<FetchedForm>(bytes)?.try_into()
    }
}

/// The first form of what a source fetched.
#[derive(Serialize, Deserialize)]
struct FetchedForm {
    bars: BarsForm,
    instrument: InstrumentForm,
    hours: HoursForm,
    quote: Option<QuoteForm>,
    delay: Option<Duration>,
    timetable: TimetableForm,
    split: Option<i64>,
}

impl From<&Fetched> for FetchedForm {
    fn from(fetched: &Fetched) -> Self {
        Self {
            bars: (&fetched.bars).into(),
            instrument: (&fetched.instrument).into(),
            hours: (&fetched.hours).into(),
            quote: fetched.quote.map(Into::into),
            delay: fetched.delay,
            timetable: (&fetched.timetable).into(),
            split: fetched.split,
        }
    }
}

impl TryFrom<FetchedForm> for Fetched {
    type Error = FormError;

    fn try_from(form: FetchedForm) -> Result<Self, FormError> {
        Ok(Self {
            bars: form.bars.try_into()?,
            instrument: form.instrument.try_into()?,
            hours: form.hours.into(),
            quote: form.quote.map(TryInto::try_into).transpose()?,
            delay: form.delay,
            timetable: form.timetable.into(),
            split: form.split,
        })
    }
}

#[cfg(test)]
mod tests;
