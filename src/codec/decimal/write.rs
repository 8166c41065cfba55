//! Writing a decimal header.

use super::{Align, DecimalHeader, Fill};

/// The digits of `u64::MAX`.
const MAX_DIGITS: usize = 20;

impl DecimalHeader {
    /// Writes the header for `length` over all of `out`, which has `width` bytes.
    #[inline]
    pub(in crate::codec) fn write(self, length: u64, out: &mut [u8]) {
        // Digits at the right end of the text, and spaces behind it.
        let mut text = [b' '; 2 * MAX_DIGITS];
        let mut start = MAX_DIGITS;
        let mut number = length;
        while start > 0 {
            start -= 1;
            text[start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        let count = MAX_DIGITS - start;
        if let (Align::Left, Some(header)) = (self.align, text.get(start..start + out.len())) {
            out.copy_from_slice(header);
            return;
        }
        let padding = out.len().saturating_sub(count);
        let (left, fill) = match (self.align, self.fill) {
            (Align::Left, _) => (0, b' '),
            (Align::Right, Fill::Space) => (padding, b' '),
            (Align::Right, Fill::Zero) => (padding, b'0'),
            // Like `format`, the odd byte of padding goes to the right.
            (Align::Center, _) => (padding / 2, b' '),
        };
        out.fill(fill);
        for (place, digit) in out[left..].iter_mut().zip(&text[start..MAX_DIGITS]) {
            *place = *digit;
        }
    }
}
