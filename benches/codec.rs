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
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use framing::codec::{BytesStore, DecimalHeader, FrameDecoder, FrameEncoder};
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec};

/// What a read may bring, or one frame, if that is more.
const CHUNK: usize = 64 * 1024;

/// Bytes of payload per turn.
const TURN: usize = 4 * 1024 * 1024;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let repeats = if quick { 3 } else { 101 };
    println!("{:<18} {:>8} {:>19} {:>16}", "workload", "ratio", "middle half", "ours / theirs");
    for size in [32, 1024, 64 * 1024] {
        let payload = Bytes::from(vec![b'x'; size]);
        let count = if quick { 64 } else { TURN / size };
        row(
            "decode",
            size,
            repeats,
            count,
            || decode_ours(&payload, count),
            || decode_theirs(&payload, count),
        );
        row(
            "encode",
            size,
            repeats,
            count,
            || encode_ours(&payload, count),
            || encode_theirs(&payload, count),
        );
    }
}

fn row(
    name: &str,
    size: usize,
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
        "{name:<8} {size:>6} B {:>8.3} {:>8.3} - {:>8.3} {:>8.1} / {:.1} ns",
        ratios[repeats / 2],
        ratios[repeats / 4],
        ratios[repeats - 1 - repeats / 4],
        per_frame(&our_times),
        per_frame(&their_times),
    );
}

/// As many chunks of whole frames as hold `count` of them.
fn chunks(frame: &[u8], count: usize) -> Vec<BytesMut> {
    let per_chunk = (CHUNK / frame.len()).max(1);
    (0..count)
        .step_by(per_chunk)
        .map(|done| BytesMut::from(&frame.repeat(per_chunk.min(count - done))[..]))
        .collect()
}

fn decode_ours(payload: &Bytes, count: usize) -> Duration {
    let mut frame = BytesMut::new();
    FrameEncoder::new(DecimalHeader::default()).encode(payload, &mut frame).expect("a small frame");
    let chunks: Vec<Bytes> = chunks(&frame, count).into_iter().map(BytesMut::freeze).collect();
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
    assert_eq!(done, count);
    took
}

fn decode_theirs(payload: &Bytes, count: usize) -> Duration {
    let mut frame = BytesMut::new();
    LengthDelimitedCodec::new().encode(payload.clone(), &mut frame).expect("a small frame");
    let chunks = chunks(&frame, count);
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
    assert_eq!(done, count);
    took
}

fn encode_ours(payload: &Bytes, count: usize) -> Duration {
    let encoder = FrameEncoder::new(DecimalHeader::default());
    let mut wire = BytesMut::with_capacity(CHUNK);
    let start = Instant::now();
    for _ in 0..count {
        encoder.encode(black_box(payload), &mut wire).expect("a small frame");
        black_box::<Bytes>(wire.split().freeze());
    }
    start.elapsed()
}

fn encode_theirs(payload: &Bytes, count: usize) -> Duration {
    let mut encoder = LengthDelimitedCodec::new();
    let mut wire = BytesMut::with_capacity(CHUNK);
    let start = Instant::now();
    for _ in 0..count {
        encoder.encode(black_box(payload).clone(), &mut wire).expect("a small frame");
        black_box::<Bytes>(wire.split().freeze());
    }
    start.elapsed()
}
