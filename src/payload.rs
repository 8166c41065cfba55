//! The conversion of payloads, buffers and header fields that callers pass.

use pyo3::exceptions::{PyBufferError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PyString};
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier, type_hint_union};

use super::arguments::{kind, wrong_type};
use super::memory::foreign::{Input, NoBuffer, ReadableBuffer, WritableBuffer};
use framing_core::codec::{self, Error, FrameEncoder};

#[cfg(feature = "stubs")]
const BUFFER: PyStaticExpr = type_hint_identifier!("typing_extensions", "Buffer");
#[cfg(feature = "stubs")]
const PAYLOAD: PyStaticExpr = type_hint_union!(type_hint_identifier!("builtins", "str"), BUFFER);

/// The most payloads for which memory is reserved because `__len__` announced them: it may be wrong.
const MAX_RESERVED: usize = 64 * 1024;

/// `payload=`: a `str` (sent as UTF-8) or a contiguous bytes-like object.
pub(super) struct Payload<'py>(pub(super) Input<'py>);

impl<'py> FromPyObject<'_, 'py> for Payload<'py> {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = PAYLOAD;

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "returning the result through memory would cost more than the rest"
    )]
    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.cast_exact::<PyBytes>() {
            return Ok(Self(Input::Bytes(bytes.to_owned())));
        }
        payload(&object).map(Self)
    }
}

/// `data=`: received bytes, in a contiguous bytes-like object.
pub(super) struct Data<'py>(pub(super) Input<'py>);

impl<'py> FromPyObject<'_, 'py> for Data<'py> {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = BUFFER;

    #[inline]
    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        bytes_like(&object, "data").map(Self)
    }
}

/// `wire=`: frames as they go over the wire, in a contiguous bytes-like object.
pub(super) struct Wire<'py>(pub(super) Input<'py>);

impl<'py> FromPyObject<'_, 'py> for Wire<'py> {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = BUFFER;

    #[inline]
    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        bytes_like(&object, "wire").map(Self)
    }
}

/// `fields=`: the bytes of a header that are not its length, in a contiguous bytes-like object.
///
/// They are copied: they are few, and the header may be written to the very buffer that they came from.
pub(super) struct Fields(pub(super) Vec<u8>);

impl FromPyObject<'_, '_> for Fields {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = BUFFER;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        bytes_like(&object, "fields")?.bytes(object.py()).map(|bytes| Self(bytes.to_vec()))
    }
}

impl Fields {
    /// Return the fields for a header of `encoder`: those given, or the header's own if `fields` is `None`.
    #[inline]
    pub(super) fn of<'a>(
        fields: Option<&'a Self>,
        encoder: &FrameEncoder,
    ) -> Result<codec::encoder::Fields<'a>, Error> {
        fields.map_or(Ok(codec::encoder::Fields::default()), |Self(bytes)| encoder.fields(bytes))
    }
}

/// `payloads=`: an iterable of payloads, all of which are collected before the first one is used.
pub(super) struct Payloads<'py>(pub(super) Vec<Input<'py>>);

impl<'py> FromPyObject<'_, 'py> for Payloads<'py> {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr =
        pyo3::type_hint_subscript!(type_hint_identifier!("collections.abc", "Iterable"), PAYLOAD);

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        // Such an object is itself a payload. Iterating over it would give characters or numbers.
        let single = object.is_instance_of::<PyString>()
            || object.is_instance_of::<PyBytes>()
            || object.is_instance_of::<PyByteArray>()
            || object.is_instance_of::<PyMemoryView>();
        if single {
            let message =
                format!("payloads must be an iterable of payloads, not a single '{}'", kind(&object));
            return Err(PyTypeError::new_err(message));
        }
        let items = object
            .try_iter()
            .map_err(|error| refused(&object, error, "payloads", "an iterable of payloads"))?;
        // An iterator has no length, and the length of another object may be wrong.
        let length = match object.len() {
            Err(error) if !error.is_instance_of::<PyTypeError>(object.py()) => return Err(error),
            length => length.unwrap_or(0),
        };
        let mut inputs = Vec::with_capacity(length.min(MAX_RESERVED));
        for item in items {
            let Payload(input) =
                item?.extract().map_err(|error| at(object.py(), inputs.len(), error))?;
            inputs.push(input);
        }
        Ok(Self(inputs))
    }
}

/// `buffer=`: a writable contiguous bytes-like object.
pub(super) struct Target<'py>(pub(super) WritableBuffer<'py>);

impl<'py> FromPyObject<'_, 'py> for Target<'py> {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = BUFFER;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        WritableBuffer::get(&object).map(Self).map_err(|refusal| match refusal {
            // Copying it is no remedy here: the frame would be written to the copy.
            NoBuffer::Scattered => scattered(&object, "buffer", ""),
            NoBuffer::Raised(error) => {
                refused(&object, error, "buffer", "a writable bytes-like object")
            }
        })
    }
}

/// Add a note to an error that says which of many payloads it is about.
pub(super) fn at(py: Python<'_>, index: usize, error: PyErr) -> PyErr {
    // The error is still useful if the note cannot be added.
    let _ = error.value(py).call_method1("add_note", (format!("in payloads[{index}]"),));
    error
}

#[inline]
fn bytes_like<'py>(object: &Bound<'py, PyAny>, name: &str) -> PyResult<Input<'py>> {
    if let Ok(bytes) = object.cast_exact::<PyBytes>() {
        return Ok(Input::Bytes(bytes.clone()));
    }
    contiguous(object, name, "a bytes-like object").map(Input::Buffer)
}

/// Return the bytes of a payload that is not a `bytes` object.
fn payload<'py>(object: &Bound<'py, PyAny>) -> PyResult<Input<'py>> {
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Input::Text(text.clone()));
    }
    contiguous(object, "payload", "a str or a bytes-like object").map(Input::Buffer)
}

/// Return the buffer of `object`, or a `TypeError` that says what is `wanted`.
#[cold]
fn contiguous<'py>(
    object: &Bound<'py, PyAny>,
    name: &str,
    wanted: &str,
) -> PyResult<ReadableBuffer<'py>> {
    ReadableBuffer::get(object).map_err(|refusal| match refusal {
        NoBuffer::Scattered => scattered(object, name, "; copy it with bytes() first"),
        NoBuffer::Raised(error) => refused(object, error, name, wanted),
    })
}

fn scattered(object: &Bound<'_, PyAny>, name: &str, advice: &str) -> PyErr {
    let kind = kind(object);
    let message = format!("{name} must be contiguous in memory, this '{kind}' is not{advice}");
    PyTypeError::new_err(message)
}

/// Replace Python's error by a `TypeError` in our own words, with Python's as its cause.
///
/// Python raises a `TypeError`, or a `BufferError` for a buffer that is read-only. Any other error is returned as it
/// is.
fn refused(object: &Bound<'_, PyAny>, error: PyErr, name: &str, wanted: &str) -> PyErr {
    let py = object.py();
    if !error.is_instance_of::<PyTypeError>(py) && !error.is_instance_of::<PyBufferError>(py) {
        return error;
    }
    let ours = wrong_type(name, wanted, &kind(object));
    ours.set_cause(py, Some(error));
    ours
}
