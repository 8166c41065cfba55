//! The class `DecimalHeader`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::arguments::{Integer, Named, Word, decimal_header};
use super::errors::config_exception;
use crate::codec::{Align, DecimalHeader, Fill, Unit};

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
pub(super) struct PyDecimalHeader(DecimalHeader);

impl PyDecimalHeader {
    pub(super) fn format(&self) -> DecimalHeader {
        self.0
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
        let default = Self(DecimalHeader::default());
        let mut arguments = vec![self.width().to_string()];
        for (name, value, usual) in [
            ("align", self.align(), default.align()),
            ("fill", self.fill(), default.fill()),
            ("unit", self.unit(), default.unit()),
        ] {
            if value != usual {
                arguments.push(format!("{name}='{value}'"));
            }
        }
        if self.strict() {
            arguments.push("strict=True".to_owned());
        }
        format!("DecimalHeader({})", arguments.join(", "))
    }

    #[pyo3(signature = () -> "tuple[object, ...]")]
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let (py, header) = (slf.py(), slf.get());
        let options = PyDict::new(py);
        options.set_item("align", header.align())?;
        options.set_item("fill", header.fill())?;
        options.set_item("unit", header.unit())?;
        options.set_item("strict", header.strict())?;
        let new = py.import("copyreg")?.getattr("__newobj_ex__")?;
        (new, (slf.get_type(), (header.width(),), options)).into_pyobject(py)
    }
}
