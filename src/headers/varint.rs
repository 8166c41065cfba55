//! The class `VarintHeader`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::{expression, reduced};
use crate::arguments::{Integer, Named};
use crate::errors::config_exception;
use framing_core::codec::VarintHeader;

/// A length as a varint (LEB128), as before each of protobuf's delimited messages: seven bits in each byte, the
/// lowest first, and the high bit in each byte but the last.
///
/// The format is described in <https://protobuf.dev/programming-guides/encoding/#varints>.
///
/// Args:
///     max_bytes: The most bytes of a header, 1 to 10. What goes on for longer, or does not fit into 64 bits, is an
///         `InvalidHeader`.
///     strict: Accept only the shortest form of a number, the one that is written.
///
/// Raises:
///     ValueError: `max_bytes` is out of range.
///
/// Immutable, hashable, comparable, picklable.
///
/// >>> VarintHeader(5)
/// VarintHeader(5)
#[pyclass(name = "VarintHeader", module = "framing", frozen, eq, hash)]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct PyVarintHeader(VarintHeader);

impl PyVarintHeader {
    pub(super) fn format(&self) -> VarintHeader {
        self.0
    }
}

impl From<VarintHeader> for PyVarintHeader {
    fn from(header: VarintHeader) -> Self {
        Self(header)
    }
}

#[pymethods]
impl PyVarintHeader {
    #[new]
    #[pyo3(
        signature = (max_bytes = Integer::Small(10).into(), *, strict = false.into()),
        text_signature = "(max_bytes=10, *, strict=False)"
    )]
    fn new(max_bytes: Named<Integer>, strict: Named<bool>) -> PyResult<Self> {
        let max_bytes = max_bytes.size("max_bytes", 1, VarintHeader::MOST_BYTES)?;
        let header = VarintHeader::new(max_bytes).map_err(config_exception)?;
        Ok(Self(header.with_strict(strict.get("strict", "a bool")?)))
    }

    /// The most bytes of a header.
    #[getter]
    fn max_bytes(&self) -> usize {
        self.0.max_bytes()
    }

    /// Whether only the shortest form of a number is accepted.
    #[getter]
    fn strict(&self) -> bool {
        self.0.strict()
    }

    pub(super) fn __repr__(&self) -> String {
        let options = [("strict", self.strict().then(|| "True".to_owned()))];
        expression("VarintHeader", self.max_bytes(), &options)
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let options = PyDict::new(slf.py());
        options.set_item("strict", slf.get().strict())?;
        reduced(slf, slf.get().max_bytes(), &options)
    }
}
