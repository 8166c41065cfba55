//! What a header format must be able to do.
//!
//! The decoder and the encoder know formats only through [`Format`].

use std::ops::{Range, RangeInclusive};

use super::digits::Runs;
use super::error::Length;
use super::extent::Unit;

/// Twice the widest header in published scripts; a header is kept until its frame is complete, so its size is
/// bounded.
pub const MAX_HEADER_SIZE: usize = 4096;

/// What the bytes from a header's first one onwards amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// Everything so far may belong to a header; at least `needed` more bytes complete it.
    Partial {
        /// The least number of bytes that can complete the header, never 0.
        needed: usize,
    },
    /// The first `size` bytes are a header.
    Complete {
        /// The bytes of the header.
        size: usize,
        /// What it announces, in the header's unit; `u64::MAX` stands for that and everything above.
        length: u64,
    },
    /// No header begins like this.
    Invalid {
        /// The index of the first byte that cannot be part of a header.
        at: usize,
    },
}

/// What [`Format::resume`] has found in the bytes of a header that has arrived in part.
#[derive(Debug, Clone, Default)]
pub struct ScanState {
    /// For decimal text. Other formats look again at the few bytes of their length.
    pub(super) runs: Runs,
}

impl ScanState {
    /// Nothing has arrived.
    pub(super) const START: Self =
        Self { runs: Runs { lead: 0, digits: 0, trail: 0, zero: false, value: 0 } };
}

/// What a header format must be able to do.
pub trait Format: Clone {
    /// Reads the header at the start of `bytes`, which may be cut off or go on behind it.
    #[must_use]
    fn scan(&self, bytes: &[u8]) -> Scan;

    /// Reads on in a header that has arrived in part: what [`scan`](Self::scan) says of `head` and `more` together, at
    /// a cost that does not depend on `head`.
    ///
    /// `head` is what earlier calls with the same `state` took, all of which gave [`Scan::Partial`].
    #[doc(hidden)]
    #[must_use]
    fn resume(&self, state: &mut ScanState, head: &[u8], more: &[u8]) -> Scan;

    /// Two numbers that are equal only for headers at the start of `bytes` that are of one size and announce one
    /// length; `None` says nothing.
    #[must_use]
    fn fingerprint(&self, bytes: &[u8]) -> Option<(u64, u64)>;

    /// The exact length a complete header announces, however large: what `FrameTooLarge` reports.
    #[must_use]
    fn exact_length(&self, header: &[u8]) -> Length;

    /// The bytes of the header that announces `length`.
    #[must_use]
    fn size_for(&self, length: u64) -> usize;

    /// Writes the header that announces `length` over all of `out`, around the length the bytes of `fields`, or
    /// where there are none the header's own default ones.
    ///
    /// `out` has the size that [`size_for`](Self::size_for) gave, `length` is one of
    /// [`lengths`](Self::lengths), and `fields` has no byte, or [`fields_size`](Self::fields_size) of them: the
    /// encoder's to ensure.
    fn write(&self, length: u64, fields: &[u8], out: &mut [u8]);

    /// The lengths that the header can express; `u64::MAX` stands for that and everything above.
    #[must_use]
    fn lengths(&self) -> RangeInclusive<u64>;

    /// The bytes of the header that are not the length, and are the sender's to choose.
    #[must_use]
    fn fields_size(&self) -> usize {
        0
    }

    /// The bytes behind every payload, which a frame must have to be one; none for most formats.
    #[must_use]
    fn trailer(&self) -> &'static [u8] {
        &[]
    }

    /// What lengths count.
    #[must_use]
    fn unit(&self) -> Unit {
        Unit::Bytes
    }

    /// Whether a header is text: then text that is none, and a binary number, are worth a hint.
    #[must_use]
    fn is_text(&self) -> bool {
        false
    }

    /// Where a length of fixed size stands in the header; empty where its size varies.
    #[doc(hidden)]
    #[must_use]
    fn length_range(&self) -> Range<usize> {
        0..0
    }

    /// What a complete header would announce in the other byte order, where there is one.
    #[doc(hidden)]
    #[must_use]
    fn swapped_length(&self, _header: &[u8]) -> Option<u64> {
        None
    }
}
