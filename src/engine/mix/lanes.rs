//! Vectors of floats: what the kernels are written in. Left to itself the compiler keeps the
//! sums in memory and, on aarch64, adds one value at a time.
//!
//! Every operation is the same on every value as that of a plain `f32`, and none is fused.
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "instructions that need the same processor and nothing else of each other"
)]

/// SSE2, which every x86-64 processor has.
#[cfg(target_arch = "x86_64")]
pub mod baseline {
    use std::arch::x86_64::*;

    /// Values in a vector.
    pub const WIDTH: usize = 4;
    /// Values in eight of the sixteen registers.
    pub const CHUNK: usize = 32;

    /// Four values, two frames.
    #[derive(Clone, Copy)]
    pub struct Lanes(__m128);

    impl Lanes {
        // SAFETY: all bits zero are four zeros.
        pub const ZERO: Self = Self(unsafe { std::mem::zeroed() });

        #[inline(always)]
        pub fn load(x: &[f32; 4]) -> Self {
            // SAFETY: there are four values, and none of the alignments matters.
            Self(unsafe { _mm_loadu_ps(x.as_ptr()) })
        }

        #[inline(always)]
        pub fn load_16(x: &[i16; 4]) -> Self {
            // SAFETY: there are four values of 16 bits, and no alignment matters.
            let x = unsafe { _mm_loadl_epi64(x.as_ptr().cast()) };
            // each value into the upper half of 32 bits, then down with its sign
            // SAFETY: x86-64 has SSE2.
            Self(unsafe { _mm_cvtepi32_ps(_mm_srai_epi32::<16>(_mm_unpacklo_epi16(x, x))) })
        }

        /// Each value twice, mono on both sides: the first half and the second.
        #[inline(always)]
        pub fn spread(self) -> [Self; 2] {
            // SAFETY: x86-64 has SSE.
            unsafe {
                [Self(_mm_unpacklo_ps(self.0, self.0)), Self(_mm_unpackhi_ps(self.0, self.0))]
            }
        }

        /// The same two values for every frame.
        #[inline(always)]
        pub fn pairs([l, r]: [f32; 2]) -> Self {
            // SAFETY: x86-64 has SSE.
            Self(unsafe { _mm_setr_ps(l, r, l, r) })
        }

        #[inline(always)]
        pub fn plus(self, x: Self) -> Self {
            // SAFETY: x86-64 has SSE.
            Self(unsafe { _mm_add_ps(self.0, x.0) })
        }

        #[inline(always)]
        pub fn minus(self, x: Self) -> Self {
            // SAFETY: x86-64 has SSE.
            Self(unsafe { _mm_sub_ps(self.0, x.0) })
        }

        #[inline(always)]
        pub fn times(self, x: Self) -> Self {
            // SAFETY: x86-64 has SSE.
            Self(unsafe { _mm_mul_ps(self.0, x.0) })
        }

        #[inline(always)]
        pub fn store(self, x: &mut [f32; 4]) {
            // SAFETY: there is room for four values, and no alignment matters.
            unsafe { _mm_storeu_ps(x.as_mut_ptr(), self.0) };
        }
    }
}

/// AVX2. Only to be inlined into functions that were made for it.
#[cfg(target_arch = "x86_64")]
pub mod avx2 {
    use std::arch::x86_64::*;

    /// Values in a vector.
    pub const WIDTH: usize = 8;
    /// Values in eight of the sixteen registers.
    pub const CHUNK: usize = 64;

    /// Eight values, four frames.
    #[derive(Clone, Copy)]
    pub struct Lanes(__m256);

    impl Lanes {
        // SAFETY: all bits zero are eight zeros.
        pub const ZERO: Self = Self(unsafe { std::mem::zeroed() });

        #[inline(always)]
        pub fn load(x: &[f32; 8]) -> Self {
            // SAFETY: there are eight values, and no alignment matters; AVX2 is there.
            Self(unsafe { _mm256_loadu_ps(x.as_ptr()) })
        }

        #[inline(always)]
        pub fn load_16(x: &[i16; 8]) -> Self {
            // SAFETY: there are eight values of 16 bits, and no alignment matters; AVX2 is there.
            Self(unsafe {
                let x = _mm_loadu_si128(x.as_ptr().cast());
                _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(x))
            })
        }

        /// Each value twice, mono on both sides: the first half and the second.
        #[inline(always)]
        pub fn spread(self) -> [Self; 2] {
            // SAFETY: AVX2 is there.
            unsafe {
                let first = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
                let last = _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7);
                [first, last].map(|order| Self(_mm256_permutevar8x32_ps(self.0, order)))
            }
        }

        /// The same two values for every frame.
        #[inline(always)]
        pub fn pairs([l, r]: [f32; 2]) -> Self {
            // SAFETY: AVX2 is there.
            Self(unsafe { _mm256_setr_ps(l, r, l, r, l, r, l, r) })
        }

        #[inline(always)]
        pub fn plus(self, x: Self) -> Self {
            // SAFETY: AVX2 is there.
            Self(unsafe { _mm256_add_ps(self.0, x.0) })
        }

        #[inline(always)]
        pub fn minus(self, x: Self) -> Self {
            // SAFETY: AVX2 is there.
            Self(unsafe { _mm256_sub_ps(self.0, x.0) })
        }

        #[inline(always)]
        pub fn times(self, x: Self) -> Self {
            // SAFETY: AVX2 is there.
            Self(unsafe { _mm256_mul_ps(self.0, x.0) })
        }

        #[inline(always)]
        pub fn store(self, x: &mut [f32; 8]) {
            // SAFETY: there is room for eight values, and no alignment matters; AVX2 is there.
            unsafe { _mm256_storeu_ps(x.as_mut_ptr(), self.0) };
        }
    }
}

/// NEON, which every aarch64 processor has.
#[cfg(target_arch = "aarch64")]
pub mod baseline {
    use std::arch::aarch64::*;

    /// Values in a vector.
    pub const WIDTH: usize = 4;
    /// Values in sixteen of the 32 registers.
    pub const CHUNK: usize = 64;

    /// Four values, two frames.
    #[derive(Clone, Copy)]
    pub struct Lanes(float32x4_t);

    impl Lanes {
        // SAFETY: all bits zero are four zeros.
        pub const ZERO: Self = Self(unsafe { std::mem::zeroed() });

        #[inline(always)]
        pub fn load(x: &[f32; 4]) -> Self {
            // SAFETY: there are four values.
            Self(unsafe { vld1q_f32(x.as_ptr()) })
        }

        #[inline(always)]
        pub fn load_16(x: &[i16; 4]) -> Self {
            // SAFETY: there are four values of 16 bits.
            Self(unsafe { vcvtq_f32_s32(vmovl_s16(vld1_s16(x.as_ptr()))) })
        }

        /// Each value twice, mono on both sides: the first half and the second.
        #[inline(always)]
        pub fn spread(self) -> [Self; 2] {
            // SAFETY: aarch64 has NEON.
            unsafe { [Self(vzip1q_f32(self.0, self.0)), Self(vzip2q_f32(self.0, self.0))] }
        }

        /// The same two values for every frame.
        #[inline(always)]
        pub fn pairs([l, r]: [f32; 2]) -> Self {
            Self::load(&[l, r, l, r])
        }

        #[inline(always)]
        pub fn plus(self, x: Self) -> Self {
            // SAFETY: aarch64 has NEON.
            Self(unsafe { vaddq_f32(self.0, x.0) })
        }

        #[inline(always)]
        pub fn minus(self, x: Self) -> Self {
            // SAFETY: aarch64 has NEON.
            Self(unsafe { vsubq_f32(self.0, x.0) })
        }

        #[inline(always)]
        pub fn times(self, x: Self) -> Self {
            // SAFETY: aarch64 has NEON.
            Self(unsafe { vmulq_f32(self.0, x.0) })
        }

        #[inline(always)]
        pub fn store(self, x: &mut [f32; 4]) {
            // SAFETY: there is room for four values.
            unsafe { vst1q_f32(x.as_mut_ptr(), self.0) };
        }
    }
}

/// Plain arrays, where neither of these is there (a 32-bit Raspberry Pi), and in tests.
#[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub mod plain {
    /// Values in a vector.
    pub const WIDTH: usize = 4;
    /// Values of a chunk.
    pub const CHUNK: usize = 16;

    /// Four values, two frames.
    #[derive(Clone, Copy)]
    pub struct Lanes([f32; 4]);

    impl Lanes {
        pub const ZERO: Self = Self([0.0; 4]);

        #[inline(always)]
        pub fn load(x: &[f32; 4]) -> Self {
            Self(*x)
        }

        #[inline(always)]
        pub fn load_16(x: &[i16; 4]) -> Self {
            Self(x.map(f32::from))
        }

        /// Each value twice, mono on both sides: the first half and the second.
        #[inline(always)]
        pub fn spread(self) -> [Self; 2] {
            let [a, b, c, d] = self.0;
            [Self([a, a, b, b]), Self([c, c, d, d])]
        }

        /// The same two values for every frame.
        #[inline(always)]
        pub fn pairs([l, r]: [f32; 2]) -> Self {
            Self([l, r, l, r])
        }

        #[inline(always)]
        pub fn plus(self, Self([e, f, g, h]): Self) -> Self {
            let [a, b, c, d] = self.0;
            Self([a + e, b + f, c + g, d + h])
        }

        #[inline(always)]
        pub fn minus(self, Self([e, f, g, h]): Self) -> Self {
            let [a, b, c, d] = self.0;
            Self([a - e, b - f, c - g, d - h])
        }

        #[inline(always)]
        pub fn times(self, Self([e, f, g, h]): Self) -> Self {
            let [a, b, c, d] = self.0;
            Self([a * e, b * f, c * g, d * h])
        }

        #[inline(always)]
        pub fn store(self, x: &mut [f32; 4]) {
            *x = self.0;
        }
    }
}
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub use plain as baseline;
