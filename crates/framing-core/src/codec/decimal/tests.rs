use super::*;

fn header(width: usize, align: Align, fill: Fill, strict: bool) -> DecimalHeader {
    DecimalHeader::new(width).unwrap().with_padding(align, fill).unwrap().with_strict(strict)
}

fn complete(size: usize, length: u64) -> Scan {
    Scan::Complete { size, length }
}

#[test]
fn reads_every_form_in_the_wild() {
    let lenient = DecimalHeader::default();
    for (text, length) in [
        ("22        ", 22),
        ("        22", 22),
        ("    22    ", 22),
        ("0000000022", 22),
        (" 5        ", 5),
        ("0         ", 0),
        ("9999999999", 9_999_999_999),
        ("12345678  ", 12_345_678),
        ("123456789 ", 123_456_789),
        ("1234567   ", 1_234_567),
        (" 00       ", 0),
    ] {
        assert_eq!(lenient.scan(text.as_bytes()), complete(10, length), "{text:?}");
    }
}

#[test]
fn refuses_the_first_byte_that_cannot_be() {
    let lenient = DecimalHeader::default();
    for (text, at) in [
        ("GET / HTTP", 0),
        ("-5        ", 0),
        ("+5        ", 0),
        ("1_000     ", 1),
        ("5\t        ", 1),
        ("5\n", 1),
        ("5       \0 ", 8),
        ("5        x", 9),
        ("5 5       ", 2),
        ("          ", 9),
        ("1234567:  ", 7),
        ("1234567/  ", 7),
        ("12345678 1", 9),
        ("\u{663}        ", 0),
    ] {
        assert_eq!(lenient.scan(text.as_bytes()), Scan::Invalid { at }, "{text:?}");
    }
    assert_eq!(lenient.scan(b"5\xff"), Scan::Invalid { at: 1 });
    assert_eq!(lenient.scan(b"         "), Scan::Partial { needed: 1 });
    assert_eq!(lenient.scan(b""), Scan::Partial { needed: 10 });
}

/// The eight-bytes-at-a-time path against the byte-by-byte one, on every width that has it.
#[test]
fn both_ways_of_reading_agree() {
    for width in 8..=16 {
        let lenient = header(width, Align::Left, Fill::Space, false);
        let pad = |text: String| format!("{text:<width$}tail").into_bytes();
        let mut samples: Vec<Vec<u8>> = (0..18)
            .map(|power| pad((10_u64.pow(power) * 7 / 3).to_string()))
            .chain([0, 1, 9, 10, 1_234_567, 9_999_999].map(|n: u64| pad(n.to_string())))
            .collect();
        for spoiled in 0..width {
            for byte in [0, b'\t', b'/', b':', b'x', 0x80, 0xb0, 0xff, b' ', b'0'] {
                let mut sample = pad("1234567".into());
                sample[spoiled] = byte;
                samples.push(sample);
            }
        }
        for sample in samples {
            assert_eq!(
                lenient.scan(&sample),
                lenient.resume(&mut ScanState::default(), &[], &sample),
                "width {width}: {}",
                sample.escape_ascii()
            );
        }
    }
}

/// Strict reading accepts exactly what is written: every length of every small header comes back, and
/// among all strings over the alphabet nothing else is taken. The refusal comes at the first byte
/// after which no written header can follow.
#[test]
fn strict_accepts_what_it_writes_and_nothing_else() {
    for (align, fill) in [
        (Align::Left, Fill::Space),
        (Align::Right, Fill::Space),
        (Align::Center, Fill::Space),
        (Align::Right, Fill::Zero),
    ] {
        for width in 1..=5 {
            let strict = header(width, align, fill, true);
            let mut out = vec![0; width];
            let written: std::collections::HashSet<Vec<u8>> = strict
                .lengths()
                .map(|length| {
                    strict.write(length, &[], &mut out);
                    assert_eq!(strict.scan(&out), complete(width, length));
                    out.clone()
                })
                .collect();
            let prefixes: std::collections::HashSet<&[u8]> =
                written.iter().flat_map(|text| (0..=width).map(|end| &text[..end])).collect();
            let alphabet = b" 0123x";
            for mut code in 0..alphabet.len().pow(u32::try_from(width).unwrap()) {
                let text: Vec<u8> = (0..width)
                    .map(|_| {
                        let byte = alphabet[code % alphabet.len()];
                        code /= alphabet.len();
                        byte
                    })
                    .collect();
                let refused = (0..width).find(|&at| !prefixes.contains(&text[..=at]));
                match refused {
                    Some(at) => assert_eq!(strict.scan(&text), Scan::Invalid { at }, "{text:?}"),
                    None => assert!(matches!(strict.scan(&text), Scan::Complete { .. }), "{text:?}"),
                }
            }
        }
    }
}

#[test]
fn lengths_beyond_u64_are_exact() {
    let wide = DecimalHeader::new(40).unwrap();
    let text = format!("{:<40}", "00018446744073709551616");
    assert_eq!(wide.scan(text.as_bytes()), complete(40, u64::MAX));
    assert_eq!(Text::announced(text.as_bytes()), Length::Digits("18446744073709551616".into()));
    assert_eq!(Text::announced(b" 0042 "), Length::Exact(42));
}

#[test]
fn the_unit_does_not_change_the_header() {
    let chars = DecimalHeader::default().with_unit(Unit::Chars);
    assert_eq!(chars.scan(b"7         "), complete(10, 7));
}
