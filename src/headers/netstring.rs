//! The class `NetstringHeader`.

use super::{Argument, HeaderClass, header_class};
use crate::arguments::{Integer, Named};
use crate::errors::config_exception;
use framing_core::codec::NetstringHeader;
use pyo3::prelude::*;

header_class! {
    /// A header of decimal text and a colon, with a comma behind the payload: `12:hello world!,`.
    ///
    /// The specification is <https://cr.yp.to/proto/netstrings.txt>.
    /// A leading zero raises `InvalidHeader`. Any byte but a comma behind the payload raises `InvalidPayload`.
    ///
    /// Args:
    ///     max_digits: The largest number of digits in a length, 1 to 19.
    ///
    /// Raises:
    ///     TypeError: `max_digits` is not an integer.
    ///     ValueError: `max_digits` is out of range.
    ///
    /// A header is immutable, hashable, comparable and picklable.
    ///
    /// >>> NetstringHeader()
    /// NetstringHeader(10)
    PyNetstringHeader(NetstringHeader) = "NetstringHeader";

    #[new]
    #[pyo3(signature = (max_digits = Integer::Small(10).into()), text_signature = "(max_digits=10)")]
    fn new(max_digits: Named<Integer>) -> PyResult<Self> {
        let max_digits = max_digits.size("max_digits", 1, NetstringHeader::MOST_DIGITS)?;
        NetstringHeader::new(max_digits).map(Self).map_err(config_exception)
    }

    /// The largest number of digits in a length.
    #[getter]
    fn max_digits(&self) -> usize {
        self.0.max_digits()
    }
}

impl HeaderClass for PyNetstringHeader {
    fn first(&self) -> usize {
        self.max_digits()
    }

    fn options(&self) -> Vec<(&'static str, Argument, bool)> {
        vec![]
    }
}
