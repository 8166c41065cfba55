use proptest::prelude::*;

use super::super::*;
use crate::codec::format::Format;
use crate::codec::{
    DecimalHeader, FrameEncoder, HeaderFormat, NetstringHeader, Policy, Stage, Unit, VarintHeader,
};

const LIMIT: u64 = 5;

fn formats() -> Vec<HeaderFormat> {
    vec![
        DecimalHeader::default().into(),
        DecimalHeader::default().with_unit(Unit::Chars).into(),
        VarintHeader::default().into(),
        NetstringHeader::default().into(),
    ]
}

fn decoder(header: HeaderFormat, policy: Policy) -> FrameDecoder {
    FrameDecoder::new(header).with_max_frame_size(LIMIT).unwrap().with_policy(policy).unwrap()
}

fn encoded(header: HeaderFormat, texts: &[&str]) -> Vec<Vec<u8>> {
    let encoder = FrameEncoder::new(header);
    let frame = |text: &&str| {
        let mut wire = BytesMut::new();
        encoder.encode(text.as_bytes(), &mut wire).unwrap();
        wire.to_vec()
    };
    texts.iter().map(frame).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn what_is_over_the_limit_is_as_if_it_were_not_there(
        texts in prop::collection::vec("\\PC{0,12}", 0..8),
        choice in 0..4_usize,
        size in 1..60_usize,
        keep_header: bool,
        discards: bool,
    ) {
        let header = formats()[choice].clone();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let wires = encoded(header.clone(), &texts);
        let stream = wires.concat();
        let mut decoder = decoder(header.clone(), Policy::default().skipping(None)).with_keep_header(keep_header);
        let mut frames: Vec<Bytes> = Vec::new();
        let mut skipped = Vec::new();
        let mut fed = 0;
        for chunk in stream.chunks(size) {
            fed += chunk.len() as u64;
            let (needed, ahead, before) = (decoder.needed(), decoder.has_next(chunk), frames.len());
            let chunk = Bytes::copy_from_slice(chunk);
            let mut at = 0;
            if discards {
                decoder.discard(&BytesStore, &chunk, &mut at).unwrap();
                prop_assert_eq!(decoder.has_next(&chunk[at..]), ahead);
            }
            let next = decoder.next_size(&chunk[at..]);
            decoder.feed_into(&BytesStore, &chunk.slice(at..), &mut frames).unwrap();
            prop_assert_eq!(ahead, frames.len() > before);
            if let (true, Some(frame)) = (discards, frames.get(before)) {
                prop_assert_eq!(next, Some(frame.len()));
            }
            prop_assert!(chunk.len() >= needed || frames.len() == before);
            let stats = decoder.stats();
            prop_assert_eq!(stats.wire_bytes + stats.skipped_bytes + stats.buffered as u64, fed);
            skipped.extend(decoder.take_skipped().first);
        }
        decoder.feed_eof().unwrap();
        let length = |text: &str| match header.unit() {
            Unit::Bytes => text.len() as u64,
            Unit::Chars => text.chars().count() as u64,
        };
        let (mut expected, mut over, mut offset) = (Vec::new(), Vec::new(), 0);
        for (text, wire) in texts.iter().zip(&wires) {
            if length(text) > LIMIT {
                over.push(Skipped { length: length(text), offset });
            } else {
                expected.push(Bytes::copy_from_slice(if keep_header { wire } else { text.as_bytes() }));
            }
            offset += wire.len() as u64;
        }
        prop_assert_eq!(decoder.stats().skipped_frames, over.len() as u64);
        prop_assert_eq!(decoder.offset(), offset);
        prop_assert_eq!(frames, expected);
        prop_assert_eq!(skipped, over);
    }
}

#[test]
fn the_end_inside_a_skipped_frame_is_an_end_inside_a_frame() {
    let mut decoder = decoder(NetstringHeader::default().into(), Policy::default().skipping(None));
    for (fed, received) in [("6:", 0), ("abc", 3), ("def", 6)] {
        assert_eq!(decoder.feed(&Bytes::from_static(fed.as_bytes())).unwrap(), [""; 0]);
        assert_eq!(decoder.needed(), 7 - received);
        let error = Error::TruncatedFrame { stage: Stage::Payload, expected: 7, received, hint: None };
        assert_eq!(decoder.feed_eof(), Err(error));
    }
    assert_eq!((decoder.buffered(), decoder.stats().skipped_bytes), (0, 8));
    assert_eq!(decoder.take_buffered(), "");
    assert_eq!((decoder.offset(), decoder.needed()), (8, 2));
    assert_eq!(decoder.feed(&Bytes::from_static(b"2:ok,")).unwrap(), ["ok"]);
}

#[test]
fn what_must_end_a_skipped_frame_is_looked_at() {
    let mut decoder = decoder(NetstringHeader::default().into(), Policy::default().skipping(None));
    let fault = decoder.feed(&Bytes::from_static(b"1:a,6:abcdef-2:ok,"));
    assert_eq!(fault.unwrap(), ["a"]);
    let Some(Error::InvalidPayload { offset: Some(4), .. }) = decoder.error() else {
        panic!("{:?}", decoder.error())
    };
    assert_eq!(decoder.take_buffered(), "-2:ok,");
}

#[test]
fn what_is_longer_than_may_be_skipped_refuses_the_stream() {
    let skipping = Policy::default().skipping(Some(10));
    let mut decoder = decoder(DecimalHeader::default().into(), skipping);
    let wire = encoded(DecimalHeader::default().into(), &["0123456789", "ok", "0123456789a"]).concat();
    assert_eq!(decoder.feed(&Bytes::from(wire)).unwrap(), ["ok"]);
    assert!(matches!(
        decoder.error(),
        Some(Error::FrameTooLarge { limit: LIMIT, offset: Some(32), .. })
    ));
    assert_eq!(decoder.stats().skipped_frames, 1);
}

#[test]
fn a_length_beyond_counting_refuses_the_stream() {
    let header = DecimalHeader::new(40).unwrap();
    let mut decoder = decoder(header.into(), Policy::default().skipping(None));
    let fault = decoder.feed(&Bytes::from(format!("{:<40}", "18446744073709551616")));
    assert!(matches!(fault, Err(Error::FrameTooLarge { .. })));
}

#[test]
fn empty_frames_are_counted_one_after_the_other() {
    for size in 1..70 {
        let policy = Policy::default().skipping(None).with_max_consecutive_empty(Some(2));
        let mut decoder = decoder(DecimalHeader::default().into(), policy);
        let texts = ["", "", "a", "", "", "too long", "", "", ""];
        let stream = encoded(DecimalHeader::default().into(), &texts).concat();
        let mut frames = Vec::new();
        let mut fault = Ok(());
        for chunk in stream.chunks(size) {
            fault = decoder.feed_into(&BytesStore, &Bytes::copy_from_slice(chunk), &mut frames);
        }
        assert_eq!(frames, ["", "", "a", "", "", "", ""], "in pieces of {size}");
        let Err(Error::InvalidPayload { offset, reason }) = fault else { panic!("{fault:?}") };
        assert_eq!((offset, reason.as_str()), (Some(89), "it is empty, as were the 2 before it"));
    }
}

#[test]
fn a_bound_below_the_limit_is_refused() {
    let decoder = FrameDecoder::new(DecimalHeader::default()).with_max_frame_size(10).unwrap();
    let error = decoder.with_policy(Policy::default().skipping(Some(9))).map(|_| ());
    assert_eq!(error, Err(crate::codec::ConfigError::MaxSkip { max_skip: 9, limit: 10 }));
}
