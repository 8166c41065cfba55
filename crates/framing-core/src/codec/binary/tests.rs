use super::*;

fn complete(size: usize, length: u64) -> Scan {
    Scan::Complete { size, length }
}

#[test]
fn every_size_in_both_orders() {
    let tail = [0xee; 9];
    for size in 1..=8 {
        for (order, bytes) in
            [(ByteOrder::Big, [0, 0, 0, 0, 0, 0, 0, 7]), (ByteOrder::Little, [7, 0, 0, 0, 0, 0, 0, 0])]
        {
            let header = BinaryHeader::new(size).unwrap().with_byte_order(order);
            let field = match order {
                ByteOrder::Big => &bytes[8 - size..],
                ByteOrder::Little => &bytes[..size],
            };
            assert_eq!(header.scan(field), complete(size, 7));
            assert_eq!(header.scan(&[field, &tail].concat()), complete(size, 7));
            assert_eq!(header.scan(&field[..size - 1]), Scan::Partial { needed: 1 });
            let mut out = vec![0xee; size];
            header.write(7, &[], &mut out);
            assert_eq!(out, field);
        }
    }
}

#[test]
fn both_ways_of_reading_agree() {
    for size in 1..=8 {
        for order in [ByteOrder::Big, ByteOrder::Little] {
            for adjustment in [0, -4, 4, -200, i64::MIN, i64::MAX] {
                let header = BinaryHeader::new(size).unwrap().with_byte_order(order);
                let Ok(header) = header.with_place(3, 13).unwrap().with_adjustment(adjustment) else {
                    assert!(adjustment < 0);
                    continue;
                };
                for seed in 0..=255_u8 {
                    let byte = |at: u8| seed.wrapping_mul(at.wrapping_add(seed)).rotate_left(at.into());
                    let mut bytes: Vec<u8> = (0..20).map(byte).collect();
                    bytes[3 + usize::from(seed) % size] = [0, 0, 1, 0xff][usize::from(seed % 4)];
                    for end in 0..bytes.len() {
                        let bytes = &bytes[..end];
                        assert_eq!(
                            header.scan(bytes),
                            header.resume(&mut ScanState::default(), &[], bytes),
                            "{header:?} {bytes:x?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_byte_is_refused_when_nothing_can_make_up_for_it() {
    let header = |adjustment| BinaryHeader::new(4).unwrap().with_adjustment(adjustment).unwrap();
    assert_eq!(header(-4).scan(&[0, 0, 0]), Scan::Partial { needed: 1 });
    assert_eq!(header(-4).scan(&[0, 0, 0, 3]), Scan::Invalid { at: 3 });
    assert_eq!(header(-4).scan(&[0, 0, 0, 4]), complete(4, 0));
    assert_eq!(header(-0x0100_0000).scan(&[0]), Scan::Invalid { at: 0 });
    assert_eq!(header(-0x0100_0000).scan(&[1]), Scan::Partial { needed: 3 });
    let little = header(-0x0100_0000).with_byte_order(ByteOrder::Little);
    assert_eq!(little.scan(&[0xff, 0xff, 0xff, 0]), Scan::Invalid { at: 3 });
}

#[test]
fn lengths_beyond_64_bits_are_exact() {
    let header = BinaryHeader::new(8).unwrap().with_adjustment(2).unwrap();
    assert_eq!(header.scan(&[0xff; 8]), complete(8, u64::MAX));
    assert_eq!(header.exact_length(&[0xff; 8]), Length::Digits("18446744073709551617".into()));
    assert_eq!(header.lengths(), 2..=u64::MAX);
    let most = BinaryHeader::new(8).unwrap();
    assert_eq!(most.exact_length(&[0xff; 8]), Length::Exact(u64::MAX));
}

#[test]
fn fields_stand_around_the_length() {
    let header = BinaryHeader::new(2).unwrap().with_place(1, 5).unwrap();
    assert_eq!(header.fields_size(), 3);
    let mut out = [0xee; 5];
    header.write(0x0102, b"abc", &mut out);
    assert_eq!(&out, b"a\x01\x02bc");
    header.write(0x0102, b"", &mut out);
    assert_eq!(&out, b"\0\x01\x02\0\0");
    assert_eq!(header.scan(b"a\x01\x02b"), Scan::Partial { needed: 1 });

    let header = header.with_fields(b"xyz").unwrap();
    assert_eq!(header.default_fields(), Some(&b"xyz"[..]));
    header.write(0x0102, b"", &mut out);
    assert_eq!(&out, b"x\x01\x02yz");
    header.write(0x0102, b"abc", &mut out);
    assert_eq!(&out, b"a\x01\x02bc");
}

#[test]
fn refuses_what_cannot_be() {
    let range = |name, low, high, given| Err(ConfigError::OutOfRange { name, low, high, given });
    assert_eq!(BinaryHeader::new(0), range("length_size", 1, 8, 0));
    assert_eq!(BinaryHeader::new(9), range("length_size", 1, 8, 9));
    let header = BinaryHeader::new(2).unwrap();
    assert_eq!(header.clone().with_place(3, 4), range("size", 5, 4096, 4));
    assert_eq!(header.clone().with_place(3, 4097), range("size", 5, 4096, 4097));
    assert_eq!(header.clone().with_place(4095, 4096), range("length_offset", 0, 4094, 4095));
    assert!(header.clone().with_place(4094, 4096).is_ok());
    assert!(header.clone().with_adjustment(-65_535).is_ok());
    assert_eq!(
        header.with_adjustment(-65_536),
        Err(ConfigError::Adjustment { adjustment: -65_536, length_size: 2 })
    );
}
