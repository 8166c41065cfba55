//! The functions `send_frame` and `recv_frame`: one frame on a socket that nobody wraps.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::halt::Halt;
use super::in_place::InPlace;
use super::send::{Header, Sender, Stopped};
use super::transport::{Line, Transport};
use crate::arguments::{Integer, Named};
use crate::config::{self, Options};
use crate::errors::{Obstacle, connection_closed, exception, incomplete, send_incomplete};
use crate::headers::HeaderArgument;
use crate::memory::buffer_pool;
use crate::memory::growing::GrowingBytes;
use crate::payload::{Fields, Payload};
use crate::store::PartialFrame;
use crate::store::PyStore;
use crate::timeout::Timeout;
use framing_core::codec::{Decoder, Error};

/// Send one frame. One system call sends header and payload.
///
/// Args:
///     sock: A stream socket, or an object with a socket's methods, such as an `ssl.SSLSocket`.
///     payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
///     header, max_frame_size, fields: As for `FrameEncoder`.
///     timeout: Seconds for the whole call, `None` to wait for ever, or 0 not to wait. `"default"` means
///         `sock.gettimeout()`.
///
/// Raises:
///     SendIncomplete: The send stopped part-way. Its `remaining` has the wire bytes that must follow.
///     SendTimeout, SendWouldBlock: The send could not begin. Nothing was sent.
///     FrameTooLarge, InvalidPayload, TypeError, ValueError: As for `FrameEncoder.encode`. Nothing was sent.
///     ValueError: `sock` is not a stream socket.
///     OSError: The socket raised it.
#[pyfunction]
#[pyo3(
    signature = (
        sock,
        payload,
        header = HeaderArgument::default(),
        *,
        max_frame_size = None,
        fields = None,
        timeout = Timeout::OfSocket,
    ),
    text_signature = "(sock, payload, header=10, *, max_frame_size=None, fields=None, timeout='default')"
)]
pub(crate) fn send_frame(
    py: Python<'_>,
    sock: &Bound<'_, PyAny>,
    payload: Payload<'_>,
    header: HeaderArgument,
    max_frame_size: Option<Named<Integer>>,
    fields: Option<Fields>,
    timeout: Timeout,
) -> PyResult<()> {
    let encoder = config::encoder(header, max_frame_size)?;
    let header = Header::of(py, &encoder, &payload.0, fields.as_ref())?;
    let transport = Transport::of(sock)?;
    let line = transport.open(py, timeout)?;
    let mut sender = Sender { py, line: &line, sent: 0, stopped: None };
    sender.put(header.bytes(), &payload.0, encoder.trailer())?;
    let sent = sender.sent;
    match sender.stopped {
        None => Ok(()),
        Some(Stopped { halt: Halt::Raised(error) | Halt::Torn(error), .. }) => Err(error),
        Some(Stopped { halt, taken: false, .. }) => Err(halt.unsent(py)),
        Some(Stopped { rest, .. }) => Err(send_incomplete(py, sent, Some(rest.joined(py)?))),
    }
}

/// Receive one frame and return it, without reading a byte beyond it.
///
/// The bytes behind the frame stay in the socket for the next reader.
///
/// Args:
///     sock: A stream socket, or an object with a socket's methods, such as an `ssl.SSLSocket`.
///     header, max_frame_size, keep_header: As for `FrameDecoder`.
///     timeout: Seconds for the whole call, `None` to wait for ever, or 0 not to wait. `"default"` means
///         `sock.gettimeout()`.
///
/// Raises:
///     ConnectionClosed: The stream ended before the frame's first byte.
///     TruncatedFrame: The stream ended inside the frame.
///     FrameTimeout, FrameWouldBlock: The frame has not arrived completely. Like that of `TruncatedFrame`, `partial`
///         has the bytes that did: feed them to a `FrameDecoder` to carry on.
///     InvalidHeader, FrameTooLarge, InvalidPayload: As for `FrameDecoder.feed`. `partial` has every byte that was
///         taken from the socket.
///     ValueError: `sock` is not a stream socket.
///     OSError: The socket raised it.
#[pyfunction]
#[pyo3(
    signature = (
        sock,
        header = HeaderArgument::default(),
        *,
        max_frame_size = None,
        keep_header = false.into(),
        timeout = Timeout::OfSocket,
    ),
    text_signature = "(sock, header=10, *, max_frame_size=None, keep_header=False, timeout='default')"
)]
pub(crate) fn recv_frame(
    py: Python<'_>,
    sock: &Bound<'_, PyAny>,
    header: HeaderArgument,
    max_frame_size: Option<Named<Integer>>,
    keep_header: Named<bool>,
    timeout: Timeout,
) -> PyResult<Py<PyBytes>> {
    let options =
        Options { header, max_frame_size, keep_header: Some(keep_header), ..Options::default() };
    let mut decoder = options.decoder::<GrowingBytes>()?;
    let transport = Transport::of(sock)?;
    let line = transport.open(py, timeout)?;
    loop {
        let step = match step(py, &line, &mut decoder) {
            // Where bytes keep coming no read waits until then.
            Ok(Step::More) if line.deadline().has_passed() => Err(Halt::TimedOut),
            step => step,
        };
        match step {
            Ok(Step::Frame(frame)) => return Ok(frame),
            // Where bytes keep coming no read is interrupted, and a frame may be long.
            Ok(Step::More) => py.check_signals()?,
            Ok(Step::End) => {
                let Err(error) = decoder.feed_eof() else { return Err(connection_closed(py, false)) };
                return Err(exception(py, &error, Some(partial(py, &decoder)?)));
            }
            Err(halt) => {
                let obstacle = match halt {
                    Halt::Raised(error) | Halt::Torn(error) => return Err(error),
                    Halt::WouldBlock => Obstacle::WouldBlock,
                    Halt::TimedOut => Obstacle::TimedOut,
                };
                let partial = partial(py, &decoder)?;
                return Err(incomplete(py, obstacle, decoder.progress(), Some(partial)));
            }
        }
    }
}

enum Step {
    Frame(Py<PyBytes>),
    More,
    End,
}

/// One read, of no more than the frame certainly has.
fn step(
    py: Python<'_>,
    line: &Line<'_, '_>,
    decoder: &mut Decoder<GrowingBytes>,
) -> Result<Step, Halt> {
    let store = PyStore { py, owner: None };
    let found = |frame: Option<_>| frame.map_or(Step::More, Step::Frame);
    if let Some(mut in_place) = InPlace::begin(py, decoder, line)? {
        let count = in_place.read(py, line.deadline())?;
        return match (count, in_place.end(decoder, count)) {
            (0, _) => Ok(Step::End),
            (_, false) => Ok(Step::More),
            (_, true) => decoder
                .decode(&store, &[], &mut 0)
                .map(found)
                .map_err(|error| refused(py, decoder, &error)),
        };
    }
    let Some((memory, count)) = line.read(decoder.needed(), line.deadline())? else {
        return Ok(Step::End);
    };
    let result = decoder.decode(&store, &memory.as_bytes(py)[..count], &mut 0);
    buffer_pool::give_back(py, memory);
    result.map(found).map_err(|error| refused(py, decoder, &error))
}

/// The exception for a refused stream: nobody else has what was taken from the socket.
fn refused(py: Python<'_>, decoder: &Decoder<GrowingBytes>, error: &Error) -> Halt {
    Halt::Raised(
        partial(py, decoder)
            .map_or_else(|failure| failure, |partial| exception(py, error, Some(partial))),
    )
}

fn partial<'py>(py: Python<'py>, decoder: &Decoder<GrowingBytes>) -> PyResult<Bound<'py, PyTuple>> {
    PartialFrame::of(py, decoder).parts(py)
}
