//! What must hold for every input, however hostile: run by the unit tests on a fixed sample and by the
//! target in `fuzz/` for as long as one likes.

use bytes::Bytes;

use super::{Align, BytesStore, DecimalHeader, Error, Fill, FrameDecoder, Unit};

/// Frames and error never depend on how the stream was cut, frames and buffered bytes together are the
/// stream, and memory follows what has arrived.
///
/// The first bytes of `data` choose the header and the cuts, the rest is the stream.
///
/// # Panics
/// Where one of these does not hold.
pub fn any_stream(data: &[u8]) {
    let Some((&[shape, width, cut, options], stream)) = data.split_first_chunk() else { return };
    let (align, fill) = [
        (Align::Left, Fill::Space),
        (Align::Right, Fill::Space),
        (Align::Center, Fill::Space),
        (Align::Right, Fill::Zero),
    ][usize::from(shape % 4)];
    let Ok(header) =
        DecimalHeader::new(usize::from(width % 24) + 1).and_then(|it| it.with_padding(align, fill))
    else {
        return;
    };
    let header = header.with_strict(options & 1 != 0).with_unit(if options & 2 != 0 {
        Unit::Chars
    } else {
        Unit::Bytes
    });
    let keep_header = options & 4 != 0;

    let whole = decode(header, keep_header, stream, stream.len().max(1));
    let bytewise = decode(header, keep_header, stream, 1);
    let pieces = decode(header, keep_header, stream, usize::from(cut) + 1);
    assert_eq!(whole, bytewise, "fed whole and byte by byte");
    assert_eq!(whole, pieces, "fed whole and in pieces");
}

/// Frames, the error without its hint, and what is left.
type Outcome = (Vec<Bytes>, Option<Error>, usize);

fn decode(header: DecimalHeader, keep_header: bool, stream: &[u8], size: usize) -> Outcome {
    let mut decoder = FrameDecoder::new(header).with_keep_header(keep_header);
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
        assert_eq!(stats.wire_bytes + stats.buffered as u64, taken as u64, "no byte is lost");
        assert_eq!(stats.frames, frames.len() as u64);
        if let Some((partial, _)) = decoder.in_place() {
            assert!(partial.capacity() <= 64 * 1024 + 4 * partial.len(), "memory follows arrival");
        }
    }
    if let Some(Error::InvalidHeader { hint, .. }) = &mut fault {
        *hint = None;
    }
    let left = decoder.take_buffered();
    let completed = usize::try_from(decoder.stats().wire_bytes).unwrap_or(usize::MAX);
    assert_eq!(&left[..], &stream[completed..taken], "the unfinished frame is handed out as it came");
    let rest = if fault.is_some() { 0 } else { left.len() };
    (frames, fault, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Streams that look like the protocol more often than chance would have it.
    fn streams() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            4 => (0..30_usize, any::<u8>()).prop_map(|(n, fill)| {
                [format!("{n:<10}").into_bytes(), vec![fill; n]].concat()
            }),
            2 => "[ 0-9]{1,12}".prop_map(String::into_bytes),
            2 => "\\PC{0,8}".prop_map(|text| {
                format!("{:<10}{text}", text.chars().count()).into_bytes()
            }),
            1 => prop::collection::vec(any::<u8>(), 0..12),
        ];
        (any::<[u8; 4]>(), any::<bool>(), prop::collection::vec(piece, 0..12)).prop_map(
            |(mut options, usual, pieces)| {
                if usual {
                    options[1] = 9;
                }
                [options.to_vec(), pieces.concat()].concat()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn holds_for_a_sample(data in streams()) {
            any_stream(&data);
        }
    }
}
