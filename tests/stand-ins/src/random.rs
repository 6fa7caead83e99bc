//! Numbers that look random and come out the same for the same seed.

/// `SplitMix64`: its state is a counter, so any seed will do.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// 32 hex digits: the form of a version.
    pub(crate) fn version(&mut self) -> String {
        format!("{:016x}{:016x}", self.next(), self.next())
    }
}

/// Where `text` stands in the order that `seed` gives.
pub(crate) fn rank(seed: u64, text: &str) -> u64 {
    text.bytes().fold(mix(seed), |rank, byte| mix(rank ^ u64::from(byte)))
}

const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
