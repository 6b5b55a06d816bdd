//! The claims of a token, as they stand in it.

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::pattern::SymbolPattern;
use crate::shares::Allowance;
use crate::study::StudyKind;
use crate::view::Range;

/// Rates that a token may allow.
const RATES: RangeInclusive<f64> = 0.01..=10_000.0;

/// The claims that are read of a token; all others are left alone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
pub struct TokenClaims {
    /// Who has issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Whom it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Its own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// Whom it is shown to: one name or several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Value>,
    /// When it ends, in epoch seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<Number>,
    /// Before when it is not valid, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<Number>,
    /// What it allows.
    #[serde(default)]
    pub figcast: FigcastClaim,
}

/// The claim `figcast`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, expecting = "an object such as {\"symbols\": [\"AAPL\"]}")]
pub struct FigcastClaim {
    /// Which symbols may be seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub symbols: Vec<SymbolPattern>,
    /// The longest range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// Kinds of studies; all where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub studies: Option<Vec<String>>,
    /// Most streams at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams: Option<usize>,
    /// Most views of all its streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub views: Option<usize>,
    /// Requests a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Which symbols may be pushed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ingest: Vec<SymbolPattern>,
    /// Whether metrics may be read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub admin: bool,
}

/// A claim that cannot be read, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// A range that there is not.
    #[error("the token's claim figcast.range is not one of {0}")]
    Range(String),
    /// A study that there is not.
    #[error("the token's claim figcast.studies names one that does not exist: see /views")]
    Study,
    /// A rate that is none.
    #[error("the token's claim figcast.rate is not a number of requests a second from {least} to {most}", least = RATES.start(), most = RATES.end())]
    Rate,
    /// A time that is none.
    #[error("the token's claim {0} is not a number of epoch seconds")]
    Time(&'static str),
}

impl FigcastClaim {
    /// The shares that it gives.
    ///
    /// # Errors
    /// [`ClaimsError::Rate`].
    pub fn allowance(&self) -> Result<Allowance, ClaimsError> {
        let &Self { streams, views, rate, .. } = self;
        if rate.is_some_and(|rate| !RATES.contains(&rate)) {
            return Err(ClaimsError::Rate);
        }
        Ok(Allowance { streams, views, rate })
    }

    /// The longest range, read.
    ///
    /// # Errors
    /// [`ClaimsError::Range`].
    pub fn longest_range(&self) -> Result<Option<Range>, ClaimsError> {
        let Some(text) = &self.range else { return Ok(None) };
        let range = Range::ALL.into_iter().find(|range| range.as_str() == text);
        let all = || ClaimsError::Range(Range::ALL.map(Range::as_str).join(", "));
        range.map(Some).ok_or_else(all)
    }

    /// The studies, each of which there is.
    ///
    /// # Errors
    /// [`ClaimsError::Study`].
    pub fn known_studies(&self) -> Result<Option<Vec<String>>, ClaimsError> {
        let is_known = |name: &String| StudyKind::named(name).is_some();
        match &self.studies {
            Some(studies) if !studies.iter().all(is_known) => Err(ClaimsError::Study),
            studies => Ok(studies.clone()),
        }
    }
}

/// The instant of a number of epoch seconds.
///
/// # Errors
/// [`ClaimsError::Time`] with the name of the claim.
pub fn instant(seconds: &Number, claim: &'static str) -> Result<Timestamp, ClaimsError> {
    let since_epoch =
        seconds.as_f64().and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
    let instant = since_epoch.and_then(|since| Timestamp::from_duration(since).ok());
    instant.ok_or(ClaimsError::Time(claim))
}
