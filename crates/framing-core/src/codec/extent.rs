//! How much of a payload is still to come: so many bytes, or so many code points of UTF-8.

/// What a header's length counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unit {
    /// Bytes of the payload.
    #[default]
    Bytes,
    /// Unicode code points of the payload, which is UTF-8: what a script sends that calls `len()` on
    /// a Python `str` before it encodes it.
    Chars,
}

/// The part of a payload that has not arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Extent {
    Bytes(usize),
    Chars(CodePoints),
}

/// What a run of bytes does to an [`Extent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advance {
    /// All the bytes belong to the payload, which is not complete.
    Partial,
    /// The payload ends after `taken` of the bytes.
    Complete { taken: usize },
    /// The byte at this index cannot follow what came before it.
    Invalid { at: usize },
}

impl Extent {
    /// A payload of `length` units, none of which has arrived. `length` is within a limit, which is
    /// at most `isize::MAX`.
    #[inline]
    pub(crate) fn new(unit: Unit, length: u64) -> Self {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        match unit {
            Unit::Bytes => Self::Bytes(length),
            Unit::Chars => Self::Chars(CodePoints { remaining: length, sequence: Sequence::default() }),
        }
    }

    /// Takes the next bytes of the stream into account.
    #[inline]
    pub(crate) fn advance(&mut self, bytes: &[u8]) -> Advance {
        match self {
            Self::Bytes(remaining) => {
                let taken = bytes.len().min(*remaining);
                *remaining -= taken;
                if *remaining == 0 { Advance::Complete { taken } } else { Advance::Partial }
            }
            Self::Chars(code_points) => code_points.advance(bytes),
        }
    }

    /// The least number of bytes that can complete the payload.
    pub(crate) fn least(&self) -> usize {
        match self {
            Self::Bytes(remaining) => *remaining,
            Self::Chars(it) => {
                it.remaining.saturating_add(it.sequence.missing.saturating_sub(1).into())
            }
        }
    }

    /// The greatest number of bytes that can still belong to the payload.
    pub(crate) fn most(&self) -> usize {
        match self {
            Self::Bytes(remaining) => *remaining,
            Self::Chars(code_points) => code_points.remaining.saturating_mul(4),
        }
    }
}

/// Code points that are still to come. One whose first byte has arrived counts as not yet arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodePoints {
    remaining: usize,
    sequence: Sequence,
}

/// The inside of a multi-byte sequence: how many bytes it lacks, and what the next one may be.
/// (RFC 3629, section 4: the second byte's range rules out overlong forms, surrogates and what is
/// above U+10FFFF.)
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Sequence {
    missing: u8,
    low: u8,
    high: u8,
}

impl CodePoints {
    pub(crate) fn advance(&mut self, bytes: &[u8]) -> Advance {
        let mut at = 0;
        loop {
            if self.remaining == 0 {
                return Advance::Complete { taken: at };
            }
            if self.sequence.missing == 0 {
                at += self.advance_whole(&bytes[at..]);
                if self.remaining == 0 {
                    return Advance::Complete { taken: at };
                }
            }
            let Some(&byte) = bytes.get(at) else { return Advance::Partial };
            if !self.push(byte) {
                return Advance::Invalid { at };
            }
            at += 1;
        }
    }

    /// Takes whole code points in bulk and gives the number of their bytes. It takes no more than are
    /// wanted, because `remaining` bytes never hold more than `remaining` code points.
    fn advance_whole(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while self.remaining > 0 && at < bytes.len() {
            let window = &bytes[at..bytes.len().min(at.saturating_add(self.remaining))];
            let valid = match std::str::from_utf8(window) {
                Ok(text) => text.len(),
                Err(error) => error.valid_up_to(),
            };
            self.remaining -= count_code_points(&window[..valid]);
            at += valid;
            if valid < window.len() {
                break;
            }
        }
        at
    }

    /// Takes one byte, by hand; `false` where it cannot stand here.
    fn push(&mut self, byte: u8) -> bool {
        let sequence = &mut self.sequence;
        if sequence.missing > 0 {
            if !(sequence.low..=sequence.high).contains(&byte) {
                return false;
            }
            *sequence = Sequence { missing: sequence.missing - 1, low: 0x80, high: 0xbf };
        } else {
            let (missing, low, high) = match byte {
                0x00..=0x7f => (0, 0x80, 0xbf),
                0xc2..=0xdf => (1, 0x80, 0xbf),
                0xe0 => (2, 0xa0, 0xbf),
                0xed => (2, 0x80, 0x9f),
                0xe1..=0xef => (2, 0x80, 0xbf),
                0xf0 => (3, 0x90, 0xbf),
                0xf1..=0xf3 => (3, 0x80, 0xbf),
                0xf4 => (3, 0x80, 0x8f),
                _ => return false,
            };
            *sequence = Sequence { missing, low, high };
        }
        if sequence.missing == 0 {
            self.remaining -= 1;
        }
        true
    }
}

/// The number of code points in valid UTF-8: of bytes that do not continue one.
fn count_code_points(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}

/// The length of a whole payload in `unit`.
///
/// # Errors
/// The index of the first byte that is not UTF-8, for [`Unit::Chars`]; the payload's length where it
/// ends inside a sequence.
pub(crate) fn measure(unit: Unit, payload: &[u8]) -> Result<u64, usize> {
    let length = match unit {
        Unit::Bytes => payload.len(),
        Unit::Chars => match std::str::from_utf8(payload) {
            Ok(text) => count_code_points(text.as_bytes()),
            Err(error) if error.error_len().is_none() => return Err(payload.len()),
            Err(error) => {
                // The standard library names the sequence; the byte that breaks it is in there.
                let start = error.valid_up_to();
                let mut one = CodePoints { remaining: 1, sequence: Sequence::default() };
                let broken = payload[start..].iter().position(|&byte| !one.push(byte));
                return Err(start + broken.unwrap_or(0));
            }
        },
    };
    Ok(length as u64)
}

/// The reason of an `InvalidPayload`: the same words on both sides of a connection.
pub(crate) fn not_utf8(byte: Option<u8>, at: usize) -> String {
    match byte {
        Some(byte) => format!("byte 0x{byte:02x} at index {at} is not valid UTF-8 there"),
        None => format!("the UTF-8 text ends inside a character, at index {at}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(count: u64, pieces: &[&[u8]]) -> (Vec<Advance>, usize) {
        let mut extent = Extent::new(Unit::Chars, count);
        let advances = pieces.iter().map(|piece| extent.advance(piece)).collect();
        (advances, extent.least())
    }

    #[test]
    fn ends_after_the_last_code_point() {
        let text = "añ€😀tail";
        let (advances, _) = feed(4, &[text.as_bytes()]);
        assert_eq!(advances, [Advance::Complete { taken: 10 }]);
    }

    #[test]
    fn least_counts_the_rest_of_a_begun_sequence() {
        assert_eq!(feed(2, &[b"\xf0"]), (vec![Advance::Partial], 4));
        assert_eq!(feed(2, &[b"\xf0\x9f\x98"]), (vec![Advance::Partial], 2));
        assert_eq!(feed(2, &[b"\xf0\x9f\x98\x80"]), (vec![Advance::Partial], 1));
    }

    #[test]
    fn every_byte_alone_agrees_with_the_whole() {
        let samples: [&[u8]; 9] = [
            "ascii only".as_bytes(),
            "añ€😀𐀀\u{10ffff}\u{7ff}\u{800}".as_bytes(),
            b"ab\xff",
            b"\xc0\x80",
            b"\xed\xa0\x80",
            b"\xe0\x9f\x80",
            b"\xf4\x90\x80\x80",
            b"\xe2\x28\xa1",
            b"\xf0\x9f\x98a",
        ];
        for sample in samples {
            for count in 0..12 {
                let whole = Extent::new(Unit::Chars, count).advance(sample);
                let mut extent = Extent::new(Unit::Chars, count);
                let mut result = extent.advance(b"");
                for (at, byte) in sample.iter().enumerate() {
                    if result != Advance::Partial {
                        break;
                    }
                    result = match extent.advance(std::slice::from_ref(byte)) {
                        Advance::Partial => Advance::Partial,
                        Advance::Complete { taken } => Advance::Complete { taken: at + taken },
                        Advance::Invalid { .. } => Advance::Invalid { at },
                    };
                }
                assert_eq!(result, whole, "{sample:x?} for {count}");
            }
        }
    }

    #[test]
    fn measures_code_points_and_names_the_bad_byte() {
        assert_eq!(measure(Unit::Chars, "añ€😀".as_bytes()), Ok(4));
        assert_eq!(measure(Unit::Bytes, b"\xff"), Ok(1));
        assert_eq!(measure(Unit::Chars, b"ab\xff"), Err(2));
        assert_eq!(measure(Unit::Chars, b"a\xe2\x28\xa1"), Err(2));
        assert_eq!(measure(Unit::Chars, b"a\xe2\x82"), Err(3));
    }
}
