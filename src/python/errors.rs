//! The one place where errors become Python exceptions.
//!
//! The classes are Python's own, in `framing._errors`: they take the facts and build their messages.

use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyInt, PyTuple, PyType};
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier, type_hint_union};

use super::memory::bytes::copied;
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
            class(py, "InvalidHeader")?.call1((copied(py, header)?, offset, hint))
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
