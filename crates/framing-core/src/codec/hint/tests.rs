use super::*;
use crate::codec::format::Scan;
use crate::codec::{BinaryHeader, ByteOrder, DecimalHeader, VarintHeader};

#[test]
fn names_what_is_no_decimal_header() {
    let cases: [(&[u8], Option<&str>); 26] = [
        (b"GET / HTTP/1.1\r\n", Some(HTTP)),
        (b"OPTIONS * HTTP/1.1", Some(HTTP)),
        (b"PRI * HTTP/2.0\r\n\r\nSM", Some(HTTP)),
        (b"\x16\x03\x01\x02\x00\x01", Some(TLS)),
        (b"\x16\x01\x01\x02\x00\x01", None),
        (b"\x00\x00\x00\x05hello", Some(BINARY)),
        (b"\x00\x00\x00\x00\x00\x00\x00\x05hello", Some(BINARY)),
        (b"\x00\x05hello", Some(BINARY)),
        (b"\x00\x00\x00\x00\x00\x00\x00\x00", None),
        (b"alive>12", Some(OUT_OF_STEP)),
        ("5 größe".as_bytes(), Some(OUT_OF_STEP)),
        (&"ße5         hello".as_bytes()[1..], Some(OUT_OF_STEP)),
        (b"\x80\x80\x80\x80text", None),
        // A MySQL greeting: a little-endian length, then binary.
        (b"J\x00\x00\x00\n8.0.2", None),
        (b"          ", None),
        (b"-5        hello", None),
        (b"G", None),
        (b"012:hello world!,", None),
        (b":hello", Some(OUT_OF_STEP)),
        (b"{\"id\": 1}\n", Some(JSON)),
        (b"{}\n", Some(JSON)),
        (b"[{\"id\": 1}]\n", Some(JSON)),
        (b"[2024-01-01] a line of a log", Some(OUT_OF_STEP)),
        (b"{id: 1}\n", Some(OUT_OF_STEP)),
        (b"{\"id\": 1}", Some(OUT_OF_STEP)),
        (b"{\"id\": 1}\r\n", Some(JSON)),
    ];
    for (bytes, expected) in cases {
        let hint = of_header(&DecimalHeader::default(), bytes);
        assert_eq!(hint, expected, "{}", bytes.escape_ascii());
    }
}

#[test]
fn what_is_no_text_is_no_wonder_where_none_is_expected() {
    let header = BinaryHeader::new(4).unwrap();
    assert_eq!(of_header(&header, b"GET / HTTP/1.1\r\n"), Some(HTTP));
    assert_eq!(of_header(&header, b"\x16\x03\x01\x02\x00\x01"), Some(TLS));
    assert_eq!(of_header(&header, b"\x00\x00\x00\x05hello"), None);
    assert_eq!(of_header(&header, b"alive>12"), None);
    assert_eq!(of_header(&header, b"5         hello"), Some(DECIMAL));
}

#[test]
fn a_character_cut_by_the_window_is_still_text() {
    let text = format!("{}é", "a".repeat(TEXT_WINDOW - 1));
    assert_eq!(of_header(&DecimalHeader::default(), text.as_bytes()), Some(OUT_OF_STEP));
}

/// What is said of `bytes` that wait for the rest of a payload.
fn waiting(header: &BinaryHeader, bytes: &[u8]) -> Option<&'static str> {
    let Scan::Complete { size, length } = header.scan(bytes) else { return None };
    of_length(header, bytes, length, Some(bytes.len() - size))
}

/// What is said of `bytes` whose length is over the limit.
fn refused(header: &BinaryHeader, bytes: &[u8]) -> Option<&'static str> {
    let Scan::Complete { length, .. } = header.scan(bytes) else { return None };
    of_length(header, bytes, length, None)
}

#[test]
fn text_where_a_number_is_expected() {
    let header = |size| BinaryHeader::new(size).unwrap();
    let cases: [(usize, &[u8], Option<&str>); 22] = [
        (4, b"5   ", Some(DECIMAL)),
        (4, b"   5", Some(DECIMAL)),
        (4, b"0005", Some(DECIMAL)),
        (4, b"0005hello", Some(DECIMAL)),
        (4, b"2005", Some(DECIMAL)),
        (4, b"220 ", Some(DECIMAL)),
        (4, b"22  \0", Some(DECIMAL)),
        (4, b"2005\0", None),
        (4, b"220 \0", None),
        (4, b"5         hello", Some(DECIMAL)),
        (8, b"5         hello", Some(DECIMAL)),
        // Two bytes may be a length, and its payload digits.
        (2, b"5         hello", Some(DECIMAL)),
        (2, b"55555", None),
        (2, b"5 ", None),
        (2, b"5   ", Some(DECIMAL)),
        (1, b"5   ", Some(DECIMAL)),
        (1, b"5555", None),
        (4, b"{\"id\": 1}\n", Some(JSON)),
        (4, b"[{}, {}]\n", Some(JSON)),
        (2, b"{\"id\": 1}\n", None),
        (4, b"\x16\x03\x01\x02\x00\x01", Some(TLS)),
        (2, b"\x16\x03\x01\x02\x00\x01", None),
    ];
    for (size, bytes, expected) in cases {
        let header = header(size);
        assert_eq!(waiting(&header, bytes), expected, "{size}: {}", bytes.escape_ascii());
        assert_eq!(refused(&header, bytes), expected, "{size}: {}", bytes.escape_ascii());
    }
    for (size, text) in [(4, "hello, world"), (4, "    hello"), (8, "5    hello")] {
        assert_eq!(refused(&header(size), text.as_bytes()), Some(OUT_OF_STEP), "{text}");
        assert_eq!(waiting(&header(size), text.as_bytes()), None, "{text}");
    }
    assert_eq!(refused(&header(2), b"hello, world"), None);
    let varint = VarintHeader::default();
    assert_eq!(of_length(&varint, b"5         hello", 53, Some(14)), Some(DECIMAL));
    assert_eq!(of_length(&varint, b"5hello", 53, Some(5)), None);
    assert_eq!(of_length(&DecimalHeader::default(), b"5         ", 5, Some(0)), None);
}

#[test]
fn a_length_that_is_small_with_its_bytes_swapped() {
    for order in [ByteOrder::Big, ByteOrder::Little] {
        let header = |size| BinaryHeader::new(size).unwrap().with_byte_order(order);
        let length = |size: usize, value: u64| match order {
            ByteOrder::Big => value.to_le_bytes()[..size].to_vec(),
            ByteOrder::Little => value.to_be_bytes()[8 - size..].to_vec(),
        };
        let wire = |size, value, received| [length(size, value), vec![0; received]].concat();
        for (size, value, received, expected) in [
            (4, 5, 0, Some(SWAPPED)),
            (4, 5, 5, Some(SWAPPED)),
            (4, 5, 14, Some(SWAPPED)),
            (8, 5, 0, Some(SWAPPED)),
            (4, 65_535, 65_535, Some(SWAPPED)),
            (4, 65_535, 65_536, None),
            // What a large file may be long, unless exactly a small payload came.
            (4, 0x1000, 0, None),
            (4, 0x1000, 0x1000, Some(SWAPPED)),
            (4, 0x1000, 0x1001, None),
            (2, 5, 0, None),
            (2, 5, 5, Some(SWAPPED)),
            (2, 5, 6, None),
            (4, 0x0001_0001, 0, None),
            // The same in both orders.
            (2, 0x0505, 0x0505, None),
        ] {
            let hint = waiting(&header(size), &wire(size, value, received));
            assert_eq!(hint, expected, "{order:?} {size}: {value}, {received}");
        }
        for (size, value, expected) in [
            (4, 5, Some(SWAPPED)),
            (4, 0x1001, Some(SWAPPED)),
            (4, 0x1000, None),
            (2, 5, Some(SWAPPED)),
            (3, 255, Some(SWAPPED)),
            (3, 256, None),
            (4, 0x0001_0001, None),
        ] {
            let hint = refused(&header(size), &wire(size, value, 0));
            assert_eq!(hint, expected, "{order:?} {size}: {value}");
        }
    }
}
