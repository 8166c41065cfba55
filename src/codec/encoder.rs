//! How a payload becomes a frame.

use bytes::{BufMut, BytesMut};

use super::error::{ConfigError, Error, Length};
use super::extent;
use super::header::HeaderFormat;

/// Writes frames: header, then payload.
///
/// ```
/// use bytes::BytesMut;
/// use framing::codec::{DecimalHeader, FrameEncoder};
///
/// # fn main() -> Result<(), framing::codec::Error> {
/// let encoder = FrameEncoder::new(DecimalHeader::default());
/// let mut wire = BytesMut::new();
/// encoder.encode(b"hello", &mut wire)?;
/// encoder.encode(b"", &mut wire)?;
/// assert_eq!(&wire[..], b"5         hello0         ");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FrameEncoder {
    header: HeaderFormat,
    max_frame_size: u64,
}

impl Default for FrameEncoder {
    fn default() -> Self {
        Self::new(HeaderFormat::default())
    }
}

/// A frame that may be written: its parts' sizes, judged against the limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    length: u64,
    header_size: usize,
    payload_size: usize,
}

impl Plan {
    /// The bytes of the header.
    #[inline]
    pub(crate) fn header_size(self) -> usize {
        self.header_size
    }

    /// The bytes of the whole frame.
    #[inline]
    pub(crate) fn frame_size(self) -> usize {
        self.header_size + self.payload_size
    }
}

impl FrameEncoder {
    /// An encoder with the default limit.
    #[must_use]
    pub fn new(header: impl Into<HeaderFormat>) -> Self {
        let header = header.into();
        let max_frame_size = header.limit(None).unwrap_or(0);
        Self { header, max_frame_size }
    }

    /// The same encoder with another limit, in the header's unit.
    ///
    /// # Errors
    /// [`ConfigError::LimitTooHigh`].
    pub fn with_max_frame_size(mut self, limit: u64) -> Result<Self, ConfigError> {
        self.max_frame_size = self.header.limit(Some(limit))?;
        Ok(self)
    }

    /// Appends one frame to `wire`.
    ///
    /// # Errors
    /// [`Error::FrameTooLarge`], [`Error::InvalidPayload`]; `wire` is then untouched.
    #[inline]
    pub fn encode(&self, payload: &[u8], wire: &mut BytesMut) -> Result<(), Error> {
        let plan = self.plan(payload)?;
        let start = wire.len();
        wire.reserve(plan.frame_size());
        wire.put_bytes(b' ', plan.header_size());
        self.write_header(plan, &mut wire[start..]);
        wire.extend_from_slice(payload);
        Ok(())
    }

    /// Judges a payload before a byte of it is written.
    #[inline]
    pub(crate) fn plan(&self, payload: &[u8]) -> Result<Plan, Error> {
        let length = extent::measure(self.header.unit(), payload).map_err(|at| {
            Error::InvalidPayload { offset: None, reason: not_utf8(payload.get(at).copied(), at) }
        })?;
        if length > self.max_frame_size {
            return Err(Error::FrameTooLarge {
                length: Length::Exact(length),
                limit: self.max_frame_size,
                offset: None,
            });
        }
        Ok(Plan { length, header_size: self.header.size_for(length), payload_size: payload.len() })
    }

    /// Writes a planned frame's header over all of `out`.
    #[inline]
    pub(crate) fn write_header(&self, plan: Plan, out: &mut [u8]) {
        self.header.write(plan.length, out);
    }

    /// The header format.
    #[must_use]
    pub fn header(&self) -> HeaderFormat {
        self.header
    }

    /// The limit, in the header's unit.
    #[must_use]
    pub fn max_frame_size(&self) -> u64 {
        self.max_frame_size
    }
}

/// The reason of an `InvalidPayload`: the same words on both sides of a connection.
pub(crate) fn not_utf8(byte: Option<u8>, at: usize) -> String {
    match byte {
        Some(byte) => format!("byte 0x{byte:02x} at index {at} is not valid UTF-8 there"),
        None => format!("the UTF-8 text ends inside a character, at index {at}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Align, DEFAULT_MAX_FRAME_SIZE, DecimalHeader, Unit};

    #[test]
    fn the_default_is_the_tutorials() {
        let encoder = FrameEncoder::default();
        assert_eq!(encoder.header(), DecimalHeader::default().into());
        assert_eq!(encoder.max_frame_size(), DEFAULT_MAX_FRAME_SIZE);
    }

    #[test]
    fn what_is_refused_leaves_the_wire_alone() {
        let header = DecimalHeader::new(2).unwrap().with_align(Align::Right).unwrap();
        let encoder = FrameEncoder::new(header.with_unit(Unit::Chars));
        let mut wire = BytesMut::from(&b"before"[..]);
        assert_eq!(
            encoder.encode(&[b'x'; 100], &mut wire),
            Err(Error::FrameTooLarge { length: Length::Exact(100), limit: 99, offset: None })
        );
        assert!(matches!(encoder.encode(b"\xff", &mut wire), Err(Error::InvalidPayload { .. })));
        encoder.encode("größe".as_bytes(), &mut wire).unwrap();
        assert_eq!(wire, "before 5größe".as_bytes());
    }
}
