//! The list of all header formats. A new one is a file of its own and a line here.

use std::ops::{Range, RangeInclusive};

use super::binary::BinaryHeader;
use super::decimal::DecimalHeader;
use super::error::{ConfigError, Length};
use super::extent::Unit;
use super::format::{Format, Scan, ScanState};
use super::netstring::NetstringHeader;
use super::varint::VarintHeader;

/// The tutorial's "truly maximal" message, and what is accepted where nobody chose a limit.
pub const DEFAULT_MAX_FRAME_SIZE: u64 = 1_000_000_000;

/// The highest limit that can be asked for: no object in memory is larger.
pub const MAX_MAX_FRAME_SIZE: u64 = isize::MAX as u64;

/// The enum of all formats; and `each_format!(format, header => expression)`, which has the expression once for each
/// format, so that what is in it knows the format when it is compiled.
macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident($header:ident),)+) => {
        /// How the length of a payload is written before it.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    fn scan(&self, bytes: &[u8]) -> Scan {
        each_format!(self, header => header.scan(bytes))
    }

    fn resume(&self, state: &mut ScanState, head: &[u8], more: &[u8]) -> Scan {
        each_format!(self, header => header.resume(state, head, more))
    }

    #[inline]
    fn fingerprint(&self, bytes: &[u8]) -> Option<(u64, u64)> {
        each_format!(self, header => header.fingerprint(bytes))
    }

    fn exact_length(&self, bytes: &[u8]) -> Length {
        each_format!(self, header => header.exact_length(bytes))
    }

    #[inline]
    fn size_for(&self, length: u64) -> usize {
        each_format!(self, header => header.size_for(length))
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is small where the format is the usual one")]
    fn write(&self, length: u64, fields: &[u8], out: &mut [u8]) {
        each_format!(self, header => header.write(length, fields, out));
    }

    #[inline]
    fn lengths(&self) -> RangeInclusive<u64> {
        each_format!(self, header => header.lengths())
    }

    #[inline]
    fn fields_size(&self) -> usize {
        each_format!(self, header => header.fields_size())
    }

    #[inline]
    fn trailer(&self) -> &'static [u8] {
        each_format!(self, header => header.trailer())
    }

    #[inline]
    fn unit(&self) -> Unit {
        each_format!(self, header => header.unit())
    }

    fn is_text(&self) -> bool {
        each_format!(self, header => header.is_text())
    }

    fn length_range(&self) -> Range<usize> {
        each_format!(self, header => header.length_range())
    }

    fn swapped_length(&self, bytes: &[u8]) -> Option<u64> {
        each_format!(self, header => header.swapped_length(bytes))
    }
}

impl HeaderFormat {
    /// The fewest bytes that a header has.
    #[must_use]
    pub fn least_size(&self) -> usize {
        match self.scan(&[]) {
            Scan::Partial { needed } => needed,
            Scan::Complete { .. } | Scan::Invalid { .. } => 0,
        }
    }

    /// The limits that there can be: what the header can express and memory can hold.
    #[must_use]
    pub fn limits(&self) -> RangeInclusive<u64> {
        let (lowest, highest) = self.lengths().into_inner();
        lowest..=highest.min(MAX_MAX_FRAME_SIZE)
    }

    /// The limit in force: `asked` for, or the default.
    ///
    /// # Errors
    /// [`ConfigError::Limit`] where it is none of [`limits`](Self::limits).
    pub(crate) fn limit(&self, asked: Option<u64>) -> Result<u64, ConfigError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_small_because_decoders_are_many() {
        assert!(size_of::<HeaderFormat>() <= 40);
    }
}
