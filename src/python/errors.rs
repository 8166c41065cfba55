//! The one place where errors become Python exceptions.
//!
//! The classes are Python's own, in `framing._errors`: they take the facts and build their messages.

use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyInt, PyTuple, PyType};
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier, type_hint_union};

use crate::codec::{ConfigError, Error, Length};

/// The exception for `error`.
///
/// `partial` are the parts of the unfinished frame, for an exception that carries them: they are put
/// together when somebody asks.
pub(super) fn exception(py: Python<'_>, error: &Error, partial: Option<Bound<'_, PyTuple>>) -> PyErr {
    build(py, error, partial).unwrap_or_else(|failure| failure)
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

/// The `ValueError` for a header or a limit that cannot be.
pub(super) fn config_exception(error: ConfigError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn build(py: Python<'_>, error: &Error, partial: Option<Bound<'_, PyTuple>>) -> PyResult<PyErr> {
    let instance = match error {
        Error::InvalidHeader { header, offset, hint } => {
            class(py, "InvalidHeader")?.call1((PyBytes::new(py, header), offset, hint))
        }
        Error::InvalidPayload { offset, reason } => {
            class(py, "InvalidPayload")?.call1((offset, reason))
        }
        Error::FrameTooLarge { length, limit, offset } => {
            class(py, "FrameTooLarge")?.call1((integer(py, length)?, limit, offset))
        }
        Error::BufferTooSmall { needed, available } => {
            class(py, "BufferTooSmall")?.call1((needed, available))
        }
        Error::TruncatedFrame { stage, expected, received } => {
            class(py, "TruncatedFrame")?.call1((stage.to_string(), expected, received, partial))
        }
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
fn integer<'py>(py: Python<'py>, length: &Length) -> PyResult<Bound<'py, PyAny>> {
    let digits = match length {
        Length::Exact(length) => return Ok(length.into_pyobject(py)?.into_any()),
        Length::Digits(digits) => digits,
    };
    let mut little_endian: Vec<u8> = Vec::new();
    for digit in digits.bytes() {
        let mut carry = u32::from(digit - b'0');
        for byte in &mut little_endian {
            let value = u32::from(*byte) * 10 + carry;
            [*byte, ..] = value.to_le_bytes();
            carry = value >> 8;
        }
        if carry > 0 {
            let [byte, ..] = carry.to_le_bytes();
            little_endian.push(byte);
        }
    }
    let bytes = PyBytes::new(py, &little_endian);
    PyType::new::<PyInt>(py).call_method1("from_bytes", (bytes, "little"))
}
