//! The class `VarintHeader`.

use super::{Argument, HeaderClass, argument, header_class};
use crate::arguments::{Integer, Named};
use crate::errors::config_exception;
use framing_core::codec::VarintHeader;
use pyo3::prelude::*;

header_class! {
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
    PyVarintHeader(VarintHeader) = "VarintHeader";

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
}

impl HeaderClass for PyVarintHeader {
    fn first(&self) -> usize {
        self.max_bytes()
    }

    fn options(&self) -> Vec<(&'static str, Argument, bool)> {
        vec![argument("strict", self.strict(), false)]
    }
}
