//! The header classes, one file each, and what all that takes or shows a header has in common.

mod binary;
mod decimal;
mod netstring;
mod varint;

use pyo3::PyClass;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
#[cfg(feature = "stubs")]
use pyo3::{PyTypeInfo, inspect::PyStaticExpr, type_hint_identifier, type_hint_union};

pub(super) use self::binary::PyBinaryHeader;
pub(super) use self::decimal::PyDecimalHeader;
pub(super) use self::netstring::PyNetstringHeader;
pub(super) use self::varint::PyVarintHeader;
use super::arguments::{Integer, Named};
use super::errors::config_exception;
use framing_core::codec::{DecimalHeader, HeaderFormat};

/// `header=`: a header object, or an `int` as the width of a decimal one.
#[derive(Default)]
pub(super) struct HeaderArgument(pub(super) HeaderFormat);

impl FromPyObject<'_, '_> for HeaderArgument {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr =
        type_hint_union!(type_hint_identifier!("typing", "SupportsIndex"), HeaderObject::OUTPUT_TYPE);

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(header) = object.cast::<PyDecimalHeader>() {
            return Ok(Self(header.get().format().into()));
        }
        if let Ok(header) = object.cast::<PyBinaryHeader>() {
            return Ok(Self(header.get().format().into()));
        }
        if let Ok(header) = object.cast::<PyVarintHeader>() {
            return Ok(Self(header.get().format().into()));
        }
        if let Ok(header) = object.cast::<PyNetstringHeader>() {
            return Ok(Self(header.get().format().into()));
        }
        let width: Named<Integer> = object.extract()?;
        let width = width.get("header", "an int (its width) or a header object")?;
        Ok(Self(decimal_header(width.into(), "a header's width")?.into()))
    }
}

/// A header as Python sees it: what attributes named `header` give.
pub(super) struct HeaderObject(pub(super) HeaderFormat);

impl HeaderObject {
    pub(super) fn repr(self) -> String {
        match self.0 {
            HeaderFormat::Decimal(header) => PyDecimalHeader::from(header).__repr__(),
            HeaderFormat::Binary(header) => PyBinaryHeader::from(header).__repr__(),
            HeaderFormat::Varint(header) => PyVarintHeader::from(header).__repr__(),
            HeaderFormat::Netstring(header) => PyNetstringHeader::from(header).__repr__(),
        }
    }
}

impl<'py> IntoPyObject<'py> for HeaderObject {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const OUTPUT_TYPE: PyStaticExpr = type_hint_union!(
        PyDecimalHeader::TYPE_HINT,
        PyBinaryHeader::TYPE_HINT,
        PyVarintHeader::TYPE_HINT,
        PyNetstringHeader::TYPE_HINT
    );

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self.0 {
            HeaderFormat::Decimal(header) => Bound::new(py, PyDecimalHeader::from(header))?.into_any(),
            HeaderFormat::Binary(header) => Bound::new(py, PyBinaryHeader::from(header))?.into_any(),
            HeaderFormat::Varint(header) => Bound::new(py, PyVarintHeader::from(header))?.into_any(),
            HeaderFormat::Netstring(header) => {
                Bound::new(py, PyNetstringHeader::from(header))?.into_any()
            }
        })
    }
}

/// A decimal header of `width` bytes.
fn decimal_header(width: Named<Integer>, name: &str) -> PyResult<DecimalHeader> {
    let width = width.size(name, 1, DecimalHeader::MAX_WIDTH)?;
    DecimalHeader::new(width).map_err(config_exception)
}

/// What `__reduce__` gives: an object is built from its first argument and its options.
fn reduced<'py, T: PyClass, A: IntoPyObject<'py>>(
    object: &Bound<'py, T>,
    first: A,
    options: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyTuple>> {
    let py = object.py();
    let new = py.import("copyreg")?.getattr("__newobj_ex__")?;
    (new, (object.as_any().get_type(), (first,), options)).into_pyobject(py)
}

/// The expression that makes a header: its name, its first argument, and the options that are not as usual.
fn expression(name: &str, first: usize, options: &[(&str, Option<String>)]) -> String {
    let mut text = format!("{name}({first}");
    for (option, value) in options {
        if let Some(value) = value {
            text.extend([", ", option, "=", value]);
        }
    }
    text.push(')');
    text
}
