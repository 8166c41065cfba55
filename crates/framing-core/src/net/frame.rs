//! One frame and not a byte beyond it.

use bytes::{Bytes, BytesMut};
use rustix::fd::BorrowedFd;

use super::deadline::Deadline;
use super::receive::receive;
use super::wait::{InterruptHandler, IoStop};
use crate::codec::{BytesStore, Error, FrameDecoder};

/// The most that is received at a time.
const READ_SIZE: usize = 64 * 1024;

/// Why there is no frame.
#[derive(Debug)]
pub enum ReceiveError {
    /// The stream ended between two frames.
    Closed,
    /// The stream ended inside a frame ([`Error::TruncatedFrame`]), or is refused.
    Codec(Error),
    /// The call stopped. What has arrived is in the decoder, and the same call carries on.
    Stopped(IoStop),
}

impl From<Error> for ReceiveError {
    fn from(error: Error) -> Self {
        Self::Codec(error)
    }
}

impl From<IoStop> for ReceiveError {
    fn from(stop: IoStop) -> Self {
        Self::Stopped(stop)
    }
}

/// Receives one frame, and leaves every byte behind it to whoever reads next.
///
/// ```
/// # #[cfg(unix)] {
/// use std::io::Write;
/// use std::os::fd::AsFd;
/// use std::os::unix::net::UnixStream;
/// use framing_core::codec::{DecimalHeader, FrameDecoder};
/// use framing_core::net::{Deadline, IgnoreInterrupts, receive_frame};
///
/// let (ours, mut theirs) = UnixStream::pair().unwrap();
/// theirs.write_all(b"5         hello, and more").unwrap();
/// let mut decoder = FrameDecoder::new(DecimalHeader::default());
/// let frame = receive_frame(ours.as_fd(), &mut decoder, Deadline::Never, &mut IgnoreInterrupts).unwrap();
/// assert_eq!(frame, "hello");
/// # }
/// ```
///
/// # Errors
/// [`ReceiveError`].
pub fn receive_frame(
    socket: BorrowedFd<'_>,
    decoder: &mut FrameDecoder,
    deadline: Deadline,
    interrupts: &mut impl InterruptHandler,
) -> Result<Bytes, ReceiveError> {
    let mut buffer = BytesMut::new();
    loop {
        // A refused decoder needs nothing, and says why when it is fed nothing.
        buffer.resize(decoder.needed().min(READ_SIZE), 0);
        let count =
            if buffer.is_empty() { 0 } else { receive(socket, &mut buffer[..], deadline, interrupts)? };
        if count == 0 {
            decoder.feed_eof()?;
            return Err(ReceiveError::Closed);
        }
        buffer.truncate(count);
        let mut at = 0;
        if let Some(frame) = decoder.decode(&BytesStore, &buffer.split().freeze(), &mut at)? {
            return Ok(frame);
        }
    }
}
