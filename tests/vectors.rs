//! Every vector of tests/vectors (see the README.md there), however it is cut, and encoded back.

use std::path::Path;

use bytes::{Bytes, BytesMut};
use framing::codec::{
    Align, DecimalHeader, Error, Fill, FrameDecoder, FrameEncoder, Length, Stage, Unit,
};
use serde::{Deserialize, Deserializer};

/// Fewer than this, and some have not been found.
const MIN_VECTORS: usize = 120;

/// Longer streams are cut in two at some places, not at all.
const EVERY_CUT: usize = 2048;
const SOME_CUTS: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    #[serde(default)]
    header: Header,
    max_frame_size: Option<u64>,
    #[serde(default)]
    keep_header: bool,
    stream: Data,
    frames: Vec<Data>,
    end: End,
    #[serde(default)]
    left: Data,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Header {
    width: Option<usize>,
    align: Option<char>,
    fill: Option<char>,
    unit: Option<String>,
    #[serde(default)]
    strict: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Data {
    Piece(Piece),
    Pieces(Vec<Piece>),
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Piece {
    Text { text: String },
    Hex { hex: String },
    Repeat { repeat: String, count: usize },
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum End {
    Clean,
    Truncated { stage: String, expected: usize, received: usize },
    Error(Fault),
}

#[derive(Deserialize)]
#[serde(tag = "kind", deny_unknown_fields)]
enum Fault {
    InvalidHeader {
        header: Data,
        offset: u64,
        /// `None` where nothing is said about it.
        #[serde(default, deserialize_with = "said")]
        hint: Option<Hint>,
    },
    FrameTooLarge {
        length: String,
        limit: u64,
        offset: u64,
    },
    InvalidPayload {
        offset: u64,
        reason: String,
    },
}

/// A phrase of the hint's sentence, or `None` where there must be no hint.
#[derive(Deserialize)]
struct Hint(Option<String>);

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
        vector.check_hint(&seen);
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

/// The frames that the header would have written itself come out of the encoder as they came in; with a
/// strict header those are all of them.
#[test]
fn encoded_back() {
    let (mut strict, mut canonical) = (0, 0);
    for vector in vectors() {
        let stream = vector.stream.bytes();
        let header = vector.header.decimal();
        let mut reader = FrameDecoder::new(header.with_strict(true));
        let mut encoder = FrameEncoder::new(header);
        if let Some(limit) = vector.max_frame_size {
            reader = reader.with_max_frame_size(limit).unwrap();
            encoder = encoder.with_max_frame_size(limit).unwrap();
        }
        let payloads = reader.feed(&Bytes::copy_from_slice(&stream)).unwrap_or_default();
        let mut wire = BytesMut::new();
        for payload in &payloads {
            encoder.encode(payload, &mut wire).unwrap();
        }
        assert_eq!(stream.get(..wire.len()), Some(&wire[..]), "{}", vector.name);
        canonical += payloads.len();
        if header.strict() {
            assert_eq!(payloads.len(), vector.frames.len(), "{}", vector.name);
            strict += payloads.len();
        }
    }
    assert!(strict > 50, "only {strict} frames of strict headers");
    assert!(canonical > 200, "only {canonical} frames as their header writes them");
}

fn vectors() -> Vec<Vector> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut vectors: Vec<Vector> = Vec::new();
    for entry in directory.read_dir().expect("tests/vectors is there") {
        let path = entry.expect("tests/vectors can be listed").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read_to_string(&path).expect("a vector file can be read");
            let more: Vec<Vector> =
                serde_json::from_str(&text).unwrap_or_else(|error| fail(&path.display(), &error));
            vectors.extend(more);
        }
    }
    assert!(vectors.len() >= MIN_VECTORS, "only {} vectors", vectors.len());
    vectors
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
            End::Truncated { stage, expected, received },
            Err(Error::TruncatedFrame { stage: in_stage, expected: of, received: only }),
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
            End::Error(Fault::FrameTooLarge { length, limit, offset }),
            Err(Error::FrameTooLarge { length: announced, limit: allowed, offset: at }),
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

impl Vector {
    fn decoder(&self) -> FrameDecoder {
        let decoder = FrameDecoder::new(self.header.decimal()).with_keep_header(self.keep_header);
        match self.max_frame_size {
            Some(limit) => decoder.with_max_frame_size(limit).expect("a vector's limit is possible"),
            None => decoder,
        }
    }

    fn check_hint(&self, seen: &Seen) {
        let End::Error(Fault::InvalidHeader { hint: Some(Hint(expected)), .. }) = &self.end else {
            return;
        };
        let Err(Error::InvalidHeader { hint, .. }) = &seen.end else { fail(&self.name, &seen.end) };
        let right = match (expected, hint) {
            (Some(phrase), Some(sentence)) => sentence.contains(phrase.as_str()),
            (None, None) => true,
            _ => false,
        };
        assert!(right, "{}: the hint is {hint:?}, not {expected:?}", self.name);
    }
}

impl Header {
    fn decimal(&self) -> DecimalHeader {
        let align = match self.align {
            None | Some('<') => Align::Left,
            Some('>') => Align::Right,
            Some('^') => Align::Center,
            Some(other) => fail(&"align", &other),
        };
        let fill = match self.fill {
            None | Some(' ') => Fill::Space,
            Some('0') => Fill::Zero,
            Some(other) => fail(&"fill", &other),
        };
        let unit = match self.unit.as_deref() {
            None | Some("bytes") => Unit::Bytes,
            Some("chars") => Unit::Chars,
            Some(other) => fail(&"unit", &other),
        };
        DecimalHeader::new(self.width.unwrap_or(DecimalHeader::default().width()))
            .and_then(|header| header.with_padding(align, fill))
            .expect("a vector's header is possible")
            .with_unit(unit)
            .with_strict(self.strict)
    }
}

impl Data {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Piece(piece) => piece.bytes(),
            Self::Pieces(pieces) => pieces.iter().flat_map(Piece::bytes).collect(),
        }
    }
}

impl Default for Data {
    fn default() -> Self {
        Self::Pieces(Vec::new())
    }
}

impl Piece {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text { text } => text.clone().into_bytes(),
            Self::Hex { hex } => {
                let digits: String = hex.split_ascii_whitespace().collect();
                (0..digits.len())
                    .step_by(2)
                    .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex is hex"))
                    .collect()
            }
            Self::Repeat { repeat, count } => repeat.repeat(*count).into_bytes(),
        }
    }
}

/// A key that is there, be its value `null`.
fn said<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Hint>, D::Error> {
    Hint::deserialize(value).map(Some)
}

/// Ends the test: what was found at `place` is none of what may be there.
#[expect(clippy::panic, reason = "how a test fails")]
fn fail(place: &impl std::fmt::Display, found: &impl std::fmt::Debug) -> ! {
    panic!("{place}: {found:?}")
}
