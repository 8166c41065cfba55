//! The conversion of errors to Python exceptions, which happens only here.
//!
//! The exception classes are Python code in `framing._errors`: they take the facts and build their messages.

use std::io;

use pyo3::exceptions::{PyMemoryError, PyOSError, PyRuntimeError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyInt, PyTuple, PyType};
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier, type_hint_union};

use super::memory::bytes::copied;
use super::memory::calls::call;
use framing_core::codec::{ConfigError, Error, Length, Progress};

/// Return the exception for `error`.
///
/// `partial` holds the parts of the unfinished or refused frame, for an exception that carries them. The exception
/// joins them when its `partial` is first read.
pub(super) fn exception(py: Python<'_>, error: &Error, partial: Option<Bound<'_, PyTuple>>) -> PyErr {
    build(py, error, partial).unwrap_or_else(|failure| failure)
}

/// Convert a result of the codec to one that PyO3 can raise.
pub(super) trait OrRaise<T> {
    /// Return the value, or the error as a Python exception.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T, Error> {
    #[inline]
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| exception(py, &error, None))
    }
}

/// An error that converts to an exception object without being raised, for `FrameDecoder.error`.
pub(super) struct Fault(pub(super) Error);

impl<'py> IntoPyObject<'py> for Fault {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const OUTPUT_TYPE: PyStaticExpr = type_hint_union!(
        type_hint_identifier!("framing._errors", "FramingError"),
        type_hint_identifier!("builtins", "MemoryError")
    );

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(exception(py, &self.0, None).into_value(py).into_bound(py).into_any())
    }
}

/// The reason why a frame was not received to its end.
#[derive(Clone, Copy)]
pub(super) enum Obstacle {
    TimedOut,
    WouldBlock,
    Stalled,
}

/// Return the exception for a frame that has not arrived, or only in part. `partial` is as for [`exception`].
pub(super) fn incomplete(
    py: Python<'_>,
    obstacle: Obstacle,
    progress: Progress,
    partial: Option<Bound<'_, PyTuple>>,
) -> PyErr {
    let name = match obstacle {
        Obstacle::TimedOut => "FrameTimeout",
        Obstacle::WouldBlock => "FrameWouldBlock",
        Obstacle::Stalled => "FrameStalled",
    };
    let Progress { stage, expected, received, hint } = progress;
    raised(py, name, (stage.to_string(), expected, received, partial, hint))
}

/// Return the exception for a stream that ended between two frames; `local` if this side closed it.
pub(super) fn connection_closed(py: Python<'_>, local: bool) -> PyErr {
    raised(py, "ConnectionClosed", (local,))
}

/// Return the exception for a send that stopped part-way. `remaining` is `None` if the object keeps the rest.
pub(super) fn send_incomplete(
    py: Python<'_>,
    sent: usize,
    remaining: Option<Bound<'_, PyBytes>>,
) -> PyErr {
    raised(py, "SendIncomplete", (sent, remaining))
}

/// Return the exception for a send whose deadline passed before it began.
pub(super) fn send_timed_out(py: Python<'_>) -> PyErr {
    raised(py, "SendTimeout", ())
}

/// Return the exception for a send that could not begin and may not wait.
pub(super) fn send_would_block(py: Python<'_>) -> PyErr {
    raised(py, "SendWouldBlock", ())
}

/// Return what Python's own sockets raise when a call did nothing before its deadline.
pub(super) fn timed_out() -> PyErr {
    PyTimeoutError::new_err("timed out")
}

/// Return what Python's own sockets raise when a call could do nothing and may not wait.
pub(super) fn would_block(py: Python<'_>) -> PyErr {
    of_system(py, "EAGAIN")
}

/// Return the error for a socket that somebody else has closed.
pub(super) fn bad_descriptor(py: Python<'_>) -> PyErr {
    of_system(py, "EBADF")
}

/// Return the error for a send after this side ended its direction of the stream.
pub(super) fn broken_pipe(py: Python<'_>) -> PyErr {
    of_system(py, "EPIPE")
}

/// Return the error for a stream of which received bytes may be lost: a socket's own code was interrupted during a
/// read, or TLS was ended while the peer was sending.
pub(super) fn torn(py: Python<'_>) -> PyErr {
    let message = "an earlier call may have lost bytes: it was interrupted in the midst of a read, or it ended TLS \
                   while the peer was sending";
    numbered(py, "ECONNABORTED", message.into())
}

/// Return the error for sending after a socket's own code was interrupted during a write, so that nobody knows how much
/// of it the peer will get.
pub(super) fn broken(py: Python<'_>) -> PyErr {
    let message = "an earlier send was interrupted where nobody can tell how much was sent";
    numbered(py, "EPIPE", message.into())
}

/// Return the system's error as Python's own sockets raise it, with its number and of the class for that number.
pub(super) fn os_error(py: Python<'_>, error: &io::Error) -> PyErr {
    let Some(number) = error.raw_os_error() else { return PyOSError::new_err(error.to_string()) };
    if cfg!(windows) {
        return PyOSError::new_err((number, error.to_string(), py.None(), number));
    }
    strerror(py, number).map_or_else(|failure| failure, |message| PyOSError::new_err((number, message)))
}

/// Return the exception for two calls that exclude each other.
pub(super) fn concurrent(py: Python<'_>, message: &str) -> PyErr {
    raised(py, "ConcurrencyError", (message,))
}

/// Return the exception for a thread that called an object again during a call, from a signal handler or a socket's
/// own Python code.
pub(super) fn reentered(what: &str) -> PyErr {
    PyRuntimeError::new_err(format!("this thread is already inside a call that {what} here"))
}

/// Return the error that the system would have reported, given a name of `errno`.
fn of_system(py: Python<'_>, name: &str) -> PyErr {
    let message = errno(py, name).and_then(|number| strerror(py, number));
    message.map_or_else(|failure| failure, |message| numbered(py, name, message))
}

/// Return an `OSError` of the class that belongs to a name of `errno`.
fn numbered(py: Python<'_>, name: &str, message: String) -> PyErr {
    errno(py, name).map_or_else(|failure| failure, |number| PyOSError::new_err((number, message)))
}

fn errno(py: Python<'_>, name: &str) -> PyResult<i32> {
    py.import("errno")?.getattr(name)?.extract()
}

fn strerror(py: Python<'_>, number: i32) -> PyResult<String> {
    py.import("os")?.call_method1("strerror", (number,))?.extract()
}

fn raised<'py>(py: Python<'py>, name: &str, facts: impl IntoPyObject<'py, Target = PyTuple>) -> PyErr {
    let build = || call(&class(py, name)?, facts);
    build().map_or_else(|failure| failure, PyErr::from_value)
}

/// Return the `ValueError` for an impossible header or limit.
pub(super) fn config_exception(error: ConfigError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn build(py: Python<'_>, error: &Error, partial: Option<Bound<'_, PyTuple>>) -> PyResult<PyErr> {
    let instance = match error {
        Error::InvalidHeader { header, offset, hint } => {
            class(py, "InvalidHeader")?.call1((copied(py, header)?, offset, hint, partial))
        }
        Error::InvalidPayload { offset, reason } => {
            class(py, "InvalidPayload")?.call1((offset, reason, partial))
        }
        Error::FrameTooLarge { length, limit, offset, hint } => {
            class(py, "FrameTooLarge")?.call1((integer(py, length)?, limit, offset, hint, partial))
        }
        Error::BufferTooSmall { needed, available } => {
            class(py, "BufferTooSmall")?.call1((needed, available))
        }
        Error::TruncatedFrame { stage, expected, received, hint } => {
            class(py, "TruncatedFrame")?.call1((stage.to_string(), expected, received, partial, hint))
        }
        Error::WrongFields { .. } => return Ok(PyValueError::new_err(error.to_string())),
        Error::OutOfMemory { .. } => return Ok(PyMemoryError::new_err(error.to_string())),
    };
    Ok(PyErr::from_value(instance?))
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || py.import("framing._errors").map(Bound::unbind))?;
    module.bind(py).getattr(name)
}

/// Convert a length to a Python `int`.
///
/// `int(text)` would not do: it refuses long texts if the interpreter limits them (`sys.set_int_max_str_digits`).
#[expect(
    clippy::cast_possible_truncation,
    reason = "the low half is kept, and the carry is below 10^9"
)]
fn integer<'py>(py: Python<'py>, length: &Length) -> PyResult<Bound<'py, PyAny>> {
    let digits = match length {
        Length::Exact(length) => return Ok(length.into_pyobject(py)?.into_any()),
        Length::Digits(digits) => digits,
    };
    // Nine digits at a time, because a peer chooses how many there are.
    let mut limbs: Vec<u32> = Vec::new();
    for chunk in digits.as_bytes().chunks(9) {
        let (mut scale, mut carry) = (1, 0);
        for digit in chunk {
            scale *= 10;
            carry = carry * 10 + u64::from(digit - b'0');
        }
        for limb in &mut limbs {
            carry += u64::from(*limb) * scale;
            *limb = (carry & u64::from(u32::MAX)) as u32;
            carry >>= 32;
        }
        if carry > 0 {
            // The carry is below ten to the ninth.
            limbs.push(carry as u32);
        }
    }
    let little_endian: Vec<u8> = limbs.into_iter().flat_map(u32::to_le_bytes).collect();
    let bytes = copied(py, &little_endian)?;
    PyType::new::<PyInt>(py).call_method1("from_bytes", (bytes, "little"))
}
