//! The class `DecimalHeader`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::{decimal_header, expression, reduced};
use crate::arguments::{Integer, Named, Word};
use crate::errors::config_exception;
use framing_core::codec::{Align, DecimalHeader, Fill, Format, Unit};

/// A length as decimal text, padded to a fixed width: the header of the sockets tutorial.
///
/// Written exactly as `format(length, f"{fill}{align}{width}")` writes it. Read, unless `strict`, in
/// every form that matches ` *[0-9]+ *` over `width` bytes: left, right, centred, zero-padded.
/// A sign, `_`, a tab, a newline, NUL and non-ASCII digits are refused as soon as they arrive.
///
/// Args:
///     width: Bytes of the header, 1 to 4096.
///     align: `"<"` digits left, `">"` right, `"^"` centred.
///     fill: The padding: a space, or `"0"` together with `align=">"`.
///     unit: What the length counts: `"bytes"` of the payload, or `"chars"`, the code points of a
///         payload that is UTF-8 text (for peers that call `len()` on a `str`).
///     strict: Accept only the very bytes this header would write.
///
/// Raises:
///     ValueError: An argument is none of these.
///
/// Immutable, hashable, comparable, picklable.
///
/// >>> DecimalHeader(16, align=">")
/// DecimalHeader(16, align='>')
#[pyclass(name = "DecimalHeader", module = "framing", frozen, eq, hash)]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct PyDecimalHeader(DecimalHeader);

impl PyDecimalHeader {
    pub(super) fn format(&self) -> DecimalHeader {
        self.0.clone()
    }
}

impl From<DecimalHeader> for PyDecimalHeader {
    fn from(header: DecimalHeader) -> Self {
        Self(header)
    }
}

#[pymethods]
impl PyDecimalHeader {
    #[new]
    #[pyo3(
        signature = (
            width = Integer::Small(10).into(),
            *,
            align = "<".into(),
            fill = " ".into(),
            unit = "bytes".into(),
            strict = false.into(),
        ),
        text_signature = "(width=10, *, align='<', fill=' ', unit='bytes', strict=False)"
    )]
    fn new(
        width: Named<Integer>,
        align: Named<Word>,
        fill: Named<Word>,
        unit: Named<Word>,
        strict: Named<bool>,
    ) -> PyResult<Self> {
        let header = decimal_header(width, "width")?;
        let (align, fill) = (align.get("align", "a str")?, fill.get("fill", "a str")?);
        let (unit, strict) = (unit.get("unit", "a str")?, strict.get("strict", "a bool")?);
        let align = match align.0.as_str() {
            "<" => Align::Left,
            ">" => Align::Right,
            "^" => Align::Center,
            _ => return Err(align.refused("align", "'<', '>' or '^'")),
        };
        let fill = match fill.0.as_str() {
            " " => Fill::Space,
            "0" => Fill::Zero,
            _ => return Err(fill.refused("fill", "' ' or '0'")),
        };
        let unit = match unit.0.as_str() {
            "bytes" => Unit::Bytes,
            "chars" => Unit::Chars,
            _ => return Err(unit.refused("unit", "'bytes' or 'chars'")),
        };
        let header = header.with_padding(align, fill).map_err(config_exception)?;
        Ok(Self(header.with_unit(unit).with_strict(strict)))
    }

    /// Bytes of the header.
    #[getter]
    fn width(&self) -> usize {
        self.0.width()
    }

    /// Where the digits stand: `"<"`, `">"` or `"^"`.
    #[getter]
    fn align(&self) -> &'static str {
        match self.0.align() {
            Align::Left => "<",
            Align::Right => ">",
            Align::Center => "^",
        }
    }

    /// The padding: `" "` or `"0"`.
    #[getter]
    fn fill(&self) -> &'static str {
        match self.0.fill() {
            Fill::Space => " ",
            Fill::Zero => "0",
        }
    }

    /// What the length counts: `"bytes"` or `"chars"`.
    #[getter]
    fn unit(&self) -> &'static str {
        match self.0.unit() {
            Unit::Bytes => "bytes",
            Unit::Chars => "chars",
        }
    }

    /// Whether only the very bytes this header would write are accepted.
    #[getter]
    fn strict(&self) -> bool {
        self.0.strict()
    }

    pub(super) fn __repr__(&self) -> String {
        let quoted = |value: &str, usual: &str| (value != usual).then(|| format!("'{value}'"));
        let options = [
            ("align", quoted(self.align(), "<")),
            ("fill", quoted(self.fill(), " ")),
            ("unit", quoted(self.unit(), "bytes")),
            ("strict", self.strict().then(|| "True".to_owned())),
        ];
        expression("DecimalHeader", self.width(), &options)
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let header = slf.get();
        let options = PyDict::new(slf.py());
        options.set_item("align", header.align())?;
        options.set_item("fill", header.fill())?;
        options.set_item("unit", header.unit())?;
        options.set_item("strict", header.strict())?;
        reduced(slf, header.width(), &options)
    }
}
