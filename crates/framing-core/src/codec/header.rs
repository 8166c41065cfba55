//! The header formats, and what a format must be able to do.
//!
//! A new format is a file of its own and one line of [`formats!`](self); the decoder and the encoder know formats
//! only through [`Format`].

use std::ops::RangeInclusive;

use super::binary::BinaryHeader;
use super::decimal::DecimalHeader;
use super::error::{ConfigError, Length};
use super::extent::Unit;
use super::netstring::NetstringHeader;
use super::varint::VarintHeader;

/// The tutorial's "truly maximal" message, and what is accepted where nobody chose a limit.
pub const DEFAULT_MAX_FRAME_SIZE: u64 = 1_000_000_000;

/// The highest limit that can be asked for: no object in memory is larger.
pub const MAX_MAX_FRAME_SIZE: u64 = isize::MAX as u64;

/// Twice the widest header in published scripts; a header is kept until its frame is complete, so its size is
/// bounded.
pub const MAX_HEADER_SIZE: usize = 4096;

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

/// What a header format must be able to do.
pub trait Format: Copy {
    /// Reads the header at the start of `bytes`, which may be cut off or go on behind it.
    #[must_use]
    fn scan(self, bytes: &[u8]) -> Scan;

    /// Two numbers that are equal only for headers at the start of `bytes` that are of one size and announce one
    /// length; `None` says nothing.
    #[must_use]
    fn fingerprint(self, bytes: &[u8]) -> Option<(u64, u64)>;

    /// The exact length a complete header announces, however large: what `FrameTooLarge` reports.
    #[must_use]
    fn exact_length(self, header: &[u8]) -> Length;

    /// The bytes of the header that announces `length`.
    #[must_use]
    fn size_for(self, length: u64) -> usize;

    /// Writes the header that announces `length` over all of `out`, around the length the bytes of `fields`, or
    /// zeros where there are none.
    ///
    /// `out` has the size that [`size_for`](Self::size_for) gave, `length` is one of
    /// [`lengths`](Self::lengths), and `fields` has no byte, or [`fields_size`](Self::fields_size) of them: the
    /// encoder's to ensure.
    fn write(self, length: u64, fields: &[u8], out: &mut [u8]);

    /// The lengths that the header can express; `u64::MAX` stands for that and everything above.
    #[must_use]
    fn lengths(self) -> RangeInclusive<u64>;

    /// The bytes of the header that are not the length, and are the sender's to choose.
    #[must_use]
    fn fields_size(self) -> usize {
        0
    }

    /// The bytes behind every payload, which a frame must have to be one; none for most formats.
    #[must_use]
    fn trailer(self) -> &'static [u8] {
        &[]
    }

    /// What lengths count.
    #[must_use]
    fn unit(self) -> Unit {
        Unit::Bytes
    }

    /// Whether a header is text: then text that is none, and a binary number, are worth a hint.
    #[must_use]
    fn is_text(self) -> bool {
        false
    }
}

/// The enum of all formats; and `each_format!(format, header => expression)`, which has the expression once for each
/// format, so that what is in it knows the format when it is compiled.
macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident($header:ident),)+) => {
        /// How the length of a payload is written before it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum HeaderFormat {
            $($(#[$doc])* $name($header),)+
        }

        $(impl From<$header> for HeaderFormat {
            fn from(header: $header) -> Self {
                Self::$name(header)
            }
        })+

        macro_rules! each_format {
            ($format:expr, $inner:ident => $result:expr) => {
                match $format {
                    $($crate::codec::header::HeaderFormat::$name($inner) => $result,)+
                }
            };
        }
        pub(in crate::codec) use each_format;
    };
}

formats! {
    /// Decimal text of a fixed width.
    Decimal(DecimalHeader),
    /// An unsigned integer of a fixed size.
    Binary(BinaryHeader),
    /// An integer in as many groups of seven bits as it needs.
    Varint(VarintHeader),
    /// Decimal text up to a colon, and a comma behind the payload.
    Netstring(NetstringHeader),
}

impl Format for HeaderFormat {
    #[inline]
    fn scan(self, bytes: &[u8]) -> Scan {
        each_format!(self, header => header.scan(bytes))
    }

    #[inline]
    fn fingerprint(self, bytes: &[u8]) -> Option<(u64, u64)> {
        each_format!(self, header => header.fingerprint(bytes))
    }

    fn exact_length(self, bytes: &[u8]) -> Length {
        each_format!(self, header => header.exact_length(bytes))
    }

    #[inline]
    fn size_for(self, length: u64) -> usize {
        each_format!(self, header => header.size_for(length))
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is small where the format is the usual one")]
    fn write(self, length: u64, fields: &[u8], out: &mut [u8]) {
        each_format!(self, header => header.write(length, fields, out));
    }

    #[inline]
    fn lengths(self) -> RangeInclusive<u64> {
        each_format!(self, header => header.lengths())
    }

    #[inline]
    fn fields_size(self) -> usize {
        each_format!(self, header => header.fields_size())
    }

    #[inline]
    fn trailer(self) -> &'static [u8] {
        each_format!(self, header => header.trailer())
    }

    #[inline]
    fn unit(self) -> Unit {
        each_format!(self, header => header.unit())
    }

    fn is_text(self) -> bool {
        each_format!(self, header => header.is_text())
    }
}

impl HeaderFormat {
    /// The fewest bytes that a header has.
    #[must_use]
    pub fn least_size(self) -> usize {
        match self.scan(&[]) {
            Scan::Partial { needed } => needed,
            Scan::Complete { .. } | Scan::Invalid { .. } => 0,
        }
    }

    /// The limits that there can be: what the header can express and memory can hold.
    #[must_use]
    pub fn limits(self) -> RangeInclusive<u64> {
        let (lowest, highest) = self.lengths().into_inner();
        lowest..=highest.min(MAX_MAX_FRAME_SIZE)
    }

    /// The limit in force: `asked` for, or the default.
    ///
    /// # Errors
    /// [`ConfigError::Limit`] where it is none of [`limits`](Self::limits).
    pub(crate) fn limit(self, asked: Option<u64>) -> Result<u64, ConfigError> {
        let (lowest, highest) = self.limits().into_inner();
        match asked {
            None => Ok(DEFAULT_MAX_FRAME_SIZE.max(lowest).min(highest)),
            Some(limit) if (lowest..=highest).contains(&limit) => Ok(limit),
            Some(limit) => Err(ConfigError::Limit { limit, lowest, highest }),
        }
    }
}

impl Default for HeaderFormat {
    fn default() -> Self {
        Self::Decimal(DecimalHeader::default())
    }
}
