//! The netstring header: a length as decimal text up to a colon; behind the payload stands a comma.
//!
//! ```text
//! +-----+----------------+---+
//! | 12: | hello world!   | , |
//! +-----+----------------+---+
//! ```
//!
//! Leading zeros are refused, as the specification says: <https://cr.yp.to/proto/netstrings.txt>

use std::ops::RangeInclusive;

use super::digits::{self, Digits};
use super::error::{ConfigError, Length};
use super::format::{Format, Scan, ScanState};

const COLONS: u64 = u64::from_le_bytes([b':'; 8]);

/// A length as decimal text of a variable size.
///
/// ```
/// use framing_core::codec::{Format, NetstringHeader, Scan};
///
/// let header = NetstringHeader::default();
/// assert_eq!(header.scan(b"12:hello world!,"), Scan::Complete { size: 3, length: 12 });
/// assert_eq!(header.scan(b"012:"), Scan::Invalid { at: 1 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NetstringHeader {
    /// 1 to [`MOST_DIGITS`](Self::MOST_DIGITS).
    max_digits: u8,
}

impl Default for NetstringHeader {
    /// Ten digits: enough for the default limit.
    fn default() -> Self {
        Self { max_digits: 10 }
    }
}

impl NetstringHeader {
    /// The digits of the largest object in memory.
    pub const MOST_DIGITS: usize = 19;

    /// A header of at most `max_digits` digits.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] unless `max_digits` is 1 to [`MOST_DIGITS`](Self::MOST_DIGITS).
    pub fn new(max_digits: usize) -> Result<Self, ConfigError> {
        match u8::try_from(max_digits) {
            Ok(narrow) if (1..=Self::MOST_DIGITS).contains(&max_digits) => {
                Ok(Self { max_digits: narrow })
            }
            _ => Err(ConfigError::OutOfRange {
                name: "max_digits",
                low: 1,
                high: Self::MOST_DIGITS as u64,
                given: max_digits as u64,
            }),
        }
    }

    /// The most digits of the header.
    #[must_use]
    pub fn max_digits(&self) -> usize {
        self.max_digits.into()
    }

    /// The first eight bytes, and the bytes of them before the first colon; where there are eight to read, and a
    /// colon is in them. `None` says nothing.
    #[inline]
    fn word(bytes: &[u8]) -> Option<(u64, u32)> {
        let word = u64::from_le_bytes(*bytes.first_chunk()?);
        // Zero where a colon stands; the lowest of the bits below is right, and no other is looked at.
        let others = word ^ COLONS;
        let colons = others.wrapping_sub(0x0101_0101_0101_0101) & !others & 0x8080_8080_8080_8080;
        (colons != 0).then(|| (word, colons.trailing_zeros() >> 3))
    }

    /// Up to seven digits, eight bytes at a time. `None` says nothing; [`resume`](Format::resume) decides.
    #[inline]
    fn scan_word(self, bytes: &[u8]) -> Option<Scan> {
        let (word, count) = Self::word(bytes)?;
        let values = word ^ digits::ZEROS;
        let are_digits = digits::bits_before_other(values) >= 8 * count;
        let leads_with_zero = values.trailing_zeros() >= 8 && count > 1;
        if !are_digits || leads_with_zero || count == 0 || count > u32::from(self.max_digits) {
            return None;
        }
        Some(Scan::Complete {
            size: count as usize + 1,
            length: digits::sum(values << (64 - 8 * count)),
        })
    }
}

impl Format for NetstringHeader {
    #[inline]
    fn scan(&self, bytes: &[u8]) -> Scan {
        self.scan_word(bytes).unwrap_or_else(|| self.resume(&mut ScanState::default(), &[], bytes))
    }

    /// Every header there is, byte by byte. Out of line, so that `scan` is small enough to go in line.
    #[inline(never)]
    fn resume(&self, _state: &mut ScanState, head: &[u8], more: &[u8]) -> Scan {
        let bytes = head.iter().chain(more);
        let (mut length, mut leads_with_zero) = (0_u64, false);
        for (at, &byte) in bytes.enumerate() {
            match byte {
                b':' if at > 0 => return Scan::Complete { size: at + 1, length },
                b'0'..=b'9' if at < self.max_digits() && !leads_with_zero => {
                    leads_with_zero = at == 0 && byte == b'0';
                    length = length * 10 + u64::from(byte - b'0');
                }
                _ => return Scan::Invalid { at },
            }
        }
        Scan::Partial { needed: if head.is_empty() && more.is_empty() { 2 } else { 1 } }
    }

    #[inline]
    fn fingerprint(&self, bytes: &[u8]) -> Option<(u64, u64)> {
        let (word, count) = Self::word(bytes)?;
        // What is behind the digits does not count.
        Some((word & !(u64::MAX << (8 * count)), count.into()))
    }

    fn exact_length(&self, header: &[u8]) -> Length {
        match self.scan(header) {
            Scan::Complete { length, .. } => Length::Exact(length),
            Scan::Partial { .. } | Scan::Invalid { .. } => Length::Exact(0),
        }
    }

    #[inline]
    fn size_for(&self, length: u64) -> usize {
        match digits::word(length) {
            Some((_, count)) => count + 1,
            None => Digits::of(length).digits().len() + 1,
        }
    }

    #[inline(never)]
    fn write(&self, length: u64, _fields: &[u8], out: &mut [u8]) {
        let Some((colon, place)) = out.split_last_mut() else { return };
        *colon = b':';
        match digits::word(length) {
            Some((word, count)) => place.copy_from_slice(&word.to_le_bytes()[..count]),
            None => place.copy_from_slice(Digits::of(length).digits()),
        }
    }

    #[inline]
    fn lengths(&self) -> RangeInclusive<u64> {
        0..=10_u64.pow(self.max_digits.into()) - 1
    }

    #[inline]
    fn trailer(&self) -> &'static [u8] {
        b","
    }

    fn is_text(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(size: usize, length: u64) -> Scan {
        Scan::Complete { size, length }
    }

    #[test]
    fn writes_what_it_reads() {
        let header = NetstringHeader::new(19).unwrap();
        for power in 0..19 {
            for length in [10_u64.pow(power), 10_u64.pow(power) - 1, 10_u64.pow(power) * 7] {
                let text = format!("{length}:");
                let mut out = vec![0xee; header.size_for(length)];
                header.write(length, &[], &mut out);
                assert_eq!(out, text.as_bytes());
                for tail in ["", ":::::::::", "123456789", "hello, world"] {
                    let wire = format!("{text}{tail}");
                    assert_eq!(header.scan(wire.as_bytes()), complete(text.len(), length), "{wire}");
                }
            }
        }
        assert_eq!(header.lengths(), 0..=9_999_999_999_999_999_999);
    }

    #[test]
    fn refuses_the_first_byte_that_cannot_be() {
        let header = NetstringHeader::new(4).unwrap();
        for (text, at) in [
            ("00:", 1),
            ("01:", 1),
            (":", 0),
            (" 1:", 0),
            ("-1:", 0),
            ("+1:", 0),
            ("1 :", 1),
            ("1;", 1),
            ("1_0:", 1),
            ("1/:", 1),
            ("12345:", 4),
            ("GET /", 0),
            ("\u{661}:", 0),
        ] {
            for tail in ["", ":23456789"] {
                let wire = format!("{text}{tail}");
                assert_eq!(header.scan(wire.as_bytes()), Scan::Invalid { at }, "{wire}");
            }
        }
        assert_eq!(header.scan(b"1\xff"), Scan::Invalid { at: 1 });
        assert_eq!(header.scan(b""), Scan::Partial { needed: 2 });
        assert_eq!(header.scan(b"0"), Scan::Partial { needed: 1 });
        assert_eq!(header.scan(b"1234"), Scan::Partial { needed: 1 });
    }

    #[test]
    fn both_ways_of_reading_agree() {
        for max_digits in [1, 2, 6, 7, 8, 19] {
            let header = NetstringHeader::new(max_digits).unwrap();
            for size in 0..10 {
                for spoiled in 0..10 {
                    for byte in [b':', b'0', b'9', b'/', b';', 0, 0x80, 0xba, 0xff, b'1'] {
                        let mut sample = format!("{}:hello world", &"1234567890"[..size]).into_bytes();
                        sample[spoiled] = byte;
                        assert_eq!(
                            header.scan(&sample),
                            header.resume(&mut ScanState::default(), &[], &sample),
                            "{max_digits}: {}",
                            sample.escape_ascii()
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn refuses_what_cannot_be() {
        for given in [0, 20] {
            let error =
                ConfigError::OutOfRange { name: "max_digits", low: 1, high: 19, given: given as u64 };
            assert_eq!(NetstringHeader::new(given), Err(error));
        }
    }
}
