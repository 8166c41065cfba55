//! What callers hand in: anything with bytes in it.

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

/// More payloads than this are not expected on the word of a `__len__` alone.
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
        reason = "a result that goes through memory costs more than the rest"
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

/// `fields=`: the bytes of a header that are not its length, in a contiguous bytes-like object. A copy: they are few,
/// and the buffer may be the very one that the header is written to.
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
    /// What `encoder` makes of `fields`, if there are any.
    #[inline]
    pub(super) fn of<'a>(
        fields: Option<&'a Self>,
        encoder: &FrameEncoder,
    ) -> Result<codec::encoder::Fields<'a>, Error> {
        fields.map_or(Ok(codec::encoder::Fields::default()), |Self(bytes)| encoder.fields(bytes))
    }
}

/// `payloads=`: an iterable of payloads, all of them taken before anything is done with the first.
pub(super) struct Payloads<'py>(pub(super) Vec<Input<'py>>);

impl<'py> FromPyObject<'_, 'py> for Payloads<'py> {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr =
        pyo3::type_hint_subscript!(type_hint_identifier!("collections.abc", "Iterable"), PAYLOAD);

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        // Each is a payload itself; its items are characters or numbers.
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
        // An iterator has no length, and what has one may be wrong about it.
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
            // No advice to copy it: a copy would be somebody else's.
            NoBuffer::Scattered => scattered(&object, "buffer", ""),
            NoBuffer::Raised(error) => {
                refused(&object, error, "buffer", "a writable bytes-like object")
            }
        })
    }
}

/// An error, with a note that says which of many payloads it is about.
pub(super) fn at(py: Python<'_>, index: usize, error: PyErr) -> PyErr {
    // Without the note it is the same error.
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

/// A payload that is not a `bytes`.
fn payload<'py>(object: &Bound<'py, PyAny>) -> PyResult<Input<'py>> {
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Input::Text(text.clone()));
    }
    contiguous(object, "payload", "a str or a bytes-like object").map(Input::Buffer)
}

/// The buffer of `object`, or a `TypeError` that says what is `wanted`.
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

/// A `TypeError` in our own words, caused by Python's (which is a `BufferError` where there is a buffer, but
/// none to write to); any other error as it is.
fn refused(object: &Bound<'_, PyAny>, error: PyErr, name: &str, wanted: &str) -> PyErr {
    let py = object.py();
    if !error.is_instance_of::<PyTypeError>(py) && !error.is_instance_of::<PyBufferError>(py) {
        return error;
    }
    let ours = wrong_type(name, wanted, &kind(object));
    ours.set_cause(py, Some(error));
    ours
}
