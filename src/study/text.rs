//! Reading and writing studies: `bb:20:2`, and lists of them joined by commas.

use std::fmt;

use super::{KINDS, Length, MAX_STUDIES, Studies, Study, StudyKind, Unit, Width};

/// Longest part of a bad text that an error message repeats.
const ECHO_LEN: usize = 40;

/// Why a text is not a study, or not a list of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StudyError {
    /// A name that no study has.
    #[error("unknown study {name:?}: there are {}", KINDS.map(|kind| kind.form).join(", "))]
    Unknown {
        /// What was given, shortened.
        name: String,
    },
    /// More parameters than the study has.
    #[error("{rest:?} is more than {form} takes")]
    Surplus {
        /// How the study is written.
        form: &'static str,
        /// What is left over, shortened.
        rest: String,
    },
    /// A parameter that is no number or out of bounds.
    #[error("{letter} in {form} cannot be {value:?}: it is {allowed}")]
    BadParameter {
        /// How the study is written.
        form: &'static str,
        /// The parameter, as the form spells it.
        letter: &'static str,
        /// What was given, shortened.
        value: String,
        /// The values there are.
        allowed: String,
    },
    /// A fast average that is not faster than the slow one.
    #[error("F in macd:F:S:G is below S, as in macd:12:26:9, and {fast} is not below {slow}")]
    NotFaster {
        /// Length of the average that should be the faster one.
        fast: usize,
        /// Length of the other.
        slow: usize,
    },
    /// More than [`MAX_STUDIES`].
    #[error("a chart has at most {MAX_STUDIES} studies")]
    TooMany,
    /// A study given twice, be it once with its defaults spelled out.
    #[error("study {study} is given more than once")]
    Repeated {
        /// The study.
        study: Study,
    },
}

impl Study {
    /// Reads one study. Parameters omitted from the right take the customary values: 20 bars for the
    /// averages, `bb:20:2`, `rsi:14`, `macd:12:26:9`, `atr:14` and `stoch:14:3:3`.
    ///
    /// # Errors
    /// [`StudyError`], whose text says what would be right.
    pub fn parse(text: &str) -> Result<Self, StudyError> {
        let name = text.split(':').next().unwrap_or(text);
        let Some(kind) = StudyKind::named(name) else {
            return Err(StudyError::Unknown { name: shorten(name) });
        };
        let mut given = Parameters { kind, read: 0, rest: text[name.len()..].strip_prefix(':') };
        let study = match name {
            "sma" => Self::Sma(given.next(Length::new)?),
            "ema" => Self::Ema(given.next(Length::new)?),
            "wma" => Self::Wma(given.next(Length::new)?),
            "bb" => Self::Bb(given.next(Length::new)?, given.next(Width::new)?),
            "vwap" => Self::Vwap,
            "rsi" => Self::Rsi(given.next(Length::new)?),
            "macd" => given.macd()?,
            "atr" => Self::Atr(given.next(Length::new)?),
            "stoch" => Self::Stoch {
                k: given.next(Length::new)?,
                d: given.next(Length::new)?,
                slowing: given.next(Length::new)?,
            },
            "obv" => Self::Obv,
            _ => Self::Volume,
        };
        match given.rest {
            Some(rest) => Err(StudyError::Surplus { form: kind.form, rest: shorten(rest) }),
            None => Ok(study),
        }
    }
}

/// The parameters of one study that are still to be read.
struct Parameters<'a> {
    kind: &'static StudyKind,
    /// How many are read.
    read: usize,
    /// What follows the last colon read, if there was one.
    rest: Option<&'a str>,
}

impl Parameters<'_> {
    fn macd(&mut self) -> Result<Study, StudyError> {
        let (fast, slow) = (self.next(Length::new)?, self.next(Length::new)?);
        let signal = self.next(Length::new)?;
        if fast.get() < slow.get() {
            Ok(Study::Macd { fast, slow, signal })
        } else {
            Err(StudyError::NotFaster { fast: fast.get(), slow: slow.get() })
        }
    }

    /// The next parameter, or the usual one when none is left.
    fn next<T>(&mut self, make: impl Fn(u16) -> Option<T>) -> Result<T, StudyError> {
        let (letter, parameter) =
            self.kind.lettered().nth(self.read).expect("no more are read than the table has");
        self.read += 1;
        let Some(given) = self.rest else {
            return Ok(make(parameter.usual).expect("what is usual is within the bounds"));
        };
        let (text, rest) =
            given.split_once(':').map_or((given, None), |(text, rest)| (text, Some(rest)));
        self.rest = rest;
        let number = match parameter.unit {
            Unit::Bars => digits(text),
            Unit::Hundredths => hundredths(text),
        };
        let number = number.filter(|number| (parameter.min..=parameter.max).contains(number));
        number.and_then(make).ok_or_else(|| StudyError::BadParameter {
            form: self.kind.form,
            letter,
            value: shorten(text),
            allowed: parameter.allowed(),
        })
    }
}

/// A number in plain digits: no sign, which `parse` alone would take.
fn digits(text: &str) -> Option<u16> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// `2`, `2.5` or `2.25` as 200, 250 or 225, read as written rather than through a float.
fn hundredths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let unit = match decimals.len() {
        1 => 10,
        2 => 1,
        _ => return None,
    };
    digits(whole)?.checked_mul(100)?.checked_add(digits(decimals)? * unit)
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// Without trailing zeros: the shortest text of a float that stands for at most two decimals.
impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// With every parameter spelled out, so that equal studies have one text.
impl fmt::Display for Study {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Sma(n) | Self::Ema(n) | Self::Wma(n) | Self::Rsi(n) | Self::Atr(n) => {
                write!(f, "{name}:{n}")
            }
            Self::Bb(n, width) => write!(f, "{name}:{n}:{width}"),
            Self::Macd { fast, slow, signal } => write!(f, "{name}:{fast}:{slow}:{signal}"),
            Self::Stoch { k, d, slowing } => write!(f, "{name}:{k}:{d}:{slowing}"),
            Self::Vwap | Self::Obv | Self::Volume => f.write_str(name),
        }
    }
}

impl Studies {
    /// Reads studies joined by commas and keeps their order, which is that of drawing; an empty text
    /// is no study.
    ///
    /// # Errors
    /// [`StudyError`] for what is not a study, for more than [`MAX_STUDIES`] and for one that is given
    /// twice, however it is spelled.
    pub fn parse(text: &str) -> Result<Self, StudyError> {
        let mut studies = Vec::new();
        for text in text.split(',').filter(|_| !text.is_empty()) {
            if studies.len() == MAX_STUDIES {
                return Err(StudyError::TooMany);
            }
            let study = Study::parse(text)?;
            if studies.contains(&study) {
                return Err(StudyError::Repeated { study });
            }
            studies.push(study);
        }
        Ok(Self(studies))
    }
}

impl fmt::Display for Studies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, study) in self.as_slice().iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{study}")?;
        }
        Ok(())
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(ECHO_LEN).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_STUDIES, Studies, Study};

    fn canonical(text: &str) -> String {
        Study::parse(text).expect(text).to_string()
    }

    fn refusal(text: &str) -> String {
        Studies::parse(text).expect_err(text).to_string()
    }

    #[test]
    fn omitted_parameters_take_the_customary_values() {
        for (text, spelled) in [
            ("sma", "sma:20"),
            ("ema", "ema:20"),
            ("wma", "wma:20"),
            ("bb", "bb:20:2"),
            ("bb:10", "bb:10:2"),
            ("vwap", "vwap"),
            ("rsi", "rsi:14"),
            ("macd", "macd:12:26:9"),
            ("macd:5:35", "macd:5:35:9"),
            ("atr", "atr:14"),
            ("stoch", "stoch:14:3:3"),
            ("obv", "obv"),
            ("volume", "volume"),
        ] {
            assert_eq!(canonical(text), spelled);
            assert_eq!(Study::parse(text), Study::parse(spelled));
        }
    }

    #[test]
    fn a_width_keeps_its_decimals_and_loses_its_trailing_zeros() {
        for (text, shortest) in [
            ("bb:20:2.0", "bb:20:2"),
            ("bb:20:2.50", "bb:20:2.5"),
            ("bb:20:0.1", "bb:20:0.1"),
            ("bb:20:2.29", "bb:20:2.29"),
            ("bb:020:10.00", "bb:20:10"),
        ] {
            assert_eq!(canonical(text), shortest);
        }
    }

    #[test]
    fn every_bound_is_held_to_the_step() {
        let within = "sma:2 sma:500 ema:2 wma:2 rsi:2 atr:1 bb:2:0.1 bb:500:10 macd:2:3:1 \
                      macd:499:500:500 stoch:1:1:1 stoch:500:500:500";
        for text in within.split(' ') {
            assert_eq!(canonical(text), text);
        }
        let beyond = "sma:0 sma:1 sma:501 ema:1 wma:1 rsi:1 atr:0 atr:501 bb:1 bb:20:0.09 bb:20:0 \
                      bb:20:10.01 macd:1:26 macd:26:12 macd:12:12 macd:30 macd:12:26:0 stoch:0 \
                      stoch:14:0 stoch:14:3:0 stoch:14:3:501";
        for text in beyond.split(' ') {
            assert!(Study::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn only_plain_numbers_and_exact_names_are_read() {
        let refused = "sma: sma:-5 sma:+5 sma:5.0 sma:99999 sma:५ sma:20: sma:20:2 bb:20:2.255 bb:20:.5 \
                       bb:20:2. bb:20:1e0 bb:20:+2 bb:20:2.+5 bb:20:65537 bb:20:655.36 vwap:1 obv: \
                       SMA:20 sma\u{2153} simple";
        for text in refused.split(' ').chain(["", " sma", "sma ", "sma: 5", "sma:5\n"]) {
            assert!(Study::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_error_says_what_would_be_right() {
        assert_eq!(
            refusal("foo:3"),
            "unknown study \"foo\": there are sma:N, ema:N, wma:N, bb:N:K, vwap, rsi:N, macd:F:S:G, \
             atr:N, stoch:K:D:S, obv, volume"
        );
        assert_eq!(
            refusal("sma:0"),
            "N in sma:N cannot be \"0\": it is a whole number from 2 to 500"
        );
        assert_eq!(
            refusal("bb:20:x"),
            "K in bb:N:K cannot be \"x\": it is a number from 0.1 to 10 with at most two decimals"
        );
        assert_eq!(refusal("vwap:9"), "\"9\" is more than vwap takes");
        assert_eq!(
            refusal("macd:26:12"),
            "F in macd:F:S:G is below S, as in macd:12:26:9, and 26 is not below 12"
        );
    }

    #[test]
    fn a_hostile_text_is_escaped_and_cut_in_the_message() {
        let tail = "x".repeat(5_000);
        for text in [format!("\"\n<{tail}"), format!("sma:\n{tail}"), format!("obv:\n{tail}")] {
            let message = refusal(&text);
            assert!(message.len() < 200 && !message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn a_list_keeps_its_order_and_holds_each_study_once() {
        let studies = Studies::parse("volume,sma:50,bb").expect("valid");
        assert_eq!(studies.to_string(), "volume,sma:50,bb:20:2");
        assert_eq!(studies.warm_up(), 49);
        assert_eq!(Studies::parse(""), Ok(Studies::default()));
        assert_eq!(refusal("sma,rsi,sma:20"), "study sma:20 is given more than once");
        assert_eq!(refusal("sma:5,,ema").split(':').next(), Some("unknown study \"\""));
    }

    #[test]
    fn a_chart_has_eight_studies_and_no_more() {
        let list = |count: usize| {
            (0..count).map(|at| format!("sma:{}", at + 2)).collect::<Vec<_>>().join(",")
        };
        assert_eq!(Studies::parse(&list(MAX_STUDIES)).map(|s| s.as_slice().len()), Ok(8));
        assert_eq!(refusal(&list(MAX_STUDIES + 1)), "a chart has at most 8 studies");
    }

    proptest! {
        #[test]
        fn an_accepted_study_is_its_own_canonical_form(
            text in "(sma|ema|bb|macd|stoch|vwap)(:[0-9.]{0,5}){0,4}",
        ) {
            if let Ok(study) = Study::parse(&text) {
                prop_assert_eq!(Study::parse(&study.to_string()), Ok(study));
            }
        }

        #[test]
        fn no_text_is_too_strange_to_be_judged(text in "\\PC{0,40}") {
            let _ = Studies::parse(&text);
        }
    }
}
