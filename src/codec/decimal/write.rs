//! Writing a decimal header.

use super::{Align, DecimalHeader, Fill};

/// The digits of `u64::MAX`.
const MAX_DIGITS: usize = 20;

impl DecimalHeader {
    /// Writes the header for `length` over all of `out`, which has `width` bytes.
    #[inline]
    pub(in crate::codec) fn write(self, length: u64, out: &mut [u8]) {
        let mut text = [0; MAX_DIGITS];
        let digits = digits_of(length, &mut text);
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

#[inline]
fn digits_of(mut number: u64, text: &mut [u8; MAX_DIGITS]) -> &[u8] {
    let mut start = MAX_DIGITS;
    for place in text.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
        start -= 1;
        if number == 0 {
            break;
        }
    }
    &text[start..]
}
