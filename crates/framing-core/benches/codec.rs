//! The core alone against tokio-util's `LengthDelimitedCodec`: the same payloads, both yielding owned
//! [`Bytes`], ours behind ten bytes of decimal text, theirs behind a four-byte integer.
//!
//! ```text
//! cargo bench --no-default-features --bench codec [-- --quick]
//! ```
//!
//! The two take turns; what is printed is the median of the ratios of neighbouring turns, and the middle
//! half of them. Chunks are made before the clock starts and hold whole frames, so that neither side pays
//! for receiving.

use std::hint::black_box;
use std::ops::Range;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use framing_core::codec::{BytesStore, DecimalHeader, FrameDecoder, FrameEncoder};
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec};

/// What a read may bring, or one frame, if that is more.
const CHUNK: usize = 64 * 1024;

/// Bytes of payload per turn.
const TURN: usize = 4 * 1024 * 1024;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let repeats = if quick { 3 } else { 101 };
    println!("{:<18} {:>8} {:>19} {:>16}", "workload", "ratio", "middle half", "ours / theirs");
    for sizes in [32..33, 22..43, 1024..1025, 65_536..65_537] {
        let count = if quick { 64 } else { TURN / sizes.start };
        let payloads = payloads(&sizes, count);
        let what = if sizes.len() == 1 {
            format!("{} B", sizes.start)
        } else {
            format!("{}-{} B", sizes.start, sizes.end - 1)
        };
        row("decode", &what, repeats, count, || decode_ours(&payloads), || decode_theirs(&payloads));
        row("encode", &what, repeats, count, || encode_ours(&payloads), || encode_theirs(&payloads));
    }
}

/// `count` payloads of all the sizes, in an order that a processor cannot guess.
fn payloads(sizes: &Range<usize>, count: usize) -> Vec<Bytes> {
    let whole = Bytes::from(vec![b'x'; sizes.end]);
    let mut state = 1_u32;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            whole.slice(..sizes.start + (state >> 16) as usize % sizes.len())
        })
        .collect()
}

fn row(
    name: &str,
    what: &str,
    repeats: usize,
    count: usize,
    ours: impl Fn() -> Duration,
    theirs: impl Fn() -> Duration,
) {
    let (mut ratios, mut our_times, mut their_times) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..repeats {
        let (our_time, their_time) = (ours().as_secs_f64(), theirs().as_secs_f64());
        ratios.push(our_time / their_time);
        our_times.push(our_time);
        their_times.push(their_time);
    }
    for times in [&mut ratios, &mut our_times, &mut their_times] {
        times.sort_by(f64::total_cmp);
    }
    let per_frame = |times: &[f64]| {
        #[expect(clippy::cast_precision_loss, reason = "a few million at most")]
        let count = count as f64;
        times[repeats / 2] / count * 1e9
    };
    println!(
        "{name:<8} {what:>8} {:>8.3} {:>8.3} - {:>8.3} {:>8.1} / {:.1} ns",
        ratios[repeats / 2],
        ratios[repeats / 4],
        ratios[repeats - 1 - repeats / 4],
        per_frame(&our_times),
        per_frame(&their_times),
    );
}

/// The frames, in chunks of whole ones.
fn chunks(frames: impl Iterator<Item = BytesMut>) -> Vec<BytesMut> {
    let mut chunks = vec![BytesMut::new()];
    for frame in frames {
        if chunks.last().is_some_and(|chunk| !chunk.is_empty() && chunk.len() + frame.len() > CHUNK) {
            chunks.push(BytesMut::new());
        }
        chunks.last_mut().expect("there is one").extend_from_slice(&frame);
    }
    // As large as what is in them, like a buffer that was read into.
    chunks.iter().map(|chunk| BytesMut::from(&chunk[..])).collect()
}

fn decode_ours(payloads: &[Bytes]) -> Duration {
    let encoder = FrameEncoder::new(DecimalHeader::default());
    let frames = payloads.iter().map(|payload| {
        let mut frame = BytesMut::new();
        encoder.encode(payload, &mut frame).expect("a small frame");
        frame
    });
    let chunks: Vec<Bytes> = chunks(frames).into_iter().map(BytesMut::freeze).collect();
    let mut decoder = FrameDecoder::new(DecimalHeader::default());
    let mut done = 0;
    let mut frames = Vec::new();

    let start = Instant::now();
    for chunk in chunks {
        decoder.feed_into(&BytesStore, &chunk, &mut frames).expect("good frames");
        for frame in frames.drain(..) {
            black_box::<Bytes>(frame);
            done += 1;
        }
    }
    let took = start.elapsed();
    assert_eq!(done, payloads.len());
    took
}

fn decode_theirs(payloads: &[Bytes]) -> Duration {
    let mut encoder = LengthDelimitedCodec::new();
    let chunks = chunks(payloads.iter().map(|payload| {
        let mut frame = BytesMut::new();
        encoder.encode(payload.clone(), &mut frame).expect("a small frame");
        frame
    }));
    let mut decoder = LengthDelimitedCodec::new();
    let mut done = 0;

    let start = Instant::now();
    for mut chunk in chunks {
        while let Some(frame) = decoder.decode(&mut chunk).expect("good frames") {
            black_box::<Bytes>(frame.freeze());
            done += 1;
        }
    }
    let took = start.elapsed();
    assert_eq!(done, payloads.len());
    took
}

fn encode_ours(payloads: &[Bytes]) -> Duration {
    let encoder = FrameEncoder::new(DecimalHeader::default());
    let mut wire = BytesMut::with_capacity(CHUNK);
    let start = Instant::now();
    for payload in payloads {
        encoder.encode(black_box(payload), &mut wire).expect("a small frame");
        black_box::<Bytes>(wire.split().freeze());
    }
    start.elapsed()
}

fn encode_theirs(payloads: &[Bytes]) -> Duration {
    let mut encoder = LengthDelimitedCodec::new();
    let mut wire = BytesMut::with_capacity(CHUNK);
    let start = Instant::now();
    for payload in payloads {
        encoder.encode(black_box(payload).clone(), &mut wire).expect("a small frame");
        black_box::<Bytes>(wire.split().freeze());
    }
    start.elapsed()
}
