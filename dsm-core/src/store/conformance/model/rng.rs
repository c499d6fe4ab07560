//! Numbers that a seed gives again.

/// A generator of the `SplitMix64` kind: small, and the same on every machine.
#[derive(Debug, Clone)]
pub(super) struct Rng(u64);

impl Rng {
    /// One for each list of a run.
    pub(super) fn of(seed: u64, list: u32) -> Self {
        let mut rng = Self(seed ^ u64::from(list).wrapping_mul(0xD129_0DD1_4D1B_F2E5));
        rng.next();
        rng
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below this one, which is at least 1.
    pub(super) fn below(&mut self, end: u16) -> u16 {
        u16::try_from(self.next() % u64::from(end.max(1))).unwrap_or_default()
    }

    /// Whether something with so many chances in a hundred happens.
    pub(super) fn chance(&mut self, percent: u16) -> bool {
        self.below(100) < percent
    }

    /// Nothing, more often than not; else a number below this one.
    pub(super) fn maybe(&mut self, percent: u16, end: u16) -> Option<u16> {
        self.chance(percent).then(|| self.below(end))
    }
}
