//! Frames over the limit that are discarded as they arrive.

use super::pieces::wrong_end;
use super::policy::{Skipped, Skips};
use super::{Decoder, State};
use crate::codec::encoder::not_utf8;
use crate::codec::error::Error;
use crate::codec::extent::{Advance, Extent};
use crate::codec::header::{Format, Scan};
use crate::codec::store::{Partial, Store};

/// The frame that is being skipped. Nothing of it is kept.
#[derive(Debug)]
pub(super) struct Skip {
    pub(super) extent: Extent,
    pub(super) header_size: usize,
    /// The bytes of the payload that have been discarded.
    pub(super) received: usize,
}

impl Skip {
    /// The bytes that have been discarded, `trailed` of them the trailer's.
    pub(super) fn discarded(&self, trailed: usize) -> u64 {
        (self.header_size + self.received + trailed) as u64
    }
}

impl<P: Partial> Decoder<P> {
    /// The frames that have been skipped, or have begun to be, since this was last asked.
    #[inline]
    #[must_use]
    pub fn take_skipped(&mut self) -> Skips {
        std::mem::take(&mut self.skipped)
    }

    /// Takes of `chunk`, from `at` onwards, what is skipped before the next frame that is not.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), for a fault in what is skipped.
    pub fn discard<S: Store<Partial = P>>(
        &mut self,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
    ) -> Result<(), Error> {
        if !self.policy.skips() {
            return Ok(());
        }
        loop {
            let result = match &self.state {
                State::Skipped(_) => self.skip(chunk.as_ref(), at),
                State::Header => match self.scan_ahead(&chunk.as_ref()[*at..]) {
                    Scan::Complete { length, .. } if self.is_skipped(length) => {
                        self.decode_header(store, chunk, at).map(|_| true)
                    }
                    _ => return Ok(()),
                },
                State::Payload { .. } | State::Dead(_) => return Ok(()),
            };
            if !result.map_err(|error| self.refuse(error, store, chunk, at))? {
                return Ok(());
            }
        }
    }

    /// Whether a frame of `length` is over the limit, and is skipped.
    pub(super) fn is_skipped(&self, length: u64) -> bool {
        length > self.max_frame_size && self.policy.allows_skipping(length)
    }

    /// Skips the frame whose header, in `head`, announces `length`.
    pub(super) fn begin_skip(&mut self, length: u64) {
        self.skipped.push(Skipped { length, offset: self.offset });
        let (extent, header_size) = (Extent::new(self.header.unit(), length), self.head.len());
        self.stats.skipped_bytes += header_size as u64;
        self.head = Vec::new();
        self.state = State::Skipped(Skip { extent, header_size, received: 0 });
    }

    /// Discards what is here of the frame that is being skipped. Whether that was its end.
    pub(super) fn skip(&mut self, bytes: &[u8], at: &mut usize) -> Result<bool, Error> {
        let State::Skipped(skip) = &mut self.state else { return Ok(true) };
        let rest = &bytes[*at..];
        let advance = skip.extent.advance(rest);
        let taken = match advance {
            Advance::Partial => rest.len(),
            Advance::Complete { taken } | Advance::Invalid { at: taken } => taken,
        };
        skip.received += taken;
        self.stats.skipped_bytes += taken as u64;
        *at += taken;
        match advance {
            Advance::Partial => return Ok(false),
            Advance::Complete { .. } => {}
            Advance::Invalid { .. } => {
                let reason = not_utf8(rest.get(taken).copied(), skip.received);
                return Err(Error::InvalidPayload { offset: Some(self.offset), reason });
            }
        }
        while let Some(expected) = self.trailer.get(self.trailed) {
            let Some(byte) = bytes.get(*at) else { return Ok(false) };
            if byte != expected {
                let reason = wrong_end(*byte, *expected);
                return Err(Error::InvalidPayload { offset: Some(self.offset), reason });
            }
            self.stats.skipped_bytes += 1;
            self.trailed += 1;
            *at += 1;
        }
        self.offset += skip.discarded(self.trailed);
        self.stats.skipped_frames += 1;
        self.empty = 0;
        self.trailed = 0;
        self.state = State::Header;
        Ok(true)
    }
}

#[cfg(test)]
#[path = "skip_tests.rs"]
mod tests;
