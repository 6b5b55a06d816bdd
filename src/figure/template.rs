//! The parts of a layout that carry its colours.

use std::borrow::Cow;

use serde::Serialize;

use super::color::Color;

/// `layout.template`.
#[derive(Serialize)]
pub struct Template {
    pub layout: TemplateLayout,
}

#[derive(Serialize)]
pub struct TemplateLayout {
    pub paper_bgcolor: Color,
    pub plot_bgcolor: Color,
    pub font: TemplateFont,
    pub hoverlabel: HoverLabel,
    pub xaxis: AxisColors,
    pub yaxis: AxisColors,
}

#[derive(Serialize)]
pub struct TemplateFont {
    pub color: Color,
    pub family: Cow<'static, str>,
    pub size: u8,
}

#[derive(Serialize)]
pub struct HoverLabel {
    pub bgcolor: Color,
    pub bordercolor: Color,
}

#[derive(Serialize, Clone, Copy)]
pub struct AxisColors {
    pub gridcolor: Color,
    pub linecolor: Color,
    pub zerolinecolor: Color,
    pub color: Color,
}

/// Colours of `xaxis.rangeselector`.
#[derive(Serialize)]
pub struct SelectorColors {
    pub bgcolor: Color,
    pub activecolor: Color,
}
