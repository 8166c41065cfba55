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

/// A header that was read. Streams tend to consist of frames of one size, and a header like the last one need
/// not be read again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Last {
    fingerprint: (u64, u64),
    header_size: usize,
    payload_size: usize,
}

/// Takes the frame that is all in `chunk`, from index `at` onwards, and counts it. `None` says nothing, and then nothing
/// was taken.
#[inline]
pub(super) fn cut_frame<S: Store>(
    rules: &Rules,
    last: &mut Option<Last>,
    store: &S,
    chunk: &S::Chunk,
    at: &mut usize,
) -> Option<(S::Frame, Stats)> {
    let rest = chunk.as_ref().get(*at..)?;
    let fingerprint = rules.header.fingerprint(rest);
    let (header_size, payload_size) = match last.filter(|last| Some(last.fingerprint) == fingerprint) {
        Some(last) if ends_well(rest, last.header_size + last.payload_size, rules.trailer) => {
            (last.header_size, last.payload_size)
        }
        _ => {
            let (header_size, payload_size) =
                whole_frame(&rules.header, rules.usual_lengths(), rules.trailer, rest)?;
            *last = fingerprint.map(|fingerprint| Last { fingerprint, header_size, payload_size });
            (header_size, payload_size)
        }
    };
    let payload = *at + header_size..*at + header_size + payload_size;
    let (range, end) = delivered(*at, payload, rules.trailer, rules.keep_header);
    let frame = store.cut(chunk, range).ok()?;
    *at = end;
    Some((frame, Stats::of_frame(header_size + rules.trailer.len(), payload_size)))
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
fn whole_frame<F: Format>(
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
