//! The class `VarintHeader`.

use super::{Argument, HeaderClass, argument, header_class};
use crate::arguments::{Integer, Named};
use crate::errors::config_exception;
use framing_core::codec::VarintHeader;
use pyo3::prelude::*;

header_class! {
    /// A header that holds the length as a varint (LEB128), as protobuf's delimited messages do.
    ///
    /// Each byte holds seven bits of the number, the lowest first; every byte but the last has its high bit set. The
    /// format is described in <https://protobuf.dev/programming-guides/encoding/#varints>. The header writes the
    /// shortest form of a number and, unless `strict`, also reads longer ones.
    ///
    /// Args:
    ///     max_bytes: The largest size of a header in bytes, 1 to 10. A longer header, or a number that does not fit
    ///         into 64 bits, raises `InvalidHeader`.
    ///     strict: Accept only the shortest form of a number.
    ///
    /// Raises:
    ///     TypeError: An argument has the wrong type.
    ///     ValueError: `max_bytes` is out of range.
    ///
    /// A header is immutable, hashable, comparable and picklable.
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

    /// The largest size of a header in bytes.
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
