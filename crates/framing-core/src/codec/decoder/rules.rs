//! What a decoder was told, and what follows from it for a frame.

use std::ops::{Range, RangeInclusive};

use super::policy::Policy;
use crate::codec::error::ConfigError;
use crate::codec::format::Format;
use crate::codec::header::HeaderFormat;

/// What a decoder was told. It stays as it is while the stream flows.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) header: HeaderFormat,
    pub(super) max_frame_size: u64,
    pub(super) keep_header: bool,
    /// What the format says follows every payload. It is checked, counted, and part of a frame only with
    /// `keep_header`.
    pub(super) trailer: &'static [u8],
    pub(super) policy: Policy,
}

impl Rules {
    pub(super) fn new(header: HeaderFormat) -> Self {
        Self {
            max_frame_size: header.limit(None).unwrap_or(0),
            keep_header: false,
            trailer: header.trailer(),
            policy: Policy::default(),
            header,
        }
    }

    pub(super) fn set_max_frame_size(&mut self, limit: u64) -> Result<(), ConfigError> {
        self.max_frame_size = self.header.limit(Some(limit))?;
        Ok(())
    }

    pub(super) fn set_policy(&mut self, policy: Policy) -> Result<(), ConfigError> {
        self.policy = policy.checked(self.max_frame_size)?;
        Ok(())
    }

    /// The lengths of frames that need no second look: not those over the limit, nor empty ones where they are
    /// counted.
    #[inline]
    pub(super) fn usual_lengths(&self) -> RangeInclusive<u64> {
        u64::from(self.policy.max_consecutive_empty().is_some())..=self.max_frame_size
    }

    /// Whether a frame of `length` is over the limit, and is skipped.
    pub(super) fn is_skipped(&self, length: u64) -> bool {
        length > self.max_frame_size && self.policy.allows_skipping(length)
    }

    /// Whether a frame of `length` is one empty frame too many, after `empty` others.
    pub(super) fn is_one_too_many(&self, length: u64, empty: u64) -> bool {
        length == 0 && self.policy.refuses_empty(empty)
    }

    /// How many bytes of the trailer go into a frame.
    pub(super) fn kept_behind(&self) -> usize {
        if self.keep_header { self.trailer.len() } else { 0 }
    }
}

/// Which bytes of a whole frame, begun at `start`, its receiver gets; and where it ends.
#[inline]
pub(super) fn delivered(
    start: usize,
    payload: Range<usize>,
    trailer: &[u8],
    keep_header: bool,
) -> (Range<usize>, usize) {
    let end = payload.end + trailer.len();
    (if keep_header { start..end } else { payload }, end)
}

/// Whether a payload that ends at `end` is all in `bytes`, with its trailer.
#[inline]
pub(super) fn ends_well(bytes: &[u8], end: usize, trailer: &[u8]) -> bool {
    end <= bytes.len() && (trailer.is_empty() || bytes[end..].starts_with(trailer))
}

/// The reason of an `InvalidPayload`: something else stands where the trailer must.
pub(super) fn wrong_end(byte: u8, expected: u8) -> String {
    format!("byte 0x{byte:02x} stands where the frame must end in 0x{expected:02x}")
}
