//! Every vector of tests/vectors (see the README.md there), however it is cut, and encoded back.

mod golden;
#[cfg(feature = "tokio-util")]
mod tokio_codec;

use bytes::{Bytes, BytesMut};
use framing_core::codec::{
    Error, Format, FrameDecoder, FrameEncoder, HeaderFormat, Length, Scan, Stage,
};

use golden::{End, Fault, Hint, Vector, fail, vectors};

/// Longer streams are cut in two at some places, not at all.
const EVERY_CUT: usize = 2048;
const SOME_CUTS: usize = 16;

/// What a decoder made of a stream.
struct Seen {
    frames: Vec<Bytes>,
    /// From `feed_eof`.
    end: Result<(), Error>,
    /// How much of the stream was fed.
    fed: usize,
    left: Bytes,
}

#[test]
fn fed_whole() {
    for vector in vectors() {
        let stream = vector.stream.bytes();
        let seen = feed(&vector, &[&stream]);
        check(&vector, &seen, "fed whole");
        assert_eq!(seen.fed, stream.len(), "{}", vector.name);
        assert_eq!(seen.left, vector.left.bytes(), "{}: what is left", vector.name);
        check_hint(&vector, &seen);
    }
}

#[test]
fn fed_byte_by_byte() {
    for vector in vectors() {
        let stream = vector.stream.bytes();
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        check(&vector, &feed(&vector, &bytes), "fed byte by byte");
    }
}

#[test]
fn cut_in_two() {
    for vector in vectors() {
        let stream = vector.stream.bytes();
        let step = if stream.len() < EVERY_CUT { 1 } else { stream.len() / SOME_CUTS };
        for cut in (0..=stream.len()).step_by(step) {
            let (first, second) = stream.split_at(cut);
            check(&vector, &feed(&vector, &[first, second]), &format!("cut at {cut}"));
        }
    }
}

/// The frames that the header would have written itself come out of the encoder as they came in; where
/// there is but one way to write a header those are all of them.
#[test]
fn encoded_back() {
    let (mut all, mut canonical) = ([0; 4], [0; 4]);
    for vector in vectors() {
        let stream = vector.stream.bytes();
        let header = vector.header.format();
        let (kind, one_way, strict) = match header {
            HeaderFormat::Decimal(ref it) => (0, it.strict(), it.clone().with_strict(true).into()),
            HeaderFormat::Binary(_) => (1, true, header.clone()),
            HeaderFormat::Varint(it) => (2, it.strict(), it.with_strict(true).into()),
            HeaderFormat::Netstring(_) => (3, true, header.clone()),
        };
        let mut reader = FrameDecoder::new(strict).with_keep_header(true);
        let mut encoder = FrameEncoder::new(header.clone());
        if let Some(limit) = vector.max_frame_size {
            reader = reader.with_max_frame_size(limit).unwrap();
            encoder = encoder.with_max_frame_size(limit).unwrap();
        }
        let frames = reader.feed(&Bytes::copy_from_slice(&stream)).unwrap_or_default();
        for frame in &frames {
            let (fields, payload) = parts(&header, frame);
            let mut wire = BytesMut::from(&b"before"[..]);
            encoder.encode_with_fields(&fields, payload, &mut wire).unwrap();
            assert_eq!(wire, [b"before", &frame[..]].concat(), "{}", vector.name);
        }
        assert!(stream.starts_with(&frames.concat()), "{}", vector.name);
        canonical[kind] += frames.len();
        if one_way {
            assert_eq!(frames.len(), vector.frames.len(), "{}", vector.name);
            all[kind] += frames.len();
        }
    }
    let wanted = [("decimal", 50, 200), ("binary", 80, 80), ("varint", 20, 40), ("netstring", 40, 40)];
    for (kind, (format, of_one_way, of_any)) in wanted.into_iter().enumerate() {
        assert!(all[kind] >= of_one_way, "{format}: {} frames of headers with one way", all[kind]);
        assert!(canonical[kind] >= of_any, "{format}: {} as their header writes them", canonical[kind]);
    }
}

/// What a sender gives for a whole frame: the header's bytes beside the length, and the payload.
fn parts<'frame>(header: &HeaderFormat, frame: &'frame [u8]) -> (Vec<u8>, &'frame [u8]) {
    let Scan::Complete { size, .. } = header.scan(frame) else {
        fail(&"no header", &frame.escape_ascii())
    };
    let length = header.length_range();
    let fields = if header.fields_size() == 0 {
        Vec::new()
    } else {
        [&frame[..length.start], &frame[length.end..size]].concat()
    };
    (fields, &frame[size..frame.len() - header.trailer().len()])
}

/// Feeds `chunks` until they end or the stream is refused.
fn feed(vector: &Vector, chunks: &[&[u8]]) -> Seen {
    let name = &vector.name;
    let mut decoder = vector.decoder();
    let mut frames = Vec::new();
    let mut fed = 0;
    for chunk in chunks {
        fed += chunk.len();
        match decoder.feed(&Bytes::copy_from_slice(chunk)) {
            Ok(completed) => {
                assert!(!completed.is_empty() || decoder.error().is_none(), "{name}: not returned");
                frames.extend(completed);
            }
            Err(error) => assert_eq!(decoder.error(), Some(&error), "{name}"),
        }
        if decoder.error().is_some() {
            break;
        }
    }
    let end = decoder.feed_eof();
    assert_eq!(decoder.feed_eof(), end, "{name}: the end may be repeated");
    if let Some(error) = decoder.error().cloned() {
        let buffered = decoder.buffered();
        assert_eq!(decoder.feed(&Bytes::from_static(b"5         hello")), Err(error.clone()), "{name}");
        assert_eq!((decoder.buffered(), decoder.needed()), (buffered, 0), "{name}: it takes nothing");
        assert_eq!(end, Err(error), "{name}");
    }
    assert_eq!(decoder.offset() + decoder.buffered() as u64, fed as u64, "{name}: no byte is lost");
    assert_eq!(decoder.stats().frames, frames.len() as u64, "{name}");
    let left = decoder.take_buffered();
    assert_eq!(decoder.buffered(), 0, "{name}");
    Seen { frames, end, fed, left }
}

/// Frames, end and what is left, whatever the cuts were.
fn check(vector: &Vector, seen: &Seen, how: &str) {
    let context = format!("{}, {how}", vector.name);
    let frames: Vec<Bytes> = vector.frames.iter().map(|frame| frame.bytes().into()).collect();
    assert_eq!(seen.frames, frames, "{context}");

    let stream = vector.stream.bytes();
    let start = stream.len() - vector.left.bytes().len();
    assert_eq!(seen.left, stream[start..seen.fed], "{context}: what is left");

    match (&vector.end, &seen.end) {
        (End::Clean, Ok(())) => {}
        (
            End::Truncated { stage, expected, received, .. },
            Err(Error::TruncatedFrame { stage: in_stage, expected: of, received: only, .. }),
        ) => {
            let named = match in_stage {
                Stage::Header => "header",
                Stage::Payload => "payload",
            };
            assert_eq!((named, of, only), (stage.as_str(), expected, received), "{context}");
        }
        (
            End::Error(Fault::InvalidHeader { header, offset, .. }),
            Err(Error::InvalidHeader { header: refused, offset: at, .. }),
        ) => assert_eq!((refused, at), (&header.bytes(), offset), "{context}"),
        (
            End::Error(Fault::FrameTooLarge { length, limit, offset, .. }),
            Err(Error::FrameTooLarge { length: announced, limit: allowed, offset: at, .. }),
        ) => {
            let digits = match announced {
                Length::Exact(number) => number.to_string(),
                Length::Digits(digits) => digits.clone(),
            };
            assert_eq!((&digits, allowed, *at), (length, limit, Some(*offset)), "{context}");
        }
        (
            End::Error(Fault::InvalidPayload { offset, reason }),
            Err(Error::InvalidPayload { offset: at, reason: because }),
        ) => assert_eq!((*at, because), (Some(*offset), reason), "{context}"),
        (_, end) => fail(&context, end),
    }
}

/// Where the vector says something about the hint.
fn check_hint(vector: &Vector, seen: &Seen) {
    let (Some(Hint(expected)), hint) = (match (&vector.end, &seen.end) {
        (
            End::Error(Fault::InvalidHeader { hint: expected, .. }),
            Err(Error::InvalidHeader { hint, .. }),
        )
        | (
            End::Error(Fault::FrameTooLarge { hint: expected, .. }),
            Err(Error::FrameTooLarge { hint, .. }),
        )
        | (End::Truncated { hint: expected, .. }, Err(Error::TruncatedFrame { hint, .. })) => {
            (expected, hint)
        }
        _ => return,
    }) else {
        return;
    };
    let right = match (expected, hint) {
        (Some(phrase), Some(sentence)) => sentence.contains(phrase.as_str()),
        (None, None) => true,
        _ => false,
    };
    assert!(right, "{}: the hint is {hint:?}, not {expected:?}", vector.name);
}
