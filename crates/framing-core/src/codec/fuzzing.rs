//! What must hold for every input, however hostile: run by the unit tests on a fixed sample and by the
//! target in `fuzz/` for as long as one likes.

use bytes::{Bytes, BytesMut};

use super::{
    Align, BinaryHeader, ByteOrder, BytesStore, ConfigError, DecimalHeader, Error, Fill, Format,
    FrameDecoder, FrameEncoder, HeaderFormat, Length, NetstringHeader, Policy, Stats, Unit,
    VarintHeader,
};

/// How many bytes of an input choose the header and the cuts.
const CHOICES: usize = 8;

/// Frames and error never depend on how the stream was cut; frames, what was skipped and buffered bytes together are
/// the stream; and memory follows what has arrived.
///
/// The first bytes of `data` choose the header and the cuts, the rest is the stream.
///
/// # Panics
/// Where one of these does not hold.
pub fn any_stream(data: &[u8]) {
    let Some((choices, stream)) = data.split_first_chunk() else { return };
    let Ok(Choices { header, keep_header, cut, picky }) = chosen(*choices) else { return };
    let decoder = || {
        let decoder = FrameDecoder::new(header.clone()).with_keep_header(keep_header);
        if picky { none_too_long(decoder) } else { decoder }
    };

    let whole = decode(decoder(), stream, stream.len().max(1));
    let bytewise = decode(decoder(), stream, 1);
    let pieces = decode(decoder(), stream, cut);
    assert_eq!(whole, bytewise, "fed whole and byte by byte");
    assert_eq!(whole, pieces, "fed whole and in pieces");
}

/// What an encoder writes, be the header and its fields what they may, a decoder gives back; and what an
/// encoder refuses is too long, too short or no text, and nothing of it is written.
///
/// The first bytes of `data` choose the header and the cuts, the next ones are its fields, the rest is payloads.
///
/// # Panics
/// Where one of these does not hold.
pub fn any_payloads(data: &[u8]) {
    let Some((choices, rest)) = data.split_first_chunk() else { return };
    let Ok(Choices { header, keep_header, cut, .. }) = chosen(*choices) else { return };
    let Some((fields, payloads)) = rest.split_at_checked(header.fields_size()) else { return };

    let encoder = FrameEncoder::new(header.clone());
    let mut wire = BytesMut::new();
    let (mut frames, mut payload_bytes) = (Vec::new(), 0);
    // Of one size, which the decoder may guess; then an empty one, and a longer one.
    for payload in payloads.chunks(cut).chain([&payloads[..0], payloads]) {
        let before = wire.len();
        match encoder.encode_with_fields(fields, payload, &mut wire) {
            Ok(()) => {
                let frame = &wire[before..];
                let start = frame.len() - header.trailer().len() - payload.len();
                assert_eq!(&frame[start..start + payload.len()], payload, "a payload goes as it is");
                assert_eq!(beside_length(&header, &frame[..start]), fields, "so do fields, in order");
                payload_bytes += payload.len();
                frames.push(if keep_header { frame.to_vec() } else { payload.to_vec() });
            }
            Err(error) => {
                assert_eq!(wire.len(), before, "nothing is written of what is refused");
                assert!(is_justified(&error, &header, payload), "{header:?} refuses: {error}");
            }
        }
    }
    if let Some(head) = default_header(&encoder) {
        let expected = vec![b'.'; header.fields_size()];
        assert_eq!(beside_length(&header, &head), expected, "without fields the default ones go");
    }
    for size in [wire.len().max(1), 1, cut] {
        let decoded =
            decode(FrameDecoder::new(header.clone()).with_keep_header(keep_header), &wire, size);
        assert_eq!(decoded.frames, frames, "what was encoded is decoded back");
        assert_eq!((decoded.fault, decoded.left), (None, 0), "and nothing else");
        assert_eq!(decoded.stats.payload_bytes, payload_bytes as u64);
    }
}

/// The header of the shortest text that the encoder accepts, without fields.
fn default_header(encoder: &FrameEncoder) -> Option<Vec<u8>> {
    let mut wire = BytesMut::new();
    let payload = vec![b'x'; usize::try_from(*encoder.header().lengths().start()).ok()?.min(9000)];
    encoder.encode(&payload, &mut wire).ok()?;
    let size = encoder.header().size_for(payload.len() as u64);
    Some(wire[..size].to_vec())
}

struct Choices {
    header: HeaderFormat,
    keep_header: bool,
    /// Bytes of a chunk.
    cut: usize,
    /// Whether long frames are skipped, and empty ones counted.
    picky: bool,
}

fn chosen(choices: [u8; CHOICES]) -> Result<Choices, ConfigError> {
    let [kind, cut, options, size, offset, behind, adjustment @ ..] = choices;
    let flag = |bit: u8| options >> bit & 1 == 1;
    let (offset, behind) = (usize::from(offset % 6), usize::from(behind % 6));
    let default_fields = [b'.'; 10];
    let size = |most: usize| usize::from(size) % most + 1;
    let header = match kind % 4 {
        0 => {
            let header = decimal(kind / 4, size(24), flag(0), flag(1))?;
            // Half of them are text and nothing else.
            let (offset, behind) = if flag(4) { (offset, behind) } else { (0, 0) };
            let size = offset + header.width() + behind;
            header.with_place(offset, size)?.with_fields(&default_fields[..offset + behind])?.into()
        }
        1 => {
            // Small ones as often as large ones.
            let adjustment = i16::from_be_bytes(adjustment) >> (options >> 4);
            let length_size = size(BinaryHeader::MAX_LENGTH_SIZE);
            BinaryHeader::new(length_size)?
                .with_byte_order(if flag(0) { ByteOrder::Little } else { ByteOrder::Big })
                .with_place(offset, offset + length_size + behind)?
                .with_adjustment(adjustment.into())?
                .with_fields(&default_fields[..offset + behind])?
                .into()
        }
        2 => VarintHeader::new(size(VarintHeader::MOST_BYTES))?.with_strict(flag(0)).into(),
        _ => NetstringHeader::new(size(NetstringHeader::MOST_DIGITS))?.into(),
    };
    Ok(Choices { header, keep_header: flag(2), cut: usize::from(cut) + 1, picky: flag(3) })
}

fn decimal(shape: u8, width: usize, strict: bool, chars: bool) -> Result<DecimalHeader, ConfigError> {
    let (align, fill) = [
        (Align::Left, Fill::Space),
        (Align::Right, Fill::Space),
        (Align::Center, Fill::Space),
        (Align::Right, Fill::Zero),
    ][usize::from(shape % 4)];
    let header = DecimalHeader::new(width)?.with_padding(align, fill)?.with_strict(strict);
    Ok(header.with_unit(if chars { Unit::Chars } else { Unit::Bytes }))
}

/// The bytes of a header that are not its length, where those are the sender's to choose.
fn beside_length(header: &HeaderFormat, head: &[u8]) -> Vec<u8> {
    let length = header.length_range();
    if header.fields_size() == 0 {
        return Vec::new();
    }
    [&head[..length.start], &head[length.end..]].concat()
}

/// Whether that is so, what an encoder says of a payload that it refuses.
fn is_justified(error: &Error, header: &HeaderFormat, payload: &[u8]) -> bool {
    let text = std::str::from_utf8(payload);
    let length = match header.unit() {
        Unit::Bytes => payload.len() as u64,
        Unit::Chars => text.map_or(0, |text| text.chars().count()) as u64,
    };
    match error {
        Error::FrameTooLarge { length: announced, limit, offset: None, hint: None } => {
            *announced == Length::Exact(length) && length > *limit && limit == header.lengths().end()
        }
        Error::InvalidPayload { offset: None, .. } => {
            length < *header.lengths().start() || (header.unit() == Unit::Chars && text.is_err())
        }
        _ => false,
    }
}

/// What must not depend on the cuts.
#[derive(Debug, PartialEq)]
struct Outcome {
    frames: Vec<Bytes>,
    /// Without its hint.
    fault: Option<Error>,
    /// The bytes of the unfinished frame.
    left: usize,
    stats: Stats,
}

/// The same decoder, skipping what is not short, if it is not very long, and refusing more than two empty frames.
fn none_too_long(decoder: FrameDecoder) -> FrameDecoder {
    let limits = decoder.header().limits();
    let limit = 8.clamp(*limits.start(), *limits.end());
    let policy = Policy::default().skipping(Some(limit.max(200))).with_max_consecutive_empty(Some(2));
    decoder
        .with_max_frame_size(limit)
        .and_then(|decoder| decoder.with_policy(policy))
        .expect("a limit and a bound that can be")
}

fn decode(mut decoder: FrameDecoder, stream: &[u8], size: usize) -> Outcome {
    let mut frames = Vec::new();
    let mut fault = None;
    let mut taken = 0;
    for chunk in stream.chunks(size) {
        taken += chunk.len();
        let (needed, before) = (decoder.needed(), frames.len());
        let (ahead, size_ahead) = (decoder.has_next(chunk), decoder.next_size(chunk));
        let result = decoder.feed_into(&BytesStore, &Bytes::copy_from_slice(chunk), &mut frames);
        assert_eq!(ahead, result.is_err() || frames.len() > before, "a look ahead says what will be");
        if let (Some(size), Some(frame)) = (size_ahead, frames.get(before)) {
            assert_eq!(size, frame.len(), "a look ahead says how large it will be");
        }
        if let Err(error) = result {
            assert_eq!(decoder.error(), Some(&error), "a refused stream stays refused");
            assert_eq!(decoder.needed(), 0);
            fault = Some(error);
            break;
        }
        assert!(decoder.needed() > 0);
        assert!(
            chunk.len() >= needed || frames.len() == before,
            "less than is needed completes nothing"
        );
        let stats = decoder.stats();
        let seen = stats.wire_bytes + stats.skipped_bytes + stats.buffered as u64;
        assert_eq!(seen, taken as u64, "no byte is lost");
        assert_eq!(stats.frames, frames.len() as u64);
        if let Some((partial, _)) = decoder.in_place() {
            assert!(partial.capacity() <= 64 * 1024 + 4 * partial.len(), "memory follows arrival");
        }
    }
    if let Some(Error::InvalidHeader { hint, .. } | Error::FrameTooLarge { hint, .. }) = &mut fault {
        *hint = None;
    }
    let left = decoder.take_buffered();
    let stats = decoder.stats();
    assert_eq!(stats.wire_bytes + stats.skipped_bytes + left.len() as u64, taken as u64);
    assert_eq!(&left[..], &stream[taken - left.len()..taken], "it is handed out as it came");
    let left = if fault.is_some() { 0 } else { left.len() };
    Outcome { frames, fault, left, stats }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a stream may consist of.
    #[derive(Debug, Clone)]
    enum Piece {
        /// A payload, to be framed.
        Framed(Vec<u8>),
        /// Bytes as they are.
        Bare(Vec<u8>),
    }

    /// Choices, of which half are for the usual size of a header, and what follows them.
    fn data(rest: impl Strategy<Value = Vec<Piece>>) -> impl Strategy<Value = Vec<u8>> {
        (any::<[u8; CHOICES]>(), any::<bool>(), rest).prop_map(|(mut choices, usual, pieces)| {
            if usual {
                // Ten bytes of decimal text, two of an integer, ten of a varint, ten digits.
                choices[3] = 9;
            }
            let mut data = BytesMut::from(&choices[..]);
            let header = chosen(choices).map_or_else(|_| HeaderFormat::default(), |it| it.header);
            for piece in pieces {
                match piece {
                    // What is refused is not there.
                    Piece::Framed(payload) => {
                        let _ = FrameEncoder::new(header.clone()).encode(&payload, &mut data);
                    }
                    Piece::Bare(bytes) => data.extend_from_slice(&bytes),
                }
            }
            data.to_vec()
        })
    }

    /// Streams that look like the protocol more often than chance would have it.
    fn streams() -> impl Strategy<Value = Vec<u8>> {
        let bytes = |size: std::ops::Range<usize>| prop::collection::vec(any::<u8>(), size);
        let piece = prop_oneof![
            8 => (0..30_usize, any::<u8>()).prop_map(|(n, fill)| Piece::Framed(vec![fill; n])),
            4 => "\\PC{0,8}".prop_map(|text| Piece::Framed(text.into_bytes())),
            1 => (100..400_usize).prop_map(|n| Piece::Framed(vec![b'x'; n])),
            // Decimal numbers in every form, with a colon or without.
            2 => "[ 0-9]{1,12}".prop_map(|text| Piece::Bare(text.into_bytes())),
            1 => "[0-9]{1,3}:".prop_map(|text| Piece::Bare(text.into_bytes())),
            // Varints, longer than they need be or longer than they may be; small integers of either order.
            1 => (0..12_usize, any::<[u8; 2]>())
                .prop_map(|(n, ends)| Piece::Bare([&ends[..1], &[0x80; 12][..n], &ends[1..]].concat())),
            1 => (0..8_usize, any::<bool>(), 0..20_u8).prop_map(|(n, big, value)| {
                let zeros = vec![0; n];
                Piece::Bare(if big { [&zeros[..], &[value]].concat() } else { [&[value], &zeros[..]].concat() })
            }),
            1 => bytes(0..12).prop_map(Piece::Bare),
        ];
        data(prop::collection::vec(piece, 0..12))
    }

    /// Fields and payloads: text and other bytes.
    fn payloads() -> impl Strategy<Value = Vec<u8>> {
        let bytes = prop::collection::vec(any::<u8>(), 0..10);
        let text = prop_oneof![Just(String::new()), "[a-z]{0,400}", "\\PC{0,60}"];
        data((bytes, text).prop_map(|(bytes, text)| vec![Piece::Bare(bytes), Piece::Bare(text.into())]))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn holds_for_a_sample(data in streams()) {
            any_stream(&data);
        }

        #[test]
        fn holds_for_a_sample_of_payloads(data in payloads()) {
            any_payloads(&data);
        }
    }
}
