//! The class `BinaryHeader`.

use super::{Argument, HeaderClass, argument, header_class, place};
use crate::arguments::{Integer, Named, words};
use crate::errors::config_exception;
use crate::payload::Fields;
use framing_core::codec::{BinaryHeader, ByteOrder};
use pyo3::prelude::*;

words! {
    /// `byteorder=`, with the words of `int.to_bytes`.
    ByteOrderWord(ByteOrder) is "byteorder" {
        "big" => ByteOrder::Big,
        "little" => ByteOrder::Little,
    }
}

header_class! {
    /// A header that holds the length as an unsigned integer, alone or among other bytes.
    ///
    /// The payload's size is the integer plus `length_adjustment`. The header's other `size - length_size` bytes are
    /// its fields: a sender passes them as `fields=`, and a receiver gets them with `keep_header=True`.
    ///
    /// Args:
    ///     length_size: The integer's size in bytes, 1 to 8.
    ///     byteorder: `"big"` (network byte order) or `"little"`.
    ///     length_offset: The index, in bytes, of the integer in the header.
    ///     length_adjustment: Bytes to add to the integer to get the payload size: -4 if an integer of four
    ///         bytes counts itself. A negative payload size raises `InvalidHeader`.
    ///     size: The header's size in bytes, up to 4096. By default the header ends with the integer.
    ///     fields: The other bytes of the header, in order, which are written when a send passes no `fields=`. By
    ///         default they are zeros.
    ///
    /// Raises:
    ///     TypeError: An argument has the wrong type.
    ///     ValueError: An argument is out of range, or no payload is possible with this adjustment.
    ///
    /// A header is immutable, hashable, comparable and picklable.
    ///
    /// >>> BinaryHeader(4, length_offset=1, length_adjustment=-4)
    /// BinaryHeader(4, length_offset=1, length_adjustment=-4)
    PyBinaryHeader(BinaryHeader) = "BinaryHeader";

    #[new]
    #[pyo3(
        signature = (
            length_size = Integer::Small(4).into(),
            *,
            byteorder = ByteOrderWord(ByteOrder::Big),
            length_offset = Integer::Small(0).into(),
            length_adjustment = Integer::Small(0).into(),
            size = None,
            fields = None,
        ),
        text_signature = "(length_size=4, *, byteorder='big', length_offset=0, length_adjustment=0, size=None, \
            fields=None)"
    )]
    fn new(
        length_size: Named<Integer>,
        byteorder: ByteOrderWord,
        length_offset: Named<Integer>,
        length_adjustment: Named<Integer>,
        size: Option<Named<Integer>>,
        fields: Option<Fields>,
    ) -> PyResult<Self> {
        let length_size = length_size.size("length_size", 1, BinaryHeader::MAX_LENGTH_SIZE)?;
        let header = BinaryHeader::new(length_size).map_err(config_exception)?;
        let header = header.with_byte_order(byteorder.0);
        let (offset, size) = place(length_size, length_offset, size)?;
        let adjustment = length_adjustment.signed("length_adjustment")?;
        let header = header.with_place(offset, size).and_then(|it| it.with_adjustment(adjustment));
        let header = header.map_err(config_exception)?;
        match fields {
            None => Ok(Self(header)),
            Some(Fields(fields)) => header.with_fields(&fields).map(Self).map_err(config_exception),
        }
    }

    /// The size of the length field in bytes.
    #[getter]
    fn length_size(&self) -> usize {
        self.0.length_size()
    }

    /// The byte order of the length field: `"big"` or `"little"`.
    #[getter]
    fn byteorder(&self) -> ByteOrderWord {
        ByteOrderWord(self.0.byte_order())
    }

    /// The index of the length field's first byte.
    #[getter]
    fn length_offset(&self) -> usize {
        self.0.length_offset()
    }

    /// Bytes to add to the length field to get the payload size.
    #[getter]
    fn length_adjustment(&self) -> i64 {
        self.0.length_adjustment()
    }

    /// The size of the header in bytes.
    #[getter]
    fn size(&self) -> usize {
        self.0.size()
    }

    /// The header's other bytes, which are written when a send passes none; `None` means zeros.
    #[getter]
    fn fields(&self) -> Option<&[u8]> {
        self.0.default_fields()
    }
}

impl HeaderClass for PyBinaryHeader {
    fn first(&self) -> usize {
        self.length_size()
    }

    fn options(&self) -> Vec<(&'static str, Argument, bool)> {
        vec![
            argument("byteorder", self.byteorder().word(), "big"),
            argument("length_offset", self.length_offset(), 0_usize),
            argument("length_adjustment", self.length_adjustment(), 0_i64),
            argument("size", self.size(), self.length_offset() + self.length_size()),
            argument("fields", self.fields(), None),
        ]
    }
}
