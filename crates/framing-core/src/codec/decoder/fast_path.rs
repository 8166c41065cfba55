//! Frames that are all in one chunk: the hot path. No state changes, nothing is kept.

use std::ops::RangeInclusive;

use super::rules::{Rules, delivered, ends_well};
use super::stats::Stats;
use crate::codec::extent::Unit;
use crate::codec::format::{Format, Scan};
use crate::codec::header::each_format;
use crate::codec::store::Store;

/// More frames than this are not expected in one chunk, however small the first one is.
const MAX_RESERVED: usize = 8 * 1024;

/// Takes frames from `chunk`, from index `at` onwards, as long as they are all in the chunk, and counts them.
///
/// What stops it, be it a fault or a lack of memory, is for the state machine to find again.
#[inline]
pub(super) fn cut_frames<S: Store>(
    rules: &Rules,
    store: &S,
    chunk: &S::Chunk,
    at: &mut usize,
    frames: &mut Vec<S::Frame>,
) -> Stats {
    // A loop for each format: which one it is, is not asked for every frame.
    each_format!(&rules.header, header => cut_frames_of(header, rules, store, chunk, at, frames))
}

#[inline(never)]
fn cut_frames_of<F: Format, S: Store>(
    header: &F,
    rules: &Rules,
    store: &S,
    chunk: &S::Chunk,
    at: &mut usize,
    frames: &mut Vec<S::Frame>,
) -> Stats {
    // Locals, which the calls in the loop cannot touch, so that they stay in registers.
    let header = &header.clone();
    let (lengths, trailer) = (rules.usual_lengths(), header.trailer());
    let keep_header = rules.keep_header;
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
    Stats {
        frames: (frames.len() - before) as u64,
        payload_bytes: (here - from - around) as u64,
        wire_bytes: (here - from) as u64,
        largest_frame: largest as u64,
        ..Stats::default()
    }
}

/// Makes room for the frames that `size` bytes hold if all are like the `first` of them; `false` where
/// there is no memory for that.
#[cold]
#[inline(never)]
fn reserve<F>(frames: &mut Vec<F>, size: usize, first: usize) -> bool {
    frames.try_reserve((size / first.max(1)).clamp(1, MAX_RESERVED)).is_ok()
}

/// The sizes of the header and the payload of a frame that is all in `bytes`. `None` says nothing: the state machine
/// decides.
#[inline]
pub(super) fn whole_frame<F: Format>(
    header: &F,
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
