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
//! Three results and no fourth: a frame, "more bytes are needed", or the end of the stream's usefulness.
//! There is no resynchronisation by guessing.

use bytes::{Bytes, BytesMut};

use super::encoder::not_utf8;
use super::error::{ConfigError, Error, Stage};
use super::extent::{Advance, Extent, Unit};
use super::header::{HeaderFormat, Scan};
use super::store::{BytesStore, Partial, Room, Store};

/// A header that kept more than this gives its memory back when its frame is complete.
const KEPT_HEADER: usize = 64;

/// More frames than this are not expected in one chunk, however small the first one is.
const MAX_RESERVED: usize = 8 * 1024;

/// What has passed through a decoder: completed frames, and the bytes of the unfinished one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Completed frames.
    pub frames: u64,
    /// Bytes of their payloads.
    pub payload_bytes: u64,
    /// Bytes of their headers and payloads.
    pub wire_bytes: u64,
    /// Bytes of the largest payload.
    pub largest_frame: u64,
    /// Bytes of the unfinished frame, header included.
    pub buffered: usize,
}

impl Stats {
    #[inline]
    fn of_frame(header_size: usize, payload_size: usize) -> Self {
        Self {
            frames: 1,
            payload_bytes: payload_size as u64,
            wire_bytes: (header_size + payload_size) as u64,
            largest_frame: payload_size as u64,
            buffered: 0,
        }
    }

    /// Adds up the counters of completed frames.
    #[inline]
    fn add(&mut self, more: &Self) {
        self.frames += more.frames;
        self.payload_bytes += more.payload_bytes;
        self.wire_bytes += more.wire_bytes;
        self.largest_frame = self.largest_frame.max(more.largest_frame);
    }
}

/// The decoder over [`Bytes`]: see [`Decoder`].
pub type FrameDecoder = Decoder<BytesMut>;

/// Turns a byte stream into frames. `P` is the memory of the unfinished frame: see [`Store`].
///
/// ```
/// use bytes::Bytes;
/// use framing::codec::{DecimalHeader, Error, FrameDecoder};
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
    /// The header of the unfinished frame as far as it has arrived, as it was received. Empty between
    /// frames; complete in `State::Payload`.
    head: Vec<u8>,
    state: State<P>,
    /// The stream offset of the unfinished frame's first byte.
    offset: u64,
    stats: Stats,
}

#[derive(Debug)]
enum State<P> {
    /// Between frames, or inside a header.
    Header,
    /// Inside a payload. `partial` has what arrived of it, after the header with `keep_header`.
    Payload { extent: Extent, partial: P },
    /// The stream was refused. `partial` is as above, `rest` goes from there to the end of the chunk.
    Dead { error: Box<Error>, partial: P, rest: Vec<u8> },
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
            head: Vec::new(),
            state: State::Header,
            offset: 0,
            stats: Stats::default(),
        }
    }

    /// The same decoder with another limit, in the header's unit.
    ///
    /// # Errors
    /// [`ConfigError::LimitTooHigh`].
    pub fn with_max_frame_size(mut self, limit: u64) -> Result<Self, ConfigError> {
        self.max_frame_size = self.header.limit(Some(limit))?;
        Ok(self)
    }

    /// The same decoder, giving each frame as header and payload, as received (`true`), or the payload
    /// alone (`false`).
    #[must_use]
    pub fn with_keep_header(mut self, keep_header: bool) -> Self {
        self.keep_header = keep_header;
        self
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
        // A whole frame in the chunk is the hot path: no state changes, nothing is kept.
        if self.head.is_empty() && matches!(self.state, State::Header) {
            if let Some((header_size, payload_size)) =
                whole_frame(self.header, self.max_frame_size, &chunk.as_ref()[*at..])
            {
                let end = *at + header_size + payload_size;
                let start = if self.keep_header { *at } else { end - payload_size };
                if let Ok(frame) = store.cut(chunk, start..end) {
                    *at = end;
                    self.count(&Stats::of_frame(header_size, payload_size));
                    return Ok(Some(frame));
                }
            }
        }
        self.decode_pieces(store, chunk, at)
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
            match self.decode_pieces(store, chunk, &mut at)? {
                Some(frame) => frames.push(frame),
                None => return Ok(()),
            }
        }
    }

    /// Forgets the stream: ready for the first byte of another one.
    pub fn reset(&mut self) {
        self.forget();
        self.offset = 0;
        self.stats = Stats::default();
    }

    /// Drops the bytes of the unfinished or refused frame, which the caller has copied from
    /// [`buffered_parts`](Self::buffered_parts). A refused stream stays refused.
    pub(crate) fn forget_buffered(&mut self) {
        self.offset += self.buffered() as u64;
        match &mut self.state {
            State::Dead { partial, rest, .. } => {
                (*partial, *rest) = (P::default(), Vec::new());
                self.head = Vec::new();
            }
            State::Header | State::Payload { .. } => self.forget(),
        }
    }

    /// Says that no byte follows.
    ///
    /// # Errors
    /// [`Error::TruncatedFrame`] inside a frame, which is kept: more may be fed after all. What ended
    /// a refused stream, again.
    pub fn feed_eof(&self) -> Result<(), Error> {
        let (stage, received, missing) = match &self.state {
            State::Dead { error, .. } => return Err(Error::clone(error)),
            State::Header if self.head.is_empty() => return Ok(()),
            State::Header => (Stage::Header, self.head.len(), self.needed()),
            State::Payload { extent, partial } => {
                let kept = if self.keep_header { self.head.len() } else { 0 };
                (Stage::Payload, partial.len() - kept, extent.least())
            }
        };
        Err(Error::TruncatedFrame { stage, expected: received.saturating_add(missing), received })
    }

    /// The least number of bytes that can complete the next step: the rest of the header, then the
    /// rest of the payload. 0 on a refused stream.
    #[must_use]
    pub fn needed(&self) -> usize {
        match &self.state {
            State::Dead { .. } => 0,
            State::Payload { extent, .. } => extent.least(),
            State::Header if self.head.is_empty() => self.header.min_size(),
            State::Header => match self.header.scan(&self.head) {
                Scan::Partial { needed } => needed,
                Scan::Complete { .. } | Scan::Invalid { .. } => 0,
            },
        }
    }

    /// The bytes of the unfinished frame, header included; on a refused stream everything from the
    /// refused frame's first byte.
    #[must_use]
    pub fn buffered(&self) -> usize {
        let rest = if let State::Dead { rest, .. } = &self.state { rest.len() } else { 0 };
        self.separate_head().len() + self.partial().map_or(0, P::len) + rest
    }

    /// The bytes that [`buffered`](Self::buffered) counts, in order.
    #[must_use]
    pub fn buffered_parts(&self) -> Vec<&[u8]> {
        let mut parts = vec![self.separate_head()];
        parts.extend(self.partial().into_iter().flat_map(P::parts));
        if let State::Dead { rest, .. } = &self.state {
            parts.push(rest);
        }
        parts
    }

    /// The header of the unfinished frame where [`partial`](Self::partial) does not begin with it.
    #[must_use]
    pub fn separate_head(&self) -> &[u8] {
        let in_partial = self.keep_header && self.partial().is_some_and(|partial| !partial.is_empty());
        if in_partial { &[] } else { &self.head }
    }

    /// The memory of the unfinished payload, or of the one that was refused.
    #[must_use]
    pub fn partial(&self) -> Option<&P> {
        match &self.state {
            State::Header => None,
            State::Payload { partial, .. } | State::Dead { partial, .. } => Some(partial),
        }
    }

    /// The stream offset of the first byte that no completed frame accounts for.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// What the stream was refused for.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match &self.state {
            State::Dead { error, .. } => Some(error),
            State::Header | State::Payload { .. } => None,
        }
    }

    /// A snapshot of the counters.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats { buffered: self.buffered(), ..self.stats }
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

    /// Whether frames begin with their header.
    #[must_use]
    pub fn keep_header(&self) -> bool {
        self.keep_header
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

    /// `count` bytes have been added to the memory that [`in_place`](Self::in_place) gave. They are
    /// fewer than the frame lacks: its last byte has to pass through [`decode`](Self::decode), which
    /// alone completes frames.
    pub fn received_in_place(&mut self, count: usize) {
        if let State::Payload { extent: Extent::Bytes(missing), .. } = &mut self.state {
            debug_assert!(count < *missing, "the last byte of a frame is not received in place");
            *missing = missing.saturating_sub(count).max(1);
        }
    }

    /// The hot path of [`feed_into`](Self::feed_into): takes frames as long as they are all in the chunk.
    ///
    /// What stops it, be it a fault or a lack of memory, is for
    /// [`decode_pieces`](Self::decode_pieces) to find again.
    #[inline(never)]
    fn cut_whole_frames<S: Store<Partial = P>>(
        &mut self,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
        frames: &mut Vec<S::Frame>,
    ) {
        if !self.head.is_empty() || !matches!(self.state, State::Header) {
            return;
        }
        // Locals, which the calls in the loop cannot touch, so that the limits stay in registers.
        let (header, limit, keep_header) = (self.header, self.max_frame_size, self.keep_header);
        let (bytes, from, before) = (chunk.as_ref(), *at, frames.len());
        let (mut header_bytes, mut largest) = (0, 0);
        while let Some((header_size, payload_size)) = whole_frame(header, limit, &bytes[*at..]) {
            let end = *at + header_size + payload_size;
            let start = if keep_header { *at } else { end - payload_size };
            let Ok(frame) = store.cut(chunk, start..end) else { break };
            if frames.len() == frames.capacity() {
                // Streams tend to consist of frames of one size.
                frames.reserve(((bytes.len() - *at) / (end - *at)).clamp(1, MAX_RESERVED));
            }
            frames.push(frame);
            *at = end;
            header_bytes += header_size;
            largest = largest.max(payload_size);
        }
        self.count(&Stats {
            frames: (frames.len() - before) as u64,
            payload_bytes: (*at - from - header_bytes) as u64,
            wire_bytes: (*at - from) as u64,
            largest_frame: largest as u64,
            buffered: 0,
        });
    }

    #[inline(never)]
    fn decode_pieces<S: Store<Partial = P>>(
        &mut self,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
    ) -> Result<Option<S::Frame>, Error> {
        let result = match &mut self.state {
            State::Dead { error, .. } => return Err(Error::clone(error)),
            State::Header => self.decode_header(store, chunk, at),
            State::Payload { .. } => self.decode_payload(store, chunk, at),
        };
        if let Err(error) = &result {
            self.die(error.clone(), &chunk.as_ref()[*at..]);
            *at = chunk.as_ref().len();
        }
        result
    }

    /// Completes the header, then as much of the payload as is here.
    ///
    /// On an error `at` is the index of the first byte that is in none of `head` and `partial`.
    fn decode_header<S: Store<Partial = P>>(
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
        if length > self.max_frame_size {
            return Err(Error::FrameTooLarge {
                length: self.header.exact_length(&self.head),
                limit: self.max_frame_size,
                offset: Some(self.offset),
            });
        }
        let in_chunk = *at - start == self.head.len();
        let mut extent = Extent::new(self.header.unit(), length);
        match extent.advance(&bytes[*at..]) {
            Advance::Complete { taken } if in_chunk || !self.keep_header => {
                let from = if self.keep_header { start } else { *at };
                let frame = store.cut(chunk, from..*at + taken)?;
                *at += taken;
                self.completed(self.head.len(), taken);
                return Ok(Some(frame));
            }
            _ => {}
        }
        let mut partial = P::default();
        if self.keep_header {
            store.append(&mut partial, &self.head, Room::new(self.head.len(), extent.most()))?;
        }
        // The look ahead counted; the payload's state counts again, from its first byte.
        self.state = State::Payload { extent: Extent::new(self.header.unit(), length), partial };
        self.decode_payload(store, chunk, at)
    }

    fn decode_payload<S: Store<Partial = P>>(
        &mut self,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
    ) -> Result<Option<S::Frame>, Error> {
        let State::Payload { extent, partial } = &mut self.state else { return Ok(None) };
        let bytes = &chunk.as_ref()[*at..];
        let advance = extent.advance(bytes);
        let taken = match advance {
            Advance::Partial => bytes.len(),
            Advance::Complete { taken } => taken,
            Advance::Invalid { at: bad } => {
                let kept = if self.keep_header { self.head.len() } else { 0 };
                let reason = not_utf8(bytes.get(bad).copied(), partial.len() - kept + bad);
                return Err(Error::InvalidPayload { offset: Some(self.offset), reason });
            }
        };
        if taken > 0 {
            let arrived = partial.len() + taken;
            store.append(partial, &bytes[..taken], Room::new(arrived, extent.most()))?;
            *at += taken;
        }
        if advance == Advance::Partial {
            return Ok(None);
        }
        let kept = if self.keep_header { self.head.len() } else { 0 };
        let payload_size = partial.len() - kept;
        let frame = store.finish(partial)?;
        self.state = State::Header;
        self.completed(self.head.len(), payload_size);
        Ok(Some(frame))
    }

    /// Steps behind a frame that was put together, and counts it.
    fn completed(&mut self, header_size: usize, payload_size: usize) {
        self.count(&Stats::of_frame(header_size, payload_size));
        self.head.clear();
        if self.head.capacity() > KEPT_HEADER {
            self.head = Vec::new();
        }
    }

    #[inline]
    fn count(&mut self, run: &Stats) {
        self.offset += run.wire_bytes;
        self.stats.add(run);
    }

    fn die(&mut self, error: Error, rest: &[u8]) {
        let partial = match std::mem::replace(&mut self.state, State::Header) {
            State::Payload { partial, .. } => partial,
            State::Header | State::Dead { .. } => P::default(),
        };
        self.state = State::Dead { error: Box::new(error), partial, rest: rest.to_vec() };
    }

    fn forget(&mut self) {
        self.head = Vec::new();
        self.state = State::Header;
    }

    /// `ahead`: what of the chunk is not in `head`.
    fn hint(&self, ahead: &[u8]) -> Option<&'static str> {
        if self.head.is_empty() {
            return super::hint::hint(ahead);
        }
        let seen: Vec<u8> = self.head.iter().chain(ahead.iter().take(64)).copied().collect();
        super::hint::hint(&seen)
    }
}

/// The sizes of the header and the payload of a frame that is all in `bytes`. `None` says nothing:
/// `decode_header` decides.
#[inline]
fn whole_frame(header: HeaderFormat, limit: u64, bytes: &[u8]) -> Option<(usize, usize)> {
    let Scan::Complete { size, length } = header.scan(bytes) else { return None };
    if length > limit || header.unit() != Unit::Bytes {
        return None;
    }
    let payload_size = usize::try_from(length).ok()?;
    (payload_size <= bytes.len() - size).then_some((size, payload_size))
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
