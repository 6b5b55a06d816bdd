//! A view: what a subscriber asked to see, in one canonical form.
//!
//! Two requests that mean the same parse to equal views, and so share one rendering.

use std::fmt;
use std::str::FromStr;

use crate::brand::Brand;
use crate::interval::Interval;
use crate::study::Studies;
use crate::symbol::Symbol;

mod catalog;
mod choices;
mod compare;
mod error;
mod options;
mod range;

pub use catalog::{Catalog, Everything};
pub use choices::{Chart, Output, Palette, Scale, Session, Theme};
pub use compare::{Compare, CompareError, MAX_COMPARED};
pub(crate) use error::listed;
pub use error::{ViewError, pick};
use error::{check_possible, shorten};
pub use options::{Offer, OptionKind, ViewOption, options};
pub use range::{MAX_BARS, Range, complete};

/// What to draw. Its [`Display`](fmt::Display) form is the canonical key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct View {
    /// Whose bars.
    pub symbol: Symbol,
    /// Length of a bar.
    pub interval: Interval,
    /// How far back.
    pub range: Range,
    /// Which part of the day; of bars of a day and longer always the regular one.
    pub session: Session,
    /// How it is drawn.
    pub chart: Chart,
    /// What is computed from it and drawn with it.
    pub studies: Studies,
    /// What it is compared with, all in percent.
    pub compare: Compare,
    /// In which colours.
    pub theme: Theme,
    /// In which colours of rising and falling.
    pub palette: Palette,
    /// In which colours of the client's own, over those of theme and palette.
    pub colors: Brand,
    /// On which y axis.
    pub scale: Scale,
    /// As what it is sent.
    pub output: Output,
}

impl View {
    /// The keys of a view, in canonical order.
    pub const KEYS: [&str; 11] = [
        "interval", "range", "session", "chart", "studies", "compare", "theme", "palette",
        "colors", "scale", "as",
    ];

    /// The default view of a symbol.
    #[must_use]
    pub fn of(symbol: Symbol) -> Self {
        Self {
            symbol,
            interval: Interval::default(),
            range: Range::default(),
            session: Session::default(),
            chart: Chart::default(),
            studies: Studies::default(),
            compare: Compare::default(),
            theme: Theme::default(),
            palette: Palette::default(),
            colors: Brand::default(),
            scale: Scale::default(),
            output: Output::default(),
        }
    }

    /// Reads the options; what is omitted takes its default, an interval or a range alone the other
    /// that customarily goes with it.
    ///
    /// # Errors
    /// [`ViewError`] for an unknown or repeated key, for a value that is not offered, and for an
    /// interval and a range that do not go together.
    pub fn parse<K: AsRef<str>, V: AsRef<str>>(
        symbol: Symbol,
        options: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ViewError> {
        Self::parse_in(symbol, options, &Everything)
    }

    /// The same where not every chart is in the `catalog`: an omitted interval or range fits what
    /// there is of the view's own symbol and of all that it is compared with, see [`complete`].
    ///
    /// # Errors
    /// As [`View::parse`], and for a symbol that names a source which is not there.
    pub fn parse_in<K: AsRef<str>, V: AsRef<str>>(
        symbol: Symbol,
        options: impl IntoIterator<Item = (K, V)>,
        catalog: &impl Catalog,
    ) -> Result<Self, ViewError> {
        let mut view = Self::of(catalog.canonical(symbol)?);
        let mut seen = Vec::new();
        for (key, value) in options {
            let Some(key) = Self::KEYS.into_iter().find(|k| *k == key.as_ref()) else {
                let allowed = listed(Self::KEYS);
                return Err(ViewError::UnknownKey { key: shorten(key.as_ref()), allowed });
            };
            if seen.contains(&key) {
                return Err(ViewError::Repeated { key });
            }
            seen.push(key);
            view.set(key, value.as_ref(), catalog)?;
        }
        let given = |key| seen.contains(&key);
        let (interval, range) = (view.interval, view.range);
        let symbols = std::iter::once(&view.symbol).chain(view.compare.as_slice());
        (view.interval, view.range) = complete(
            given("interval").then_some(interval),
            given("range").then_some(range),
            |interval, range| symbols.clone().all(|symbol| catalog.serves(symbol, interval, range)),
        );
        check_possible(view.interval, view.range)?;
        if !view.interval.is_intraday() {
            view.session = Session::Regular;
        }
        if view.output == Output::Bars {
            view = view.undrawn();
        }
        view.check_compare()?;
        Ok(view)
    }

    /// Reads a key as [`FromStr`] does, completed as in [`View::parse_in`].
    ///
    /// # Errors
    /// As [`View::parse`], and for a key that does not begin with a symbol.
    pub fn read_in(key: &str, catalog: &impl Catalog) -> Result<Self, ViewError> {
        let mut parts = key.split(';');
        let symbol = Symbol::parse(parts.next().unwrap_or_default())?;
        let option = |part: &'_ str| match part.split_once('=') {
            Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
            None => Err(ViewError::NoOption { part: shorten(part) }),
        };
        // No option can be given twice, so one more than there are is enough to know.
        let options = parts.take(Self::KEYS.len() + 1).map(option);
        Self::parse_in(symbol, options.collect::<Result<Vec<_>, _>>()?, catalog)
    }

    /// The view without what only a drawing has, so that all that ask for the same rows share them.
    fn undrawn(self) -> Self {
        let chart = if self.chart == Chart::HeikinAshi { self.chart } else { Chart::default() };
        let Self { symbol, interval, range, session, studies, compare, output, .. } = self;
        Self { interval, range, session, chart, studies, compare, output, ..Self::of(symbol) }
    }

    /// A logarithm of percents and a comparison without axes or names say nothing.
    fn check_compare(&self) -> Result<(), ViewError> {
        match (self.chart, self.scale) {
            _ if self.compare.is_empty() => Ok(()),
            (Chart::Spark, _) => Err(ViewError::NotCompared { key: "chart", value: "spark" }),
            (_, Scale::Log) => Err(ViewError::NotCompared { key: "scale", value: "log" }),
            _ => Ok(()),
        }
    }

    /// The same view of each symbol that it is compared with, as far as bars are concerned.
    pub fn compared(&self) -> impl Iterator<Item = Self> + '_ {
        self.compare.as_slice().iter().map(|symbol| Self {
            symbol: symbol.clone(),
            studies: Studies::default(),
            compare: Compare::default(),
            ..self.clone()
        })
    }

    fn set(
        &mut self,
        key: &'static str,
        value: &str,
        catalog: &impl Catalog,
    ) -> Result<(), ViewError> {
        match key {
            "interval" => self.interval = pick(key, value)?,
            "range" => self.range = pick(key, value)?,
            "session" => self.session = pick(key, value)?,
            "chart" => self.chart = pick(key, value)?,
            "studies" => self.studies = Studies::parse(value)?,
            "compare" => self.compare = Compare::parse(value, &self.symbol, catalog)?,
            "theme" => self.theme = pick(key, value)?,
            "palette" => self.palette = pick(key, value)?,
            "colors" => self.colors = value.parse()?,
            "scale" => self.scale = pick(key, value)?,
            _ => self.output = pick(key, value)?,
        }
        Ok(())
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { symbol, interval, studies, compare, .. } = self;
        let (range, session, chart) =
            (self.range.as_str(), self.session.as_str(), self.chart.as_str());
        let is_drawn = self.output == Output::Figure;
        write!(f, "{symbol};interval={interval};range={range};session={session}")?;
        if is_drawn || self.chart != Chart::default() {
            write!(f, ";chart={chart}")?;
        }
        if !studies.as_slice().is_empty() {
            write!(f, ";studies={studies}")?;
        }
        if !compare.is_empty() {
            write!(f, ";compare={compare}")?;
        }
        if !is_drawn {
            return write!(f, ";as={}", self.output.as_str());
        }
        let (theme, palette, scale) =
            (self.theme.as_str(), self.palette.as_str(), self.scale.as_str());
        write!(f, ";theme={theme};palette={palette}")?;
        if !self.colors.is_empty() {
            write!(f, ";colors={}", self.colors)?;
        }
        write!(f, ";scale={scale}")
    }
}

impl FromStr for View {
    type Err = ViewError;

    /// Reads a key: a symbol and any options, `AAPL;range=5d;chart=candlestick`.
    fn from_str(key: &str) -> Result<Self, ViewError> {
        Self::read_in(key, &Everything)
    }
}

#[cfg(test)]
mod tests {
    use super::{Interval, Range, Session, Symbol, Theme, View, ViewError};

    fn parse(options: &[(&str, &str)]) -> Result<View, ViewError> {
        View::parse(Symbol::parse("AAPL").expect("valid"), options.iter().copied())
    }

    #[test]
    fn omitted_options_and_their_spelled_out_defaults_are_one_view() {
        let spelled =
            [("theme", "dark"), ("chart", "mountain"), ("range", "1d"), ("interval", "1m")];
        assert_eq!(parse(&[]), parse(&spelled));
        assert_eq!(
            parse(&[]).expect("valid").to_string(),
            "AAPL;interval=1m;range=1d;session=regular;chart=mountain;theme=dark;palette=safe;scale=linear"
        );
    }

    #[test]
    fn an_interval_or_a_range_alone_and_the_pair_spelled_out_are_one_view() {
        let pair = parse(&[("range", "3mo"), ("interval", "1h")]).expect("valid");
        assert_eq!(parse(&[("interval", "1h")]), Ok(pair.clone()));
        assert_eq!(parse(&[("range", "3mo")]), Ok(pair.clone()));
        assert!(pair.to_string().starts_with("AAPL;interval=1h;range=3mo;"));
        assert!(matches!(
            parse(&[("interval", "1m"), ("range", "5y")]),
            Err(ViewError::Impossible { .. })
        ));
    }

    #[test]
    fn an_omitted_pair_is_one_that_every_symbol_of_the_view_has() {
        let days = |symbol: &Symbol, interval: Interval, _: Range| {
            symbol.as_str() != "DAYS" || !interval.is_intraday()
        };
        let read = |key: &str| View::read_in(key, &days).expect("valid").to_string();
        assert!(read("AAPL").starts_with("AAPL;interval=1m;range=1d;"));
        assert!(read("DAYS").starts_with("DAYS;interval=1d;range=1y;"));
        assert!(read("DAYS;range=5d").starts_with("DAYS;interval=1d;range=5d;"));
        assert!(read("AAPL;compare=DAYS").starts_with("AAPL;interval=1d;range=1y;"));
        // What was said stays, and is for the source to refuse.
        assert!(read("DAYS;interval=5m").starts_with("DAYS;interval=5m;range=5d;"));
        let extended = read("DAYS;session=extended");
        assert!(extended.contains(";session=regular;"), "bars of a day know no part of it");
    }

    #[test]
    fn a_key_reads_back_as_the_view_that_wrote_it() {
        for options in [
            &[][..],
            &[("session", "extended")],
            &[("studies", "sma,bb:20:2"), ("compare", "^GSPC,EURUSD=X")],
            &[("range", "5y"), ("scale", "log"), ("theme", "light"), ("palette", "red-up")],
            &[("as", "bars"), ("studies", "sma"), ("chart", "heikin-ashi")],
            &[("colors", "up:#0a0,background:FFFDF7,font:Source Serif 4"), ("scale", "log")],
        ] {
            let view = parse(options).expect("valid");
            assert_eq!(view.to_string().parse(), Ok(view));
        }
        assert_eq!("aapl;range=5d".parse::<View>(), parse(&[("range", "5d")]));
    }

    #[test]
    fn rows_are_the_same_in_all_colours_and_forms_but_averaged_bars() {
        let rows = "AAPL;interval=1m;range=1d;session=regular;as=bars";
        let options =
            "theme=light;palette=red-up;colors=up:0a0;scale=log;chart=candlestick;interval=1m";
        let read = |key: &str| key.parse::<View>().expect(key).to_string();
        assert_eq!(read("AAPL;as=bars"), rows);
        assert_eq!(read(&format!("AAPL;{options};as=bars")), rows);
        assert!(read("AAPL;chart=heikin-ashi;as=bars").contains(";chart=heikin-ashi;"));
        assert_eq!(read("AAPL;as=figure"), read("AAPL"));
    }

    #[test]
    fn what_is_wrong_with_a_key_is_told() {
        let text = |key: &str| key.parse::<View>().expect_err("refused").to_string();
        assert!(text("").starts_with("a symbol is missing"));
        assert!(text("AAPL;range").starts_with("\"range\" is no option of a view"));
        assert!(text("AAPL;range=5d;range=1d").ends_with("given more than once"));
    }

    #[test]
    fn views_in_two_brands_are_two_and_in_two_spellings_of_one_brand_are_one() {
        let brand = |text: &str| parse(&[("colors", text)]).expect("valid");
        assert_eq!(brand("up:#0A0,down:b71c1c"), brand("down:B71C1C,up:00aa00"));
        assert_ne!(brand("up:00aa00"), brand("up:00aa01"));
        assert_eq!(brand(""), parse(&[]).expect("valid"));
        let key = brand("up:0a0").to_string();
        assert!(key.ends_with(";theme=dark;palette=safe;colors=up:00aa00;scale=linear"), "{key}");
        let told = parse(&[("colors", "up:green")]).expect_err("refused").to_string();
        assert!(told.starts_with("\"green\" is no colour"), "{told}");
    }

    #[test]
    fn bars_of_a_day_know_no_part_of_it() {
        let extended = ("session", "extended");
        assert_eq!(parse(&[extended]).expect("valid").session, Session::Extended);
        for day in [("interval", "1d"), ("range", "1y")] {
            assert_eq!(parse(&[extended, day]), parse(&[day]));
        }
    }

    #[test]
    fn options_may_come_in_any_order() {
        let view = parse(&[("theme", "light"), ("range", "5d")]).expect("valid");
        assert_eq!((view.range, view.theme), (Range::Day5, Theme::Light));
    }

    #[test]
    fn studies_are_part_of_the_key_in_their_canonical_form() {
        let view = parse(&[("studies", "sma,bb:20:2")]).expect("valid");
        assert_eq!(
            view.to_string(),
            "AAPL;interval=1m;range=1d;session=regular;chart=mountain;studies=sma:20,bb:20:2;\
             theme=dark;palette=safe;scale=linear"
        );
        assert_eq!(Ok(view), parse(&[("studies", "sma:20,bb")]));
    }

    #[test]
    fn a_comparison_is_part_of_the_key_and_refuses_what_percents_cannot_show() {
        let view = parse(&[("compare", "msft,goog")]).expect("valid");
        assert!(view.to_string().contains(";chart=mountain;compare=GOOG,MSFT;theme="), "{view}");
        let others: Vec<_> = view.compared().map(|view| view.to_string()).collect();
        assert!(
            others[0]
                .starts_with("GOOG;interval=1m;range=1d;session=regular;chart=mountain;theme=")
        );
        let text = |key, value| {
            parse(&[("compare", "MSFT"), (key, value)]).expect_err("refused").to_string()
        };
        assert!(text("scale", "log").ends_with("scale cannot be log with compare"));
        assert!(text("chart", "spark").ends_with("chart cannot be spark with compare"));
    }

    #[test]
    fn an_error_says_what_would_be_right() {
        let text = |options: &[(&str, &str)]| parse(options).expect_err("invalid").to_string();
        assert_eq!(
            text(&[("range", "7d")]),
            "range cannot be \"7d\": it is 1d, 5d, 1mo, 3mo, 6mo, ytd, 1y, 2y, 5y or max"
        );
        assert_eq!(text(&[("theme", "dark"), ("theme", "dark")]), "theme is given more than once");
        assert_eq!(
            text(&[("colour", "red")]),
            "unknown option \"colour\": a view has interval, range, session, chart, studies, compare, theme, palette, colors, scale or as"
        );
    }

    #[test]
    fn a_hostile_value_is_escaped_and_cut_in_the_message() {
        let value = format!("\"\n<script>{}", "x".repeat(5_000));
        let text = parse(&[("range", &value)]).expect_err("invalid").to_string();
        assert!(text.len() < 120 && !text.contains('\n'), "{text}");
    }
}
