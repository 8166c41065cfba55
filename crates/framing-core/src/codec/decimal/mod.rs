//! The decimal header: a length as text, padded to a fixed width.
//!
//! ```text
//!   DecimalHeader(10)                      DecimalHeader(10, align=">", fill="0")
//! +------------+------------------+      +------------+------------------+
//! | 22________ | 22 bytes         |      | 0000000022 | 22 bytes         |     _ is a space
//! +------------+------------------+      +------------+------------------+
//! ```
//!
//! What is written is what Python's `format(length, f"{fill}{align}{width}")` writes. What is read is
//! wider, because published scripts are: ` *[0-9]+ *` over the whole width, unless the header is strict.

mod read;
mod write;

use std::ops::RangeInclusive;

use super::digits::Digits;
use super::error::{ConfigError, Length};
use super::extent::Unit;
use super::header::{Format, MAX_HEADER_SIZE, Scan};

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

/// A length as decimal text of a fixed width.
///
/// ```
/// use framing_core::codec::{Align, DecimalHeader, Format};
///
/// # fn main() -> Result<(), framing_core::codec::ConfigError> {
/// let tutorial = DecimalHeader::default();
/// assert_eq!(tutorial.width(), 10);
///
/// let right = DecimalHeader::new(16)?.with_align(Align::Right)?;
/// assert_eq!(right.lengths(), 0..=9_999_999_999_999_999);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DecimalHeader {
    /// 1 to [`MAX_WIDTH`](Self::MAX_WIDTH).
    width: u32,
    align: Align,
    fill: Fill,
    unit: Unit,
    strict: bool,
    /// Which of the bytes 8 to 15 belong to the header, where it can be read in two halves:
    /// [`halved`](Self::halved) of the other fields.
    second_half: Option<u64>,
}

impl Default for DecimalHeader {
    /// The tutorial's header: width 10, aligned left, padded with spaces, counting bytes.
    fn default() -> Self {
        let plain = Self {
            width: 10,
            align: Align::Left,
            fill: Fill::Space,
            unit: Unit::Bytes,
            strict: false,
            second_half: None,
        };
        plain.halved()
    }
}

impl Format for DecimalHeader {
    #[inline]
    fn scan(self, bytes: &[u8]) -> Scan {
        self.scan_any(bytes)
    }

    #[inline]
    fn fingerprint(self, bytes: &[u8]) -> Option<(u64, u64)> {
        self.halves(bytes)
    }

    fn exact_length(self, header: &[u8]) -> Length {
        Self::announced(header)
    }

    #[inline]
    fn size_for(self, _length: u64) -> usize {
        self.width()
    }

    #[inline]
    fn write(self, length: u64, _fields: &[u8], out: &mut [u8]) {
        self.write_length(length, out);
    }

    #[inline]
    fn lengths(self) -> RangeInclusive<u64> {
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
    fn unit(self) -> Unit {
        self.unit
    }

    fn is_text(self) -> bool {
        true
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
        match u32::try_from(width) {
            Ok(narrow) if (1..=Self::MAX_WIDTH).contains(&width) => {
                Ok(Self { width: narrow, ..Self::default() }.halved())
            }
            _ => Err(ConfigError::OutOfRange {
                name: "width",
                low: 1,
                high: Self::MAX_WIDTH as u64,
                given: width as u64,
            }),
        }
    }

    /// The same header with its digits on another side.
    ///
    /// # Errors
    /// [`ConfigError::ZeroFill`] where the padding is zeros and `align` is not [`Align::Right`].
    pub fn with_align(self, align: Align) -> Result<Self, ConfigError> {
        Self { align, ..self }.checked()
    }

    /// The same header, right-aligned and padded with zeros.
    #[must_use]
    pub fn zero_padded(self) -> Self {
        Self { align: Align::Right, fill: Fill::Zero, ..self }
    }

    /// The same header with other alignment and padding.
    ///
    /// # Errors
    /// [`ConfigError::ZeroFill`] for zeros with an alignment other than [`Align::Right`].
    pub fn with_padding(self, align: Align, fill: Fill) -> Result<Self, ConfigError> {
        Self { align, fill, ..self }.checked()
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
        Self { strict, ..self }.halved()
    }

    /// The bytes of the header.
    #[inline]
    #[must_use]
    pub fn width(&self) -> usize {
        self.width as usize
    }

    /// Where the digits stand.
    #[must_use]
    pub fn align(&self) -> Align {
        self.align
    }

    /// What the field is padded with.
    #[must_use]
    pub fn fill(&self) -> Fill {
        self.fill
    }

    /// Whether only the very bytes this header would write are accepted.
    #[must_use]
    pub fn strict(&self) -> bool {
        self.strict
    }

    /// The same header, with `second_half` as the other fields have it.
    fn halved(self) -> Self {
        let second_half = match self.width {
            _ if self.strict => None,
            16 => Some(u64::MAX),
            8..16 => Some((1 << (8 * (self.width - 8))) - 1),
            _ => None,
        };
        Self { second_half, ..self }
    }

    fn checked(self) -> Result<Self, ConfigError> {
        if self.fill == Fill::Zero && self.align != Align::Right {
            return Err(ConfigError::ZeroFill);
        }
        Ok(self)
    }
}
