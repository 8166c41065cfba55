//! Frames that are all in one chunk: the hot path. No state changes, nothing is kept.

use std::ops::{Range, RangeInclusive};

use super::{Decoder, Stats};
use crate::codec::extent::Unit;
use crate::codec::header::{Format, Scan, each_format};
use crate::codec::store::{Partial, Store};

/// More frames than this are not expected in one chunk, however small the first one is.
const MAX_RESERVED: usize = 8 * 1024;

impl<P: Partial> Decoder<P> {
    /// The hot path of [`feed_into`](Self::feed_into): takes frames as long as they are all in the chunk.
    ///
    /// What stops it, be it a fault or a lack of memory, is for
    /// [`decode_pieces`](Self::decode_pieces) to find again.
    #[inline]
    pub(super) fn cut_whole_frames<S: Store<Partial = P>>(
        &mut self,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
        frames: &mut Vec<S::Frame>,
    ) {
        if self.is_between_frames() {
            // A loop for each format: which one it is, is not asked for every frame.
            each_format!(self.header, header => self.cut_frames_of(header, store, chunk, at, frames));
        }
    }

    #[inline(never)]
    fn cut_frames_of<F: Format, S: Store<Partial = P>>(
        &mut self,
        header: F,
        store: &S,
        chunk: &S::Chunk,
        at: &mut usize,
        frames: &mut Vec<S::Frame>,
    ) {
        // Locals, which the calls in the loop cannot touch, so that they stay in registers.
        let (lengths, trailer) = (self.usual_lengths(), header.trailer());
        let keep_header = self.keep_header;
        let (bytes, from, before) = (chunk.as_ref(), *at, frames.len());
        let (mut here, mut around, mut largest) = (from, 0, 0);
        // Streams tend to consist of frames of one size: a header like the last one is not read again,
        // and the processor need not wait for it to know where the next frame begins.
        let (mut last, mut header_size, mut payload_size) = (None, 0, 0);
        loop {
            let rest = &bytes[here..];
            let fingerprint = header.fingerprint(rest);
            let same = fingerprint.is_some() && fingerprint == last;
            if !same || !ends_well(rest, header_size + payload_size, trailer) {
                let Some(sizes) = whole_frame(header, lengths.clone(), trailer, rest) else { break };
                (header_size, payload_size) = sizes;
                last = fingerprint;
                largest = largest.max(payload_size);
            }
            let payload = here + header_size..here + header_size + payload_size;
            let (range, end) = delivered(here, payload, trailer, keep_header);
            let Ok(frame) = store.cut(chunk, range) else { break };
            if frames.len() == frames.capacity() && !reserve(frames, bytes.len() - here, end - here) {
                break;
            }
            frames.push(frame);
            here = end;
            around += header_size + trailer.len();
        }
        *at = here;
        self.count(&Stats {
            frames: (frames.len() - before) as u64,
            payload_bytes: (here - from - around) as u64,
            wire_bytes: (here - from) as u64,
            largest_frame: largest as u64,
            ..Stats::default()
        });
    }
}

/// Makes room for the frames that `size` bytes hold if all are like the `first` of them; `false` where
/// there is no memory for that.
#[cold]
#[inline(never)]
fn reserve<F>(frames: &mut Vec<F>, size: usize, first: usize) -> bool {
    frames.try_reserve((size / first.max(1)).clamp(1, MAX_RESERVED)).is_ok()
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

/// The sizes of the header and the payload of a frame that is all in `bytes`. `None` says nothing:
/// `decode_header` decides.
#[inline]
pub(super) fn whole_frame<F: Format>(
    header: F,
    lengths: RangeInclusive<u64>,
    trailer: &[u8],
    bytes: &[u8],
) -> Option<(usize, usize)> {
    let Scan::Complete { size, length } = header.scan(bytes) else { return None };
    if !lengths.contains(&length) || header.unit() != Unit::Bytes {
        return None;
    }
    let payload_size = usize::try_from(length).ok()?;
    let whole = payload_size <= bytes.len() - size && ends_well(bytes, size + payload_size, trailer);
    whole.then_some((size, payload_size))
}

/// Whether a payload that ends at `end` is all in `bytes`, with its trailer.
#[inline]
pub(super) fn ends_well(bytes: &[u8], end: usize, trailer: &[u8]) -> bool {
    end <= bytes.len() && (trailer.is_empty() || bytes[end..].starts_with(trailer))
}
