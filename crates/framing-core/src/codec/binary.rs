//! The binary header: a length as an unsigned integer of a fixed size, alone or among other bytes.
//!
//! ```text
//!   BinaryHeader(4)                         BinaryHeader(4, length_offset=1, length_adjustment=-4, size=5)
//! +-------------+------------------+      +----+-------------+------------------+
//! | 00 00 00 05 | 5 bytes          |      | 44 | 00 00 00 09 | 5 bytes          |     a message of PostgreSQL's,
//! +-------------+------------------+      +----+-------------+------------------+     whose length counts itself
//! ```
//!
//! The bytes of the payload are the field plus `length_adjustment`. The header's other bytes, its fields, are the
//! sender's to choose, and of no concern to whoever reads.

use std::ops::{Range, RangeInclusive};

use super::error::{ConfigError, Length};
use super::format::{Format, Scan, ScanState};
use super::place::Place;

/// Which byte of an integer comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ByteOrder {
    /// The most significant one: network byte order.
    #[default]
    Big,
    /// The least significant one.
    Little,
}

/// A length as an unsigned integer of one to eight bytes.
///
/// ```
/// use framing_core::codec::{BinaryHeader, Format, Scan};
///
/// # fn main() -> Result<(), framing_core::codec::ConfigError> {
/// let erlang = BinaryHeader::new(2)?;
/// assert_eq!(erlang.scan(&[1, 0]), Scan::Complete { size: 2, length: 256 });
///
/// let postgres = BinaryHeader::new(4)?.with_place(1, 5)?.with_adjustment(-4)?;
/// assert_eq!(postgres.scan(b"D\0\0\0\x09hello"), Scan::Complete { size: 5, length: 5 });
/// assert_eq!(postgres.scan(b"D\0\0\0\x03"), Scan::Invalid { at: 4 });
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BinaryHeader {
    /// Its width is 1 to [`MAX_LENGTH_SIZE`](Self::MAX_LENGTH_SIZE).
    place: Place,
    byte_order: ByteOrder,
    /// Where there are so many bytes the header is whole, and its length can be read as part of eight bytes.
    reach: u16,
    /// The largest field and this make 0 or more.
    adjustment: i64,
}

impl BinaryHeader {
    /// The most bytes of the length.
    pub const MAX_LENGTH_SIZE: usize = 8;

    /// A header that is a length of `length_size` bytes, in network byte order.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] unless `length_size` is 1 to [`MAX_LENGTH_SIZE`](Self::MAX_LENGTH_SIZE).
    pub fn new(length_size: usize) -> Result<Self, ConfigError> {
        match Place::alone(length_size) {
            Some(place) if length_size <= Self::MAX_LENGTH_SIZE => {
                Ok(Self { reach: place.reach(), place, byte_order: ByteOrder::Big, adjustment: 0 })
            }
            _ => Err(ConfigError::OutOfRange {
                name: "length_size",
                low: 1,
                high: Self::MAX_LENGTH_SIZE as u64,
                given: length_size as u64,
            }),
        }
    }

    /// The same header with another byte order.
    #[must_use]
    pub fn with_byte_order(self, byte_order: ByteOrder) -> Self {
        Self { byte_order, ..self }
    }

    /// The same header with its length at index `length_offset`, and `size` bytes in all. It has no default fields:
    /// those come [after](Self::with_fields) the place.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] unless the length ends within `size`, and `size` within
    /// [`MAX_HEADER_SIZE`](super::MAX_HEADER_SIZE).
    pub fn with_place(self, length_offset: usize, size: usize) -> Result<Self, ConfigError> {
        let place = self.place.moved(length_offset, size)?;
        Ok(Self { reach: place.reach(), place, ..self })
    }

    /// The same header with other default fields: the bytes around the length, in order, that are written where a
    /// sender gives none. Without this they are zeros.
    ///
    /// # Errors
    /// [`ConfigError::Fields`] unless `fields` has [`fields_size`](Format::fields_size) bytes.
    pub fn with_fields(self, fields: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self { place: self.place.with_fields(fields)?, ..self })
    }

    /// The same header with payloads of as many bytes as its length says, and `adjustment` more.
    ///
    /// # Errors
    /// [`ConfigError::Adjustment`] where not even the largest length would be left with a payload.
    pub fn with_adjustment(self, adjustment: i64) -> Result<Self, ConfigError> {
        if self.largest_field().checked_add_signed(adjustment).is_none() && adjustment < 0 {
            return Err(ConfigError::Adjustment { adjustment, length_size: self.length_size() });
        }
        Ok(Self { adjustment, ..self })
    }

    /// The bytes of the length.
    #[inline]
    #[must_use]
    pub fn length_size(&self) -> usize {
        self.place.width()
    }

    /// The order of the length's bytes.
    #[must_use]
    pub fn byte_order(&self) -> ByteOrder {
        self.byte_order
    }

    /// The index of the length's first byte.
    #[inline]
    #[must_use]
    pub fn length_offset(&self) -> usize {
        self.place.offset()
    }

    /// Bytes to add to the length to get the size of the payload.
    #[must_use]
    pub fn length_adjustment(&self) -> i64 {
        self.adjustment
    }

    /// The bytes of the header.
    #[inline]
    #[must_use]
    pub fn size(&self) -> usize {
        self.place.size()
    }

    /// The bytes around the length that are written where a sender gives none; `None` for zeros.
    #[must_use]
    pub fn default_fields(&self) -> Option<&[u8]> {
        self.place.fields()
    }

    fn largest_field(&self) -> u64 {
        u64::MAX >> self.unused_bits()
    }

    /// Bits of a 64-bit word that the length does not have.
    #[inline]
    fn unused_bits(&self) -> u32 {
        64 - self.place.bits()
    }

    /// The eight bytes that a whole header's length is the first of. `None` says nothing.
    #[inline]
    fn word(&self, bytes: &[u8]) -> Option<[u8; 8]> {
        if bytes.len() < self.reach.into() {
            return None;
        }
        bytes.get(self.length_offset()..)?.first_chunk().copied()
    }

    /// The length of a whole header. `None` says nothing.
    #[inline]
    fn field(&self, bytes: &[u8]) -> Option<u64> {
        let (word, unused) = (self.word(bytes)?, self.unused_bits());
        Some(match self.byte_order {
            ByteOrder::Big => u64::from_be_bytes(word) >> unused,
            ByteOrder::Little => u64::from_le_bytes(word) << unused >> unused,
        })
    }

    /// The length of which `known` are the first bytes, were all others `rest`.
    fn field_of(&self, known: &[u8], rest: u8) -> u64 {
        let size = self.length_size();
        let byte = |at: usize| u64::from(known.get(at).copied().unwrap_or(rest));
        (0..size).fold(0, |field, at| match self.byte_order {
            ByteOrder::Big => field << 8 | byte(at),
            ByteOrder::Little => field << 8 | byte(size - 1 - at),
        })
    }

    /// The bytes of the payload behind a header with such a length: negative where there is no such header.
    fn payload_size(&self, field: u64) -> i128 {
        i128::from(field) + i128::from(self.adjustment)
    }
}

impl Format for BinaryHeader {
    #[inline]
    fn scan(&self, bytes: &[u8]) -> Scan {
        match self.field(bytes).and_then(|field| field.checked_add_signed(self.adjustment)) {
            Some(length) => Scan::Complete { size: self.size(), length },
            None => self.resume(&mut ScanState::default(), &[], bytes),
        }
    }

    /// Every header there is. Out of line, so that `scan` is small enough to go in line.
    #[inline(never)]
    fn resume(&self, _state: &mut ScanState, head: &[u8], more: &[u8]) -> Scan {
        let start = self.length_offset();
        let byte_at = |index: usize| head.get(index).or_else(|| more.get(index - head.len()));
        let mut known = [0; Self::MAX_LENGTH_SIZE];
        let mut count = 0;
        for (index, place) in self.place.range().zip(&mut known) {
            let Some(&byte) = byte_at(index) else { break };
            (*place, count) = (byte, count + 1);
        }
        let known = &known[..count];
        // A byte is refused as soon as no byte behind it could make up for it.
        let hopeless = |count: &usize| self.payload_size(self.field_of(&known[..*count], 0xff)) < 0;
        if let Some(count) = (1..=known.len()).find(hopeless) {
            return Scan::Invalid { at: start + count - 1 };
        }
        let arrived = head.len() + more.len();
        if arrived < self.size() {
            return Scan::Partial { needed: self.size() - arrived };
        }
        let length = u64::try_from(self.payload_size(self.field_of(known, 0))).unwrap_or(u64::MAX);
        Scan::Complete { size: self.size(), length }
    }

    #[inline]
    fn fingerprint(&self, bytes: &[u8]) -> Option<(u64, u64)> {
        // The bytes of the length, whichever comes first.
        let word = u64::from_le_bytes(self.word(bytes)?);
        Some((word << self.unused_bits(), 0))
    }

    fn exact_length(&self, header: &[u8]) -> Length {
        let known = header.get(self.length_offset()..).unwrap_or_default();
        let size = self.payload_size(self.field_of(known, 0));
        u64::try_from(size).map_or_else(|_| Length::Digits(size.to_string()), Length::Exact)
    }

    #[inline]
    fn size_for(&self, _length: u64) -> usize {
        self.size()
    }

    #[inline(never)]
    fn write(&self, length: u64, fields: &[u8], out: &mut [u8]) {
        // Exact: the encoder has seen to it that there is such a field.
        let field = length.wrapping_add_signed(self.adjustment.wrapping_neg());
        let place = self.place.surround(fields, 0, out);
        match self.byte_order {
            ByteOrder::Big => place.copy_from_slice(&field.to_be_bytes()[8 - place.len()..]),
            ByteOrder::Little => place.copy_from_slice(&field.to_le_bytes()[..place.len()]),
        }
    }

    fn lengths(&self) -> RangeInclusive<u64> {
        let least = u64::try_from(self.adjustment).unwrap_or(0);
        least..=self.largest_field().saturating_add_signed(self.adjustment)
    }

    #[inline]
    fn fields_size(&self) -> usize {
        self.place.fields_size()
    }

    fn length_range(&self) -> Range<usize> {
        self.place.range()
    }

    fn swapped_length(&self, header: &[u8]) -> Option<u64> {
        let order = match self.byte_order {
            ByteOrder::Big => ByteOrder::Little,
            ByteOrder::Little => ByteOrder::Big,
        };
        match self.clone().with_byte_order(order).scan(header) {
            Scan::Complete { length, .. } => Some(length),
            Scan::Partial { .. } | Scan::Invalid { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
