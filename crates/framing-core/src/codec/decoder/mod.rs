//! The state machine that turns a byte stream into frames.
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
//!
//! Three results and no fourth: a frame, "more bytes are needed", or the end of the stream's usefulness.
//! There is no resynchronisation by guessing.

mod ahead;
mod pieces;
mod policy;
mod skip;
mod stats;
mod status;
mod whole;

use std::ops::RangeInclusive;

use bytes::{Bytes, BytesMut};

pub use self::policy::{Policy, Skipped, Skips};
use self::skip::Skip;
pub use self::stats::Stats;
pub use self::status::Progress;
use self::whole::{delivered, ends_well, whole_frame};
use super::error::{ConfigError, Error};
use super::extent::Extent;
use super::header::{Format, HeaderFormat};
use super::store::{BytesStore, Partial, Store};

/// From so many frames on, room for one more may be too much to ask.
const MANY: usize = 1024;

/// The decoder over [`Bytes`]: see [`Decoder`].
pub type FrameDecoder = Decoder<BytesMut>;

/// Turns a byte stream into frames. `P` is the memory of the unfinished frame: see [`Store`].
///
/// ```
/// use bytes::Bytes;
/// use framing_core::codec::{DecimalHeader, Error, FrameDecoder};
///
/// # fn main() -> Result<(), Error> {
/// let mut decoder = FrameDecoder::new(DecimalHeader::default());
/// assert_eq!(decoder.feed(&Bytes::from_static(b"5    "))?, [""; 0]);
/// assert_eq!(decoder.needed(), 5);
/// assert_eq!(decoder.feed(&Bytes::from_static(b"     hello0         3"))?, ["hello", ""]);
/// assert!(matches!(decoder.feed_eof(), Err(Error::TruncatedFrame { received: 1, .. })));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Decoder<P> {
    header: HeaderFormat,
    max_frame_size: u64,
    keep_header: bool,
    /// What the format says follows every payload. It is checked, counted, and part of a frame only with
    /// `keep_header`.
    trailer: &'static [u8],
    /// The bytes of the unfinished frame's trailer that have arrived. They were right.
    trailed: usize,
    /// The header of the unfinished frame as far as it has arrived, as it was received. Empty between
    /// frames; complete in `State::Payload`.
    head: Vec<u8>,
    state: State<P>,
    /// The stream offset of the unfinished frame's first byte.
    offset: u64,
    stats: Stats,
    last: Option<Last>,
    policy: Policy,
    /// The empty frames since the last one that was not.
    empty: u64,
    /// The frames that were skipped, until somebody asks.
    skipped: Skips,
}

/// A header that was read. Streams tend to consist of frames of one size, and a header like the last one need
/// not be read again.
#[derive(Debug, Clone, Copy)]
struct Last {
    fingerprint: (u64, u64),
    header_size: usize,
    payload_size: usize,
}

#[derive(Debug)]
enum State<P> {
    /// Between frames, or inside a header.
    Header,
    /// Inside a payload or its trailer. `partial` has what arrived of the payload; with `keep_header` it
    /// begins with the header and goes on with the trailer.
    Payload { extent: Extent, partial: P },
    /// Inside a frame that is over the limit, and is discarded as it arrives.
    Skipped(Skip),
    /// The stream was refused. Elsewhere, because decoders are many and refusals few.
    Dead(Box<Refusal<P>>),
}

#[derive(Debug)]
struct Refusal<P> {
    error: Error,
    /// The refused frame's memory, as in [`State::Payload`].
    partial: P,
    /// From there to the end of the chunk.
    rest: P,
    /// What had been discarded of the refused frame before: it was being skipped.
    discarded: u64,
}

impl<P: Partial> Decoder<P> {
    /// A decoder with the default limit.
    #[must_use]
    pub fn new(header: impl Into<HeaderFormat>) -> Self {
        let header = header.into();
        let max_frame_size = header.limit(None).unwrap_or(0);
        Self {
            header,
            max_frame_size,
            keep_header: false,
            trailer: header.trailer(),
            trailed: 0,
            head: Vec::new(),
            state: State::Header,
            offset: 0,
            stats: Stats::default(),
            last: None,
            policy: Policy::default(),
            empty: 0,
            skipped: Skips::default(),
        }
    }

    /// The same decoder with another limit, in the header's unit.
    ///
    /// # Errors
    /// [`ConfigError::Limit`].
    pub fn with_max_frame_size(mut self, limit: u64) -> Result<Self, ConfigError> {
        self.max_frame_size = self.header.limit(Some(limit))?;
        self.last = None;
        Ok(self)
    }

    /// The same decoder with another policy. After the limit is set.
    ///
    /// # Errors
    /// [`ConfigError::MaxSkip`].
    pub fn with_policy(mut self, policy: Policy) -> Result<Self, ConfigError> {
        self.policy = policy.checked(self.max_frame_size)?;
        Ok(self)
    }

    /// The same decoder, giving each frame as header and payload, as received (`true`), or the payload
    /// alone (`false`).
    #[must_use]
    pub fn with_keep_header(mut self, keep_header: bool) -> Self {
        self.keep_header = keep_header;
        self
    }

    /// A decoder with the settings of this one, at the start of a stream of its own.
    #[must_use]
    pub fn fresh<Q: Partial>(&self) -> Decoder<Q> {
        Decoder {
            max_frame_size: self.max_frame_size,
            keep_header: self.keep_header,
            policy: self.policy,
            ..Decoder::new(self.header)
        }
    }

    /// Takes bytes from `chunk`, from index `at` onwards, until a frame is complete.
    ///
    /// - `Ok(Some(frame))`: `at` is the index behind the frame. Call again; there may be more.
    /// - `Ok(None)`: everything was taken and more is needed.
    /// - `Err`: the stream is refused. Everything was taken, [`take_buffered`](Self::take_buffered) has
    ///   it, and every later call fails equally without taking a byte.
    ///
    /// # Errors
    /// [`Error::InvalidHeader`], [`Error::FrameTooLarge`], [`Error::InvalidPayload`] name the peer's
    /// fault; [`Error::OutOfMemory`] is nobody's.
    #[inline]
    pub fn decode<S: Store<Partial = P>>(
        &mut self,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
    ) -> Result<Option<S::Frame>, Error> {
        if let Some(frame) = self.decode_whole(store, chunk, at) {
            return Ok(Some(frame));
        }
        self.decode_pieces(store, chunk, at)
    }

    /// The hot path of [`decode`](Self::decode), for a frame that is all in the chunk: no state changes, nothing
    /// is kept. `None` says nothing, and then nothing was taken.
    #[inline]
    pub fn decode_whole<S: Store<Partial = P>>(
        &mut self,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
    ) -> Option<S::Frame> {
        if !self.is_between_frames() {
            return None;
        }
        let rest = chunk.as_ref().get(*at..)?;
        let fingerprint = self.header.fingerprint(rest);
        let (header_size, payload_size) =
            match self.last.filter(|last| Some(last.fingerprint) == fingerprint) {
                Some(last) if ends_well(rest, last.header_size + last.payload_size, self.trailer) => {
                    (last.header_size, last.payload_size)
                }
                _ => {
                    let (header_size, payload_size) =
                        whole_frame(self.header, self.usual_lengths(), self.trailer, rest)?;
                    self.last =
                        fingerprint.map(|fingerprint| Last { fingerprint, header_size, payload_size });
                    (header_size, payload_size)
                }
            };
        let payload = *at + header_size..*at + header_size + payload_size;
        let (range, end) = delivered(*at, payload, self.trailer, self.keep_header);
        let frame = store.cut(chunk, range).ok()?;
        *at = end;
        self.count(&Stats::of_frame(header_size + self.trailer.len(), payload_size));
        Some(frame)
    }

    /// Takes all of `chunk` and adds the frames it completes to `frames`.
    ///
    /// # Errors
    /// As [`decode`](Self::decode). The frames before the fault are in `frames`.
    #[inline]
    pub fn feed_into<S: Store<Partial = P>>(
        &mut self,
        store: &S,
        chunk: &S::Chunk,
        frames: &mut Vec<S::Frame>,
    ) -> Result<(), Error> {
        let mut at = 0;
        loop {
            self.cut_whole_frames(store, chunk, &mut at, frames);
            if at > 0 && at == chunk.as_ref().len() {
                return Ok(());
            }
            // A few dozen bytes more are always to be had, or nothing would help.
            if frames.len() >= MANY && frames.try_reserve(1).is_err() {
                return Err(self.refuse(Error::OutOfMemory { requested: 1 }, store, chunk, &mut at));
            }
            match self.decode_pieces(store, chunk, &mut at)? {
                Some(frame) => frames.push(frame),
                None => return Ok(()),
            }
        }
    }

    /// Forgets the stream: ready for the first byte of another one.
    pub fn reset(&mut self) {
        self.forget();
        self.empty = 0;
        self.skipped = Skips::default();
        self.offset = 0;
        self.stats = Stats::default();
    }

    /// Drops the bytes of the unfinished or refused frame, which the caller has copied from
    /// [`buffered_parts`](Self::buffered_parts). A refused stream stays refused.
    pub fn forget_buffered(&mut self) {
        self.offset += self.buffered() as u64;
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
            State::Header | State::Payload { .. } => self.forget(),
        }
    }

    /// The memory of the unfinished frame and the number of bytes it still lacks, where those are
    /// known: for a caller that receives straight into that memory and then says so with
    /// [`received_in_place`](Self::received_in_place).
    pub fn in_place(&mut self) -> Option<(&mut P, usize)> {
        match &mut self.state {
            State::Payload { extent: Extent::Bytes(missing), partial } => Some((partial, *missing)),
            _ => None,
        }
    }

    /// Bytes that will be kept behind the payload that [`in_place`](Self::in_place) says is missing: there should be
    /// room for them, too.
    #[must_use]
    pub fn kept_behind(&self) -> usize {
        if self.keep_header { self.trailer.len() } else { 0 }
    }

    /// `count` bytes have been added to the memory that [`in_place`](Self::in_place) gave, no more than
    /// the frame lacked. Where they were all of those, the next [`decode`](Self::decode), even of no
    /// bytes, completes the frame.
    pub fn received_in_place(&mut self, count: usize) {
        if let State::Payload { extent: Extent::Bytes(missing), .. } = &mut self.state {
            debug_assert!(count <= *missing, "no more than the frame lacked");
            *missing = missing.saturating_sub(count);
        }
    }

    /// The rest of the unfinished frame, of which [`in_place`](Self::in_place) says how much it is, has been
    /// received into memory of the caller's, who has copied what was here before it. Not for formats with a
    /// trailer, which would have to be looked at.
    pub fn completed_elsewhere(&mut self) {
        debug_assert!(self.trailer.is_empty(), "a trailer has to be looked at");
        let kept = if self.keep_header { self.head.len() } else { 0 };
        if let State::Payload { extent: Extent::Bytes(missing), partial } = &self.state {
            let payload_size = partial.len() - kept + missing;
            self.state = State::Header;
            self.completed(payload_size);
        }
    }

    /// The lengths of frames that need no second look: not those over the limit, nor empty ones where they are
    /// counted.
    #[inline]
    fn usual_lengths(&self) -> RangeInclusive<u64> {
        u64::from(self.policy.max_consecutive_empty().is_some())..=self.max_frame_size
    }

    #[inline]
    fn count(&mut self, run: &Stats) {
        // Where their number is bounded no run has an empty frame among others.
        self.empty = if run.payload_bytes > 0 { 0 } else { self.empty + run.frames };
        self.offset += run.wire_bytes;
        self.stats.add(run);
    }

    fn forget(&mut self) {
        (self.head, self.trailed) = (Vec::new(), 0);
        self.state = State::Header;
    }
}

impl FrameDecoder {
    /// Takes all of `chunk` and gives the frames it completes.
    ///
    /// Frames before a fault are delivered: the fault is then in [`error`](Decoder::error) and is
    /// returned by the next call.
    ///
    /// # Errors
    /// As [`decode`](Decoder::decode).
    pub fn feed(&mut self, chunk: &Bytes) -> Result<Vec<Bytes>, Error> {
        let mut frames = Vec::new();
        match self.feed_into(&BytesStore, chunk, &mut frames) {
            Err(error) if frames.is_empty() => Err(error),
            _ => Ok(frames),
        }
    }

    /// Hands out the bytes of the unfinished frame, or of a refused stream from the refused frame on:
    /// that is how a stream changes protocol.
    pub fn take_buffered(&mut self) -> Bytes {
        let taken = self.buffered_parts().concat();
        self.forget_buffered();
        Bytes::from(taken)
    }
}

#[cfg(test)]
mod tests;
