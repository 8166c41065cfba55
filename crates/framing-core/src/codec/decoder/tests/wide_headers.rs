//! Headers of thousands of bytes that arrive one by one.

use super::super::*;
use crate::codec::digits::counting;
use crate::codec::{Align, BinaryHeader, DecimalHeader, Fill, MAX_HEADER_SIZE};

fn feed_bytewise(header: impl Into<HeaderFormat>, wire: &[u8]) -> Vec<Bytes> {
    let mut decoder = FrameDecoder::new(header);
    let mut frames = Vec::new();
    for (fed, byte) in wire.iter().enumerate() {
        assert!(decoder.needed() > 0);
        if fed < MAX_HEADER_SIZE {
            assert_eq!(decoder.needed(), MAX_HEADER_SIZE - fed);
            assert!(!decoder.has_next(&[*byte]) && decoder.next_size(&[*byte]).unwrap_or(2) == 2);
        }
        frames.extend(decoder.feed(&Bytes::copy_from_slice(&[*byte])).unwrap());
    }
    frames
}

#[test]
fn each_byte_of_a_header_is_looked_at_a_few_times() {
    for (align, fill) in [
        (Align::Left, Fill::Space),
        (Align::Right, Fill::Space),
        (Align::Center, Fill::Space),
        (Align::Right, Fill::Zero),
    ] {
        for strict in [false, true] {
            let header = DecimalHeader::new(MAX_HEADER_SIZE).unwrap().with_strict(strict);
            let header = header.with_padding(align, fill).unwrap();
            let mut wire = BytesMut::new();
            crate::codec::FrameEncoder::new(header.clone()).encode(b"ok", &mut wire).unwrap();
            let before = counting::pushed();
            assert_eq!(feed_bytewise(header, &wire), ["ok"]);
            // Once when it is fed, and once for each of the two looks ahead.
            assert!(counting::pushed() - before <= 3 * wire.len());
        }
    }
}

#[test]
fn a_length_among_thousands_of_fields_is_read_wherever_it_stands() {
    for offset in [0, 1, 2000, MAX_HEADER_SIZE - 4] {
        let binary = BinaryHeader::new(4).unwrap().with_place(offset, MAX_HEADER_SIZE).unwrap();
        let decimal = DecimalHeader::new(4).unwrap().with_place(offset, MAX_HEADER_SIZE).unwrap();
        for (header, length) in [(HeaderFormat::from(binary), b"\0\0\0\x02"), (decimal.into(), b"   2")]
        {
            let mut wire = vec![b'x'; MAX_HEADER_SIZE];
            wire[offset..offset + 4].copy_from_slice(length);
            wire.extend(b"ok");
            assert_eq!(feed_bytewise(header, &wire), ["ok"]);
        }
    }
}
