//! The varint header: a length in groups of seven bits, the lowest first, each byte but the last with its high bit
//! set (LEB128). So protobuf's delimited messages begin.
//!
//! ```text
//! +----+------------------+      +-------+--------------------+
//! | 05 | 5 bytes          |      | ac 02 | 300 bytes          |     300 = 0x2c | 0x02 << 7
//! +----+------------------+      +-------+--------------------+
//! ```
//!
//! Read are, unless the header is strict, also numbers with zeros at their top (`85 80 00`), as protobuf reads them;
//! written is the shortest form. (The format: <https://protobuf.dev/programming-guides/encoding/#varints>)

use std::ops::RangeInclusive;

use super::error::{ConfigError, Length};
use super::format::{Format, Scan, ScanState};

/// In each byte the bit that says that another one follows.
const MORE: u64 = 0x8080_8080_8080_8080;

/// Sixty-four bits, seven in each byte.
const MOST_BYTES: u8 = 10;

/// A length as a varint of at most 64 bits.
///
/// ```
/// use framing_core::codec::{Format, Scan, VarintHeader};
///
/// let header = VarintHeader::default();
/// assert_eq!(header.scan(&[0xac, 0x02]), Scan::Complete { size: 2, length: 300 });
/// assert_eq!(header.scan(&[0xac]), Scan::Partial { needed: 1 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VarintHeader {
    /// 1 to [`MOST_BYTES`](Self::MOST_BYTES).
    max_bytes: u8,
    strict: bool,
}

impl Default for VarintHeader {
    /// Every number of 64 bits, in every form.
    fn default() -> Self {
        Self { max_bytes: MOST_BYTES, strict: false }
    }
}

impl VarintHeader {
    /// The bytes of the largest number of 64 bits.
    pub const MOST_BYTES: usize = MOST_BYTES as usize;

    /// A header of at most `max_bytes` bytes.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] unless `max_bytes` is 1 to [`MOST_BYTES`](Self::MOST_BYTES).
    pub fn new(max_bytes: usize) -> Result<Self, ConfigError> {
        match u8::try_from(max_bytes) {
            Ok(narrow) if (1..=Self::MOST_BYTES).contains(&max_bytes) => {
                Ok(Self { max_bytes: narrow, strict: false })
            }
            _ => Err(ConfigError::OutOfRange {
                name: "max_bytes",
                low: 1,
                high: Self::MOST_BYTES as u64,
                given: max_bytes as u64,
            }),
        }
    }

    /// The same header, reading only the shortest form of a number (`true`), or every one.
    #[must_use]
    pub fn with_strict(self, strict: bool) -> Self {
        Self { strict, ..self }
    }

    /// The most bytes of the header.
    #[must_use]
    pub fn max_bytes(&self) -> usize {
        self.max_bytes.into()
    }

    /// Whether only the shortest form of a number is read.
    #[must_use]
    pub fn strict(&self) -> bool {
        self.strict
    }

    /// The first eight bytes, those behind the header zero, and the bytes of the header; where there are eight to
    /// read, and it ends within them. `None` says nothing.
    #[inline]
    fn word(bytes: &[u8]) -> Option<(u64, usize)> {
        let word = u64::from_le_bytes(*bytes.first_chunk()?);
        let ends = !word & MORE;
        // All bits up to the first byte that says it is the last.
        let mask = ends ^ ends.wrapping_sub(1);
        (ends != 0).then(|| (word & mask, (ends.trailing_zeros() as usize >> 3) + 1))
    }
}

impl Format for VarintHeader {
    #[inline]
    fn scan(&self, bytes: &[u8]) -> Scan {
        match Self::word(bytes) {
            // A last byte of zero is for the other way to judge.
            Some((word, size))
                if size <= self.max_bytes() && (size == 1 || word >> (8 * size - 8) > 0) =>
            {
                Scan::Complete { size, length: join_groups(word & !MORE) }
            }
            _ => self.resume(&mut ScanState::default(), &[], bytes),
        }
    }

    /// Every header there is, byte by byte. Out of line, so that `scan` is small enough to go in line.
    #[inline(never)]
    fn resume(&self, _state: &mut ScanState, head: &[u8], more: &[u8]) -> Scan {
        let (mut length, mut shift) = (0, 0);
        for (at, &byte) in head.iter().chain(more).take(self.max_bytes()).enumerate() {
            let group = u64::from(byte & 0x7f);
            let is_last = byte & 0x80 == 0;
            let fits = group.leading_zeros() >= shift;
            let is_shortest = at == 0 || group > 0 || !is_last;
            if !fits || (!is_last && at + 1 == self.max_bytes()) || (self.strict && !is_shortest) {
                return Scan::Invalid { at };
            }
            length |= group << shift;
            if is_last {
                return Scan::Complete { size: at + 1, length };
            }
            shift += 7;
        }
        Scan::Partial { needed: 1 }
    }

    #[inline]
    fn fingerprint(&self, bytes: &[u8]) -> Option<(u64, u64)> {
        Self::word(bytes).map(|(word, size)| (word, size as u64))
    }

    fn exact_length(&self, header: &[u8]) -> Length {
        match self.scan(header) {
            Scan::Complete { length, .. } => Length::Exact(length),
            Scan::Partial { .. } | Scan::Invalid { .. } => Length::Exact(0),
        }
    }

    #[inline]
    fn size_for(&self, length: u64) -> usize {
        // One byte for each seven bits, and one for zero.
        (64 - (length | 1).leading_zeros() as usize).div_ceil(7)
    }

    #[inline(never)]
    fn write(&self, length: u64, _fields: &[u8], out: &mut [u8]) {
        let mut rest = length;
        for place in &mut *out {
            *place = rest.to_le_bytes()[0] | 0x80;
            rest >>= 7;
        }
        if let Some(last) = out.last_mut() {
            *last &= 0x7f;
        }
    }

    #[inline]
    fn lengths(&self) -> RangeInclusive<u64> {
        let bits = 7 * u32::from(self.max_bytes);
        0..=1_u64.checked_shl(bits).map_or(u64::MAX, |beyond| beyond - 1)
    }
}

/// The number whose groups of seven bits are the bytes of `groups`, the lowest first.
#[inline]
fn join_groups(groups: u64) -> u64 {
    // Pairs, then fours, then eight.
    let pairs = (groups & 0x007f_007f_007f_007f) | (groups & 0x7f00_7f00_7f00_7f00) >> 1;
    let fours = (pairs & 0x0000_3fff_0000_3fff) | (pairs & 0x3fff_0000_3fff_0000) >> 2;
    (fours & 0x0fff_ffff) | (fours & 0x0fff_ffff_0000_0000) >> 4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(size: usize, length: u64) -> Scan {
        Scan::Complete { size, length }
    }

    fn written(header: VarintHeader, length: u64) -> Vec<u8> {
        let mut out = vec![0xee; header.size_for(length)];
        header.write(length, &[], &mut out);
        out
    }

    #[test]
    fn writes_the_shortest_form_and_reads_it_back() {
        let header = VarintHeader::default().with_strict(true);
        for bits in 0..=64 {
            for length in [
                1_u64.checked_shl(bits).unwrap_or(0).wrapping_sub(1),
                1_u64.checked_shl(bits).unwrap_or(0),
            ] {
                let wire = written(header, length);
                assert_eq!(header.scan(&wire), complete(wire.len(), length));
                assert_eq!(
                    header.scan(&[&wire[..], &[0xee; 9]].concat()),
                    complete(wire.len(), length)
                );
                assert_eq!(header.scan(&wire[..wire.len() - 1]), Scan::Partial { needed: 1 });
            }
        }
        assert_eq!(written(header, 0), [0]);
        assert_eq!(written(header, 127), [0x7f]);
        assert_eq!(written(header, 128), [0x80, 0x01]);
        assert_eq!(written(header, 300), [0xac, 0x02]);
        assert_eq!(written(header, u64::MAX).len(), VarintHeader::MOST_BYTES);
    }

    #[test]
    fn longer_forms_are_read_unless_strict() {
        let lenient = VarintHeader::default();
        let strict = lenient.with_strict(true);
        for (wire, size, length) in [
            (&[0x85, 0x00][..], 2, 5),
            (&[0x85, 0x80, 0x00], 3, 5),
            (&[0x80, 0x00], 2, 0),
            (&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 10, 0),
        ] {
            for tail in [&[][..], &[0x7f; 12]] {
                let wire = [wire, tail].concat();
                assert_eq!(lenient.scan(&wire), complete(size, length));
                assert_eq!(strict.scan(&wire), Scan::Invalid { at: size - 1 });
            }
        }
    }

    #[test]
    fn over_long_is_refused_at_the_first_byte_too_many() {
        let header = VarintHeader::default();
        assert_eq!(header.scan(&[0xff; 12]), Scan::Invalid { at: 9 });
        assert_eq!(header.scan(&[0xff; 9]), Scan::Partial { needed: 1 });
        // The tenth byte has room for one bit.
        assert_eq!(
            header.scan(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2]),
            Scan::Invalid { at: 9 }
        );
        let narrow = VarintHeader::new(2).unwrap();
        assert_eq!(narrow.scan(&[0x80, 0x80]), Scan::Invalid { at: 1 });
        assert_eq!(narrow.scan(&[0x80, 0x80, 1, 0, 0, 0, 0, 0]), Scan::Invalid { at: 1 });
        assert_eq!(narrow.scan(&[0xff, 0x7f]), complete(2, 16_383));
        assert_eq!(narrow.lengths(), 0..=16_383);
        assert_eq!(header.lengths(), 0..=u64::MAX);
        assert_eq!(VarintHeader::new(9).unwrap().lengths(), 0..=(1 << 63) - 1);
    }

    #[test]
    fn both_ways_of_reading_agree() {
        for max_bytes in 1..=10 {
            for strict in [false, true] {
                let header = VarintHeader::new(max_bytes).unwrap().with_strict(strict);
                for pattern in 0..1024_u32 {
                    let bytes: Vec<u8> = (0..12)
                        .map(|at| {
                            let more = u8::from(pattern >> (at % 10) & 1 == 1) << 7;
                            more | [0, 1, 0x7f, 0x40][(pattern as usize + at) % 4]
                        })
                        .collect();
                    assert_eq!(
                        header.scan(&bytes),
                        header.resume(&mut ScanState::default(), &[], &bytes),
                        "{header:?} {bytes:x?}"
                    );
                }
            }
        }
    }

    #[test]
    fn refuses_what_cannot_be() {
        for given in [0, 11] {
            let error =
                ConfigError::OutOfRange { name: "max_bytes", low: 1, high: 10, given: given as u64 };
            assert_eq!(VarintHeader::new(given), Err(error));
        }
    }
}
