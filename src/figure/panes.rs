//! How the height is shared: prices on top, a pane for each study that has a scale of its own below.
//!
//! Panes are domains of y axes over one x axis and not subplots, so that hovering and zooming go
//! through all of them.

/// Share of the height of a study's pane, by how many there are.
const SHARES: [f64; 4] = [0.22, 0.18, 0.16, 0.15];
/// Share of the height between two panes, where the lower one's label stands.
const GAP: f64 = 0.045;
/// Least share of the height that prices keep.
const PRICE_SHARE: f64 = 0.35;

/// The panes of a chart with so many studies below the prices.
#[derive(Debug, Clone, Copy)]
pub struct Panes {
    below: usize,
    share: f64,
}

impl Panes {
    /// Panes for `below` studies.
    pub fn new(below: usize) -> Self {
        let preferred = SHARES[below.saturating_sub(1).min(SHARES.len() - 1)];
        let most = (1.0 - PRICE_SHARE) / below.max(1) as f64 - GAP;
        Self { below, share: preferred.min(most) }
    }

    /// From where to where prices go, as shares of the height.
    pub fn price(self) -> [f64; 2] {
        [round(self.below as f64 * (self.share + GAP)), 1.0]
    }

    /// From where to where the pane goes that is `index` below the prices.
    pub fn study(self, index: usize) -> [f64; 2] {
        let bottom = (self.below - index - 1) as f64 * (self.share + GAP);
        [round(bottom), round(bottom + self.share)]
    }
}

/// Three decimals are a pixel in a thousand.
fn round(share: f64) -> f64 {
    (share * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::{PRICE_SHARE, Panes};

    #[test]
    fn prices_alone_have_the_whole_height() {
        let [bottom, top] = Panes::new(0).price();
        assert!(bottom.abs() < 1e-9 && (top - 1.0).abs() < 1e-9);
    }

    #[test]
    fn panes_stack_without_overlap_and_prices_keep_their_share() {
        for below in 1..=8 {
            let panes = Panes::new(below);
            let mut bottom = panes.price()[0];
            assert!(1.0 - bottom >= PRICE_SHARE - 0.01, "{below}");
            for index in 0..below {
                let [from, to] = panes.study(index);
                assert!(from < to && to < bottom, "{below}: {index}");
                bottom = from;
            }
            assert!(bottom.abs() < 1e-9);
        }
    }
}
