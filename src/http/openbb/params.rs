//! The parameters of a widget, from the tables that views are read by.

use serde::Serialize;

use crate::symbol::Symbol;
use crate::view::{OptionKind, ViewOption, options};

/// Options of a view that a reader sets there. The theme is the workspace's, which sends it along.
const OFFERED: [&str; 8] =
    ["range", "interval", "chart", "studies", "compare", "session", "palette", "scale"];
/// Those that rows have.
const OFFERED_FOR_ROWS: [&str; 4] = ["range", "interval", "studies", "session"];

/// One parameter.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WidgetParameter {
    param_name: &'static str,
    label: String,
    description: &'static str,
    r#type: &'static str,
    value: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<ParameterChoice>,
}

/// A value that can be chosen.
#[derive(Debug, Serialize)]
struct ParameterChoice {
    label: &'static str,
    value: &'static str,
}

/// Those of a chart that begins with `symbol`.
pub fn of_chart(symbol: &Symbol) -> Vec<WidgetParameter> {
    parameters(symbol, &OFFERED)
}

/// Those of a table.
pub fn of_rows(symbol: &Symbol) -> Vec<WidgetParameter> {
    parameters(symbol, &OFFERED_FOR_ROWS)
}

fn parameters(symbol: &Symbol, offered: &[&str]) -> Vec<WidgetParameter> {
    let symbol = WidgetParameter {
        param_name: "symbol",
        label: "Symbol".to_owned(),
        description: "Whose bars.",
        r#type: "ticker",
        value: symbol.to_string(),
        options: Vec::new(),
    };
    let all = options();
    let option = |name: &&str| all.iter().find(|option| option.name == *name);
    let others = offered.iter().filter_map(option).map(parameter);
    std::iter::once(symbol).chain(others).collect()
}

fn parameter(option: &ViewOption) -> WidgetParameter {
    // An interval and a range bring each other along, so neither has a value of its own.
    let usual = if ["interval", "range"].contains(&option.name) { "" } else { option.default };
    let choices = match &option.kind {
        OptionKind::Choice { values } => {
            let chosen = values
                .iter()
                .map(|offer| ParameterChoice { label: offer.value, value: offer.value });
            let any = usual.is_empty().then_some(ParameterChoice { label: "usual", value: "" });
            any.into_iter().chain(chosen).collect()
        }
        _ => Vec::new(),
    };
    WidgetParameter {
        param_name: option.name,
        label: capitalized(option.name),
        description: option.about,
        r#type: "text",
        value: usual.to_owned(),
        options: choices,
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::{OFFERED, OFFERED_FOR_ROWS, Symbol, of_chart, of_rows};

    #[test]
    fn every_option_that_is_offered_is_one_of_a_view_and_begins_as_a_view_does() {
        let symbol = Symbol::parse("AAPL").expect("valid");
        for (parameters, offered) in
            [(of_chart(&symbol), OFFERED.len()), (of_rows(&symbol), OFFERED_FOR_ROWS.len())]
        {
            assert_eq!(parameters.len(), 1 + offered);
            for parameter in &parameters[1..] {
                let is_offered = parameter.options.is_empty()
                    || parameter.options.iter().any(|choice| choice.value == parameter.value);
                assert!(is_offered, "{}={}", parameter.param_name, parameter.value);
            }
        }
    }
}
