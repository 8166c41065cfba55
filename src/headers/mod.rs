//! The header classes, one file each, and the conversions to and from any of them.
//!
//! A format of the core becomes a Python class by a file here that uses [`header_class!`], and by a line in
//! [`header_classes!`].

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
use framing_core::codec::{DecimalHeader, HeaderFormat, MAX_HEADER_SIZE};

/// Define the Python class of a header format: its own constructor and getters, and the methods that all classes share.
macro_rules! header_class {
    ($(#[$doc:meta])* $class:ident($format:ident) = $name:literal; $($methods:tt)*) => {
        $(#[$doc])*
        #[pyclass(name = $name, module = "framing", frozen, eq, hash)]
        #[derive(PartialEq, Eq, Hash)]
        pub(crate) struct $class(pub(super) $format);

        #[pymethods]
        impl $class {
            $($methods)*

            pub(super) fn __repr__(&self) -> String {
                $crate::headers::expression($name, self)
            }

            #[pyo3(signature = () -> "tuple[object, ...]")]
            fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, pyo3::types::PyTuple>> {
                $crate::headers::reduced(slf)
            }
        }
    };
}
use header_class;

/// The constructor arguments of a header object.
trait HeaderClass {
    /// The positional argument.
    fn first(&self) -> usize;

    /// The keyword arguments: name, value, and whether the value is the default.
    fn options(&self) -> Vec<(&'static str, Argument, bool)>;
}

/// The value of an argument.
#[derive(PartialEq, IntoPyObject)]
enum Argument {
    Text(&'static str),
    Number(i64),
    Size(usize),
    Flag(bool),
    Bytes(Option<Vec<u8>>),
}

/// An option of [`HeaderClass::options`].
fn argument<T: Into<Argument>>(
    name: &'static str,
    value: T,
    usual: T,
) -> (&'static str, Argument, bool) {
    let (value, usual) = (value.into(), usual.into());
    let is_usual = value == usual;
    (name, value, is_usual)
}

/// Implement the conversions for every class. A new class needs one line here.
macro_rules! header_classes {
    ($($format:ident => $class:ident,)+) => {
        impl FromPyObject<'_, '_> for HeaderArgument {
            type Error = PyErr;

            #[cfg(feature = "stubs")]
            const INPUT_TYPE: PyStaticExpr = type_hint_union!(
                type_hint_identifier!("typing", "SupportsIndex"),
                HeaderObject::OUTPUT_TYPE
            );

            fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
                $(if let Ok(header) = object.cast::<$class>() {
                    return Ok(Self(header.get().0.clone().into()));
                })+
                let width: Named<Integer> = object.extract()?;
                let width = width.get("header", "an int (its width) or a header object")?;
                Ok(Self(decimal_header(width.into(), "a header's width")?.into()))
            }
        }

        impl HeaderObject {
            pub(super) fn repr(self) -> String {
                match self.0 {
                    $(HeaderFormat::$format(header) => $class(header).__repr__(),)+
                }
            }
        }

        impl<'py> IntoPyObject<'py> for HeaderObject {
            type Target = PyAny;
            type Output = Bound<'py, PyAny>;
            type Error = PyErr;

            #[cfg(feature = "stubs")]
            const OUTPUT_TYPE: PyStaticExpr = type_hint_union!($($class::TYPE_HINT),+);

            fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                Ok(match self.0 {
                    $(HeaderFormat::$format(header) => Bound::new(py, $class(header))?.into_any(),)+
                })
            }
        }
    };
}

/// `header=`: a header object, or an `int` as the width of a `DecimalHeader`.
#[derive(Clone, Default)]
pub(super) struct HeaderArgument(pub(super) HeaderFormat);

/// A header format that converts to a Python object, for the attributes named `header`.
pub(super) struct HeaderObject(pub(super) HeaderFormat);

header_classes! {
    Decimal => PyDecimalHeader,
    Binary => PyBinaryHeader,
    Varint => PyVarintHeader,
    Netstring => PyNetstringHeader,
}

/// Return the index of a length of `width` bytes in its header, and the size of the header.
fn place(
    width: usize,
    length_offset: Named<Integer>,
    size: Option<Named<Integer>>,
) -> PyResult<(usize, usize)> {
    let offset = length_offset.size("length_offset", 0, MAX_HEADER_SIZE - width)?;
    let end = offset + width;
    let size = size.map_or(Ok(end), |size| size.size("size", end, MAX_HEADER_SIZE))?;
    Ok((offset, size))
}

/// Return a decimal header of `width` bytes.
fn decimal_header(width: Named<Integer>, name: &str) -> PyResult<DecimalHeader> {
    let width = width.size(name, 1, DecimalHeader::MAX_WIDTH)?;
    DecimalHeader::new(width).map_err(config_exception)
}

/// Return the expression that makes a header: its name, its first argument, and the options that are not defaults.
fn expression(name: &str, header: &impl HeaderClass) -> String {
    let mut text = format!("{name}({}", header.first());
    for (option, value, is_usual) in header.options() {
        if !is_usual {
            text.extend([", ", option, "=", &value.repr()]);
        }
    }
    text.push(')');
    text
}

/// Return the result of `__reduce__`, which builds an object from its first argument and its options.
fn reduced<'py, T: PyClass<Frozen = pyo3::pyclass::boolean_struct::True> + HeaderClass + Sync>(
    object: &Bound<'py, T>,
) -> PyResult<Bound<'py, PyTuple>> {
    let py = object.py();
    let options = PyDict::new(py);
    for (name, value, _) in object.get().options() {
        options.set_item(name, value)?;
    }
    let new = py.import("copyreg")?.getattr("__newobj_ex__")?;
    (new, (object.as_any().get_type(), (object.get().first(),), options)).into_pyobject(py)
}

impl Argument {
    fn repr(&self) -> String {
        match self {
            Self::Text(text) => format!("'{text}'"),
            Self::Number(number) => number.to_string(),
            Self::Size(size) => size.to_string(),
            Self::Flag(flag) => if *flag { "True" } else { "False" }.to_owned(),
            Self::Bytes(None) => "None".to_owned(),
            Self::Bytes(Some(bytes)) => format!("b'{}'", bytes.escape_ascii()),
        }
    }
}

impl From<&'static str> for Argument {
    fn from(text: &'static str) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Argument {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Argument {
    fn from(size: usize) -> Self {
        Self::Size(size)
    }
}

impl From<bool> for Argument {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Option<&[u8]>> for Argument {
    fn from(bytes: Option<&[u8]>) -> Self {
        Self::Bytes(bytes.map(<[u8]>::to_vec))
    }
}
