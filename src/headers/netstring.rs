//! The class `NetstringHeader`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::{expression, reduced};
use crate::arguments::{Integer, Named};
use crate::errors::config_exception;
use framing_core::codec::NetstringHeader;

/// A length as decimal text and a colon, with a comma behind the payload: `12:hello world!,`.
///
/// The specification is <https://cr.yp.to/proto/netstrings.txt>.
/// Leading zeros are an `InvalidHeader`; a byte other than the comma where that must stand is an `InvalidPayload`.
///
/// Args:
///     max_digits: The most digits of a length, 1 to 19.
///
/// Raises:
///     ValueError: `max_digits` is out of range.
///
/// Immutable, hashable, comparable, picklable.
///
/// >>> NetstringHeader()
/// NetstringHeader(10)
#[pyclass(name = "NetstringHeader", module = "framing", frozen, eq, hash)]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct PyNetstringHeader(NetstringHeader);

impl PyNetstringHeader {
    pub(super) fn format(&self) -> NetstringHeader {
        self.0
    }
}

impl From<NetstringHeader> for PyNetstringHeader {
    fn from(header: NetstringHeader) -> Self {
        Self(header)
    }
}

#[pymethods]
impl PyNetstringHeader {
    #[new]
    #[pyo3(signature = (max_digits = Integer::Small(10).into()), text_signature = "(max_digits=10)")]
    fn new(max_digits: Named<Integer>) -> PyResult<Self> {
        let max_digits = max_digits.size("max_digits", 1, NetstringHeader::MOST_DIGITS)?;
        NetstringHeader::new(max_digits).map(Self).map_err(config_exception)
    }

    /// The most digits of a length.
    #[getter]
    fn max_digits(&self) -> usize {
        self.0.max_digits()
    }

    pub(super) fn __repr__(&self) -> String {
        expression("NetstringHeader", self.max_digits(), &[])
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        reduced(slf, slf.get().max_digits(), &PyDict::new(slf.py()))
    }
}
