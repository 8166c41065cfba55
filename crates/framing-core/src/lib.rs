//! Length-prefixed messages over byte streams.
//!
//! TCP delivers bytes; programs want messages. Each message travels behind a header that says how long
//! it is; by default that is its length in bytes as decimal text, left-aligned in ten bytes:
//!
//! ```text
//! +------------+----------------------------+------------+-----
//! | 22________ |  Welcome to the server!    | 29________ | ...
//! +------------+----------------------------+------------+-----
//!   10 bytes      22 bytes                    next header         (_ is a space)
//! ```
//!
//! | module | what is there |
//! |---|---|
//! | [`codec`] | bytes in, frames out: header formats, encoder, decoder, errors |
//! | [`net`] | blocking I/O on descriptors: deadlines, gathering writes, exact reads |
//! | `tokio` | with the feature `tokio-util`: a codec for that crate's `Framed` |

#![forbid(unsafe_code)]

pub mod codec;
pub mod net;
#[cfg(feature = "tokio-util")]
pub mod tokio;

// The README's examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
