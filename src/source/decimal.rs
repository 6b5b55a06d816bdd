//! Prices in the decimals that they were made of.

/// The shortest decimal of a price that was kept as `f32` and printed widened, as Yahoo's are: 225.67
/// arrives as 225.6699981689453. What is no widened `f32` was printed from its own decimals already.
///
/// The test is to the last bit, which takes `serde_json` with `float_roundtrip`: its faster reading
/// misses every third price by one.
pub fn shortest(price: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, reason = "the loss is what is tested")]
    let narrow = price as f32;
    if f64::from(narrow).to_bits() == price.to_bits() {
        narrow.to_string().parse().unwrap_or(price)
    } else {
        price
    }
}

#[cfg(test)]
mod tests {
    use super::shortest;

    #[test]
    fn a_widened_f32_is_the_decimal_it_was_and_any_other_number_itself() {
        for (read, price) in [
            ("225.6699981689453", 225.67),
            ("1.1218937635421753", 1.121_893_8),
            ("1.2339999557298142e-05", 0.000_012_34),
            ("225.67", 225.67),
            ("69385.6484375", 69_385.65),
            ("202", 202.0),
            ("1e300", 1e300),
        ] {
            let read: f64 = serde_json::from_str(read).expect(read);
            assert_eq!(shortest(read).to_bits(), f64::to_bits(price), "{read}");
        }
        assert!(shortest(f64::NAN).is_nan());
    }
}
