//! The class `BinaryHeader`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::{expression, reduced};
use crate::arguments::{Integer, Named, Word};
use crate::errors::config_exception;
use framing_core::codec::{BinaryHeader, ByteOrder, MAX_HEADER_SIZE};

/// A length as an unsigned integer, alone or among other bytes of a header.
///
/// The payload has as many bytes as the integer says, and `length_adjustment` more. The header's other bytes,
/// `size - length_size` of them, are its fields: whoever sends gives them as `fields=` (zeros if not given), and
/// `keep_header=True` returns them.
///
/// Args:
///     length_size: Bytes of the integer, 1 to 8.
///     byteorder: `"big"` (network byte order) or `"little"`.
///     length_offset: The index, in bytes, of the integer in the header.
///     length_adjustment: Bytes to add to the integer for the bytes of the payload: -4 where an integer of four
///         bytes counts itself. A negative result is an `InvalidHeader`.
///     size: Bytes of the header, up to 4096; by default it ends with the integer.
///
/// Raises:
///     ValueError: An argument is none of these, or with this adjustment there could be no payload.
///
/// Immutable, hashable, comparable, picklable.
///
/// >>> BinaryHeader(4, length_offset=1, length_adjustment=-4)
/// BinaryHeader(4, length_offset=1, length_adjustment=-4)
#[pyclass(name = "BinaryHeader", module = "framing", frozen, eq, hash)]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct PyBinaryHeader(BinaryHeader);

impl PyBinaryHeader {
    pub(super) fn format(&self) -> BinaryHeader {
        self.0.clone()
    }
}

impl From<BinaryHeader> for PyBinaryHeader {
    fn from(header: BinaryHeader) -> Self {
        Self(header)
    }
}

#[pymethods]
impl PyBinaryHeader {
    #[new]
    #[pyo3(
        signature = (
            length_size = Integer::Small(4).into(),
            *,
            byteorder = "big".into(),
            length_offset = Integer::Small(0).into(),
            length_adjustment = Integer::Small(0).into(),
            size = None,
        ),
        text_signature = "(length_size=4, *, byteorder='big', length_offset=0, length_adjustment=0, size=None)"
    )]
    fn new(
        length_size: Named<Integer>,
        byteorder: Named<Word>,
        length_offset: Named<Integer>,
        length_adjustment: Named<Integer>,
        size: Option<Named<Integer>>,
    ) -> PyResult<Self> {
        let length_size = length_size.size("length_size", 1, BinaryHeader::MAX_LENGTH_SIZE)?;
        let byteorder = byteorder.get("byteorder", "a str")?;
        let order = match byteorder.0.as_str() {
            "big" => ByteOrder::Big,
            "little" => ByteOrder::Little,
            _ => return Err(byteorder.refused("byteorder", "'big' or 'little'")),
        };
        let header = BinaryHeader::new(length_size).map_err(config_exception)?.with_byte_order(order);
        let offset = length_offset.size("length_offset", 0, MAX_HEADER_SIZE - length_size)?;
        let end = offset + length_size;
        let size = size.map_or(Ok(end), |size| size.size("size", end, MAX_HEADER_SIZE))?;
        let adjustment = length_adjustment.signed("length_adjustment")?;
        let header = header.with_place(offset, size).and_then(|it| it.with_adjustment(adjustment));
        header.map(Self).map_err(config_exception)
    }

    /// Bytes of the length.
    #[getter]
    fn length_size(&self) -> usize {
        self.0.length_size()
    }

    /// The order of the length's bytes: `"big"` or `"little"`.
    #[getter]
    fn byteorder(&self) -> &'static str {
        match self.0.byte_order() {
            ByteOrder::Big => "big",
            ByteOrder::Little => "little",
        }
    }

    /// The index of the length's first byte.
    #[getter]
    fn length_offset(&self) -> usize {
        self.0.length_offset()
    }

    /// What the payload has more bytes than the length says.
    #[getter]
    fn length_adjustment(&self) -> i64 {
        self.0.length_adjustment()
    }

    /// Bytes of the header.
    #[getter]
    fn size(&self) -> usize {
        self.0.size()
    }

    pub(super) fn __repr__(&self) -> String {
        let (offset, adjustment) = (self.length_offset(), self.length_adjustment());
        let options = [
            (
                "byteorder",
                (self.0.byte_order() != ByteOrder::Big).then(|| format!("'{}'", self.byteorder())),
            ),
            ("length_offset", (offset != 0).then(|| offset.to_string())),
            ("length_adjustment", (adjustment != 0).then(|| adjustment.to_string())),
            ("size", (self.size() != offset + self.length_size()).then(|| self.size().to_string())),
        ];
        expression("BinaryHeader", self.length_size(), &options)
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let header = slf.get();
        let options = PyDict::new(slf.py());
        options.set_item("byteorder", header.byteorder())?;
        options.set_item("length_offset", header.length_offset())?;
        options.set_item("length_adjustment", header.length_adjustment())?;
        options.set_item("size", header.size())?;
        reduced(slf, header.length_size(), &options)
    }
}
