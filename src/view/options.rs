//! What a view can be asked for, for programs that build their controls from it.

use serde::Serialize;

use super::{Chart, MAX_COMPARED, Output, Palette, Range, Scale, Session, Theme, View};
use crate::brand::BrandRole;
use crate::choice::Choice;
use crate::interval::Interval;
use crate::study::MAX_STUDIES;

/// An option of a view.
#[derive(Debug, Serialize)]
pub struct ViewOption {
    /// Its key in a query.
    pub name: &'static str,
    /// What it means, for people.
    pub about: &'static str,
    /// What is taken when it is omitted. An interval or a range alone brings the other along.
    pub default: &'static str,
    /// What it takes.
    #[serde(flatten)]
    pub kind: OptionKind,
}

/// What an option takes.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OptionKind {
    /// One value.
    Choice {
        /// The values there are.
        values: Vec<Offer>,
    },
    /// Up to so many, each once, joined by commas.
    List {
        /// What is listed: `study` or `symbol`.
        of: &'static str,
        /// The most there can be.
        most: usize,
    },
    /// Pairs of a role and a colour, `up:00695c`, and perhaps `font:` with a name, joined by commas.
    Colors {
        /// The roles there are.
        roles: Vec<Offer>,
    },
}

/// A value that is offered.
#[derive(Debug, Serialize)]
pub struct Offer {
    /// What is written.
    pub value: &'static str,
    /// What it means, for people.
    pub about: &'static str,
}

/// The options of a view in the order of [`View::KEYS`].
#[must_use]
pub fn options() -> [ViewOption; View::KEYS.len()] {
    [
        choice::<Interval>("interval"),
        choice::<Range>("range"),
        choice::<Session>("session"),
        choice::<Chart>("chart"),
        list(
            "studies",
            "What is computed from the bars and drawn with them.",
            "study",
            MAX_STUDIES,
        ),
        list("compare", "Other symbols to draw beside it, all in percent.", "symbol", MAX_COMPARED),
        choice::<Theme>("theme"),
        choice::<Palette>("palette"),
        ViewOption {
            name: "colors",
            about: "Colours of one's own by what they stand for, and a font, over theme and palette.",
            default: "",
            kind: OptionKind::Colors { roles: Offer::all::<BrandRole>() },
        },
        choice::<Scale>("scale"),
        choice::<Output>("as"),
    ]
}

fn choice<T: Choice>(name: &'static str) -> ViewOption {
    let kind = OptionKind::Choice { values: Offer::all::<T>() };
    ViewOption { name, about: T::ABOUT, default: T::default().name(), kind }
}

/// A list, of which none is the default.
const fn list(
    name: &'static str,
    about: &'static str,
    of: &'static str,
    most: usize,
) -> ViewOption {
    ViewOption { name, about, default: "", kind: OptionKind::List { of, most } }
}

impl Offer {
    /// Every value of a choice.
    #[must_use]
    pub fn all<T: Choice>() -> Vec<Self> {
        let offer = |value: &T| Self { value: value.name(), about: value.about() };
        T::VALUES.iter().map(offer).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{OptionKind, View, options};
    use crate::study::KINDS;
    use crate::symbol::Symbol;

    fn parses(name: &str, value: &str) -> View {
        let symbol = Symbol::parse("AAPL").expect("valid");
        View::parse(symbol, [(name, value)]).unwrap_or_else(|e| panic!("{name}={value}: {e}"))
    }

    #[test]
    fn every_key_of_a_view_is_explained_and_every_value_offered_is_taken() {
        assert_eq!(options().map(|option| option.name), View::KEYS);
        for option in options() {
            assert!(option.about.ends_with('.'), "{}", option.name);
            assert_eq!(
                parses(option.name, option.default),
                View::of(Symbol::parse("AAPL").expect("valid"))
            );
            match option.kind {
                OptionKind::Choice { values } => {
                    for offer in values {
                        let key = parses(option.name, offer.value).to_string();
                        // A key says only of rows how they are sent.
                        assert!(key.contains(offer.value) || offer.value == "figure", "{key}");
                        assert!(offer.about.ends_with('.'), "{}={}", option.name, offer.value);
                    }
                }
                OptionKind::Colors { roles } => {
                    for role in roles {
                        let pair = format!("{}:00695c", role.value);
                        assert!(parses(option.name, &pair).to_string().contains(&pair));
                    }
                    assert!(
                        parses(option.name, "font:Georgia").to_string().contains("font:Georgia")
                    );
                }
                OptionKind::List { of, most } => {
                    let items = |count: usize| {
                        let item = |at: usize| match of {
                            "study" => format!("sma:{}", at + 2),
                            _ => format!("S{at}"),
                        };
                        (0..count).map(item).collect::<Vec<_>>().join(",")
                    };
                    parses(option.name, &items(most));
                    let symbol = Symbol::parse("AAPL").expect("valid");
                    assert!(View::parse(symbol, [(option.name, items(most + 1))]).is_err());
                }
            }
        }
    }

    #[test]
    fn every_kind_of_study_is_taken() {
        for kind in KINDS {
            assert_eq!(parses("studies", kind.name()).studies.as_slice().len(), 1);
        }
    }
}
