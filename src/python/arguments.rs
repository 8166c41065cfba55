//! Arguments that several classes take, checked in one way: the name, what is allowed, what was given.

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBool;
#[cfg(feature = "stubs")]
use pyo3::{PyTypeInfo, inspect::PyStaticExpr, type_hint_identifier, type_hint_union};

use super::errors::config_exception;
use super::header::PyDecimalHeader;
use crate::codec::{ConfigError, DecimalHeader, HeaderFormat, MAX_MAX_FRAME_SIZE};

/// Any Python `int`. One that is out of range is a `ValueError`, however large it is.
pub(super) enum Integer {
    Small(i64),
    /// Beyond `i64`, as text.
    Large(String),
}

impl Integer {
    /// The number, from `low` to `high`; `note` says where `high` comes from.
    pub(super) fn within(self, name: &str, low: u64, high: u64, note: &str) -> PyResult<u64> {
        let given = match self {
            Self::Small(number) => match u64::try_from(number) {
                Ok(size) if (low..=high).contains(&size) => return Ok(size),
                _ => number.to_string(),
            },
            Self::Large(text) => text,
        };
        let message = format!("{name} must be between {low} and {high}{note}, not {given}");
        Err(PyValueError::new_err(message))
    }

    /// As [`within`](Self::within), for an index or a count in memory.
    pub(super) fn at_most(self, name: &str, high: usize, note: &str) -> PyResult<usize> {
        let size = self.within(name, 0, high as u64, note)?;
        Ok(usize::try_from(size).unwrap_or(high))
    }
}

impl FromPyObject<'_, '_> for Integer {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("typing", "SupportsIndex");

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        match object.extract() {
            Ok(number) => Ok(Self::Small(number)),
            Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => {
                let text = object.repr().map_or_else(|_| String::new(), |text| text.to_string());
                let short = (1..=40).contains(&text.len());
                Ok(Self::Large(if short { text } else { "a far larger number".to_owned() }))
            }
            Err(error) => Err(error),
        }
    }
}

/// `header=`: a header object, or an `int` as the width of a decimal one.
#[derive(Default)]
pub(super) struct HeaderArgument(pub(super) HeaderFormat);

impl FromPyObject<'_, '_> for HeaderArgument {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr =
        type_hint_union!(Integer::INPUT_TYPE, <PyDecimalHeader as PyTypeInfo>::TYPE_HINT);

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(decimal) = object.cast::<PyDecimalHeader>() {
            return Ok(Self(decimal.get().format().into()));
        }
        let width = if object.is_instance_of::<PyBool>() { None } else { object.extract().ok() };
        let Some(width) = width else {
            let wanted = "an int (the header's width) or a header object";
            return Err(PyTypeError::new_err(format!("expected {wanted}, not '{}'", kind(&object))));
        };
        Ok(Self(decimal_header(width)?.into()))
    }
}

/// A decimal header of `width` bytes.
pub(super) fn decimal_header(width: Integer) -> PyResult<DecimalHeader> {
    let width = width.within("width", 1, DecimalHeader::MAX_WIDTH as u64, "")?;
    DecimalHeader::new(usize::try_from(width).unwrap_or(0)).map_err(config_exception)
}

/// Applies `max_frame_size=` by means of the codec's own check.
pub(super) fn limited<T>(
    codec: T,
    header: HeaderFormat,
    limit: Option<Integer>,
    apply: impl FnOnce(T, u64) -> Result<T, ConfigError>,
) -> PyResult<T> {
    let Some(limit) = limit else { return Ok(codec) };
    let highest = header.max_length().min(MAX_MAX_FRAME_SIZE);
    let limit = limit.within("max_frame_size", 0, highest, " (the largest this header can express)")?;
    apply(codec, limit).map_err(config_exception)
}

/// The name of an object's type, for a message.
pub(super) fn kind(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string())
}
