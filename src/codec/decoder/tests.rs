//! What no format has yet: a trailer. The decimal header stands in for one that does.

use proptest::prelude::*;

use super::*;
use crate::codec::{DecimalHeader, Stage, Unit};

fn decoder(trailer: &'static [u8], unit: Unit, keep_header: bool) -> FrameDecoder {
    let header = DecimalHeader::default().with_unit(unit);
    FrameDecoder { trailer, ..FrameDecoder::new(header).with_keep_header(keep_header) }
}

fn wire(texts: &[&str], trailer: &str, unit: Unit) -> Vec<String> {
    let length = |text: &str| if unit == Unit::Bytes { text.len() } else { text.chars().count() };
    texts.iter().map(|text| format!("{:<10}{text}{trailer}", length(text))).collect()
}

proptest! {
    #[test]
    fn frames_with_trailers_come_out_however_they_are_cut(
        texts in prop::collection::vec("\\PC{0,12}", 0..6),
        size in 1..40_usize,
        trailer in prop::sample::select(vec!["", ",", "\r\n"]),
        chars: bool,
        keep_header: bool,
    ) {
        let unit = if chars { Unit::Chars } else { Unit::Bytes };
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let frames = wire(&texts, trailer, unit);
        let stream = frames.concat();
        let mut decoder = decoder(trailer.as_bytes(), unit, keep_header);
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
        let expected: Vec<&str> =
            if keep_header { frames.iter().map(String::as_str).collect() } else { texts.clone() };
        prop_assert_eq!(got, expected);
        let payload_bytes: usize = texts.iter().map(|text| text.len()).sum();
        prop_assert_eq!(decoder.stats().payload_bytes, payload_bytes as u64);
    }
}

#[test]
fn exactly_what_is_needed_is_asked_for() {
    for keep_header in [false, true] {
        let mut decoder = decoder(b"\r\n", Unit::Bytes, keep_header);
        let stream = b"3         abc\r\n";
        let mut at = 0;
        let mut steps = Vec::new();
        while at < stream.len() {
            let needed = decoder.needed();
            steps.push(needed);
            decoder.feed(&Bytes::copy_from_slice(&stream[at..at + needed])).unwrap();
            at += needed;
        }
        assert_eq!(steps, [10, 5]);
        decoder.feed(&Bytes::from_static(b"3         abc\r")).unwrap();
        assert_eq!(decoder.needed(), 1);
        assert_eq!(
            decoder.feed_eof(),
            Err(Error::TruncatedFrame { stage: Stage::Payload, expected: 5, received: 4 })
        );
        assert_eq!(decoder.take_buffered(), "3         abc\r");
        assert_eq!((decoder.buffered(), decoder.needed()), (0, 10));
    }
}

#[test]
fn a_wrong_trailer_refuses_the_stream_and_loses_nothing() {
    for keep_header in [false, true] {
        for size in 1..30 {
            let mut decoder = decoder(b"\r\n", Unit::Bytes, keep_header);
            let stream = b"2         ok\r\n3         abc\r-rest";
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
            assert_eq!(offset, Some(14));
            assert_eq!(reason, "byte 0x2d stands where the frame must end in 0x0a");
            assert_eq!(decoder.take_buffered(), &stream[14..fed]);
        }
    }
}
