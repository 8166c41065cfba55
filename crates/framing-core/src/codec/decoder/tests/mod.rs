//! The decoder with what the vectors do not have: trailers wherever they are cut off, wide headers, skipped frames.

mod skipping;
mod wide_headers;

use proptest::prelude::*;

use super::*;
use crate::codec::{NetstringHeader, Stage};

fn decoder(keep_header: bool) -> FrameDecoder {
    FrameDecoder::new(NetstringHeader::default()).with_keep_header(keep_header)
}

proptest! {
    #[test]
    fn frames_with_trailers_come_out_however_they_are_cut(
        texts in prop::collection::vec("\\PC{0,12}", 0..6),
        size in 1..40_usize,
        keep_header: bool,
    ) {
        let frames: Vec<String> = texts.iter().map(|text| format!("{}:{text},", text.len())).collect();
        let stream = frames.concat();
        let mut decoder = decoder(keep_header);
        let mut got = Vec::new();
        let mut fed = 0;
        for chunk in stream.as_bytes().chunks(size) {
            got.extend(decoder.feed(&Bytes::copy_from_slice(chunk)).unwrap());
            fed += chunk.len();
            let stats = decoder.stats();
            prop_assert_eq!(stats.wire_bytes + stats.buffered as u64, fed as u64);
            let done = usize::try_from(decoder.offset()).unwrap();
            prop_assert_eq!(decoder.buffered_parts().concat(), &stream.as_bytes()[done..fed]);
        }
        decoder.feed_eof().unwrap();
        let payload_bytes: usize = texts.iter().map(String::len).sum();
        prop_assert_eq!(got, if keep_header { frames } else { texts });
        prop_assert_eq!(decoder.stats().payload_bytes, payload_bytes as u64);
    }
}

#[test]
fn exactly_what_is_needed_is_asked_for() {
    for keep_header in [false, true] {
        let mut decoder = decoder(keep_header);
        let stream = b"3:abc,";
        let mut at = 0;
        let mut steps = Vec::new();
        while at < stream.len() {
            let needed = decoder.needed();
            steps.push(needed);
            decoder.feed(&Bytes::copy_from_slice(&stream[at..at + needed])).unwrap();
            at += needed;
        }
        assert_eq!(steps, [2, 4]);
        decoder.feed(&Bytes::from_static(b"3:abc")).unwrap();
        assert_eq!(decoder.needed(), 1);
        assert_eq!(
            decoder.feed_eof(),
            Err(Error::TruncatedFrame { stage: Stage::Payload, expected: 4, received: 3, hint: None })
        );
        assert_eq!(decoder.take_buffered(), "3:abc");
        assert_eq!((decoder.buffered(), decoder.needed()), (0, 2));
    }
}

#[test]
fn a_wrong_trailer_refuses_the_stream_and_loses_nothing() {
    for keep_header in [false, true] {
        for size in 1..30 {
            let mut decoder = decoder(keep_header);
            let stream = b"2:ok,3:abc-rest";
            let mut fault = Ok(());
            let mut fed = 0;
            for chunk in stream.chunks(size) {
                fed += chunk.len();
                let mut frames = Vec::new();
                fault = decoder.feed_into(&BytesStore, &Bytes::copy_from_slice(chunk), &mut frames);
                if fault.is_err() {
                    break;
                }
            }
            let Err(Error::InvalidPayload { offset, reason }) = fault else {
                panic!("{fault:?} in pieces of {size}")
            };
            assert_eq!(offset, Some(5));
            assert_eq!(reason, "byte 0x2d stands where the frame must end in 0x2c");
            assert_eq!(decoder.take_buffered(), &stream[5..fed]);
        }
    }
}
