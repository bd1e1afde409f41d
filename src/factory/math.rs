//! Sine and exponential from nothing but + − × ÷.
//!
//! The standard library's `sin`, `exp` and `tanh` come from the platform and differ in
//! their last bits; the four operations, `sqrt` and rounding are exact by IEEE 754. The
//! kit is made with these alone, so that it comes out the same, byte for byte,
//! everywhere.

use std::f64::consts::{LN_2, LN_10, LOG2_E, TAU};

/// ln 1000: how far a level falls in T60, the time of a decay by 60 dB.
pub const LN_1000: f64 = 6.907_755_278_982_137;

/// 1 ÷ 1, 1 ÷ 2 … 1 ÷ 17: what one term of a power series has over the one before.
const INVERSES: [f64; 17] = {
    let mut table = [0.0; 17];
    let mut n = 0;
    while n < 17 {
        table[n] = 1.0 / (n + 1) as f64;
        n += 1;
    }
    table
};

/// e to the power of `x`, to about 1e-13 of its value. Below −700: 0. `x` must not be
/// above 700.
pub fn exp(x: f64) -> f64 {
    if x < -700.0 {
        return 0.0;
    }
    let twos = (x * LOG2_E).round();
    let rest = x - twos * LN_2;
    // The series up to rest¹⁷ / 17!, with |rest| ≤ ln 2 / 2: what is left out is below 1e-23.
    let series = INVERSES.iter().rev().fold(1.0, |sum, inverse| 1.0 + rest * inverse * sum);
    let exponent = (1023 + twos as i64) as u64;
    series * f64::from_bits(exponent << 52)
}

/// The sine of an angle given in turns, to about 1e-13. `turns` may be any number below
/// 2⁵², where fractions of a turn end.
pub fn sin_turns(turns: f64) -> f64 {
    let part = turns - turns.round();
    let folded = if part > 0.25 {
        0.5 - part
    } else if part < -0.25 {
        -0.5 - part
    } else {
        part
    };
    let angle = folded * TAU;
    let square = angle * angle;
    // The series up to angle¹⁷ / 17!, with |angle| ≤ π/2: what is left out is below 1e-13.
    let pairs = INVERSES[1..17].chunks_exact(2);
    let series = pairs.rev().fold(1.0, |sum, pair| 1.0 - square * (pair[0] * pair[1]) * sum);
    angle * series
}

/// The cosine of an angle given in turns.
pub fn cos_turns(turns: f64) -> f64 {
    sin_turns(turns + 0.25)
}

/// The factor for a level in dB.
pub fn from_db(db: f64) -> f64 {
    exp(db * (LN_10 / 20.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_agrees_with_the_platform_to_its_last_digits() {
        for i in -3000..=300 {
            let x = f64::from(i) * 0.0937;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-13, "{x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-1000.0), 0.0);
    }

    #[test]
    fn the_sine_agrees_with_the_platform_over_many_turns() {
        for i in -4000..=4000 {
            let turns = f64::from(i) * 0.00171;
            assert!((sin_turns(turns) - (turns * TAU).sin()).abs() < 2e-13, "{turns}");
            assert!((cos_turns(turns) - (turns * TAU).cos()).abs() < 2e-13, "{turns}");
        }
    }

    #[test]
    fn decibels_become_factors() {
        assert!((from_db(-20.0) - 0.1).abs() < 1e-15);
        assert!((from_db(6.020_599_913_279_624) - 2.0).abs() < 1e-14);
    }
}
