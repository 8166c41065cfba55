//! Reading a decimal header.
//!
//! Lenient reading takes ` *[0-9]+ *` over exactly `width` bytes: left, right, centred, zero-padded,
//! `" 5        "`; all are on the wire today. It never takes a sign, `_`, a tab, a newline, NUL or a
//! non-ASCII digit, although Python's `int()` takes several of them. Strict reading takes only what
//! the header itself would write. Either way the first byte that no valid header can have at its
//! place is refused at once, without waiting for the rest.

use super::{Align, DecimalHeader, Fill};
use crate::codec::digits;
use crate::codec::error::Length;
use crate::codec::header::Scan;

const SPACES: u64 = u64::from_le_bytes([b' '; 8]);

/// The runs that a header, or a prefix of one, consists of: spaces, digits, spaces.
#[derive(Default)]
struct Runs {
    lead: usize,
    digits: usize,
    trail: usize,
    /// The first digit is `0`.
    zero: bool,
    /// Saturates at `u64::MAX`, which is above every limit.
    value: u64,
}

impl DecimalHeader {
    #[inline]
    pub(super) fn scan_any(self, bytes: &[u8]) -> Scan {
        match self.scan_left_aligned(bytes) {
            Some(length) => Scan::Complete { size: self.width(), length },
            None => self.scan_runs(bytes, self.width()),
        }
    }

    /// The common case, eight bytes at a time: one to seven digits at the left of a lenient header of 8
    /// to 16 bytes, with 16 bytes to read. `None` says nothing; [`scan_runs`](Self::scan_runs) decides.
    #[inline]
    fn scan_left_aligned(self, bytes: &[u8]) -> Option<u64> {
        let (first, second) = self.halves(bytes)?;
        let values = first ^ digits::ZEROS;
        let digit_bits = digits::bits_before_other(values);
        if !(8..=56).contains(&digit_bits) {
            return None;
        }
        // What is neither a digit in front nor a space leaves a bit behind.
        let rest = (first ^ SPACES) >> digit_bits | (second ^ SPACES & self.second_half?);
        (rest == 0).then(|| digits::sum(values << (64 - digit_bits)))
    }

    /// The header in two halves, where it has 8 to 16 bytes and is read leniently, and there are 16 to
    /// read: equal for equal headers, the bytes behind the header zero.
    #[inline]
    pub(super) fn halves(self, bytes: &[u8]) -> Option<(u64, u64)> {
        let second_half = self.second_half?;
        let (first, rest) = bytes.get(..16)?.split_first_chunk()?;
        Some((u64::from_le_bytes(*first), u64::from_le_bytes(*rest.first_chunk()?) & second_half))
    }

    /// Every header there is, byte by byte. Out of line, so that `scan` is small enough to go in line.
    #[inline(never)]
    fn scan_runs(self, bytes: &[u8], width: usize) -> Scan {
        let header = &bytes[..bytes.len().min(width)];
        let mut runs = Runs::default();
        for (at, &byte) in header.iter().enumerate() {
            if !runs.push(byte) || runs.lead == width {
                return Scan::Invalid { at };
            }
            if self.strict && !self.would_write(&runs) {
                return Scan::Invalid { at };
            }
        }
        if header.len() < width {
            return Scan::Partial { needed: width - header.len() };
        }
        Scan::Complete { size: width, length: runs.value }
    }

    /// Whether some length is written with a header that begins with these runs.
    fn would_write(self, runs: &Runs) -> bool {
        let width = self.width();
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

    /// What a complete header announces, exact however many digits it has.
    pub(super) fn announced(header: &[u8]) -> Length {
        let digits = header.trim_ascii();
        let leading_zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
        let mut runs = Runs::default();
        if digits.iter().all(|&digit| runs.push(digit)) && runs.value < u64::MAX {
            return Length::Exact(runs.value);
        }
        Length::Digits(digits[leading_zeros..].iter().map(|&digit| char::from(digit)).collect())
    }
}

impl Runs {
    /// Takes one more byte; `false` where it can follow nothing that came before it.
    fn push(&mut self, byte: u8) -> bool {
        match byte {
            b' ' if self.digits == 0 => self.lead += 1,
            b' ' => self.trail += 1,
            b'0'..=b'9' if self.trail == 0 => {
                self.zero |= self.digits == 0 && byte == b'0';
                self.digits += 1;
                self.value = self.value.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
            }
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
