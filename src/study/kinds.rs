//! The one table of what studies there are: how each is written, what it says, which parameters it
//! takes and within which bounds. Reading a study and explaining them all go by it.

use super::MAX_LENGTH;

/// A kind of study.
#[derive(Debug, Clone, Copy)]
pub struct StudyKind {
    /// How it is written, parameters as letters: `bb:N:K`.
    pub form: &'static str,
    /// What it says, for people.
    pub about: &'static str,
    /// Its parameters, in the order of the letters.
    pub parameters: &'static [Parameter],
}

/// A number that a study takes.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// What it means, for people.
    pub about: &'static str,
    /// What the next three count.
    pub unit: Unit,
    /// The least there can be.
    pub min: u16,
    /// The most there can be.
    pub max: u16,
    /// What is taken when it is omitted.
    pub usual: u16,
    /// The letter of a parameter that it has to be below.
    pub below: Option<&'static str>,
}

/// What a parameter counts. Whole numbers of either, so that bounds are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bars.
    Bars,
    /// Hundredths of one.
    Hundredths,
}

/// Every kind, in the order in which they are offered.
pub const KINDS: [StudyKind; 11] = [
    kind("sma:N", "Simple moving average of the closes.", &[bars("Bars averaged", 2, 20)]),
    kind("ema:N", "Exponential moving average of the closes.", &[bars("Bars averaged", 2, 20)]),
    kind(
        "wma:N",
        "Moving average of the closes, the newest weighing most.",
        &[bars("Bars averaged", 2, 20)],
    ),
    kind(
        "bb:N:K",
        "Bollinger bands: an average of the closes and lines K standard deviations off it.",
        &[bars("Bars averaged", 2, 20), WIDTH],
    ),
    kind("vwap", "Average price since the session began, weighted by volume.", &[]),
    kind(
        "rsi:N",
        "Wilder's relative strength index of the closes, from 0 to 100.",
        &[bars("Bars averaged", 2, 14)],
    ),
    kind(
        "macd:F:S:G",
        "Difference of a fast and a slow exponential average of the closes, and its own average; \
         F is below S.",
        &[
            Parameter { below: Some("S"), ..bars("Bars of the fast average", 2, 12) },
            bars("Bars of the slow average", 2, 26),
            bars("Bars of the signal, the average of their difference", 1, 9),
        ],
    ),
    kind("atr:N", "Wilder's average true range.", &[bars("Bars averaged", 1, 14)]),
    kind(
        "stoch:K:D:S",
        "Slow stochastic oscillator: where the close lies in the range of K bars, from 0 to 100.",
        &[
            bars("Bars in whose range the close is placed", 1, 14),
            bars("Bars over which %D averages %K", 1, 3),
            bars("Bars over which %K itself is averaged; 1 leaves it fast", 1, 3),
        ],
    ),
    kind("obv", "On-balance volume since the first drawn bar.", &[]),
    kind("volume", "Units traded.", &[]),
];

const WIDTH: Parameter = Parameter {
    about: "Standard deviations from the average to a band",
    unit: Unit::Hundredths,
    min: 10,
    max: 1_000,
    usual: 200,
    below: None,
};

const fn kind(
    form: &'static str,
    about: &'static str,
    parameters: &'static [Parameter],
) -> StudyKind {
    StudyKind { form, about, parameters }
}

/// A count of bars. `min` is 2 where one bar would give the price again, or nothing.
const fn bars(about: &'static str, min: u16, usual: u16) -> Parameter {
    Parameter { about, unit: Unit::Bars, min, max: MAX_LENGTH, usual, below: None }
}

impl StudyKind {
    /// The kind called so.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name() == name)
    }

    /// The name, without parameters.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.form.split(':').next().unwrap_or(self.form)
    }

    /// The parameters with the letters that stand for them.
    pub fn lettered(&self) -> impl Iterator<Item = (&'static str, &'static Parameter)> + use<> {
        self.form.split(':').skip(1).zip(self.parameters)
    }
}

impl Parameter {
    /// A number of the parameter's unit.
    #[must_use]
    pub fn number(&self, of: u16) -> f64 {
        match self.unit {
            Unit::Bars => f64::from(of),
            Unit::Hundredths => f64::from(of) / 100.0,
        }
    }

    /// What it can be, for people.
    #[must_use]
    pub fn allowed(&self) -> String {
        let (min, max) = (self.number(self.min), self.number(self.max));
        match self.unit {
            Unit::Bars => format!("a whole number from {min} to {max}"),
            Unit::Hundredths => format!("a number from {min} to {max} with at most two decimals"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KINDS, Parameter, StudyKind};
    use crate::study::{Study, StudyError};

    /// The study of a kind with one parameter as given and the others as they usually are.
    fn with(kind: &StudyKind, index: usize, value: u16) -> String {
        let number = |at: usize, parameter: &Parameter| {
            parameter.number(if at == index { value } else { parameter.usual })
        };
        let numbers = kind.parameters.iter().enumerate();
        numbers.fold(kind.name().to_owned(), |text, (at, p)| format!("{text}:{}", number(at, p)))
    }

    #[test]
    fn every_kind_is_read_by_its_name_and_takes_its_own_usual_parameters() {
        for kind in KINDS {
            let study = Study::parse(kind.name()).expect(kind.form);
            assert_eq!(study.name(), kind.name());
            assert_eq!(study.to_string(), with(&kind, usize::MAX, 0));
            assert_eq!(kind.lettered().count(), kind.form.matches(':').count());
            assert_eq!(kind.parameters.len(), kind.form.matches(':').count(), "{}", kind.form);
        }
    }

    #[test]
    fn the_bounds_that_are_told_are_those_that_are_held_to() {
        for kind in KINDS {
            for (index, (own, parameter)) in kind.lettered().enumerate() {
                for value in [parameter.min, parameter.usual, parameter.max] {
                    let text = with(&kind, index, value);
                    // Whatever its bounds are, a fast average is faster than the slow one.
                    let crossed = matches!(Study::parse(&text), Err(StudyError::NotFaster { .. }));
                    assert!(Study::parse(&text).is_ok() || crossed, "{text}");
                    let meets = |(letter, other): (_, &Parameter)| {
                        parameter.below == Some(letter) && value >= other.usual
                            || other.below == Some(own) && value <= other.usual
                    };
                    assert_eq!(crossed, kind.lettered().any(meets), "{text}");
                }
                for value in [parameter.min - 1, parameter.max + 1] {
                    let text = with(&kind, index, value);
                    let error = Study::parse(&text).expect_err(&text);
                    assert!(matches!(error, StudyError::BadParameter { .. }), "{text}: {error}");
                }
            }
        }
    }
}
