//! Colours, and the pruned template that carries them.
//!
//! plotly's own templates describe two dozen trace types and are a third of a figure's bytes; ours
//! holds what these charts use.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::view::{Palette, Theme};

/// What a colour stands for. A trace carries its role, by which a client that draws in other colours
/// finds its own: two roles may have one colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A last price below the close before it, level with it, and above it.
    Down,
    Flat,
    Up,
    /// The chart's own line beside those of other symbols.
    Own,
    /// Lines and words in the background.
    Muted,
    /// Ground of a band.
    Veil,
    /// A line of a study or of a compared symbol.
    Line(usize),
}

/// How many colours there are for lines.
const LINES: usize = 6;

impl Role {
    const ALL: [Self; 6 + LINES] = [
        Self::Down,
        Self::Flat,
        Self::Up,
        Self::Own,
        Self::Muted,
        Self::Veil,
        Self::Line(0),
        Self::Line(1),
        Self::Line(2),
        Self::Line(3),
        Self::Line(4),
        Self::Line(5),
    ];

    /// The line of the study at `index`.
    pub const fn study(index: usize) -> Self {
        Self::Line(index % LINES)
    }

    /// The line of the compared symbol at `index`, taken from the other end than studies take theirs.
    pub const fn compared(index: usize) -> Self {
        Self::Line((LINES - 1).saturating_sub(index))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Flat => "flat",
            Self::Up => "up",
            Self::Own => "own",
            Self::Muted => "muted",
            Self::Veil => "veil",
            Self::Line(index) => {
                ["line0", "line1", "line2", "line3", "line4", "line5"][index % LINES]
            }
        }
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Where the last price went, in colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tone {
    /// What the line's colour stands for.
    pub role: Role,
    /// The line.
    pub line: &'static str,
    /// The area below it: the line's colour, mostly transparent.
    pub area: &'static str,
    /// Words on a ground of the line's colour.
    pub ink: &'static str,
}

/// The colours of one theme.
pub struct Colors {
    down: Tone,
    flat: Tone,
    up: Tone,
    /// Ground of the whole figure.
    pub paper: &'static str,
    text: &'static str,
    /// Lines and words in the background.
    pub muted: &'static str,
    grid: &'static str,
    raised: &'static str,
    /// Ground of a band.
    pub veil: &'static str,
    /// Ground of words that lie over lines.
    pub glass: &'static str,
    /// Lines of studies, in the order in which they are taken.
    lines: [&'static str; LINES],
    green: &'static str,
    red: &'static str,
    blue: &'static str,
    orange: &'static str,
}

/// The named colours of the original; on a dark ground they need no shading.
const DARK: Colors = Colors {
    down: Tone { role: Role::Down, line: "red", area: "rgba(255,0,0,0.14)", ink: "#101010" },
    flat: Tone { role: Role::Flat, line: "yellow", area: "rgba(255,255,0,0.10)", ink: "#101010" },
    up: Tone { role: Role::Up, line: "lime", area: "rgba(0,255,0,0.10)", ink: "#101010" },
    paper: "#0f1318",
    text: "#d7dde5",
    muted: "#8a94a3",
    grid: "#222932",
    raised: "#1a2028",
    veil: "rgba(138,148,163,0.08)",
    glass: "rgba(15,19,24,0.7)",
    lines: ["#f5c542", "#c792ea", "#4dd0e1", "#ff8a65", "#9ccc65", "#f48fb1"],
    green: "#2ebd85",
    red: "#f6465d",
    blue: "#56a8f5",
    orange: "#f0933c",
};

/// The same three, dark enough to be read on white (contrast of at least 4.5 to 1).
const LIGHT: Colors = Colors {
    down: Tone { role: Role::Down, line: "#c62828", area: "rgba(198,40,40,0.12)", ink: "#ffffff" },
    flat: Tone { role: Role::Flat, line: "#8a6100", area: "rgba(138,97,0,0.12)", ink: "#ffffff" },
    up: Tone { role: Role::Up, line: "#1b7a33", area: "rgba(27,122,51,0.12)", ink: "#ffffff" },
    paper: "#ffffff",
    text: "#1c232c",
    muted: "#5b6675",
    grid: "#e6e9ee",
    raised: "#f3f5f8",
    veil: "rgba(91,102,117,0.08)",
    glass: "rgba(255,255,255,0.75)",
    lines: ["#946c00", "#7b3fb8", "#00727f", "#b3471d", "#44741a", "#a8326a"],
    green: "#14804a",
    red: "#cf304a",
    blue: "#1766b8",
    orange: "#b35309",
};

impl Colors {
    /// The palette of a theme.
    pub const fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Dark => &DARK,
            Theme::Light => &LIGHT,
        }
    }

    /// The tone that tells how a price stands to the one before; flat where there is nothing to compare.
    pub fn tone(&self, moves: Option<[f64; 2]>) -> Tone {
        match moves.and_then(|[before, last]| last.partial_cmp(&before)) {
            None | Some(Ordering::Equal) => self.flat,
            Some(Ordering::Less) => self.down,
            Some(Ordering::Greater) => self.up,
        }
    }

    /// The line of a chart that is compared with others: of one colour, as they are.
    pub const fn own(&self) -> Tone {
        Tone { role: Role::Own, line: self.blue, ..self.flat }
    }

    /// The colour of a role.
    pub const fn get(&self, role: Role) -> &'static str {
        match role {
            Role::Down => self.down.line,
            Role::Flat => self.flat.line,
            Role::Up => self.up.line,
            Role::Own => self.own().line,
            Role::Muted => self.muted,
            Role::Veil => self.veil,
            Role::Line(index) => self.lines[index % LINES],
        }
    }

    /// Rising and falling.
    pub const fn directions(&self, palette: Palette) -> [&'static str; 2] {
        match palette {
            Palette::Safe | Palette::BlueOrange => [self.blue, self.orange],
            Palette::RedGreen => [self.green, self.red],
            Palette::RedUp => [self.red, self.green],
        }
    }

    /// The template of a figure in these colours.
    pub const fn template(&self) -> Template {
        let axis = AxisColors {
            gridcolor: self.grid,
            linecolor: self.grid,
            zerolinecolor: self.grid,
            color: self.muted,
        };
        Template {
            layout: TemplateLayout {
                paper_bgcolor: self.paper,
                plot_bgcolor: self.paper,
                font: TemplateFont { color: self.text, family: FONT, size: 12 },
                hoverlabel: HoverLabel { bgcolor: self.raised, bordercolor: self.grid },
                xaxis: axis,
                yaxis: axis,
            },
        }
    }

    /// Colours of the range buttons.
    pub const fn selector(&self) -> SelectorColors {
        SelectorColors { bgcolor: self.raised, activecolor: self.grid }
    }
}

/// The colours of a theme for a program that draws in them.
#[derive(Serialize)]
pub struct ColorTable {
    roles: BTreeMap<&'static str, &'static str>,
    /// Rising and falling bars, by palette.
    directions: BTreeMap<&'static str, [&'static str; 2]>,
}

/// The colours of every theme, by its name.
#[must_use]
pub fn color_tables() -> BTreeMap<&'static str, ColorTable> {
    let table = |theme| {
        let colors = Colors::of(theme);
        let directions = Palette::ALL.map(|palette| (palette.as_str(), colors.directions(palette)));
        let roles = Role::ALL.map(|role| (role.name(), colors.get(role)));
        ColorTable { roles: roles.into(), directions: directions.into() }
    };
    Theme::ALL.map(|theme| (theme.as_str(), table(theme))).into()
}

/// System fonts: a figure fetches nothing.
const FONT: &str = "system-ui, -apple-system, Segoe UI, Roboto, sans-serif";

/// `layout.template`.
#[derive(Serialize)]
pub struct Template {
    layout: TemplateLayout,
}

#[derive(Serialize)]
struct TemplateLayout {
    paper_bgcolor: &'static str,
    plot_bgcolor: &'static str,
    font: TemplateFont,
    hoverlabel: HoverLabel,
    xaxis: AxisColors,
    yaxis: AxisColors,
}

#[derive(Serialize)]
struct TemplateFont {
    color: &'static str,
    family: &'static str,
    size: u8,
}

#[derive(Serialize)]
struct HoverLabel {
    bgcolor: &'static str,
    bordercolor: &'static str,
}

#[derive(Serialize, Clone, Copy)]
struct AxisColors {
    gridcolor: &'static str,
    linecolor: &'static str,
    zerolinecolor: &'static str,
    color: &'static str,
}

/// Colours of `xaxis.rangeselector`.
#[derive(Serialize)]
pub struct SelectorColors {
    bgcolor: &'static str,
    activecolor: &'static str,
}

#[cfg(test)]
mod tests {
    use super::Colors;
    use crate::view::Theme;

    #[test]
    fn the_line_is_red_yellow_or_lime_by_the_last_two_prices() {
        let dark = Colors::of(Theme::Dark);
        assert_eq!(dark.tone(Some([2.0, 1.5])).line, "red");
        assert_eq!(dark.tone(Some([2.0, 2.0])).line, "yellow");
        assert_eq!(dark.tone(Some([-2.0, -1.5])).line, "lime");
        assert_eq!(dark.tone(None).line, "yellow", "nothing to compare with");
    }
}
