//! [`FrameCodec`]: the formats of this crate for tokio-util's [`Framed`](tokio_util::codec::Framed),
//! [`FramedRead`](tokio_util::codec::FramedRead) and [`FramedWrite`](tokio_util::codec::FramedWrite).
//!
//! With the feature `tokio-util`.

use std::fmt;
use std::io;
use std::ops::Range;

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::codec::store::{Room, Store};
use crate::codec::{BytesStore, ConfigError, Error, FrameDecoder, FrameEncoder, HeaderFormat};

/// An encoder and a decoder of frames for `tokio_util::codec::Framed`.
///
/// - Good frames that stand before a bad header are delivered first, then the error, and then the stream ends.
/// - The end of the stream inside a frame is an error with the facts: [`Error::TruncatedFrame`].
/// - Frames that arrive whole are slices of the read buffer, without a copy. What has arrived of another one is kept in
///   the codec, so that memory follows what has arrived and never what a header claims;
///   [`decoder_mut`](Self::decoder_mut) hands it out, for a stream that changes protocol. Bytes behind a frame stay in
///   the read buffer.
///
/// ```
/// use bytes::Bytes;
/// use framing_core::codec::DecimalHeader;
/// use framing_core::tokio::FrameCodec;
/// use futures_util::{SinkExt, StreamExt};
/// use tokio_util::codec::Framed;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), framing_core::tokio::CodecError> {
/// let (ours, theirs) = tokio::io::duplex(64);
/// let mut ours = Framed::new(ours, FrameCodec::new(DecimalHeader::default()));
/// let mut theirs = Framed::new(theirs, FrameCodec::new(DecimalHeader::default()));
///
/// ours.send("hello").await?;
/// ours.send(Bytes::new()).await?;
/// drop(ours);
///
/// assert_eq!(theirs.next().await.transpose()?, Some(Bytes::from_static(b"hello")));
/// assert_eq!(theirs.next().await.transpose()?, Some(Bytes::new()));
/// assert!(theirs.next().await.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FrameCodec {
    encoder: FrameEncoder,
    decoder: FrameDecoder,
}

impl FrameCodec {
    /// A codec with the same header in both directions, and the default limit.
    #[must_use]
    pub fn new(header: impl Into<HeaderFormat>) -> Self {
        let header = header.into();
        Self::from_parts(FrameEncoder::new(header.clone()), FrameDecoder::new(header))
    }

    /// A codec of an encoder and a decoder that were configured one by one.
    #[must_use]
    pub fn from_parts(encoder: FrameEncoder, decoder: FrameDecoder) -> Self {
        Self { encoder, decoder }
    }

    /// The same codec with another limit in both directions, in the header's unit.
    ///
    /// # Errors
    /// [`ConfigError::Limit`].
    pub fn with_max_frame_size(self, limit: u64) -> Result<Self, ConfigError> {
        let encoder = self.encoder.with_max_frame_size(limit)?;
        Ok(Self { encoder, decoder: self.decoder.with_max_frame_size(limit)? })
    }

    /// The decoder, to take what has arrived of an unfinished or refused frame, or what was skipped.
    pub fn decoder_mut(&mut self) -> &mut FrameDecoder {
        &mut self.decoder
    }

    /// The decoder: its progress, its counters, what it was refused for.
    #[must_use]
    pub fn decoder(&self) -> &FrameDecoder {
        &self.decoder
    }

    /// The encoder.
    #[must_use]
    pub fn encoder(&self) -> &FrameEncoder {
        &self.encoder
    }
}

impl Decoder for FrameCodec {
    type Item = Bytes;
    type Error = CodecError;

    fn decode(&mut self, read: &mut BytesMut) -> Result<Option<Bytes>, CodecError> {
        let mut at = 0;
        match self.decoder.decode(&InBuffer, &read[..], &mut at) {
            Ok(Some(Frame::Whole(range))) => Ok(Some(read.split_to(at).freeze().slice(range))),
            Ok(Some(Frame::PutTogether(frame))) => {
                read.advance(at);
                Ok(Some(frame))
            }
            // The decoder has taken all of it.
            Ok(None) => {
                read.clear();
                Ok(None)
            }
            Err(error) => {
                read.advance(at);
                Err(error.into())
            }
        }
    }

    fn decode_eof(&mut self, read: &mut BytesMut) -> Result<Option<Bytes>, CodecError> {
        let frame = self.decode(read)?;
        if frame.is_none() {
            self.decoder.feed_eof()?;
        }
        Ok(frame)
    }
}

impl<P: AsRef<[u8]>> Encoder<P> for FrameCodec {
    type Error = CodecError;

    fn encode(&mut self, payload: P, write: &mut BytesMut) -> Result<(), CodecError> {
        Ok(self.encoder.encode(payload.as_ref(), write)?)
    }
}

/// Why a frame could not be sent or received.
#[derive(Debug)]
pub enum CodecError {
    /// The bytes are no frames, or the payload cannot be one.
    Frame(Error),
    /// Reading or writing failed.
    Io(io::Error),
}

impl From<Error> for CodecError {
    fn from(error: Error) -> Self {
        Self::Frame(error)
    }
}

impl From<io::Error> for CodecError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CodecError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // Its message is this one's own.
        match self {
            Self::Frame(error) => error.source(),
            Self::Io(error) => error.source(),
        }
    }
}

/// A store that only says where in the read buffer a whole frame lies, because the buffer cannot be cut while it is
/// looked at.
struct InBuffer;

enum Frame {
    Whole(Range<usize>),
    PutTogether(Bytes),
}

impl Store for InBuffer {
    type Chunk = [u8];
    type Frame = Frame;
    type Partial = BytesMut;

    fn cut(&self, _chunk: &[u8], range: Range<usize>) -> Result<Frame, Error> {
        Ok(Frame::Whole(range))
    }

    fn append(&self, partial: &mut BytesMut, bytes: &[u8], room: Room) -> Result<(), Error> {
        BytesStore.append(partial, bytes, room)
    }

    fn finish(&self, partial: &mut BytesMut) -> Result<Frame, Error> {
        BytesStore.finish(partial).map(Frame::PutTogether)
    }
}
