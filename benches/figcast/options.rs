//! Options: names with numbers, bounded so that no run is endless.

use anyhow::{Context as _, bail};

/// An option: its name, its default, and the largest number it takes.
pub type Known = (&'static str, usize, usize);

/// The value of each known option, in the order of `known`.
pub fn numbers<const N: usize>(args: &[String], known: [Known; N]) -> anyhow::Result<[usize; N]> {
    let mut values = known.map(|(_, default, _)| default);
    for pair in args.chunks(2) {
        let Some(at) = known.iter().position(|(name, ..)| *name == pair[0]) else {
            bail!("{} is no option: {} are", pair[0], known.map(|(name, ..)| name).join(", "));
        };
        let (name, _, most) = known[at];
        let text = pair.get(1).with_context(|| format!("{name} wants a number"))?;
        values[at] = text.parse().with_context(|| format!("{name}: {text}"))?;
        if values[at] > most {
            bail!("{name} is at most {most}");
        }
    }
    Ok(values)
}
