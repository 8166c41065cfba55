//! What a peer whose header was refused may have been speaking.

const HTTP: &str = "this looks like an HTTP request";
const TLS: &str = "this looks like a TLS handshake";
const BINARY: &str = "this looks like a big-endian binary length, not decimal text";
const OUT_OF_STEP: &str =
    "this looks like text from the middle of a payload: the stream is out of step, or never was framed";

/// RFC 9110's methods, PATCH (RFC 5789), and HTTP/2's preface (RFC 9113).
const METHODS: [&[u8]; 10] = [
    b"GET ",
    b"HEAD ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"CONNECT ",
    b"OPTIONS ",
    b"TRACE ",
    b"PATCH ",
    b"PRI * HTTP/2",
];

/// How much of a peer's bytes is looked at to tell text from binary.
const TEXT_WINDOW: usize = 32;

/// Bytes of the header in most scripts.
const USUAL_WIDTH: usize = 10;

/// Less text than this says nothing.
const MIN_TEXT: usize = 4;

/// A sentence for the bytes from the refused header's first one to the end of what is at hand; `textual` where the
/// header should have been text.
pub(crate) fn hint(textual: bool, bytes: &[u8]) -> Option<&'static str> {
    if METHODS.iter().any(|method| bytes.starts_with(method)) {
        return Some(HTTP);
    }
    // RFC 8446, section 5.1: content type 22, then a version from 3.0 to 3.4.
    if let [22, 3, 0..=4, ..] = bytes {
        return Some(TLS);
    }
    if !textual {
        return None;
    }
    if looks_binary(bytes) {
        return Some(BINARY);
    }
    looks_textual(&bytes[..bytes.len().min(TEXT_WINDOW)]).then_some(OUT_OF_STEP)
}

/// Two, four or eight bytes of which the first is zero, and not all: a length below 2^24 in the usual
/// four. A run of zeros says nothing.
fn looks_binary(bytes: &[u8]) -> bool {
    bytes.len() >= 4 && bytes[0] == 0 && bytes[..bytes.len().min(8)].iter().any(|&byte| byte != 0)
}

fn looks_textual(bytes: &[u8]) -> bool {
    // Out of step by a few bytes, the text may begin inside a character.
    let inside = bytes.iter().take(3).take_while(|&&byte| byte & 0xc0 == 0x80).count();
    let bytes = &bytes[inside..];
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // The window, or the chunk, may have cut a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let number = |byte: &u8| matches!(byte, b'0'..=b'9' | b' ' | b'+' | b'-' | b'_');
    // As a netstring's length ends.
    let colon = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.len() >= MIN_TEXT
        && (colon == 0 || bytes.get(colon) != Some(&b':'))
        // A number in a form that is not accepted is no payload.
        && !bytes.iter().take(USUAL_WIDTH).all(number)
        && text.chars().all(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
        && text.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_exactly_four_kinds() {
        let cases: [(&[u8], Option<&str>); 19] = [
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
        ];
        for (bytes, expected) in cases {
            assert_eq!(hint(true, bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_text_is_no_wonder_where_none_is_expected() {
        assert_eq!(hint(false, b"GET / HTTP/1.1\r\n"), Some(HTTP));
        assert_eq!(hint(false, b"\x16\x03\x01\x02\x00\x01"), Some(TLS));
        assert_eq!(hint(false, b"\x00\x00\x00\x05hello"), None);
        assert_eq!(hint(false, b"alive>12"), None);
    }

    #[test]
    fn a_character_cut_by_the_window_is_still_text() {
        let text = format!("{}é", "a".repeat(TEXT_WINDOW - 1));
        assert_eq!(hint(true, text.as_bytes()), Some(OUT_OF_STEP));
    }
}
