//! The class `DecimalHeader`.

use super::{Argument, HeaderClass, argument, decimal_header, header_class, place};
use crate::arguments::{Integer, Named, words};
use crate::errors::config_exception;
use crate::payload::Fields;
use framing_core::codec::{Align, DecimalHeader, Fill, Format, Unit};
use pyo3::prelude::*;

words! {
    /// `align=`, with the characters of Python's format specifications.
    AlignWord(Align) is "align" {
        "<" => Align::Left,
        ">" => Align::Right,
        "^" => Align::Center,
    }
}

words! {
    /// `fill=`.
    FillWord(Fill) is "fill" {
        " " => Fill::Space,
        "0" => Fill::Zero,
    }
}

words! {
    /// `unit=`.
    UnitWord(Unit) is "unit" {
        "bytes" => Unit::Bytes,
        "chars" => Unit::Chars,
    }
}

header_class! {
    /// A header that holds the length as decimal text, padded to a fixed width, as in the sockets tutorial.
    ///
    /// It writes exactly what `format(length, f"{fill}{align}{width}")` writes. Unless `strict`, it reads
    /// every form that matches ` *[0-9]+ *` over `width` bytes: left, right, centred, zero-padded.
    /// It refuses a sign, `_`, a tab, a newline, NUL and non-ASCII digits as soon as they arrive.
    ///
    /// Args:
    ///     width: The size of the length in bytes, 1 to 4096.
    ///     align: `"<"` puts the digits left, `">"` right, `"^"` in the centre.
    ///     fill: The padding: a space, or `"0"` together with `align=">"`.
    ///     unit: What the length counts: `"bytes"` of the payload, or `"chars"`, the code points of a
    ///         payload that is UTF-8 text (for peers that call `len()` on a `str`).
    ///     strict: Accept only the very bytes that this header would write.
    ///     length_offset: The index, in bytes, of the length in the header; more than 0 if other bytes precede it.
    ///     size: The header's size in bytes, up to 4096. By default the header ends with the length.
    ///     fields: The other bytes of the header, in order, which are written when a send passes no `fields=`. By
    ///         default they are spaces. A receiver accepts any bytes there and gets them with `keep_header=True`.
    ///
    /// Raises:
    ///     TypeError: An argument has the wrong type.
    ///     ValueError: An argument is out of range.
    ///
    /// A header is immutable, hashable, comparable and picklable.
    ///
    /// >>> DecimalHeader(16, align=">")
    /// DecimalHeader(16, align='>')
    PyDecimalHeader(DecimalHeader) = "DecimalHeader";

    #[new]
    #[pyo3(
        signature = (
            width = Integer::Small(10).into(),
            *,
            align = AlignWord(Align::Left),
            fill = FillWord(Fill::Space),
            unit = UnitWord(Unit::Bytes),
            strict = false.into(),
            length_offset = Integer::Small(0).into(),
            size = None,
            fields = None,
        ),
        text_signature = "(width=10, *, align='<', fill=' ', unit='bytes', strict=False, length_offset=0, \
            size=None, fields=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "Python gives them by their names")]
    fn new(
        width: Named<Integer>,
        align: AlignWord,
        fill: FillWord,
        unit: UnitWord,
        strict: Named<bool>,
        length_offset: Named<Integer>,
        size: Option<Named<Integer>>,
        fields: Option<Fields>,
    ) -> PyResult<Self> {
        let header = decimal_header(width, "width")?.with_unit(unit.0);
        let header = header.with_padding(align.0, fill.0).map_err(config_exception)?;
        let header = header.with_strict(strict.get("strict", "a bool")?);
        let (offset, size) = place(header.width(), length_offset, size)?;
        let header = header.with_place(offset, size).map_err(config_exception)?;
        match fields {
            None => Ok(Self(header)),
            Some(Fields(fields)) => header.with_fields(&fields).map(Self).map_err(config_exception),
        }
    }

    /// The size of the length field in bytes.
    #[getter]
    fn width(&self) -> usize {
        self.0.width()
    }

    /// The alignment of the digits: `"<"` left, `">"` right, `"^"` centred.
    #[getter]
    fn align(&self) -> AlignWord {
        AlignWord(self.0.align())
    }

    /// The padding: `" "` or `"0"`.
    #[getter]
    fn fill(&self) -> FillWord {
        FillWord(self.0.fill())
    }

    /// What the length counts: `"bytes"` or `"chars"`.
    #[getter]
    fn unit(&self) -> UnitWord {
        UnitWord(self.0.unit())
    }

    /// Whether only the very bytes that this header would write are accepted.
    #[getter]
    fn strict(&self) -> bool {
        self.0.strict()
    }

    /// The index of the length field's first byte.
    #[getter]
    fn length_offset(&self) -> usize {
        self.0.length_offset()
    }

    /// The size of the header in bytes.
    #[getter]
    fn size(&self) -> usize {
        self.0.size()
    }

    /// The header's other bytes, which are written when a send passes none; `None` means spaces.
    #[getter]
    fn fields(&self) -> Option<&[u8]> {
        self.0.default_fields()
    }
}

impl HeaderClass for PyDecimalHeader {
    fn first(&self) -> usize {
        self.width()
    }

    fn options(&self) -> Vec<(&'static str, Argument, bool)> {
        vec![
            argument("align", self.align().word(), "<"),
            argument("fill", self.fill().word(), " "),
            argument("unit", self.unit().word(), "bytes"),
            argument("strict", self.strict(), false),
            argument("length_offset", self.length_offset(), 0),
            argument("size", self.size(), self.length_offset() + self.width()),
            argument("fields", self.fields(), None),
        ]
    }
}
