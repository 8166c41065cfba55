//! The class `FrameEncoder`.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::arguments::{Integer, Named};
use super::config;
use super::errors::{OrRaise, exception};
use super::headers::{HeaderArgument, HeaderObject};
use super::memory::bytes::BytesWriter;
use super::memory::foreign::Input;
use super::payload::{Fields, Payload, Payloads, Target, at};
use framing_core::codec::encoder::{Fields as HeaderFields, Plan};
use framing_core::codec::{Error, FrameEncoder};

/// Turn payloads into frames. A frame is a header, then the payload.
///
/// The encoder does no I/O and has no state.
///
/// A payload is a `str`, which is sent as UTF-8, or any contiguous object with the buffer protocol.
/// Its length is measured in bytes, or in code points if the header has `unit="chars"`.
///
/// `fields` are the bytes of a `BinaryHeader` or a `DecimalHeader` that are not its length, in order. By default
/// they are the header's own `fields`: zeros in a `BinaryHeader` and spaces in a `DecimalHeader`, unless it was
/// made with others.
///
/// Args:
///     header: A header object, or an `int` as the width in bytes of a `DecimalHeader`.
///     max_frame_size: The largest payload, in the header's unit. By default 1,000,000,000, or
///         the largest the header can express if that is less.
///
/// Raises:
///     TypeError: An argument has the wrong type.
///     ValueError: The width is out of range, or the header cannot express the limit.
///
/// >>> FrameEncoder().encode("hello")
/// b'5         hello'
#[pyclass(name = "FrameEncoder", module = "framing", frozen, weakref)]
pub(super) struct PyFrameEncoder(FrameEncoder);

#[pymethods]
impl PyFrameEncoder {
    #[new]
    #[pyo3(
        signature = (
            header = HeaderArgument::default(),
            *,
            max_frame_size = None,
        ),
        text_signature = "(header=10, *, max_frame_size=None)"
    )]
    pub(super) fn new(
        header: HeaderArgument,
        max_frame_size: Option<Named<Integer>>,
    ) -> PyResult<Self> {
        config::encoder(header, max_frame_size).map(Self)
    }

    /// Return the frame of one payload: header + payload.
    ///
    /// Args:
    ///     payload, fields: See the class.
    ///
    /// Raises:
    ///     FrameTooLarge: The payload is over `max_frame_size`.
    ///     InvalidPayload: The header counts code points and the payload is not UTF-8; or the payload is smaller
    ///         than the header can express.
    ///     TypeError: The payload is neither a `str` nor bytes-like.
    ///     ValueError: `fields` is not as long as the header's bytes beside its length.
    #[pyo3(
        signature = (payload: "str | Buffer", *, fields: "Buffer | None" = None),
        text_signature = "($self, payload, *, fields=None)"
    )]
    fn encode<'py>(
        &self,
        payload: &Bound<'py, PyAny>,
        fields: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        encoded(&self.0, payload, fields)
    }

    /// Return the frames of many payloads, one after the other, in one `bytes` object.
    ///
    /// Args:
    ///     payloads: Any iterable of payloads (not a single `str` or bytes-like object). All are
    ///         collected before the first one is encoded, so a generator must not reuse a buffer.
    ///     fields: See the class. They are the same for every frame.
    ///
    /// Raises:
    ///     FrameTooLarge, InvalidPayload, TypeError, ValueError: As for `encode`. An error about a payload has a note with
    ///         its index.
    #[pyo3(signature = (payloads, *, fields = None), text_signature = "($self, payloads, *, fields=None)")]
    fn encode_many<'py>(
        &self,
        py: Python<'py>,
        payloads: Payloads<'py>,
        fields: Option<Fields>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let Payloads(inputs) = payloads;
        let fields = Fields::of(fields.as_ref(), &self.0).or_raise(py)?;
        // No Python code runs from here on, so the payloads cannot change after they were measured.
        let mut total = 0_usize;
        let plans = plan_many(py, &self.0, &inputs, |plan, payload| {
            total = total.saturating_add(plan.frame_size());
            (plan, payload)
        })?;
        let mut writer = BytesWriter::new(py, total)?;
        for (plan, payload) in plans {
            put(&mut writer, &self.0, plan, fields, payload);
        }
        Ok(writer.finish(py))
    }

    /// Write the frame of one payload into the caller's buffer.
    ///
    /// Args:
    ///     payload: See the class. It may overlap with `buffer`.
    ///     buffer: A writable contiguous bytes-like object.
    ///     offset: The index in `buffer`, in bytes, at which the frame begins.
    ///     fields: See the class.
    ///
    /// Returns:
    ///     The number of bytes written.
    ///
    /// Raises:
    ///     BufferTooSmall: The frame does not fit behind `offset`. `buffer` is unchanged.
    ///     FrameTooLarge, InvalidPayload, TypeError, ValueError: As for `encode`. `buffer` is unchanged.
    ///     ValueError: `offset` is negative or exceeds the size of `buffer`.
    #[pyo3(
        signature = (payload, buffer, offset = Integer::Small(0).into(), *, fields = None),
        text_signature = "($self, payload, buffer, offset=0, *, fields=None)"
    )]
    fn encode_into(
        &self,
        py: Python<'_>,
        payload: Payload<'_>,
        buffer: Target<'_>,
        offset: Named<Integer>,
        fields: Option<Fields>,
    ) -> PyResult<usize> {
        let Target(target) = buffer;
        let fields = Fields::of(fields.as_ref(), &self.0).or_raise(py)?;
        let size = target.len();
        let offset = offset.at_most("offset", size, " (the size of buffer)")?;
        let plan = self.0.plan(payload.0.bytes(py)?).or_raise(py)?;
        let (needed, available) = (plan.frame_size(), size - offset);
        let header_size = plan.header_size();
        let at = offset + header_size;
        let fill = |header: &mut [u8]| self.0.write_header(plan, fields, header);
        let fits = needed <= available && target.write_behind(py, at, &payload.0, header_size, fill)?;
        if !fits {
            return Err(exception(py, &Error::BufferTooSmall { needed, available }, None));
        }
        let trailer = self.0.trailer();
        target.write(offset + needed - trailer.len(), trailer);
        Ok(needed)
    }

    /// Return the header of a payload alone, for `sock.sendmsg([header, payload])`.
    ///
    /// A netstring also needs a `b","` behind its payload.
    ///
    /// Args:
    ///     payload, fields: See the class.
    ///
    /// Raises:
    ///     FrameTooLarge, InvalidPayload, TypeError, ValueError: As for `encode`.
    #[pyo3(signature = (payload, *, fields = None), text_signature = "($self, payload, *, fields=None)")]
    fn header_for<'py>(
        &self,
        py: Python<'py>,
        payload: Payload<'py>,
        fields: Option<Fields>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let fields = Fields::of(fields.as_ref(), &self.0).or_raise(py)?;
        let plan = self.0.plan(payload.0.bytes(py)?).or_raise(py)?;
        let mut writer = BytesWriter::new(py, plan.header_size())?;
        writer.put_with(plan.header_size(), |header| self.0.write_header(plan, fields, header));
        Ok(writer.finish(py))
    }

    /// The bytes that follow every payload.
    #[getter]
    fn _trailer(&self) -> &'static [u8] {
        self.0.trailer()
    }

    /// The header format.
    #[getter]
    fn header(&self) -> HeaderObject {
        HeaderObject(self.0.header().clone())
    }

    /// The largest payload, in the header's unit.
    #[getter]
    fn max_frame_size(&self) -> u64 {
        self.0.max_frame_size()
    }

    fn __repr__(&self) -> String {
        let limit = self.max_frame_size();
        format!("FrameEncoder({}, max_frame_size={limit})", self.header().repr())
    }
}

/// Return the frame of one payload.
///
/// The arguments are extracted here and not by PyO3: an extracted payload would be moved through memory on its way,
/// which takes longer than extracting it.
#[inline]
pub(super) fn encoded<'py>(
    encoder: &FrameEncoder,
    payload: &Bound<'py, PyAny>,
    fields: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let py = payload.py();
    let Payload(payload) = payload.extract()?;
    let fields: Option<Fields> = match fields {
        None => None,
        Some(fields) => Some(fields.extract()?),
    };
    let fields = Fields::of(fields.as_ref(), encoder).or_raise(py)?;
    let payload = payload.bytes(py)?;
    let plan = encoder.plan(payload).or_raise(py)?;
    whole(py, encoder, plan, fields, payload)
}

/// Plan the frames of many payloads before any byte is written, and return what `keep` makes of each.
#[inline]
pub(super) fn plan_many<'a, T>(
    py: Python<'a>,
    encoder: &FrameEncoder,
    inputs: &'a [Input<'_>],
    mut keep: impl FnMut(Plan, &'a [u8]) -> T,
) -> PyResult<Vec<T>> {
    let mut kept = Vec::with_capacity(inputs.len());
    for (index, input) in inputs.iter().enumerate() {
        let payload = input.bytes(py).map_err(|error| at(py, index, error))?;
        match encoder.plan(payload) {
            Ok(plan) => kept.push(keep(plan, payload)),
            Err(error) => return Err(at(py, index, exception(py, &error, None))),
        }
    }
    Ok(kept)
}

/// Return a planned frame as one `bytes` object.
#[inline]
pub(super) fn whole<'py>(
    py: Python<'py>,
    encoder: &FrameEncoder,
    plan: Plan,
    fields: HeaderFields<'_>,
    payload: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let mut writer = BytesWriter::new(py, plan.frame_size())?;
    put(&mut writer, encoder, plan, fields, payload);
    Ok(writer.finish(py))
}

#[inline]
fn put(
    writer: &mut BytesWriter,
    encoder: &FrameEncoder,
    plan: Plan,
    fields: HeaderFields<'_>,
    payload: &[u8],
) {
    writer.put_with(plan.header_size(), |header| encoder.write_header(plan, fields, header));
    writer.put(payload);
    writer.put(encoder.trailer());
}
