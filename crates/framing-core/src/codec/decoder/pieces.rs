//! Frames that arrive in pieces, and streams that are refused: every change of state.

use super::whole::{delivered, ends_well};
use super::{Decoder, Refusal, State, Stats};
use crate::codec::encoder::not_utf8;
use crate::codec::error::Error;
use crate::codec::extent::{Advance, Extent};
use crate::codec::header::{Format, Scan};
use crate::codec::hint;
use crate::codec::store::{Partial, Room, Store};

/// A header that kept more than this gives its memory back when its frame is complete.
const KEPT_HEADER: usize = 64;

impl<P: Partial> Decoder<P> {
    #[inline(never)]
    pub(super) fn decode_pieces<S: Store<Partial = P>>(
        &mut self,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
    ) -> Result<Option<S::Frame>, Error> {
        let result = loop {
            match &mut self.state {
                State::Dead(refusal) => return Err(refusal.error.clone()),
                State::Payload { .. } => break self.decode_payload(store, chunk, at),
                State::Header => match self.decode_header(store, chunk, at) {
                    Ok(None) if matches!(self.state, State::Skipped(_)) => {}
                    result => break result,
                },
                State::Skipped(_) => match self.skip(chunk.as_ref(), at) {
                    Ok(true) => {}
                    Ok(false) => break Ok(None),
                    Err(error) => break Err(error),
                },
            }
        };
        result.map_err(|error| self.refuse(error, store, chunk, at))
    }

    /// Completes the header, then as much of the payload as is here. `None` also where the frame is to be skipped.
    ///
    /// On an error `at` is the index of the first byte that is in none of `head` and `partial`.
    pub(super) fn decode_header<S: Store<Partial = P>>(
        &mut self,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
    ) -> Result<Option<S::Frame>, Error> {
        let bytes = chunk.as_ref();
        let start = *at;
        let length = loop {
            // A header that begins in this chunk is read where it lies, one that was cut is put together.
            let whole = self.head.is_empty();
            let seen = if whole { &bytes[*at..] } else { &self.head[..] };
            match self.header.scan(seen) {
                Scan::Complete { size, length } => {
                    if whole {
                        self.head.extend_from_slice(&bytes[*at..*at + size]);
                        *at += size;
                    }
                    break length;
                }
                Scan::Invalid { at: bad } => {
                    return Err(Error::InvalidHeader {
                        header: seen[..=bad].to_vec(),
                        offset: self.offset,
                        hint: self.hint(&bytes[*at..]),
                    });
                }
                Scan::Partial { needed } => {
                    let taken = if whole { bytes.len() - *at } else { needed.min(bytes.len() - *at) };
                    self.head.extend_from_slice(&bytes[*at..*at + taken]);
                    *at += taken;
                    if whole || taken == 0 {
                        return Ok(None);
                    }
                }
            }
        };
        if length == 0 && self.policy.refuses_empty(self.empty) {
            let reason = format!("it is empty, as were the {} before it", self.empty);
            return Err(Error::InvalidPayload { offset: Some(self.offset), reason });
        }
        if self.is_skipped(length) {
            self.begin_skip(length);
            return Ok(None);
        }
        if length > self.max_frame_size {
            return Err(Error::FrameTooLarge {
                length: self.header.exact_length(&self.head),
                limit: self.max_frame_size,
                offset: Some(self.offset),
            });
        }
        let in_chunk = *at - start == self.head.len();
        let mut extent = Extent::new(self.header.unit(), length);
        if let Advance::Complete { taken } = extent.advance(&bytes[*at..]) {
            let payload = *at..*at + taken;
            if ends_well(bytes, payload.end, self.trailer) && (in_chunk || !self.keep_header) {
                let (range, end) = delivered(start, payload, self.trailer, self.keep_header);
                let frame = store.cut(chunk, range)?;
                *at = end;
                self.completed(taken);
                return Ok(Some(frame));
            }
        }
        let mut partial = P::default();
        if self.keep_header {
            store.append(&mut partial, &self.head, Room::new(self.head.len(), extent.most()))?;
        }
        // The look ahead counted; the payload's state counts again, from its first byte.
        let extent = Extent::new(self.header.unit(), length);
        self.state = State::Payload { extent, partial };
        self.decode_payload(store, chunk, at)
    }

    fn decode_payload<S: Store<Partial = P>>(
        &mut self,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
    ) -> Result<Option<S::Frame>, Error> {
        let kept = if self.keep_header { self.head.len() } else { 0 };
        let State::Payload { extent, partial } = &mut self.state else { return Ok(None) };
        let bytes = &chunk.as_ref()[*at..];
        let advance = extent.advance(bytes);
        let taken = match advance {
            Advance::Partial => bytes.len(),
            Advance::Complete { taken } => taken,
            Advance::Invalid { at: bad } => {
                let reason = not_utf8(bytes.get(bad).copied(), partial.len() - kept + bad);
                return Err(Error::InvalidPayload { offset: Some(self.offset), reason });
            }
        };
        if taken > 0 {
            let behind = if self.keep_header { self.trailer.len() } else { 0 };
            let room = Room::new(partial.len() + taken, extent.most().saturating_add(behind));
            store.append(partial, &bytes[..taken], room)?;
            *at += taken;
        }
        if advance == Advance::Partial {
            return Ok(None);
        }
        let payload_size = partial.len() - kept - if self.keep_header { self.trailed } else { 0 };
        while let Some(expected) = self.trailer.get(self.trailed) {
            let Some(byte) = chunk.as_ref().get(*at) else { return Ok(None) };
            if byte != expected {
                let reason = wrong_end(*byte, *expected);
                return Err(Error::InvalidPayload { offset: Some(self.offset), reason });
            }
            if self.keep_header {
                let missing = self.trailer.len() - self.trailed - 1;
                store.append(partial, &[*byte], Room::new(partial.len() + 1, missing))?;
            }
            self.trailed += 1;
            *at += 1;
        }
        let frame = store.finish(partial)?;
        self.state = State::Header;
        self.completed(payload_size);
        Ok(Some(frame))
    }

    /// Steps behind a frame that was put together, and counts it.
    pub(super) fn completed(&mut self, payload_size: usize) {
        self.count(&Stats::of_frame(self.head.len() + self.trailer.len(), payload_size));
        self.head.clear();
        self.trailed = 0;
        if self.head.capacity() > KEPT_HEADER {
            self.head = Vec::new();
        }
    }

    /// Refuses the stream, keeps the rest of the chunk, and gives the error back.
    #[cold]
    pub(super) fn refuse<S: Store<Partial = P>>(
        &mut self,
        error: Error,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
    ) -> Error {
        let mut discarded = 0;
        let partial = match std::mem::replace(&mut self.state, State::Header) {
            State::Payload { partial, .. } => partial,
            State::Skipped(skip) => {
                // What there was of its trailer went with the rest.
                discarded = skip.discarded(std::mem::take(&mut self.trailed));
                P::default()
            }
            State::Header | State::Dead(_) => P::default(),
        };
        let bytes = &chunk.as_ref()[*at..];
        let mut rest = P::default();
        // Never finished, and never more than it is. What there is no memory for is lost: there is
        // nothing to keep it in.
        let room = Room { justified: bytes.len(), whole: usize::MAX };
        let _ = store.append(&mut rest, bytes, room);
        *at = chunk.as_ref().len();
        self.state = State::Dead(Box::new(Refusal { error: error.clone(), partial, rest, discarded }));
        error
    }

    /// `ahead`: what of the chunk is not in `head`.
    fn hint(&self, ahead: &[u8]) -> Option<&'static str> {
        if self.head.is_empty() {
            return hint::hint(self.header.is_text(), ahead);
        }
        let seen: Vec<u8> = self.head.iter().chain(ahead.iter().take(64)).copied().collect();
        hint::hint(self.header.is_text(), &seen)
    }
}

/// The reason of an `InvalidPayload`: something else stands where the trailer must.
pub(super) fn wrong_end(byte: u8, expected: u8) -> String {
    format!("byte 0x{byte:02x} stands where the frame must end in 0x{expected:02x}")
}
