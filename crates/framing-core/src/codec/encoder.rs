//! How a payload becomes a frame.

use std::ops::{DerefMut, RangeInclusive};

use bytes::{BufMut, BytesMut};

use super::error::{ConfigError, Error, Length};
use super::extent::{self, Unit, not_utf8};
use super::format::Format;
use super::header::HeaderFormat;

/// Writes frames: header, then payload.
///
/// ```
/// use bytes::BytesMut;
/// use framing_core::codec::{DecimalHeader, FrameEncoder};
///
/// # fn main() -> Result<(), framing_core::codec::Error> {
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
    /// Of the header's, so that it need not be asked for every frame.
    unit: Unit,
    /// From the least that the header can say to the limit.
    lengths: RangeInclusive<u64>,
    /// What stands behind every payload.
    trailer: &'static [u8],
}

impl Default for FrameEncoder {
    fn default() -> Self {
        Self::new(HeaderFormat::default())
    }
}

/// The bytes of a header that are not the length: as many as it has, or none, for its default ones.
#[derive(Debug, Clone, Copy, Default)]
#[doc(hidden)]
pub struct Fields<'a>(&'a [u8]);

/// A frame that may be written: its parts' sizes, judged against the limit.
#[derive(Debug, Clone, Copy)]
#[doc(hidden)]
pub struct Plan {
    length: u64,
    header_size: usize,
    frame_size: usize,
}

impl Plan {
    /// The bytes of the header.
    #[inline]
    #[must_use]
    #[doc(hidden)]
    pub fn header_size(self) -> usize {
        self.header_size
    }

    /// The bytes of the whole frame.
    #[inline]
    #[must_use]
    #[doc(hidden)]
    pub fn frame_size(self) -> usize {
        self.frame_size
    }
}

impl FrameEncoder {
    /// An encoder with the default limit.
    #[inline]
    #[must_use]
    pub fn new(header: impl Into<HeaderFormat>) -> Self {
        let header = header.into();
        let max_frame_size = header.limit(None).unwrap_or(0);
        let lengths = *header.lengths().start()..=max_frame_size;
        Self { unit: header.unit(), lengths, trailer: header.trailer(), header }
    }

    /// The same encoder with another limit, in the header's unit.
    ///
    /// # Errors
    /// [`ConfigError::Limit`].
    pub fn with_max_frame_size(mut self, limit: u64) -> Result<Self, ConfigError> {
        self.lengths = *self.lengths.start()..=self.header.limit(Some(limit))?;
        Ok(self)
    }

    /// Appends one frame to `wire`.
    ///
    /// # Errors
    /// [`Error::FrameTooLarge`], [`Error::InvalidPayload`]; `wire` is then untouched.
    #[inline]
    pub fn encode(&self, payload: &[u8], wire: &mut BytesMut) -> Result<(), Error> {
        self.encode_judged(Fields::default(), payload, wire)
    }

    /// Appends one frame to `wire`, with `fields` as the bytes of its header that are not the length, in order.
    ///
    /// # Errors
    /// As [`encode`](Self::encode), and [`Error::WrongFields`].
    #[inline]
    pub fn encode_with_fields(
        &self,
        fields: &[u8],
        payload: &[u8],
        wire: &mut BytesMut,
    ) -> Result<(), Error> {
        self.encode_judged(self.fields(fields)?, payload, wire)
    }

    #[inline]
    fn encode_judged(
        &self,
        fields: Fields<'_>,
        payload: &[u8],
        wire: &mut BytesMut,
    ) -> Result<(), Error> {
        let plan = self.plan(payload)?;
        wire.reserve(plan.frame_size());
        self.append(plan, fields, payload, wire);
        Ok(())
    }

    /// Appends a planned frame to `wire`.
    #[inline]
    #[doc(hidden)]
    pub fn append<W>(&self, plan: Plan, fields: Fields<'_>, payload: &[u8], wire: &mut W)
    where
        W: BufMut + DerefMut<Target = [u8]>,
    {
        let start = wire.len();
        wire.put_bytes(b' ', plan.header_size());
        self.write_header(plan, fields, &mut wire[start..]);
        wire.put_slice(payload);
        wire.put_slice(self.trailer());
    }

    /// Judges the bytes of a header that are not the length.
    #[doc(hidden)]
    pub fn fields<'a>(&self, bytes: &'a [u8]) -> Result<Fields<'a>, Error> {
        let (size, given) = (self.header.fields_size(), bytes.len());
        if given == size { Ok(Fields(bytes)) } else { Err(Error::WrongFields { size, given }) }
    }

    /// Judges a payload before a byte of it is written.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a result that goes through memory costs more than the rest"
    )]
    #[doc(hidden)]
    pub fn plan(&self, payload: &[u8]) -> Result<Plan, Error> {
        let length =
            extent::measure(self.unit, payload).map_err(|at| Self::refusal_of_text(payload, at))?;
        if !self.lengths.contains(&length) {
            return Err(self.refusal_of_length(length));
        }
        let header_size = self.header.size_for(length);
        Ok(Plan { length, header_size, frame_size: header_size + payload.len() + self.trailer.len() })
    }

    #[cold]
    fn refusal_of_text(payload: &[u8], at: usize) -> Error {
        Error::InvalidPayload { offset: None, reason: not_utf8(payload.get(at).copied(), at) }
    }

    #[cold]
    fn refusal_of_length(&self, length: u64) -> Error {
        if length > self.max_frame_size() {
            let (length, limit) = (Length::Exact(length), self.max_frame_size());
            return Error::FrameTooLarge { length, limit, offset: None, hint: None };
        }
        let least = self.lengths.start();
        let reason = format!("its length is {length}, and the header can say no less than {least}");
        Error::InvalidPayload { offset: None, reason }
    }

    /// Writes a planned frame's header over all of `out`.
    #[inline]
    #[doc(hidden)]
    pub fn write_header(&self, plan: Plan, fields: Fields<'_>, out: &mut [u8]) {
        self.header.write(plan.length, fields.0, out);
    }

    /// What stands behind every payload.
    #[inline]
    #[must_use]
    #[doc(hidden)]
    pub fn trailer(&self) -> &'static [u8] {
        self.trailer
    }

    /// The header format.
    #[must_use]
    pub fn header(&self) -> &HeaderFormat {
        &self.header
    }

    /// The limit, in the header's unit.
    #[must_use]
    pub fn max_frame_size(&self) -> u64 {
        *self.lengths.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Align, DEFAULT_MAX_FRAME_SIZE, DecimalHeader, Unit};

    #[test]
    fn the_default_is_the_tutorials() {
        let encoder = FrameEncoder::default();
        assert_eq!(*encoder.header(), DecimalHeader::default().into());
        assert_eq!(encoder.max_frame_size(), DEFAULT_MAX_FRAME_SIZE);
    }

    #[test]
    fn what_is_refused_leaves_the_wire_alone() {
        let header = DecimalHeader::new(2).unwrap().with_align(Align::Right).unwrap();
        let encoder = FrameEncoder::new(header.with_unit(Unit::Chars));
        let mut wire = BytesMut::from(&b"before"[..]);
        assert_eq!(
            encoder.encode(&[b'x'; 100], &mut wire),
            Err(Error::FrameTooLarge {
                length: Length::Exact(100),
                limit: 99,
                offset: None,
                hint: None
            })
        );
        assert!(matches!(encoder.encode(b"\xff", &mut wire), Err(Error::InvalidPayload { .. })));
        encoder.encode("größe".as_bytes(), &mut wire).unwrap();
        assert_eq!(wire, "before 5größe".as_bytes());
    }
}
