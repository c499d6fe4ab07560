//! What a catalogue may cost.

/// Bounds on a catalogue, for it is somebody else's file. What goes over one of them is refused, not cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogLimits {
    /// Longest document, unpacked and as UTF-8, in bytes. Dell's own is some fifty million.
    pub unpacked_bytes: u64,
    /// Longest tag or text, in bytes. Dell's longest are revision histories of some ten thousand.
    pub token_bytes: usize,
    /// Deepest nesting of elements. Dell's has seven.
    pub depth: usize,
    /// Most packages and bundles together. Dell's has under ten thousand.
    pub components: usize,
    /// Most memory for what is kept, in bytes, roughly.
    pub kept_bytes: usize,
}

impl Default for CatalogLimits {
    fn default() -> Self {
        Self {
            unpacked_bytes: 512 << 20,
            token_bytes: 1 << 20,
            depth: 32,
            components: 100_000,
            kept_bytes: 256 << 20,
        }
    }
}
