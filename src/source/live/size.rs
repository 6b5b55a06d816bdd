//! How much was traded, as an exact decimal.

/// Decimals of a size.
const DECIMALS: usize = 12;
/// Parts that a size is counted in.
const PARTS: u128 = 1_000_000_000_000;

/// How much was traded, in trillionths, so that a sum of sizes is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TradeSize(u128);

impl TradeSize {
    /// Reads a decimal number such as `0.00512`. Decimals beyond the twelfth do not count.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(decimals) {
            return None;
        }
        let decimals = &decimals[..decimals.len().min(DECIMALS)];
        let parts: u128 = format!("{decimals:0<DECIMALS$}").parse().ok()?;
        whole.parse::<u128>().ok()?.checked_mul(PARTS)?.checked_add(parts).map(Self)
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The nearest number, which is the one that the decimal text of it is read as.
    #[must_use]
    pub fn nearest(self) -> f64 {
        let text = format!("{}.{:0DECIMALS$}", self.0 / PARTS, self.0 % PARTS);
        text.parse().unwrap_or(f64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::TradeSize;

    #[test]
    fn sizes_are_summed_as_decimals() {
        let sizes =
            ["0.1", "0.2", "0.00000001"].map(|text| TradeSize::parse(text).expect("a size"));
        let sum = sizes.into_iter().reduce(TradeSize::plus).expect("three");
        assert_eq!(sum.nearest().to_bits(), 0.300_000_01_f64.to_bits());
    }

    #[test]
    fn what_is_no_size_is_none() {
        for odd in ["", ".5", "-1", "1e3", "NaN", "1.2.3", " 1", &"9".repeat(40)] {
            assert_eq!(TradeSize::parse(odd), None, "{odd}");
        }
        assert_eq!(TradeSize::parse("7"), TradeSize::parse("7.0000000000009999"));
    }
}
