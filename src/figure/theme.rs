//! Colours, and the pruned template that carries them.
//!
//! plotly's own templates describe two dozen trace types and are a third of a figure's bytes; ours
//! holds what these charts use.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde::{Serialize, Serializer};

use super::appearance::Appearance;
use super::color::{Color, DARK_INK, LIGHT_INK, ink_on, opaque, rgb};
use super::template::{
    AxisColors, HoverLabel, SelectorColors, Template, TemplateFont, TemplateLayout,
};
use crate::brand::{Brand, BrandRole, Rgb};
use crate::view::{Palette, Theme, View};

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
    pub const ALL: [Self; 6 + LINES] = [
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

    pub const fn name(self) -> &'static str {
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
    pub line: Color,
    /// The area below it: the line's colour, mostly transparent.
    pub area: Color,
    /// Words on a ground of the line's colour.
    pub ink: Color,
}

impl Tone {
    /// The same in another colour.
    fn branded(self, color: Rgb) -> Self {
        let hundredths = if let Color::Faded(_, hundredths) = self.area { hundredths } else { 12 };
        Self {
            line: Color::Solid(color),
            area: Color::Faded(color, hundredths),
            ink: ink_on(color),
            ..self
        }
    }
}

/// The colours of a figure: those of its theme, and over them those of a brand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colors {
    down: Tone,
    flat: Tone,
    up: Tone,
    /// The chart's own line beside those of other symbols.
    own: Color,
    /// Ground of the whole figure.
    pub paper: Color,
    /// Words.
    pub text: Color,
    /// Lines and words in the background.
    pub muted: Color,
    /// Lines of the grid.
    pub grid: Color,
    raised: Color,
    /// Ground of a band.
    pub veil: Color,
    /// Ground of words that lie over lines.
    pub glass: Color,
    /// Lines of studies, in the order in which they are taken.
    lines: [Color; LINES],
    green: Color,
    red: Color,
    blue: Color,
    orange: Color,
    /// Rising and falling bars in the place of a palette's.
    rising: Option<Color>,
    falling: Option<Color>,
    font: Cow<'static, str>,
}

/// The named colours of the original; on a dark ground they need no shading.
const DARK: Colors = Colors {
    down: Tone {
        role: Role::Down,
        line: Color::Named("red"),
        area: Color::Faded(rgb(0xff_0000), 14),
        ink: Color::Solid(DARK_INK),
    },
    flat: Tone {
        role: Role::Flat,
        line: Color::Named("yellow"),
        area: Color::Faded(rgb(0xff_ff00), 10),
        ink: Color::Solid(DARK_INK),
    },
    up: Tone {
        role: Role::Up,
        line: Color::Named("lime"),
        area: Color::Faded(rgb(0x00_ff00), 10),
        ink: Color::Solid(DARK_INK),
    },
    own: Color::solid(0x56_a8f5),
    paper: Color::solid(0x0f_1318),
    text: Color::solid(0xd7_dde5),
    muted: Color::solid(0x8a_94a3),
    grid: Color::solid(0x22_2932),
    raised: Color::solid(0x1a_2028),
    veil: Color::Faded(rgb(0x8a_94a3), 8),
    glass: Color::Faded(rgb(0x0f_1318), 70),
    lines: [
        Color::solid(0xf5_c542),
        Color::solid(0xc7_92ea),
        Color::solid(0x4d_d0e1),
        Color::solid(0xff_8a65),
        Color::solid(0x9c_cc65),
        Color::solid(0xf4_8fb1),
    ],
    green: Color::solid(0x2e_bd85),
    red: Color::solid(0xf6_465d),
    blue: Color::solid(0x56_a8f5),
    orange: Color::solid(0xf0_933c),
    rising: None,
    falling: None,
    font: Cow::Borrowed(FONT),
};

/// The same three, dark enough to be read on white (contrast of at least 4.5 to 1).
const LIGHT: Colors = Colors {
    down: Tone {
        role: Role::Down,
        line: Color::solid(0xc6_2828),
        area: Color::Faded(rgb(0xc6_2828), 12),
        ink: Color::Solid(LIGHT_INK),
    },
    flat: Tone {
        role: Role::Flat,
        line: Color::solid(0x8a_6100),
        area: Color::Faded(rgb(0x8a_6100), 12),
        ink: Color::Solid(LIGHT_INK),
    },
    up: Tone {
        role: Role::Up,
        line: Color::solid(0x1b_7a33),
        area: Color::Faded(rgb(0x1b_7a33), 12),
        ink: Color::Solid(LIGHT_INK),
    },
    own: Color::solid(0x17_66b8),
    paper: Color::solid(0xff_ffff),
    text: Color::solid(0x1c_232c),
    muted: Color::solid(0x5b_6675),
    grid: Color::solid(0xe6_e9ee),
    raised: Color::solid(0xf3_f5f8),
    veil: Color::Faded(rgb(0x5b_6675), 8),
    glass: Color::Faded(rgb(0xff_ffff), 75),
    lines: [
        Color::solid(0x94_6c00),
        Color::solid(0x7b_3fb8),
        Color::solid(0x00_727f),
        Color::solid(0xb3_471d),
        Color::solid(0x44_741a),
        Color::solid(0xa8_326a),
    ],
    green: Color::solid(0x14_804a),
    red: Color::solid(0xcf_304a),
    blue: Color::solid(0x17_66b8),
    orange: Color::solid(0xb3_5309),
    rising: None,
    falling: None,
    font: Cow::Borrowed(FONT),
};

impl Colors {
    /// The colours of a theme.
    #[must_use]
    pub const fn of_theme(theme: Theme) -> Self {
        match theme {
            Theme::Dark => DARK,
            Theme::Light => LIGHT,
        }
    }

    /// The colours of a view in an appearance.
    #[must_use]
    pub fn of(view: &View, appearance: &Appearance) -> Self {
        let base = appearance.brand(view.theme);
        let colors = Self::of_theme(view.theme);
        if view.colors.is_empty() {
            return colors.branded(base);
        }
        colors.branded(&view.colors.over(base))
    }

    /// The colours of a view where the server has no brand of its own.
    #[must_use]
    pub fn plain(view: &View) -> Self {
        Self::of(view, &Appearance::default())
    }

    /// The same with those of a brand. What it leaves out goes with what it has: the grid with ground and words, words
    /// in the background with the others.
    #[must_use]
    pub fn branded(mut self, brand: &Brand) -> Self {
        if brand.is_empty() {
            return self;
        }
        let get = |role| brand.get(role);
        let (ground, text) = (get(BrandRole::Background), get(BrandRole::Text));
        if ground.is_some() || text.is_some() {
            let ground = ground.or(opaque(self.paper)).unwrap_or(LIGHT_INK);
            let text = text.or(opaque(self.text)).unwrap_or(DARK_INK);
            let hundredths = if let Color::Faded(_, share) = self.glass { share } else { 70 };
            self.paper = Color::Solid(ground);
            self.text = Color::Solid(text);
            self.muted = Color::Solid(text.towards(ground, 0.3));
            self.grid = Color::Solid(ground.towards(text, 0.1));
            self.raised = Color::Solid(ground.towards(text, 0.05));
            self.glass = Color::Faded(ground, hundredths);
        }
        for (role, color) in brand.colors() {
            self.set(*role, *color);
        }
        if let Some(muted) = opaque(self.muted) {
            self.veil = Color::Faded(muted, 8);
        }
        if let Some(font) = brand.font() {
            self.font = format!("{font}, {FONT}").into();
        }
        self
    }

    fn set(&mut self, role: BrandRole, color: Rgb) {
        let solid = Color::Solid(color);
        match role {
            // The others go with these, which has been seen to.
            BrandRole::Background | BrandRole::Text => {}
            BrandRole::Muted => self.muted = solid,
            BrandRole::Grid => self.grid = solid,
            BrandRole::Up => {
                self.up = self.up.branded(color);
                self.rising = Some(solid);
            }
            BrandRole::Down => {
                self.down = self.down.branded(color);
                self.falling = Some(solid);
            }
            BrandRole::Flat => self.flat = self.flat.branded(color),
            BrandRole::Own => self.own = solid,
            BrandRole::Line0 => self.lines[0] = solid,
            BrandRole::Line1 => self.lines[1] = solid,
            BrandRole::Line2 => self.lines[2] = solid,
            BrandRole::Line3 => self.lines[3] = solid,
            BrandRole::Line4 => self.lines[4] = solid,
            BrandRole::Line5 => self.lines[5] = solid,
        }
    }

    /// The tone that tells how a price stands to the one before; flat where there is nothing to compare.
    #[must_use]
    pub fn tone(&self, moves: Option<[f64; 2]>) -> Tone {
        match moves.and_then(|[before, last]| last.partial_cmp(&before)) {
            None | Some(Ordering::Equal) => self.flat,
            Some(Ordering::Less) => self.down,
            Some(Ordering::Greater) => self.up,
        }
    }

    /// The line of a chart that is compared with others: of one colour, as they are.
    #[must_use]
    pub fn own(&self) -> Tone {
        let ink = opaque(self.own).map_or(self.flat.ink, ink_on);
        Tone { role: Role::Own, line: self.own, ink, ..self.flat }
    }

    /// The colour of a role.
    #[must_use]
    pub fn get(&self, role: Role) -> Color {
        match role {
            Role::Down => self.down.line,
            Role::Flat => self.flat.line,
            Role::Up => self.up.line,
            Role::Own => self.own,
            Role::Muted => self.muted,
            Role::Veil => self.veil,
            Role::Line(index) => self.lines[index % LINES],
        }
    }

    /// Rising and falling.
    #[must_use]
    pub fn directions(&self, palette: Palette) -> [Color; 2] {
        let [up, down] = match palette {
            Palette::Safe | Palette::BlueOrange => [self.blue, self.orange],
            Palette::RedGreen => [self.green, self.red],
            Palette::RedUp => [self.red, self.green],
        };
        [self.rising.unwrap_or(up), self.falling.unwrap_or(down)]
    }

    /// The template of a figure in these colours.
    #[must_use]
    pub fn template(&self) -> Template {
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
                font: TemplateFont { color: self.text, family: self.font.clone(), size: 12 },
                hoverlabel: HoverLabel { bgcolor: self.raised, bordercolor: self.grid },
                xaxis: axis,
                yaxis: axis,
            },
        }
    }

    /// Colours of the range buttons.
    #[must_use]
    pub const fn selector(&self) -> SelectorColors {
        SelectorColors { bgcolor: self.raised, activecolor: self.grid }
    }
}

/// System fonts: a figure fetches nothing.
const FONT: &str = "system-ui, -apple-system, Segoe UI, Roboto, sans-serif";

#[cfg(test)]
mod tests {
    use super::Colors;
    use crate::view::Theme;

    #[test]
    fn the_line_is_red_yellow_or_lime_by_the_last_two_prices() {
        let dark = Colors::of_theme(Theme::Dark);
        let line = |moves| dark.tone(moves).line.to_string();
        assert_eq!(line(Some([2.0, 1.5])), "red");
        assert_eq!(line(Some([2.0, 2.0])), "yellow");
        assert_eq!(line(Some([-2.0, -1.5])), "lime");
        assert_eq!(line(None), "yellow", "nothing to compare with");
    }
}
