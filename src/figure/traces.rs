//! plotly's traces, as far as we use them.

use std::borrow::Cow;

use serde::Serialize;

use super::color::Color;
use super::theme::Role;
use super::time::Stamps;
use crate::bars::Bars;
use crate::bars::numbers::Numbers;

/// A long part of a trace, with a value for each bar.
#[derive(Clone, Copy)]
pub enum TraceColumn<'a> {
    Times(&'a Stamps<'a>),
    Numbers(&'a Numbers<'a>),
}

/// What all traces have. Their columns are not serialised with them: a pen writes these.
#[derive(Serialize)]
pub struct Trace<'a> {
    /// Identity across updates, [plain](uid): keeps the view when traces come and go.
    pub uid: Cow<'a, str>,
    pub name: Cow<'a, str>,
    /// Without it plotly counts points, which is all that a line without axes needs.
    #[serde(skip)]
    pub x: Option<Stamps<'a>>,
    /// The y axis of a pane below the prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yaxis: Option<String>,
    /// Shown and hidden together with the others of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legendgroup: Option<String>,
    pub showlegend: bool,
    /// What its colour stands for, or that of the last price on a trace of bars. Columns of volume and closed
    /// candles have none: their directions are those of the palette.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Role>,
    #[serde(flatten)]
    pub form: TraceForm<'a>,
}

/// What sets them apart.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum TraceForm<'a> {
    Scatter(Scatter<'a>),
    Candlestick(Prices<'a>),
    Ohlc(Prices<'a>),
    Bar(BarTrace<'a>),
}

/// `key` of letters, digits, `-` and `_`: plotly.js looks a trace that has gone up by a selector made of
/// its uid, which anything else would break. Different keys stay different.
pub fn uid(key: &str) -> String {
    let plain = |c: char| match c {
        ':' | '/' => "-".to_owned(),
        c if c.is_ascii_alphanumeric() || c == '-' => c.to_string(),
        c => format!("_{:x}_", u32::from(c)),
    };
    key.chars().map(plain).collect()
}

impl Trace<'_> {
    /// The columns, each with its name, the times first.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, TraceColumn<'_>)> {
        let times = self.x.iter().map(|x| ("x", TraceColumn::Times(x)));
        let numbers = match &self.form {
            TraceForm::Scatter(line) => [Some(("y", &line.y)), None, None, None],
            TraceForm::Bar(columns) => [Some(("y", &columns.y)), None, None, None],
            TraceForm::Candlestick(prices) | TraceForm::Ohlc(prices) => [
                Some(("open", &prices.open)),
                Some(("high", &prices.high)),
                Some(("low", &prices.low)),
                Some(("close", &prices.close)),
            ],
        };
        times.chain(
            numbers
                .into_iter()
                .flatten()
                .map(|(name, numbers)| (name, TraceColumn::Numbers(numbers))),
        )
    }
}

/// Columns from zero.
#[derive(Serialize)]
pub struct BarTrace<'a> {
    #[serde(skip)]
    pub y: Numbers<'a>,
    pub marker: Marker,
    /// In milliseconds: by itself plotly measures each trace's own spacing.
    pub width: i64,
    pub hovertemplate: &'static str,
}

/// `marker`.
#[derive(Serialize)]
pub struct Marker {
    pub color: Color,
    pub opacity: f64,
}

/// A line.
#[derive(Serialize)]
pub struct Scatter<'a> {
    mode: &'static str,
    #[serde(skip)]
    y: Numbers<'a>,
    line: LineStyle,
    #[serde(skip_serializing_if = "Option::is_none")]
    fill: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fillcolor: Option<Color>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hoverinfo: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hovertemplate: Option<Cow<'static, str>>,
}

/// `line`.
#[derive(Serialize)]
pub struct LineStyle {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    pub width: f64,
}

/// Open, high, low and close.
#[derive(Serialize)]
pub struct Prices<'a> {
    #[serde(skip)]
    open: Numbers<'a>,
    #[serde(skip)]
    high: Numbers<'a>,
    #[serde(skip)]
    low: Numbers<'a>,
    #[serde(skip)]
    close: Numbers<'a>,
    increasing: Direction,
    decreasing: Direction,
    #[serde(skip_serializing_if = "Option::is_none")]
    opacity: Option<f64>,
}

/// How bars of one direction look.
#[derive(Serialize, Clone, Copy)]
pub struct Direction {
    pub line: BarOutline,
    /// Candles only; plotly refuses it on OHLC bars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fillcolor: Option<Color>,
}

/// `increasing.line`.
#[derive(Serialize, Clone, Copy)]
pub struct BarOutline {
    pub color: Color,
    pub width: f64,
}

impl<'a> Scatter<'a> {
    /// A line that tells its name and value on hover.
    pub fn line(y: Numbers<'a>, color: Color, width: f64) -> Self {
        Self {
            mode: "lines",
            y,
            line: LineStyle { color: Some(color), width },
            fill: None,
            fillcolor: None,
            hoverinfo: None,
            hovertemplate: None,
        }
    }

    /// The same, with the area down to the trace before it filled.
    pub fn filled(self, color: Color) -> Self {
        Self { fill: Some("tonexty"), fillcolor: Some(color), ..self }
    }

    /// The same, with a point at each value.
    pub fn with_points(self) -> Self {
        Self { mode: "lines+markers", ..self }
    }

    /// Sets what it tells on hover instead of its name and value.
    pub fn tell(&mut self, template: impl Into<Cow<'static, str>>) {
        self.hovertemplate = Some(template.into());
    }

    /// The same, to be looked at only.
    pub fn silent(self) -> Self {
        Self { hoverinfo: Some("skip"), ..self }
    }

    /// A line that cannot be seen.
    pub fn invisible(y: Numbers<'a>) -> Self {
        let line = LineStyle { color: None, width: 0.0 };
        Self { line, ..Self::line(y, Color::Named(""), 0.0).silent() }
    }
}

impl<'a> Prices<'a> {
    /// The prices of `bars`.
    pub fn of(bars: &'a Bars, increasing: Direction, decreasing: Direction) -> Self {
        Self {
            open: bars.opens().into(),
            high: bars.highs().into(),
            low: bars.lows().into(),
            close: bars.closes().into(),
            increasing,
            decreasing,
            opacity: None,
        }
    }

    /// The same, lighter: a bar that is still forming.
    pub fn lighter(self) -> Self {
        Self { opacity: Some(0.55), ..self }
    }
}
