//! What can be wrong, and the facts that say where.
//!
//! The facts are the API: a message is built from them, never the other way round.

use std::fmt;

/// A length as a peer announced it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Length {
    /// The number.
    Exact(u64),
    /// A number that does not fit: its decimal digits, without leading zeros.
    Digits(String),
}

/// The part of a frame in which a stream stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Inside the header.
    Header,
    /// After the header, before the end of the payload.
    Payload,
}

/// Why a frame could not be written or read.
///
/// `offset` is always the stream offset of the frame's first header byte, and `None` from an encoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The peer sent a byte that cannot be part of a header.
    InvalidHeader {
        /// The header up to and including that byte; all of it where it is blank.
        header: Vec<u8>,
        /// Where the frame begins in the stream.
        offset: u64,
        /// What the peer may have been speaking. It may look at later bytes of the same chunk, so
        /// alone of all facts it can depend on how the stream was cut.
        hint: Option<&'static str>,
    },
    /// The payload is not what its header says: not UTF-8 where code points are counted, without what must stand
    /// behind it, or shorter than a header can say.
    InvalidPayload {
        /// Where the frame begins in the stream; `None` for a payload that was to be sent.
        offset: Option<u64>,
        /// What is wrong, and at which byte of the payload.
        reason: String,
    },
    /// The frame is over the limit.
    FrameTooLarge {
        /// The length of the payload, in the header's unit.
        length: Length,
        /// The limit, in the same unit.
        limit: u64,
        /// Where the frame begins in the stream; `None` for a payload that was to be sent.
        offset: Option<u64>,
        /// What the peer may have been speaking. It may depend on how the stream was cut.
        hint: Option<&'static str>,
    },
    /// Not as many bytes as the header has beside its length. Nothing was written.
    WrongFields {
        /// The bytes that the header has.
        size: usize,
        /// The bytes that there are.
        given: usize,
    },
    /// The caller's buffer cannot hold the frame. Nothing was written.
    BufferTooSmall {
        /// The bytes of the whole frame.
        needed: usize,
        /// The bytes that there are.
        available: usize,
    },
    /// The stream ended inside a frame.
    TruncatedFrame {
        /// Which part was cut off.
        stage: Stage,
        /// The bytes that part has; the least possible number where code points are counted.
        expected: usize,
        /// The bytes of it that arrived.
        received: usize,
        /// What the peer may have meant, where the frame's length is unlikely.
        hint: Option<&'static str>,
    },
    /// There was no memory for a frame.
    OutOfMemory {
        /// The bytes that were asked for.
        requested: usize,
    },
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(length) => write!(f, "{length}"),
            // A peer chooses how long this is.
            Self::Digits(digits) if digits.len() > 40 => {
                write!(f, "{}... ({} digits)", &digits[..20], digits.len())
            }
            Self::Digits(digits) => f.write_str(digits),
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
        })
    }
}

/// ` at stream offset N`, or nothing for a frame that was never in a stream.
struct At(Option<u64>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |offset| write!(f, " at stream offset {offset}"))
    }
}

/// `: ` and the sentence, or nothing.
struct Hint(Option<&'static str>);

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |hint| write!(f, ": {hint}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidHeader { header, offset, hint } => {
                // The offending byte is the last one, so a long header is shown from its end.
                let shown = &header[header.len().saturating_sub(32)..];
                let cut = if shown.len() < header.len() { "..." } else { "" };
                let (shown, at, hint) = (shown.escape_ascii(), At(Some(*offset)), Hint(*hint));
                write!(f, "invalid header {cut}\"{shown}\"{at}{hint}")
            }
            Self::InvalidPayload { offset, reason } => {
                write!(f, "invalid payload{}: {reason}", At(*offset))
            }
            Self::FrameTooLarge { length, limit, offset, hint } => {
                write!(f, "payload length {length} exceeds the limit of {limit} (max_frame_size)")?;
                write!(f, "{}{}", At(*offset), Hint(*hint))
            }
            Self::WrongFields { size, given } => wrong_fields(f, *size, *given),
            Self::BufferTooSmall { needed, available } => {
                write!(f, "the frame needs {needed} bytes, the buffer has {available}")
            }
            Self::TruncatedFrame { stage, expected, received, hint } => {
                let hint = Hint(*hint);
                write!(
                    f,
                    "the stream ended inside a frame: {received} of {expected} bytes of the {stage}{hint}"
                )
            }
            Self::OutOfMemory { requested } => {
                write!(f, "no memory for {requested} bytes of a frame")
            }
        }
    }
}

impl std::error::Error for Error {}

fn wrong_fields(f: &mut fmt::Formatter<'_>, size: usize, given: usize) -> fmt::Result {
    let unit = if size == 1 { "byte" } else { "bytes" };
    write!(f, "fields must be {size} {unit} for this header, not {given}")
}

/// Why a header or a limit cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A number that says what a header is like is out of range.
    OutOfRange {
        /// What it says.
        name: &'static str,
        /// The least possible number.
        low: u64,
        /// The greatest possible number.
        high: u64,
        /// The number that was asked for.
        given: u64,
    },
    /// With this adjustment no length leaves a payload.
    Adjustment {
        /// The adjustment that was asked for.
        adjustment: i64,
        /// The bytes of the length.
        length_size: usize,
    },
    /// Default fields that are not as many bytes as the header has beside its length.
    Fields {
        /// The bytes that the header has.
        size: usize,
        /// The bytes that there are.
        given: usize,
    },
    /// Zeros as padding without [`Align::Right`](super::Align::Right) would change the number.
    ZeroFill,
    /// Frames over the limit are to be skipped, but none so long.
    MaxSkip {
        /// The longest that is to be skipped.
        max_skip: u64,
        /// The limit.
        limit: u64,
    },
    /// The header, or memory, has no frame of that size.
    Limit {
        /// The limit that was asked for.
        limit: u64,
        /// The lowest possible one: the least length that the header can express.
        lowest: u64,
        /// The highest possible one: the largest that the header can express and memory can hold.
        highest: u64,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { name, low, high, given } => {
                write!(f, "{name} must be between {low} and {high}, not {given}")
            }
            Self::Adjustment { adjustment, length_size } => write!(
                f,
                "length_adjustment must be at least -{}, the largest length of length_size {length_size}, \
                 not {adjustment}",
                u64::MAX >> (64 - 8 * length_size)
            ),
            Self::Fields { size, given } => wrong_fields(f, *size, *given),
            Self::ZeroFill => f.write_str("fill '0' needs align '>'"),
            Self::MaxSkip { max_skip, limit } => {
                write!(f, "max_skip must be at least {limit} (max_frame_size), not {max_skip}")
            }
            Self::Limit { limit, lowest, highest } => write!(
                f,
                "max_frame_size must be between {lowest} and {highest}, the largest that this header can \
                 express and memory can hold, not {limit}"
            ),
        }
    }
}

impl std::error::Error for ConfigError {}
