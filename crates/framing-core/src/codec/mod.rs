//! Bytes in, frames out, and back. No I/O, no Python, no `unsafe`.
//!
//! | file | what is decided there |
//! |---|---|
//! | [`mod@format`] | what a header format must be able to do |
//! | [`header`] | which header formats there are |
//! | [`decimal`], [`binary`], [`varint`], [`netstring`] | one format: what it writes, what it reads, when it refuses |
//! | [`encoder`] | how a payload becomes a frame |
//! | [`decoder`] | the state machine: where a frame starts, ends, and what ends the stream |
//! | [`extent`] | how much of a payload is still to come, in bytes or in code points |
//! | [`store`] | where an unfinished frame is kept, and how its memory grows |
//! | [`error`] | what can be wrong, with the facts |
//! | [`hint`] | what a refused peer may have been speaking |

pub mod binary;
pub mod decimal;
pub mod decoder;
mod digits;
pub mod encoder;
pub mod error;
pub mod extent;
pub mod format;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod header;
pub mod hint;
pub mod netstring;
mod place;
pub mod store;
pub mod varint;

pub use binary::{BinaryHeader, ByteOrder};
pub use decimal::{Align, DecimalHeader, Fill};
pub use decoder::{Decoder, FrameDecoder, Policy, Progress, Skipped, Skips, Stats};
pub use encoder::FrameEncoder;
pub use error::{ConfigError, Error, Length, Stage};
pub use extent::Unit;
pub use format::{Format, MAX_HEADER_SIZE, Scan};
pub use header::{DEFAULT_MAX_FRAME_SIZE, HeaderFormat, MAX_MAX_FRAME_SIZE};
pub use netstring::NetstringHeader;
pub use store::{BytesStore, Store};
pub use varint::VarintHeader;

#[cfg(test)]
mod contract_tests;
