//! The state machine: frames that arrive in pieces, and streams that are refused. Every change of state is here.
//!
//! ```text
//!            complete header, payload not all here
//!   Header ---------------------------------------> Payload
//!    |  ^  \                                         |  |
//!    |  |   `- a whole frame: cut out, stay here     |  |
//!    |  `--------------------------------------------'  |
//!    |              last byte of the payload            |
//!    `-----------------------> Dead <-------------------'
//!         refused header             refused payload
//! ```
//!
//! Where frames over the limit are to be skipped, such a header leads to `Skipped`, and the last byte of its payload
//! back.

use super::policy::{Skipped, Skips};
use super::rules::{Rules, delivered, ends_well, wrong_end};
use super::skip::Skip;
use super::stats::Stats;
use crate::codec::error::Error;
use crate::codec::extent::{Advance, Extent, not_utf8};
use crate::codec::format::{Format, Scan, ScanState};
use crate::codec::hint;
use crate::codec::store::{Partial, Room, Store};

/// A header that kept more than this gives its memory back when its frame is complete.
const KEPT_HEADER: usize = 64;

/// What a decoder knows of its stream.
#[derive(Debug)]
pub(super) struct Machine<P> {
    pub(super) state: State<P>,
    /// The header of the unfinished frame as far as it has arrived, as it was received. Empty between
    /// frames; complete in `State::Payload`.
    pub(super) head: Vec<u8>,
    /// The bytes of the unfinished frame's trailer that have arrived. They were right.
    pub(super) trailed: usize,
    /// The stream offset of the unfinished frame's first byte.
    pub(super) offset: u64,
    pub(super) stats: Stats,
    /// The empty frames since the last one that was not.
    pub(super) empty: u64,
    /// The frames that were skipped, until somebody asks.
    pub(super) skipped: Skips,
}

#[derive(Debug)]
pub(super) enum State<P> {
    /// Between frames, or inside a header.
    Header {
        /// What is known of the bytes in `head`.
        scan: ScanState,
        /// The least number of bytes that can complete the header, where some of it has arrived.
        needed: usize,
    },
    /// Inside a payload or its trailer. `partial` has what arrived of the payload; with `keep_header` it
    /// begins with the header and goes on with the trailer.
    Payload { extent: Extent, partial: P },
    /// Inside a frame that is over the limit, and is discarded as it arrives.
    Skipped(Skip),
    /// The stream was refused. Elsewhere, because decoders are many and refusals few.
    Dead(Box<Refusal<P>>),
}

#[derive(Debug)]
pub(super) struct Refusal<P> {
    pub(super) error: Error,
    /// The refused frame's memory, as in [`State::Payload`].
    pub(super) partial: P,
    /// From there to the end of the chunk.
    pub(super) rest: P,
    /// What had been discarded of the refused frame before: it was being skipped.
    discarded: u64,
}

impl<P> State<P> {
    /// Between two frames.
    const START: Self = Self::Header { scan: ScanState::START, needed: 0 };
}

impl<P: Partial> Machine<P> {
    pub(super) fn new() -> Self {
        Self {
            state: State::START,
            head: Vec::new(),
            trailed: 0,
            offset: 0,
            stats: Stats::default(),
            empty: 0,
            skipped: Skips::default(),
        }
    }

    /// Takes bytes of `chunk`, from index `at` onwards, until a frame is complete.
    #[inline(never)]
    pub(super) fn decode<S: Store<Partial = P>>(
        &mut self,
        rules: &Rules,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
    ) -> Result<Option<S::Frame>, Error> {
        let result = loop {
            match &mut self.state {
                State::Dead(refusal) => return Err(refusal.error.clone()),
                State::Payload { .. } => break self.decode_payload(rules, store, chunk, at),
                State::Header { .. } => match self.decode_header(rules, store, chunk, at) {
                    Ok(None) if matches!(self.state, State::Skipped(_)) => {}
                    result => break result,
                },
                State::Skipped(_) => match self.skip(rules, chunk.as_ref(), at) {
                    Ok(true) => {}
                    Ok(false) => break Ok(None),
                    Err(error) => break Err(error),
                },
            }
        };
        result.map_err(|error| self.refuse(error, store, chunk, at))
    }

    /// Takes of `chunk`, from `at` onwards, what is skipped before the next frame that is not.
    pub(super) fn discard<S: Store<Partial = P>>(
        &mut self,
        rules: &Rules,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
    ) -> Result<(), Error> {
        loop {
            let result = match &self.state {
                State::Skipped(_) => self.skip(rules, chunk.as_ref(), at),
                State::Header { .. } => match self.scan_ahead(rules, &chunk.as_ref()[*at..]) {
                    Scan::Complete { length, .. } if rules.is_skipped(length) => {
                        self.decode_header(rules, store, chunk, at).map(|_| true)
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
        let partial = match std::mem::replace(&mut self.state, State::START) {
            State::Payload { partial, .. } => partial,
            State::Skipped(skip) => {
                // What there was of its trailer went with the rest.
                discarded = skip.discarded(std::mem::take(&mut self.trailed));
                P::default()
            }
            State::Header { .. } | State::Dead(_) => P::default(),
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

    /// Drops the bytes of the unfinished or refused frame, of which `buffered` have been kept.
    pub(super) fn forget_buffered(&mut self, buffered: usize) {
        self.offset += buffered as u64;
        match &mut self.state {
            State::Skipped(skip) => {
                self.offset += skip.discarded(self.trailed);
                self.forget();
            }
            State::Dead(refusal) => {
                self.offset += std::mem::take(&mut refusal.discarded);
                (refusal.partial, refusal.rest) = (P::default(), P::default());
                (self.head, self.trailed) = (Vec::new(), 0);
            }
            State::Header { .. } | State::Payload { .. } => self.forget(),
        }
    }

    /// Steps behind a frame that was put together, of which `payload_size` bytes are payload, and counts it.
    pub(super) fn completed(&mut self, rules: &Rules, payload_size: usize) {
        self.state = State::START;
        self.count(&Stats::of_frame(self.head.len() + rules.trailer.len(), payload_size));
        self.head.clear();
        self.trailed = 0;
        if self.head.capacity() > KEPT_HEADER {
            self.head = Vec::new();
        }
    }

    #[inline]
    pub(super) fn count(&mut self, run: &Stats) {
        // Where their number is bounded no run has an empty frame among others.
        self.empty = if run.payload_bytes > 0 { 0 } else { self.empty + run.frames };
        self.offset += run.wire_bytes;
        self.stats.add(run);
    }

    /// Whether nothing of an unfinished frame has arrived.
    #[inline]
    pub(super) fn is_between_frames(&self) -> bool {
        matches!(self.state, State::Header { .. }) && self.head.is_empty()
    }

    /// What the unfinished header, or the next one, amounts to if `bytes` come next.
    pub(super) fn scan_ahead(&self, rules: &Rules, bytes: &[u8]) -> Scan {
        match &self.state {
            State::Header { scan, .. } if !self.head.is_empty() => {
                rules.header.resume(&mut scan.clone(), &self.head, bytes)
            }
            _ => rules.header.scan(bytes),
        }
    }

    /// Completes the header, then as much of the payload as is here. `None` also where the frame is to be skipped.
    ///
    /// On an error `at` is the index of the first byte that is in none of `head` and `partial`.
    fn decode_header<S: Store<Partial = P>>(
        &mut self,
        rules: &Rules,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
    ) -> Result<Option<S::Frame>, Error> {
        let bytes = chunk.as_ref();
        let start = *at;
        let Some(length) = self.complete_header(rules, bytes, at)? else { return Ok(None) };
        if rules.is_one_too_many(length, self.empty) {
            let reason = format!("it is empty, as were the {} before it", self.empty);
            return Err(Error::InvalidPayload { offset: Some(self.offset), reason });
        }
        if rules.is_skipped(length) {
            self.begin_skip(rules, length, &bytes[*at..]);
            return Ok(None);
        }
        if length > rules.max_frame_size {
            return Err(Error::FrameTooLarge {
                length: rules.header.exact_length(&self.head),
                limit: rules.max_frame_size,
                offset: Some(self.offset),
                hint: hint::of_length(&rules.header, &self.seen(&bytes[*at..]), length, None),
            });
        }
        let in_chunk = *at - start == self.head.len();
        let mut extent = Extent::new(rules.header.unit(), length);
        if let Advance::Complete { taken } = extent.advance(&bytes[*at..]) {
            let payload = *at..*at + taken;
            if ends_well(bytes, payload.end, rules.trailer) && (in_chunk || !rules.keep_header) {
                let (range, end) = delivered(start, payload, rules.trailer, rules.keep_header);
                let frame = store.cut(chunk, range)?;
                *at = end;
                self.completed(rules, taken);
                return Ok(Some(frame));
            }
        }
        let mut partial = P::default();
        if rules.keep_header {
            store.append(&mut partial, &self.head, Room::new(self.head.len(), extent.most()))?;
        }
        // The look ahead counted; the payload's state counts again, from its first byte.
        let extent = Extent::new(rules.header.unit(), length);
        self.state = State::Payload { extent, partial };
        self.decode_payload(rules, store, chunk, at)
    }

    /// Moves what is here of the header from `bytes` to `head`, and gives the length that it announces once it is
    /// complete.
    fn complete_header(
        &mut self,
        rules: &Rules,
        bytes: &[u8],
        at: &mut usize,
    ) -> Result<Option<u64>, Error> {
        let more = &bytes[*at..];
        let State::Header { scan: state, needed } = &mut self.state else { return Ok(None) };
        // A header that begins in this chunk is read where it lies, one that was cut is read on.
        let mut scan =
            if self.head.is_empty() { rules.header.scan(more) } else { Scan::Partial { needed: 0 } };
        if let Scan::Partial { .. } = scan {
            scan = rules.header.resume(state, &self.head, more);
        }
        match scan {
            Scan::Complete { size, length } => {
                let taken = size - self.head.len();
                self.head.extend_from_slice(&more[..taken]);
                *at += taken;
                Ok(Some(length))
            }
            Scan::Partial { needed: lacking } => {
                *needed = lacking;
                self.head.extend_from_slice(more);
                *at = bytes.len();
                Ok(None)
            }
            Scan::Invalid { at: bad } => {
                let header = self.head.iter().chain(more).take(bad + 1).copied().collect();
                let hint = hint::of_header(&rules.header, &self.seen(more));
                Err(Error::InvalidHeader { header, offset: self.offset, hint })
            }
        }
    }

    fn decode_payload<S: Store<Partial = P>>(
        &mut self,
        rules: &Rules,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
    ) -> Result<Option<S::Frame>, Error> {
        let kept = if rules.keep_header { self.head.len() } else { 0 };
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
            let missing = extent.most().saturating_add(rules.kept_behind());
            store.append(partial, &bytes[..taken], Room::new(partial.len() + taken, missing))?;
            *at += taken;
        }
        if advance == Advance::Partial {
            return Ok(None);
        }
        let payload_size = partial.len() - kept - if rules.keep_header { self.trailed } else { 0 };
        while let Some(expected) = rules.trailer.get(self.trailed) {
            let Some(byte) = chunk.as_ref().get(*at) else { return Ok(None) };
            if byte != expected {
                let reason = wrong_end(*byte, *expected);
                return Err(Error::InvalidPayload { offset: Some(self.offset), reason });
            }
            if rules.keep_header {
                let missing = rules.trailer.len() - self.trailed - 1;
                store.append(partial, &[*byte], Room::new(partial.len() + 1, missing))?;
            }
            self.trailed += 1;
            *at += 1;
        }
        let frame = store.finish(partial)?;
        self.completed(rules, payload_size);
        Ok(Some(frame))
    }

    /// Skips the frame whose header, in `head`, announces `length`. `ahead` follows the header.
    fn begin_skip(&mut self, rules: &Rules, length: u64, ahead: &[u8]) {
        self.skipped.push(Skipped { length, offset: self.offset });
        let hint = hint::of_length(&rules.header, &self.seen(ahead), length, None);
        let (extent, header_size) = (Extent::new(rules.header.unit(), length), self.head.len());
        self.stats.skipped_bytes += header_size as u64;
        self.head = Vec::new();
        self.state = State::Skipped(Skip { extent, header_size, received: 0, hint });
    }

    /// Discards what is here of the frame that is being skipped. Whether that was its end.
    fn skip(&mut self, rules: &Rules, bytes: &[u8], at: &mut usize) -> Result<bool, Error> {
        let State::Skipped(skip) = &mut self.state else { return Ok(true) };
        let start = *at;
        let result = skip.advance(rules, &mut self.trailed, bytes, at);
        self.stats.skipped_bytes += (*at - start) as u64;
        let ended =
            result.map_err(|reason| Error::InvalidPayload { offset: Some(self.offset), reason })?;
        if ended {
            self.offset += skip.discarded(self.trailed);
            self.stats.skipped_frames += 1;
            self.empty = 0;
            self.trailed = 0;
            self.state = State::START;
        }
        Ok(ended)
    }

    /// What has arrived of the unfinished header, and the beginning of what follows: `ahead`.
    fn seen(&self, ahead: &[u8]) -> Vec<u8> {
        self.head.iter().chain(ahead.iter().take(hint::WINDOW)).copied().collect()
    }

    pub(super) fn forget(&mut self) {
        (self.head, self.trailed) = (Vec::new(), 0);
        self.state = State::START;
    }
}
