//! The one place where errors become Python exceptions.
//!
//! The classes are Python's own, in `framing._errors`: they take the facts and build their messages.

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

/// The exception for `error`.
///
/// `partial` are the parts of the unfinished or refused frame, for an exception that carries them: they are put
/// together when somebody asks.
pub(super) fn exception(py: Python<'_>, error: &Error, partial: Option<Bound<'_, PyTuple>>) -> PyErr {
    build(py, error, partial).unwrap_or_else(|failure| failure)
}

/// What the codec says of an operation, for Python.
pub(super) trait OrRaise<T> {
    /// The result, or the error as an exception.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T, Error> {
    #[inline]
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| exception(py, &error, None))
    }
}

/// An error as a value, not raised: what `FrameDecoder.error` gives.
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

/// What kept a frame from being received to its end.
#[derive(Clone, Copy)]
pub(super) enum Obstacle {
    TimedOut,
    WouldBlock,
    Stalled,
}

/// A frame has not arrived, or not all of it. `partial` as for [`exception`].
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

/// The stream has ended between two frames; `local` where this side has closed it.
pub(super) fn connection_closed(py: Python<'_>, local: bool) -> PyErr {
    raised(py, "ConnectionClosed", (local,))
}

/// A send stopped part-way. `remaining` is `None` where the object keeps the rest.
pub(super) fn send_incomplete(
    py: Python<'_>,
    sent: usize,
    remaining: Option<Bound<'_, PyBytes>>,
) -> PyErr {
    raised(py, "SendIncomplete", (sent, remaining))
}

/// The deadline passed before a send had begun.
pub(super) fn send_timed_out(py: Python<'_>) -> PyErr {
    raised(py, "SendTimeout", ())
}

/// A send could not begin, and may not wait.
pub(super) fn send_would_block(py: Python<'_>) -> PyErr {
    raised(py, "SendWouldBlock", ())
}

/// A call that did nothing before its deadline: what Python's own sockets raise.
pub(super) fn timed_out() -> PyErr {
    PyTimeoutError::new_err("timed out")
}

/// A call that did nothing and may not wait: what Python's own sockets raise.
pub(super) fn would_block(py: Python<'_>) -> PyErr {
    of_system(py, "EAGAIN")
}

/// The socket has been closed behind our back.
pub(super) fn bad_descriptor(py: Python<'_>) -> PyErr {
    of_system(py, "EBADF")
}

/// A send after the peer was told that nothing more comes.
pub(super) fn broken_pipe(py: Python<'_>) -> PyErr {
    of_system(py, "EPIPE")
}

/// Bytes of the stream have been lost: a socket's own code was interrupted in the midst of a read, or TLS was
/// told to end while the peer was sending.
pub(super) fn torn(py: Python<'_>) -> PyErr {
    let message = "an earlier call may have lost bytes: it was interrupted in the midst of a read, or it ended TLS \
                   while the peer was sending";
    numbered(py, "ECONNABORTED", message.into())
}

/// A socket's own code was interrupted in the midst of a write: nobody knows where in the stream the peer is.
pub(super) fn broken(py: Python<'_>) -> PyErr {
    let message = "an earlier send was interrupted where nobody can tell how much was sent";
    numbered(py, "EPIPE", message.into())
}

/// The system's error as Python's own sockets raise it: of the class for its number, which it carries.
pub(super) fn os_error(py: Python<'_>, error: &io::Error) -> PyErr {
    let Some(number) = error.raw_os_error() else { return PyOSError::new_err(error.to_string()) };
    if cfg!(windows) {
        return PyOSError::new_err((number, error.to_string(), py.None(), number));
    }
    strerror(py, number).map_or_else(|failure| failure, |message| PyOSError::new_err((number, message)))
}

/// Two calls that exclude each other.
pub(super) fn concurrent(py: Python<'_>, message: &str) -> PyErr {
    raised(py, "ConcurrencyError", (message,))
}

/// One thread has called an object again in the middle of a call, from a signal handler or a socket's own
/// Python code.
pub(super) fn reentered(what: &str) -> PyErr {
    PyRuntimeError::new_err(format!("this thread is already inside a call that {what} here"))
}

/// What the system would have said, by a name of `errno`.
fn of_system(py: Python<'_>, name: &str) -> PyErr {
    let message = errno(py, name).and_then(|number| strerror(py, number));
    message.map_or_else(|failure| failure, |message| numbered(py, name, message))
}

/// An `OSError` of the class that goes with a name of `errno`.
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

/// The `ValueError` for a header or a limit that cannot be.
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

/// A length as a Python `int`. Not through `int(text)`, which refuses long texts where the interpreter
/// is told to (`sys.set_int_max_str_digits`).
#[expect(clippy::cast_possible_truncation, reason = "the low half is wanted, the rest is below 10^9")]
fn integer<'py>(py: Python<'py>, length: &Length) -> PyResult<Bound<'py, PyAny>> {
    let digits = match length {
        Length::Exact(length) => return Ok(length.into_pyobject(py)?.into_any()),
        Length::Digits(digits) => digits,
    };
    // A peer chooses how many there are: nine at a time.
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
            // Below ten to the ninth.
            limbs.push(carry as u32);
        }
    }
    let little_endian: Vec<u8> = limbs.into_iter().flat_map(u32::to_le_bytes).collect();
    let bytes = copied(py, &little_endian)?;
    PyType::new::<PyInt>(py).call_method1("from_bytes", (bytes, "little"))
}
