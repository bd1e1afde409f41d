//! Bessel functions of the first kind, the shapes of a round membrane's modes.

/// The zeros of J_m below 24, from low to high: nodal diameters m, and the zero. They are the
/// modes of a round membrane (Abramowitz and Stegun, *Handbook of Mathematical Functions*,
/// table 9.5; Fletcher and Rossing, *The Physics of Musical Instruments*, ch. 3.1).
#[rustfmt::skip]
pub const ZEROS: [(usize, f64); 68] = [
    (0, 2.40483), (1, 3.83171), (2, 5.13562), (0, 5.52008), (3, 6.38016), (1, 7.01559),
    (4, 7.58834), (2, 8.41724), (0, 8.65373), (5, 8.77148), (3, 9.76102), (6, 9.93611),
    (1, 10.17347), (4, 11.06471), (7, 11.08637), (2, 11.61984), (0, 11.79153), (8, 12.22509),
    (5, 12.33860), (3, 13.01520), (1, 13.32369), (9, 13.35430), (6, 13.58929), (4, 14.37254),
    (10, 14.47550), (2, 14.79595), (7, 14.82127), (0, 14.93092), (11, 15.58985), (5, 15.70017),
    (8, 16.03777), (3, 16.22347), (1, 16.47063), (12, 16.69825), (6, 17.00382), (9, 17.24122),
    (4, 17.61597), (13, 17.80144), (2, 17.95982), (0, 18.07106), (7, 18.28758), (10, 18.43346),
    (14, 18.90000), (5, 18.98013), (3, 19.40942), (8, 19.55454), (1, 19.61586), (11, 19.61597),
    (15, 19.99443), (6, 20.32079), (12, 20.78991), (9, 20.80705), (4, 20.82693), (16, 21.08515),
    (2, 21.11700), (0, 21.21164), (7, 21.64154), (13, 21.95624), (10, 22.04699), (17, 22.17249),
    (5, 22.21780), (3, 22.58273), (1, 22.76008), (8, 22.94517), (14, 23.11578), (18, 23.25678),
    (11, 23.27585), (6, 23.58608),
];

/// J_m(x) for m ≤ 20 and 0 ≤ x < 30, by Miller's algorithm: the recurrence from high orders
/// down is stable, and J₀ + 2·(J₂ + J₄ + …) = 1 says what it has to be divided by.
pub fn bessel(m: usize, x: f64) -> f64 {
    if x < 1e-6 {
        return if m == 0 { 1.0 } else { 0.0 };
    }
    // From here on J_k(30) is below 1e-16.
    const START: usize = 72;
    let (mut above, mut now, mut wanted, mut sum) = (0.0, 1e-300, 0.0, 0.0);
    for k in (0..START).rev() {
        let order = (k + 1) as f64;
        (above, now) = (now, 2.0 * order / x * now - above);
        if now.abs() > 1e100 {
            (above, now, wanted, sum) =
                (above * 1e-100, now * 1e-100, wanted * 1e-100, sum * 1e-100);
        }
        if k == m {
            wanted = now;
        }
        if k % 2 == 0 {
            sum += if k == 0 { now } else { 2.0 * now };
        }
    }
    wanted / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_agree_with_the_printed_tables() {
        // Abramowitz and Stegun, tables 9.1 and 9.2.
        for (m, x, value) in [
            (0, 1.0, 0.765_197_686_6),
            (1, 1.0, 0.440_050_585_7),
            (0, 10.0, -0.245_935_764_5),
            (2, 5.0, 0.046_565_116_3),
            (9, 10.0, 0.291_855_685_3),
        ] {
            assert!((bessel(m, x) - value).abs() < 1e-10, "J{m}({x}) = {}", bessel(m, x));
        }
        assert_eq!(bessel(0, 0.0), 1.0);
        assert_eq!(bessel(3, 0.0), 0.0);
        assert!(bessel(20, 0.01).abs() < 1e-40);
    }

    #[test]
    fn every_zero_in_the_table_is_one_and_they_rise() {
        for (m, zero) in ZEROS {
            assert!(bessel(m, zero - 2e-5) * bessel(m, zero + 2e-5) < 0.0, "J{m} at {zero}");
        }
        assert!(ZEROS.windows(2).all(|pair| pair[0].1 < pair[1].1));
    }
}
