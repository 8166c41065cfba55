//! The decimal header: a length as text, padded to a fixed width.
//!
//! ```text
//!   DecimalHeader(10)                      DecimalHeader(10, align=">", fill="0")
//! +------------+------------------+      +------------+------------------+
//! | 22________ | 22 bytes         |      | 0000000022 | 22 bytes         |     _ is a space
//! +------------+------------------+      +------------+------------------+
//! ```
//!
//! The text may have other bytes of the header around it, its fields, which are the sender's to choose and of no
//! concern to whoever reads:
//!
//! ```text
//!   DecimalHeader(6, align=">", length_offset=4, fields=b"MESS")
//! +------+--------+------------------+
//! | MESS | _____5 | 5 bytes          |
//! +------+--------+------------------+
//! ```
//!
//! What is written is what Python's `format(length, f"{fill}{align}{width}")` writes. What is read is
//! wider, because published scripts are: ` *[0-9]+ *` over the whole width, unless the header is strict.

mod text;

use std::num::NonZeroU8;
use std::ops::{Range, RangeInclusive};

use self::text::Text;
pub use self::text::{Align, Fill};
use super::digits::Digits;
use super::error::{ConfigError, Length};
use super::extent::Unit;
use super::format::{Format, MAX_HEADER_SIZE, Scan, ScanState};
use super::place::Place;

/// A length as decimal text of a fixed width.
///
/// ```
/// use framing_core::codec::{Align, DecimalHeader, Format, Scan};
///
/// # fn main() -> Result<(), framing_core::codec::ConfigError> {
/// let tutorial = DecimalHeader::default();
/// assert_eq!(tutorial.width(), 10);
///
/// let right = DecimalHeader::new(16)?.with_align(Align::Right)?;
/// assert_eq!(right.lengths(), 0..=9_999_999_999_999_999);
///
/// let among_others = DecimalHeader::new(5)?.zero_padded().with_place(0, 6)?.with_fields(b"|")?;
/// assert_eq!(among_others.scan(b"00005|hello"), Scan::Complete { size: 6, length: 5 });
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DecimalHeader {
    /// As wide as `place`.
    text: Text,
    /// The bytes of the header, where it is all text and can be read in two halves: what [`halved`](Self::halved)
    /// makes of the other fields.
    halves: Option<NonZeroU8>,
    unit: Unit,
    place: Place,
}

impl Default for DecimalHeader {
    /// The tutorial's header: width 10, aligned left, padded with spaces, counting bytes.
    #[inline]
    fn default() -> Self {
        let text = Text { width: 10, align: Align::Left, fill: Fill::Space, strict: false };
        Self { text, halves: NonZeroU8::new(10), unit: Unit::Bytes, place: Place::TEN_BYTES }
    }
}

impl Format for DecimalHeader {
    #[inline]
    fn scan(&self, bytes: &[u8]) -> Scan {
        let left_aligned = || {
            let (first, second) = self.halves(bytes)?;
            Text::left_aligned(first, second, Text::second_half(self.halves?))
        };
        match left_aligned() {
            Some(length) => Scan::Complete { size: self.width(), length },
            None => self.resume(&mut ScanState::default(), &[], bytes),
        }
    }

    /// Every header there is, byte by byte. Out of line, so that `scan` is small enough to go in line.
    #[inline(never)]
    fn resume(&self, state: &mut ScanState, head: &[u8], more: &[u8]) -> Scan {
        // Where the text begins and ends in `more`.
        let index = |place: usize| place.saturating_sub(head.len()).min(more.len());
        let (start, end) = (index(self.place.range().start), index(self.place.range().end));
        // In registers for as long as there are bytes.
        let mut runs = state.runs;
        for (at, &byte) in more[start..end].iter().enumerate() {
            if !self.text.accepts(&mut runs, byte) {
                return Scan::Invalid { at: head.len() + start + at };
            }
        }
        state.runs = runs;
        let arrived = head.len() + more.len();
        if arrived < self.size() {
            return Scan::Partial { needed: self.size() - arrived };
        }
        Scan::Complete { size: self.size(), length: state.runs.value }
    }

    #[inline]
    fn fingerprint(&self, bytes: &[u8]) -> Option<(u64, u64)> {
        self.halves(bytes)
    }

    fn exact_length(&self, header: &[u8]) -> Length {
        Text::announced(header.get(self.place.range()).unwrap_or_default())
    }

    #[inline]
    fn size_for(&self, _length: u64) -> usize {
        self.size()
    }

    #[inline]
    fn write(&self, length: u64, fields: &[u8], out: &mut [u8]) {
        if self.place.is_alone() {
            self.text.write(length, out);
        } else {
            self.write_among_fields(length, fields, out);
        }
    }

    #[inline]
    fn fields_size(&self) -> usize {
        self.place.fields_size()
    }

    #[inline]
    fn lengths(&self) -> RangeInclusive<u64> {
        // The first power is that of width 0.
        const BEYOND: [u64; Digits::MOST] = {
            let mut powers = [1; Digits::MOST];
            let mut at = 1;
            while at < powers.len() {
                powers[at] = powers[at - 1] * 10;
                at += 1;
            }
            powers
        };
        0..=BEYOND.get(self.width()).map_or(u64::MAX, |beyond| beyond - 1)
    }

    #[inline]
    fn unit(&self) -> Unit {
        self.unit
    }

    fn is_text(&self) -> bool {
        true
    }

    fn length_range(&self) -> Range<usize> {
        self.place.range()
    }
}

impl DecimalHeader {
    /// The most bytes of the header.
    pub const MAX_WIDTH: usize = MAX_HEADER_SIZE;

    /// A header of `width` bytes, otherwise like the default one.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] unless `width` is 1 to [`MAX_WIDTH`](Self::MAX_WIDTH).
    pub fn new(width: usize) -> Result<Self, ConfigError> {
        Self::of_width(width).ok_or(ConfigError::OutOfRange {
            name: "width",
            low: 1,
            high: Self::MAX_WIDTH as u64,
            given: width as u64,
        })
    }

    /// The same header with its digits on another side.
    ///
    /// # Errors
    /// [`ConfigError::ZeroFill`] where the padding is zeros and `align` is not [`Align::Right`].
    pub fn with_align(self, align: Align) -> Result<Self, ConfigError> {
        let fill = self.text.fill;
        self.with_padding(align, fill)
    }

    /// The same header, right-aligned and padded with zeros.
    #[must_use]
    pub fn zero_padded(self) -> Self {
        Self { text: Text { align: Align::Right, fill: Fill::Zero, ..self.text }, ..self }
    }

    /// The same header with other alignment and padding.
    ///
    /// # Errors
    /// [`ConfigError::ZeroFill`] for zeros with an alignment other than [`Align::Right`].
    pub fn with_padding(self, align: Align, fill: Fill) -> Result<Self, ConfigError> {
        if fill == Fill::Zero && align != Align::Right {
            return Err(ConfigError::ZeroFill);
        }
        Ok(Self { text: Text { align, fill, ..self.text }, ..self })
    }

    /// The same header, counting in another unit.
    #[must_use]
    pub fn with_unit(self, unit: Unit) -> Self {
        Self { unit, ..self }
    }

    /// The same header, reading only the very bytes it would write (`true`), or every form that
    /// scripts send (`false`).
    #[must_use]
    pub fn with_strict(self, strict: bool) -> Self {
        Self { text: Text { strict, ..self.text }, ..self }.halved()
    }

    /// The same header with its text at index `length_offset`, and `size` bytes in all. It has no default fields:
    /// those come [after](Self::with_fields) the place.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] unless the text ends within `size`, and `size` within [`MAX_HEADER_SIZE`].
    pub fn with_place(self, length_offset: usize, size: usize) -> Result<Self, ConfigError> {
        Ok(Self { place: self.place.moved(length_offset, size)?, ..self }.halved())
    }

    /// The same header with other default fields: the bytes around the text, in order, that are written where a sender
    /// gives none. Without this they are spaces.
    ///
    /// # Errors
    /// [`ConfigError::Fields`] unless `fields` has [`fields_size`](Format::fields_size) bytes.
    pub fn with_fields(self, fields: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self { place: self.place.with_fields(fields)?, ..self })
    }

    /// The bytes of the text.
    #[inline]
    #[must_use]
    pub fn width(&self) -> usize {
        self.text.width.into()
    }

    /// Where the digits stand.
    #[must_use]
    pub fn align(&self) -> Align {
        self.text.align
    }

    /// What the text is padded with.
    #[must_use]
    pub fn fill(&self) -> Fill {
        self.text.fill
    }

    /// Whether only the very bytes this header would write are accepted.
    #[must_use]
    pub fn strict(&self) -> bool {
        self.text.strict
    }

    /// The index of the text's first byte.
    #[must_use]
    pub fn length_offset(&self) -> usize {
        self.place.offset()
    }

    /// The bytes of the header.
    #[inline]
    #[must_use]
    pub fn size(&self) -> usize {
        self.place.size()
    }

    /// The bytes around the text that are written where a sender gives none; `None` for spaces.
    #[must_use]
    pub fn default_fields(&self) -> Option<&[u8]> {
        self.place.fields()
    }

    fn of_width(width: usize) -> Option<Self> {
        let (place, narrow) = (Place::alone(width)?, u16::try_from(width).ok()?);
        let text = Text { width: narrow, align: Align::Left, fill: Fill::Space, strict: false };
        Some(Self { text, halves: None, unit: Unit::Bytes, place }.halved())
    }

    /// The same header, with `halves` as the other fields have it.
    fn halved(self) -> Self {
        let halves = if self.place.is_alone() { self.text.halved() } else { None };
        Self { halves, ..self }
    }

    /// The header in two halves, where it is text of 8 to 16 bytes and is read leniently, and there are 16 to read:
    /// equal for equal headers, the bytes behind the header zero.
    #[inline]
    fn halves(&self, bytes: &[u8]) -> Option<(u64, u64)> {
        let second_half = Text::second_half(self.halves?);
        let (first, rest) = bytes.get(..16)?.split_first_chunk()?;
        Some((u64::from_le_bytes(*first), u64::from_le_bytes(*rest.first_chunk()?) & second_half))
    }

    /// Out of line, because few headers have fields.
    #[inline(never)]
    fn write_among_fields(&self, length: u64, fields: &[u8], out: &mut [u8]) {
        self.text.write(length, self.place.surround(fields, b' ', out));
    }
}

#[cfg(test)]
mod tests;
