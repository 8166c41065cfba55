//! The decimal text itself: reading it, in every form that scripts send, and writing it.
//!
//! Lenient reading takes ` *[0-9]+ *` over exactly `width` bytes: left, right, centred, zero-padded,
//! `" 5        "`; all are on the wire today. It never takes a sign, `_`, a tab, a newline, NUL or a
//! non-ASCII digit, although Python's `int()` takes several of them. Strict reading takes only what
//! the header itself would write. Either way the first byte that no valid header can have at its
//! place is refused at once, without waiting for the rest.

use std::num::NonZeroU8;

use crate::codec::digits::{self, Digits, Runs};
use crate::codec::error::Length;

const SPACES: u64 = u64::from_le_bytes([b' '; 8]);

/// On which side of the field the digits stand: Python's `<`, `>` and `^`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Align {
    /// Digits first, then padding.
    #[default]
    Left,
    /// Padding first, then digits.
    Right,
    /// Padding on both sides, the odd one on the right.
    Center,
}

/// What the field is padded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Fill {
    /// A space.
    #[default]
    Space,
    /// The digit zero; only with [`Align::Right`], anything else would change the number.
    Zero,
}

/// How a length is written as text, and which texts are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Text {
    pub(super) width: u16,
    pub(super) align: Align,
    pub(super) fill: Fill,
    pub(super) strict: bool,
}

impl Text {
    /// The common case, eight bytes at a time: one to seven digits at the left of a lenient header in two halves.
    /// `None` says nothing.
    #[inline]
    pub(super) fn left_aligned(first: u64, second: u64, second_half: u64) -> Option<u64> {
        let values = first ^ digits::ZEROS;
        let digit_bits = digits::bits_before_other(values);
        if !(8..=56).contains(&digit_bits) {
            return None;
        }
        // What is neither a digit in front nor a space leaves a bit behind.
        let rest = (first ^ SPACES) >> digit_bits | (second ^ SPACES & second_half);
        (rest == 0).then(|| digits::sum(values << (64 - digit_bits)))
    }

    /// The bytes of the text, where they are 8 to 16 and are read leniently: then they can be read in two halves.
    pub(super) fn halved(self) -> Option<NonZeroU8> {
        let width = u8::try_from(self.width).ok().filter(|width| (8..=16).contains(width))?;
        if self.strict { None } else { NonZeroU8::new(width) }
    }

    /// Which of the bytes 8 to 15 belong to a text of so many bytes, 8 to 16.
    #[inline]
    pub(super) fn second_half(width: NonZeroU8) -> u64 {
        // In two steps, because one of 64 bits is none.
        let half_bits = 4 * (u32::from(width.get()) - 8);
        !(u64::MAX << half_bits << half_bits)
    }

    /// Takes one more byte of a text; `false` where it can follow nothing that came before it.
    pub(super) fn accepts(self, runs: &mut Runs, byte: u8) -> bool {
        runs.push(byte) && runs.lead < self.width && (!self.strict || self.would_write(runs))
    }

    /// Whether some length is written with a header that begins with these runs.
    fn would_write(self, runs: &Runs) -> bool {
        let width = self.width;
        // A number is written without leading zeros, so a zero in front is the number zero.
        let number = !runs.zero || runs.digits == 1;
        match (self.align, self.fill) {
            (_, Fill::Zero) => runs.lead == 0 && runs.trail == 0,
            (Align::Left, _) => runs.lead == 0 && number,
            (Align::Right, _) => runs.trail == 0 && number && (!runs.zero || runs.lead + 1 == width),
            (Align::Center, _) => {
                // Two digit counts have this much padding at their left: the odd space goes right.
                let Some(most) = width.checked_sub(2 * runs.lead).filter(|&most| most > 0) else {
                    return false;
                };
                let least = (most - 1).max(1);
                runs.digits <= most
                    && number
                    && (!runs.zero || least == 1)
                    && (runs.trail == 0 || runs.digits >= least)
            }
        }
    }

    /// What a complete text announces, exact however many digits it has.
    pub(super) fn announced(text: &[u8]) -> Length {
        let digits = text.trim_ascii();
        let leading_zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
        let mut runs = Runs::default();
        if digits.iter().all(|&digit| runs.push(digit)) && runs.value < u64::MAX {
            return Length::Exact(runs.value);
        }
        Length::Digits(digits[leading_zeros..].iter().map(|&digit| char::from(digit)).collect())
    }

    /// The common case, eight bytes at a time: up to eight digits at the left of 8 to 16 bytes.
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

    /// Writes `length` over all of `out`, which has `width` bytes.
    #[inline]
    pub(super) fn write(self, length: u64, out: &mut [u8]) {
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
