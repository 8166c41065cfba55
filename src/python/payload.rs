//! What callers hand in: anything with bytes in it.

use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::arguments::wrong_type;
use super::memory;

/// Bytes of somebody else's, held for the length of a call.
pub(super) enum Input<'py> {
    Bytes(Bound<'py, PyBytes>),
    Text(Bound<'py, PyString>),
    Buffer(PyUntypedBuffer),
}

impl<'py> Input<'py> {
    /// A payload: `str` (sent as UTF-8) or a contiguous bytes-like object.
    ///
    /// `name` names the argument where it is neither.
    #[inline]
    pub(super) fn payload(object: Bound<'py, PyAny>, name: impl FnOnce() -> String) -> PyResult<Self> {
        match object.cast_into_exact::<PyBytes>() {
            Ok(bytes) => Ok(Self::Bytes(bytes)),
            Err(error) => Self::other_payload(error.into_inner(), name),
        }
    }

    /// Received data: a contiguous bytes-like object.
    #[inline]
    pub(super) fn data(object: &Bound<'py, PyAny>) -> PyResult<Self> {
        match object.cast_exact::<PyBytes>() {
            Ok(bytes) => Ok(Self::Bytes(bytes.clone())),
            Err(_) => Self::buffer(object, "data", "a bytes-like object"),
        }
    }

    /// The bytes. An error where `str` has no UTF-8 form (a lone surrogate).
    #[inline]
    pub(super) fn bytes<'a>(&'a self, py: Python<'a>) -> PyResult<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.as_bytes()),
            Self::Text(text) => Ok(text.to_str()?.as_bytes()),
            // Contiguous: checked when it was taken.
            Self::Buffer(buffer) => Ok(memory::buffer_bytes(buffer, py).unwrap_or_default()),
        }
    }

    #[cold]
    fn other_payload(object: Bound<'py, PyAny>, name: impl FnOnce() -> String) -> PyResult<Self> {
        match object.cast_into::<PyString>() {
            Ok(text) => Ok(Self::Text(text)),
            Err(error) => Self::buffer(&error.into_inner(), &name(), "a str or a bytes-like object"),
        }
    }

    fn buffer(object: &Bound<'py, PyAny>, name: &str, wanted: &str) -> PyResult<Self> {
        Ok(Self::Buffer(contiguous(object, name, wanted)?))
    }
}

/// The buffer of `object`, or a `TypeError` that names the argument and what is `wanted`.
pub(super) fn contiguous(
    object: &Bound<'_, PyAny>,
    name: &str,
    wanted: &str,
) -> PyResult<PyUntypedBuffer> {
    let py = object.py();
    let buffer = PyUntypedBuffer::get(object).map_err(|error| {
        if !error.is_instance_of::<PyTypeError>(py) {
            return error;
        }
        wrong_type(name, wanted, object)
    })?;
    if buffer.is_c_contiguous() {
        return Ok(buffer);
    }
    Err(PyTypeError::new_err(format!(
        "{name} must be contiguous in memory, copy it with bytes() first"
    )))
}
