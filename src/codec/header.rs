//! The header formats, and what a format must be able to do.
//!
//! A new format is a file of its own and one variant of [`HeaderFormat`]; the decoder and the encoder
//! know formats only through the methods here.

use super::decimal::DecimalHeader;
use super::error::{ConfigError, Length};
use super::extent::Unit;

/// The tutorial's "truly maximal" message, and what is accepted where nobody chose a limit.
pub const DEFAULT_MAX_FRAME_SIZE: u64 = 1_000_000_000;

/// The highest limit that can be asked for: no object in memory is larger.
pub const MAX_MAX_FRAME_SIZE: u64 = isize::MAX as u64;

/// How the length of a payload is written before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderFormat {
    /// Decimal text of a fixed width.
    Decimal(DecimalHeader),
}

/// What the bytes from a header's first one onwards amount to.
///
/// A scan looks at all of them each time: headers are short, and a format without state cannot get
/// its state wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// Everything so far may belong to a header; at least `needed` more bytes complete it.
    Partial {
        /// The least number of bytes that can complete the header, never 0.
        needed: usize,
    },
    /// The first `size` bytes are a header.
    Complete {
        /// The bytes of the header.
        size: usize,
        /// What it announces, in the header's unit; `u64::MAX` stands for that and everything above.
        length: u64,
    },
    /// No header begins like this.
    Invalid {
        /// The index of the first byte that cannot be part of a header.
        at: usize,
    },
}

impl HeaderFormat {
    /// Reads the header at the start of `bytes`, which may be cut off or go on behind it.
    #[inline]
    #[must_use]
    pub fn scan(&self, bytes: &[u8]) -> Scan {
        match self {
            Self::Decimal(header) => header.scan(bytes),
        }
    }

    /// Two numbers that are equal for equal headers at the start of `bytes`; `None` says nothing.
    #[inline]
    pub(crate) fn fingerprint(self, bytes: &[u8]) -> Option<(u64, u64)> {
        match self {
            Self::Decimal(header) => header.fingerprint(bytes),
        }
    }

    /// The exact length a complete header announces, however large: what `FrameTooLarge` reports.
    #[must_use]
    pub fn exact_length(&self, header: &[u8]) -> Length {
        match self {
            Self::Decimal(_) => DecimalHeader::exact_length(header),
        }
    }

    /// The bytes of the header that announces `length`.
    #[inline]
    #[must_use]
    pub fn size_for(&self, _length: u64) -> usize {
        match self {
            Self::Decimal(header) => header.width(),
        }
    }

    /// Writes the header that announces `length` over all of `out`.
    ///
    /// `out` has the size that [`size_for`](Self::size_for) gave and `length` is at most
    /// [`max_length`](Self::max_length): the encoder's to ensure.
    #[inline]
    pub fn write(&self, length: u64, out: &mut [u8]) {
        match self {
            Self::Decimal(header) => header.write(length, out),
        }
    }

    /// The largest length the header can express; `u64::MAX` stands for that and everything above.
    #[must_use]
    pub fn max_length(&self) -> u64 {
        match self {
            Self::Decimal(header) => header.max_length(),
        }
    }

    /// The bytes behind every payload, which a frame must have to be one; none for most formats.
    #[inline]
    #[must_use]
    pub fn trailer(&self) -> &'static [u8] {
        match self {
            Self::Decimal(_) => &[],
        }
    }

    /// What lengths count.
    #[inline]
    #[must_use]
    pub fn unit(&self) -> Unit {
        match self {
            Self::Decimal(header) => header.unit(),
        }
    }

    /// The limit in force: `asked` for, or the default.
    ///
    /// # Errors
    /// [`ConfigError::LimitTooHigh`] where the header, or memory, cannot hold such a frame.
    pub(crate) fn limit(self, asked: Option<u64>) -> Result<u64, ConfigError> {
        let highest = self.max_length().min(MAX_MAX_FRAME_SIZE);
        match asked {
            None => Ok(DEFAULT_MAX_FRAME_SIZE.min(highest)),
            Some(limit) if limit <= highest => Ok(limit),
            Some(limit) => Err(ConfigError::LimitTooHigh { limit, highest }),
        }
    }
}

impl From<DecimalHeader> for HeaderFormat {
    fn from(header: DecimalHeader) -> Self {
        Self::Decimal(header)
    }
}

impl Default for HeaderFormat {
    fn default() -> Self {
        Self::Decimal(DecimalHeader::default())
    }
}
