//! What a peer may have been speaking whose header was refused, or whose frame is unlikely to come.

use super::format::Format;

const HTTP: &str = "this looks like an HTTP request";
const TLS: &str = "this looks like a TLS handshake";
const BINARY: &str = "this looks like a big-endian binary length, not decimal text";
const OUT_OF_STEP: &str =
    "this looks like text from the middle of a payload: the stream is out of step, or never was framed";
const JSON: &str = "this looks like newline-delimited JSON";
const DECIMAL: &str = "this looks like a decimal header where a binary one is expected";
const SWAPPED: &str = "this looks like a small length with its bytes swapped: check the byte order";

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

/// How many bytes behind a header are worth a look: those of a line.
pub(crate) const WINDOW: usize = 1024;

/// Lengths below this are small: a script's messages.
const SMALL: u64 = 1 << 16;

/// Lengths from this on are large. Sizes of files are often multiples of powers of two, which are small numbers with
/// their bytes swapped; few are so large.
const LARGE: u64 = 1 << 24;

/// A sentence for a refused header: `bytes` begin with its first one and end with what is at hand.
pub(crate) fn of_header(header: &impl Format, bytes: &[u8]) -> Option<&'static str> {
    if is_http(bytes) {
        return Some(HTTP);
    }
    if is_tls(bytes) {
        return Some(TLS);
    }
    if !header.is_text() {
        return is_decimal(header, bytes).then_some(DECIMAL);
    }
    if looks_binary(bytes) {
        return Some(BINARY);
    }
    if is_json(bytes) {
        return Some(JSON);
    }
    looks_textual(&bytes[..bytes.len().min(TEXT_WINDOW)]).then_some(OUT_OF_STEP)
}

/// A sentence for a header that could be one, and announces `length`: more than is accepted, or, where so many bytes of
/// the payload are `received`, perhaps more than will ever come. `bytes` begin with the header and go on behind it.
pub(crate) fn of_length(
    header: &impl Format,
    bytes: &[u8],
    length: u64,
    received: Option<usize>,
) -> Option<&'static str> {
    // A number as text is no accident.
    if header.is_text() {
        return None;
    }
    // Fewer bytes of a length are like many things.
    let is_wide = header.length_range().len() > 2;
    if is_http(bytes) {
        return Some(HTTP);
    }
    if is_wide && is_tls(bytes) {
        return Some(TLS);
    }
    if is_decimal(header, bytes) {
        return Some(DECIMAL);
    }
    if is_wide && is_json(bytes) {
        return Some(JSON);
    }
    if is_swapped(header, bytes, length, received) {
        return Some(SWAPPED);
    }
    let textual = || looks_textual(&bytes[..bytes.len().min(TEXT_WINDOW)]);
    (received.is_none() && is_wide && textual()).then_some(OUT_OF_STEP)
}

fn is_http(bytes: &[u8]) -> bool {
    METHODS.iter().any(|method| bytes.starts_with(method))
}

/// RFC 8446, section 5.1: content type 22, then a version from 3.0 to 3.4.
fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [22, 3, 0..=4, ..])
}

/// A line that is an object, or an array of objects or texts: a line of a log may begin with a bracket, too.
fn is_json(bytes: &[u8]) -> bool {
    let Some(end) = bytes.iter().position(|&byte| byte == b'\n') else { return false };
    matches!(bytes, [b'{', b'"' | b'}', ..] | [b'[', b'{' | b'"', ..])
        && matches!(bytes[..end].trim_ascii_end().last(), Some(b'}' | b']'))
}

/// Whether a number as text, padded to at least four bytes, stands where the length should be binary.
fn is_decimal(header: &impl Format, bytes: &[u8]) -> bool {
    let range = header.length_range();
    let text = bytes.get(range.start..).unwrap_or_default();
    let lead = text.iter().take_while(|&&byte| byte == b' ').count();
    let digits = text[lead..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let trail = text[lead + digits..].iter().take_while(|&&byte| byte == b' ').count();
    let size = lead + digits + trail;
    if digits == 0 || size < range.len().max(MIN_TEXT) {
        return false;
    }
    // Digits alone may be the payload behind a small length; and text may begin with a number and a space.
    let is_padded = lead > 0 || trail > 1;
    is_padded || (range.len() > 2 && (text[0] == b'0' || size == text.len()))
}

/// Whether the length would be small in the other byte order.
fn is_swapped(header: &impl Format, bytes: &[u8], length: u64, received: Option<usize>) -> bool {
    let Some(swapped) = header.swapped_length(bytes).filter(|&it| it < length.min(SMALL)) else {
        return false;
    };
    match received {
        // Where more than a small payload has come, the length was meant.
        Some(received) => received as u64 == swapped || (length >= LARGE && (received as u64) < SMALL),
        None => length >= LARGE || swapped <= u8::MAX.into(),
    }
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
mod tests;
