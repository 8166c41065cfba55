//! What the public types promise beside reading and writing: attributes, texts, sizes, and that the fast paths are taken.

use bytes::{Bytes, BytesMut};

use super::decoder::Decoder;
use super::store::BytesStore;
use super::{
    Align, BinaryHeader, ByteOrder, ConfigError, DecimalHeader, Error, Fill, Format, FrameDecoder,
    FrameEncoder, HeaderFormat, Length, NetstringHeader, Policy, Stage, Stats, Unit, VarintHeader,
};

fn formats() -> [HeaderFormat; 7] {
    [
        DecimalHeader::default().into(),
        DecimalHeader::new(16).unwrap().into(),
        DecimalHeader::new(8).unwrap().into(),
        BinaryHeader::new(4).unwrap().into(),
        BinaryHeader::new(3).unwrap().with_byte_order(ByteOrder::Little).into(),
        VarintHeader::default().into(),
        NetstringHeader::default().into(),
    ]
}

fn wire(header: &HeaderFormat, payloads: &[&[u8]]) -> Bytes {
    let encoder = FrameEncoder::new(header.clone());
    let mut wire = BytesMut::new();
    for payload in payloads {
        encoder.encode(payload, &mut wire).unwrap();
    }
    wire.freeze()
}

#[test]
fn attributes_are_what_was_given() {
    let decimal = DecimalHeader::new(12).unwrap().with_align(Align::Center).unwrap();
    let decimal = decimal.with_unit(Unit::Chars).with_strict(true).with_place(3, 20).unwrap();
    let decimal = decimal.with_fields(b"abcdefgh").unwrap();
    assert_eq!((decimal.width(), decimal.length_offset(), decimal.size()), (12, 3, 20));
    assert_eq!((decimal.align(), decimal.fill(), decimal.strict()), (Align::Center, Fill::Space, true));
    assert_eq!((decimal.unit(), decimal.default_fields()), (Unit::Chars, Some(&b"abcdefgh"[..])));
    let padded = DecimalHeader::new(5).unwrap().zero_padded();
    assert_eq!((padded.width(), padded.align(), padded.fill()), (5, Align::Right, Fill::Zero));
    assert_eq!(padded, DecimalHeader::new(5).unwrap().with_padding(Align::Right, Fill::Zero).unwrap());

    let binary = BinaryHeader::new(3).unwrap().with_byte_order(ByteOrder::Little);
    let binary = binary.with_place(2, 9).unwrap().with_adjustment(-7).unwrap();
    assert_eq!((binary.length_size(), binary.byte_order()), (3, ByteOrder::Little));
    assert_eq!((binary.length_offset(), binary.size(), binary.length_adjustment()), (2, 9, -7));
    assert_eq!((binary.fields_size(), binary.default_fields()), (6, None));

    let varint = VarintHeader::new(4).unwrap().with_strict(true);
    assert_eq!((varint.max_bytes(), varint.strict()), (4, true));
    assert_eq!(NetstringHeader::new(7).unwrap().max_digits(), 7);
}

#[test]
fn an_adjustment_leaves_at_least_one_payload() {
    let header = BinaryHeader::new(1).unwrap();
    assert_eq!(header.clone().with_adjustment(-255).unwrap().lengths(), 0..=0);
    assert!(matches!(header.clone().with_adjustment(-256), Err(ConfigError::Adjustment { .. })));
    assert_eq!(header.with_adjustment(10).unwrap().lengths(), 10..=265);
}

#[test]
fn a_length_stands_where_its_header_has_room() {
    let header = BinaryHeader::new(4).unwrap();
    assert_eq!(header.clone().with_place(4092, 4096).unwrap().size(), 4096);
    for (offset, size) in [(4093, 4097), (1, 4), (0, 3), (0, 4097)] {
        let refused = header.clone().with_place(offset, size);
        assert!(matches!(refused, Err(ConfigError::OutOfRange { .. })), "{offset} {size}");
    }
}

#[test]
fn a_plan_has_the_sizes_of_what_is_written() {
    for header in formats() {
        let encoder = FrameEncoder::new(header.clone());
        for size in [0, 1, 127, 300] {
            let payload = vec![b'x'; size];
            let plan = encoder.plan(&payload).unwrap();
            let frame = wire(&header, &[&payload]);
            assert_eq!(plan.frame_size(), frame.len());
            assert_eq!(plan.header_size(), frame.len() - size - encoder.trailer().len());
        }
    }
}

#[test]
fn whole_frames_take_the_fast_path() {
    for header in formats() {
        let chunk =
            wire(&header, &[b"first", b"again", b"longer than that", b"and more bytes behind it"]);
        let mut decoder = FrameDecoder::new(header.clone());
        let mut at = 0;
        // A header like the last one, and another.
        for expected in ["first", "again", "longer than that"] {
            let frame = decoder.decode_whole(&BytesStore, &chunk, &mut at);
            assert_eq!(frame.as_deref(), Some(expected.as_bytes()), "{header:?}");
        }
        assert_eq!(decoder.stats().frames, 3);
        assert_eq!(decoder.offset(), at as u64);
        // Not what is cut off, nor what stands behind a frame that has begun.
        assert!(decoder.decode_whole(&BytesStore, &chunk.slice(..chunk.len() - 1), &mut at).is_none());
        decoder.feed(&chunk.slice(at..=at)).unwrap();
        assert!(decoder.decode_whole(&BytesStore, &chunk, &mut 0).is_none());
    }
}

#[test]
fn fingerprints_tell_lengths_apart() {
    for header in formats() {
        let of = |length: usize| header.fingerprint(&wire(&header, &[&vec![b'x'; length]]));
        assert!(of(40).is_some(), "{header:?}");
        assert_eq!(of(40), of(40));
        assert_ne!(of(40), of(41));
        assert_ne!(of(40), of(140));
    }
}

#[test]
fn a_trailer_is_looked_at_in_every_frame() {
    let mut decoder = FrameDecoder::new(NetstringHeader::default());
    let wire = Bytes::from_static(b"5:first,5:again;5:never,");
    assert_eq!(decoder.feed(&wire).unwrap(), ["first"]);
    assert!(matches!(decoder.error(), Some(Error::InvalidPayload { offset: Some(8), .. })));
}

#[test]
fn a_frame_is_received_in_place() {
    for keep_header in [false, true] {
        let mut decoder = FrameDecoder::new(DecimalHeader::default()).with_keep_header(keep_header);
        assert!(decoder.in_place().is_none());
        decoder.feed(&Bytes::from_static(b"8         hel")).unwrap();
        let (partial, missing) = decoder.in_place().unwrap();
        assert_eq!(missing, 5);
        assert_eq!(partial.len(), if keep_header { 13 } else { 3 });
        partial.extend_from_slice(b"lo wo");
        decoder.received_in_place(5);
        let frame = decoder.decode(&BytesStore, &Bytes::new(), &mut 0).unwrap().unwrap();
        assert_eq!(frame, if keep_header { "8         hello wo" } else { "hello wo" });
        assert_eq!((decoder.offset(), decoder.stats().wire_bytes), (18, 18));
    }
}

#[test]
fn a_frame_is_completed_elsewhere() {
    let mut decoder = FrameDecoder::new(DecimalHeader::default());
    decoder.feed(&Bytes::from_static(b"2         ok8         hel")).unwrap();
    decoder.completed_elsewhere();
    let stats = decoder.stats();
    assert_eq!((stats.frames, stats.payload_bytes, stats.wire_bytes), (2, 10, 30));
    assert_eq!((stats.largest_frame, stats.buffered, decoder.offset()), (8, 0, 30));
}

#[test]
fn a_reset_decoder_is_as_new() {
    let policy = Policy::default().with_max_consecutive_empty(Some(2));
    let mut decoder = FrameDecoder::new(DecimalHeader::default()).with_policy(policy).unwrap();
    let empty = Bytes::from_static(b"0         0         ");
    decoder.feed(&empty).unwrap();
    decoder.feed(&Bytes::from_static(b"5    ")).unwrap();
    decoder.reset();
    assert_eq!((decoder.offset(), decoder.buffered(), decoder.stats()), (0, 0, Stats::default()));
    // Nor are the empty ones of the stream before counted.
    assert_eq!(decoder.feed(&empty).unwrap(), ["", ""]);
    assert!(decoder.feed(&empty).is_err());
}

#[test]
fn what_was_handed_out_counts_as_passed() {
    let mut decoder = FrameDecoder::new(DecimalHeader::default());
    decoder.feed(&Bytes::from_static(b"2         ok5         hel")).unwrap();
    assert_eq!((decoder.offset(), decoder.buffered()), (12, 13));
    assert_eq!(decoder.take_buffered(), "5         hel");
    assert_eq!((decoder.offset(), decoder.buffered()), (25, 0));
    decoder.feed(&Bytes::from_static(b"2         okX and so on")).unwrap();
    assert_eq!(decoder.take_buffered(), "X and so on");
    assert_eq!(decoder.offset(), 48);
}

#[test]
fn a_fresh_decoder_has_the_same_settings_and_no_stream() {
    let policy = Policy::default().skipping(Some(50)).with_max_consecutive_empty(Some(3));
    let decoder = FrameDecoder::new(VarintHeader::default()).with_keep_header(true);
    let mut decoder = decoder.with_max_frame_size(20).unwrap().with_policy(policy).unwrap();
    decoder.feed(&Bytes::from_static(b"\x05hel")).unwrap();
    let fresh: Decoder<BytesMut> = decoder.fresh();
    assert_eq!((fresh.header(), fresh.max_frame_size()), (decoder.header(), 20));
    assert_eq!((fresh.keep_header(), fresh.policy()), (true, policy));
    assert_eq!((fresh.buffered(), fresh.offset()), (0, 0));
}

#[test]
fn errors_say_what_is_wrong() {
    let long = "1".repeat(41);
    let texts = [
        (
            Error::InvalidHeader { header: b"1x".to_vec(), offset: 7, hint: Some("so it is") },
            "invalid header \"1x\" at stream offset 7: so it is".to_owned(),
        ),
        (
            Error::InvalidHeader { header: vec![b' '; 33], offset: 0, hint: None },
            format!("invalid header ...\"{}\" at stream offset 0", " ".repeat(32)),
        ),
        (
            Error::InvalidHeader { header: vec![b' '; 32], offset: 0, hint: None },
            format!("invalid header \"{}\" at stream offset 0", " ".repeat(32)),
        ),
        (
            Error::InvalidPayload { offset: None, reason: "it is".to_owned() },
            "invalid payload: it is".to_owned(),
        ),
        (
            Error::FrameTooLarge { length: Length::Exact(9), limit: 5, offset: Some(3), hint: None },
            "payload length 9 exceeds the limit of 5 (max_frame_size) at stream offset 3".to_owned(),
        ),
        (
            Error::FrameTooLarge {
                length: Length::Digits(long.clone()),
                limit: 5,
                offset: None,
                hint: Some("oh"),
            },
            format!(
                "payload length {}... (41 digits) exceeds the limit of 5 (max_frame_size): oh",
                &long[..20]
            ),
        ),
        (
            Error::FrameTooLarge {
                length: Length::Digits(long[..40].to_owned()),
                limit: 5,
                offset: None,
                hint: None,
            },
            format!("payload length {} exceeds the limit of 5 (max_frame_size)", &long[..40]),
        ),
        (
            Error::BufferTooSmall { needed: 12, available: 3 },
            "the frame needs 12 bytes, the buffer has 3".to_owned(),
        ),
        (
            Error::TruncatedFrame { stage: Stage::Payload, expected: 5, received: 2, hint: None },
            "the stream ended inside a frame: 2 of 5 bytes of the payload".to_owned(),
        ),
        (
            Error::TruncatedFrame { stage: Stage::Header, expected: 10, received: 2, hint: Some("h") },
            "the stream ended inside a frame: 2 of 10 bytes of the header: h".to_owned(),
        ),
        (Error::OutOfMemory { requested: 8 }, "no memory for 8 bytes of a frame".to_owned()),
        (
            Error::WrongFields { size: 1, given: 5 },
            "fields must be 1 byte for this header, not 5".to_owned(),
        ),
    ];
    for (error, text) in texts {
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn arguments_are_refused_in_words() {
    let texts = [
        (
            ConfigError::OutOfRange { name: "width", low: 1, high: 9, given: 10 },
            "width must be between 1 and 9, not 10",
        ),
        (
            ConfigError::Adjustment { adjustment: -300, length_size: 1 },
            "length_adjustment must be at least -255, the largest length of length_size 1, not -300",
        ),
        (ConfigError::Fields { size: 2, given: 0 }, "fields must be 2 bytes for this header, not 0"),
        (ConfigError::ZeroFill, "fill '0' needs align '>'"),
        (
            ConfigError::MaxSkip { max_skip: 4, limit: 5 },
            "max_skip must be at least 5 (max_frame_size), not 4",
        ),
        (
            ConfigError::Limit { limit: 300, lowest: 0, highest: 255 },
            "max_frame_size must be between 0 and 255, the largest that this header can express and \
             memory can hold, not 300",
        ),
    ];
    for (error, text) in texts {
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn the_default_is_a_header_of_ten_bytes() {
    assert_eq!(DecimalHeader::default(), DecimalHeader::new(10).unwrap());
}
