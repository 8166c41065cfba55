//! Writing a decimal header.

use super::{Align, DecimalHeader, Fill};
use crate::codec::digits::{self, Digits};

impl DecimalHeader {
    /// The common case, eight bytes at a time: up to eight digits at the left of a header of 8 to 16 bytes.
    #[inline]
    fn write_word(length: u64, out: &mut [u8]) -> bool {
        let Some((word, _)) = digits::word(length) else { return false };
        if out.len() > 16 {
            return false;
        }
        // What the two have in common, the second one writes.
        let Some(last) = out.last_chunk_mut() else { return false };
        *last = [b' '; 8];
        let Some(first) = out.first_chunk_mut() else { return false };
        *first = word.to_le_bytes();
        true
    }

    /// Writes the header for `length` over all of `out`, which has `width` bytes.
    #[inline]
    pub(super) fn write_length(self, length: u64, out: &mut [u8]) {
        if self.align == Align::Left && Self::write_word(length, out) {
            return;
        }
        let text = Digits::of(length);
        let digits = text.digits();
        let padding = out.len().saturating_sub(digits.len());
        let (left, fill) = match (self.align, self.fill) {
            (Align::Left, _) => (0, b' '),
            (Align::Right, Fill::Space) => (padding, b' '),
            (Align::Right, Fill::Zero) => (padding, b'0'),
            // Like `format`, the odd byte of padding goes to the right.
            (Align::Center, _) => (padding / 2, b' '),
        };
        out.fill(fill);
        for (place, digit) in out[left..].iter_mut().zip(digits) {
            *place = *digit;
        }
    }
}
