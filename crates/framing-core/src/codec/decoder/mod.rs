//! The decoder, which turns a byte stream into frames.
//!
//! Three results and no fourth: a frame, "more bytes are needed", or the end of the stream's usefulness.
//! There is no resynchronisation by guessing.

mod fast_path;
mod machine;
mod peek;
mod policy;
mod rules;
mod skip;
mod stats;

use bytes::{Bytes, BytesMut};

use self::fast_path::{Last, cut_frame, cut_frames};
use self::machine::{Machine, State};
pub use self::peek::Progress;
pub use self::policy::{Policy, Skipped, Skips};
use self::rules::Rules;
pub use self::stats::Stats;
use super::error::{ConfigError, Error};
use super::extent::Extent;
use super::header::HeaderFormat;
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
    rules: Rules,
    machine: Machine<P>,
    last: Option<Last>,
}

impl<P: Partial> Decoder<P> {
    /// A decoder with the default limit.
    #[must_use]
    pub fn new(header: impl Into<HeaderFormat>) -> Self {
        Self { rules: Rules::new(header.into()), machine: Machine::new(), last: None }
    }

    /// The same decoder with another limit, in the header's unit.
    ///
    /// # Errors
    /// [`ConfigError::Limit`].
    pub fn with_max_frame_size(mut self, limit: u64) -> Result<Self, ConfigError> {
        self.rules.set_max_frame_size(limit)?;
        self.last = None;
        Ok(self)
    }

    /// The same decoder with another policy. After the limit is set.
    ///
    /// # Errors
    /// [`ConfigError::MaxSkip`].
    pub fn with_policy(mut self, policy: Policy) -> Result<Self, ConfigError> {
        self.rules.set_policy(policy)?;
        Ok(self)
    }

    /// The same decoder, giving each frame as header and payload, as received (`true`), or the payload
    /// alone (`false`).
    #[must_use]
    pub fn with_keep_header(mut self, keep_header: bool) -> Self {
        self.rules.keep_header = keep_header;
        self
    }

    /// A decoder with the settings of this one, at the start of a stream of its own.
    #[must_use]
    pub fn fresh<Q: Partial>(&self) -> Decoder<Q> {
        Decoder { rules: self.rules.clone(), machine: Machine::new(), last: None }
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
        self.machine.decode(&self.rules, store, chunk, at)
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
        let (frame, run) = cut_frame(&self.rules, &mut self.last, store, chunk, at)?;
        self.machine.count(&run);
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
            if self.is_between_frames() {
                let run = cut_frames(&self.rules, store, chunk, &mut at, frames);
                self.machine.count(&run);
            }
            if at > 0 && at == chunk.as_ref().len() {
                return Ok(());
            }
            // A few dozen bytes more are always to be had, or nothing would help.
            if frames.len() >= MANY && frames.try_reserve(1).is_err() {
                let error = Error::OutOfMemory { requested: 1 };
                return Err(self.machine.refuse(error, store, chunk, &mut at));
            }
            match self.machine.decode(&self.rules, store, chunk, &mut at)? {
                Some(frame) => frames.push(frame),
                None => return Ok(()),
            }
        }
    }

    /// Takes of `chunk`, from `at` onwards, what is skipped before the next frame that is not.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), for a fault in what is skipped.
    #[doc(hidden)]
    pub fn discard<S: Store<Partial = P>>(
        &mut self,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
    ) -> Result<(), Error> {
        if self.rules.policy.skips() {
            self.machine.discard(&self.rules, store, chunk, at)?;
        }
        Ok(())
    }

    /// Forgets the stream: ready for the first byte of another one.
    pub fn reset(&mut self) {
        self.machine = Machine::new();
    }

    /// The frames that have been skipped, or have begun to be, since this was last asked.
    #[inline]
    #[must_use]
    pub fn take_skipped(&mut self) -> Skips {
        std::mem::take(&mut self.machine.skipped)
    }

    /// Drops the bytes of the unfinished or refused frame, which the caller has copied from
    /// [`buffered_parts`](Self::buffered_parts). A refused stream stays refused.
    pub fn forget_buffered(&mut self) {
        self.machine.forget_buffered(self.buffered());
    }

    /// The memory of the unfinished frame and the number of bytes it still lacks, where those are
    /// known: for a caller that receives straight into that memory and then says so with
    /// [`received_in_place`](Self::received_in_place).
    #[doc(hidden)]
    pub fn in_place(&mut self) -> Option<(&mut P, usize)> {
        match &mut self.machine.state {
            State::Payload { extent: Extent::Bytes(missing), partial } => Some((partial, *missing)),
            _ => None,
        }
    }

    /// Bytes that will be kept behind the payload that [`in_place`](Self::in_place) says is missing: there should be
    /// room for them, too.
    #[doc(hidden)]
    #[must_use]
    pub fn kept_behind(&self) -> usize {
        self.rules.kept_behind()
    }

    /// `count` bytes have been added to the memory that [`in_place`](Self::in_place) gave, no more than
    /// the frame lacked. Where they were all of those, the next [`decode`](Self::decode), even of no
    /// bytes, completes the frame.
    #[doc(hidden)]
    pub fn received_in_place(&mut self, count: usize) {
        if let State::Payload { extent: Extent::Bytes(missing), .. } = &mut self.machine.state {
            debug_assert!(count <= *missing, "no more than the frame lacked");
            *missing = missing.saturating_sub(count);
        }
    }

    /// The rest of the unfinished frame, of which [`in_place`](Self::in_place) says how much it is, has been
    /// received into memory of the caller's, who has copied what was here before it. Not for formats with a
    /// trailer, which would have to be looked at.
    #[doc(hidden)]
    pub fn completed_elsewhere(&mut self) {
        debug_assert!(self.rules.trailer.is_empty(), "a trailer has to be looked at");
        let kept = if self.rules.keep_header { self.machine.head.len() } else { 0 };
        if let State::Payload { extent: Extent::Bytes(missing), partial } = &self.machine.state {
            let payload_size = partial.len() - kept + missing;
            self.machine.completed(&self.rules, payload_size);
        }
    }

    /// Whether [`decode`](Self::decode), given `bytes`, would give a frame or an error, and not ask for
    /// more.
    #[must_use]
    pub fn has_next(&self, bytes: &[u8]) -> bool {
        peek::has_next(&self.rules, &self.machine, bytes)
    }

    /// The size of the next frame as it will be delivered, given that `bytes` come next. `None` where
    /// that cannot be known from them, or there is something wrong with them, or a frame to skip first.
    #[must_use]
    pub fn next_size(&self, bytes: &[u8]) -> Option<usize> {
        peek::next_size(&self.rules, &self.machine, bytes)
    }

    /// Says that no byte follows.
    ///
    /// # Errors
    /// [`Error::TruncatedFrame`] inside a frame, which is kept: more may be fed after all. What ended
    /// a refused stream, again.
    pub fn feed_eof(&self) -> Result<(), Error> {
        peek::end(&self.rules, &self.machine)
    }

    /// How far the unfinished frame has come: between two frames, nothing of a header.
    #[must_use]
    pub fn progress(&self) -> Progress {
        peek::progress(&self.rules, &self.machine)
    }

    /// Whether nothing of an unfinished frame has arrived.
    #[must_use]
    #[inline]
    pub fn is_between_frames(&self) -> bool {
        self.machine.is_between_frames()
    }

    /// The least number of bytes that can complete the next step: the rest of the header, then the
    /// rest of the payload. 0 on a refused stream.
    #[must_use]
    pub fn needed(&self) -> usize {
        peek::needed(&self.rules, &self.machine)
    }

    /// The bytes of the unfinished frame, header included; on a refused stream everything from the
    /// refused frame's first byte.
    #[must_use]
    pub fn buffered(&self) -> usize {
        peek::buffered(&self.rules, &self.machine)
    }

    /// The bytes that [`buffered`](Self::buffered) counts, in order.
    #[must_use]
    pub fn buffered_parts(&self) -> Vec<&[u8]> {
        peek::buffered_parts(&self.rules, &self.machine)
    }

    /// The header of the unfinished frame where [`partial`](Self::partial) does not begin with it.
    #[doc(hidden)]
    #[must_use]
    pub fn separate_head(&self) -> &[u8] {
        peek::separate_head(&self.rules, &self.machine)
    }

    /// What has arrived of the unfinished frame's trailer, where [`partial`](Self::partial) does not end
    /// with it.
    #[doc(hidden)]
    #[must_use]
    pub fn separate_trailer(&self) -> &'static [u8] {
        peek::separate_trailer(&self.rules, &self.machine)
    }

    /// The memory of the unfinished payload, or of the one that was refused.
    #[doc(hidden)]
    #[must_use]
    pub fn partial(&self) -> Option<&P> {
        peek::partial(&self.machine)
    }

    /// The stream offset of the first byte that no completed frame accounts for.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.machine.offset
    }

    /// What the stream was refused for.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match &self.machine.state {
            State::Dead(refusal) => Some(&refusal.error),
            State::Header { .. } | State::Payload { .. } | State::Skipped(_) => None,
        }
    }

    /// A snapshot of the counters.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats { buffered: self.buffered(), ..self.machine.stats }
    }

    /// The header format.
    #[must_use]
    pub fn header(&self) -> &HeaderFormat {
        &self.rules.header
    }

    /// The limit, in the header's unit.
    #[must_use]
    pub fn max_frame_size(&self) -> u64 {
        self.rules.max_frame_size
    }

    /// What becomes of frames that are over the limit, or empty.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.rules.policy
    }

    /// Whether frames begin with their header.
    #[must_use]
    pub fn keep_header(&self) -> bool {
        self.rules.keep_header
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
