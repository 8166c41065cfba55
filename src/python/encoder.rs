//! The class `FrameEncoder`.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::arguments::{HeaderArgument, Integer, limited, wrong_type};
use super::errors::exception;
use super::header::PyDecimalHeader;
use super::memory::{BytesWriter, write_behind};
use super::payload::{Input, contiguous};
use crate::codec::{Error, FrameEncoder, HeaderFormat};

/// Turns payloads into frames: header, then payload. Does no I/O and has no state.
///
/// A payload is a `str`, which is sent as UTF-8, or any contiguous object with the buffer protocol.
/// Its length is measured in bytes, or in code points where the header says `unit="chars"`.
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
            header: "typing.SupportsIndex | DecimalHeader" = HeaderArgument::default(),
            *,
            max_frame_size: "typing.SupportsIndex | None" = None,
        ),
        text_signature = "(header=10, *, max_frame_size=None)"
    )]
    pub(super) fn new(header: HeaderArgument, max_frame_size: Option<Integer>) -> PyResult<Self> {
        let HeaderArgument(header) = header;
        let encoder = FrameEncoder::new(header.clone());
        limited(encoder, &header, max_frame_size, FrameEncoder::with_max_frame_size).map(Self)
    }

    /// Gives the frame of one payload: header + payload.
    ///
    /// Raises:
    ///     FrameTooLarge: The payload is over `max_frame_size`.
    ///     InvalidPayload: The header counts code points and the payload is not UTF-8.
    ///     TypeError: The payload is neither a `str` nor bytes-like.
    #[pyo3(signature = (payload: "str | Buffer") -> "bytes")]
    pub(super) fn encode<'py>(&self, payload: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let py = payload.py();
        let input = Input::payload(payload, || "payload".to_owned())?;
        let payload = input.bytes(py)?;
        let plan = self.0.plan(payload).map_err(|error| exception(py, &error, None))?;
        let mut writer = BytesWriter::new(py, plan.frame_size())?;
        writer.put_with(plan.header_size(), |header| self.0.write_header(plan, header));
        writer.put(payload);
        Ok(writer.finish(py))
    }

    /// Gives the frames of many payloads, one after the other, in one `bytes`.
    ///
    /// Args:
    ///     payloads: Any iterable of payloads (not a single `str` or bytes-like object).
    ///
    /// Raises:
    ///     FrameTooLarge, InvalidPayload, TypeError: As `encode`; nothing is returned then.
    #[pyo3(signature = (payloads: "Iterable[str | Buffer]") -> "bytes")]
    fn encode_many<'py>(&self, payloads: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let py = payloads.py();
        if payloads.is_instance_of::<PyString>() || payloads.is_instance_of::<PyBytes>() {
            let message = "payloads must be an iterable of payloads, not a single one: pass [payload]";
            return Err(PyTypeError::new_err(message));
        }
        let items = payloads
            .try_iter()
            .map_err(|_| wrong_type("payloads", "an iterable of payloads", payloads))?;
        let mut inputs = Vec::with_capacity(payloads.len().unwrap_or(0));
        for (index, item) in items.enumerate() {
            inputs.push(Input::payload(item?, || format!("payloads[{index}]"))?);
        }
        // No Python code runs from here on, so what was measured is what is written.
        let mut plans = Vec::with_capacity(inputs.len());
        let mut total = 0_usize;
        for input in &inputs {
            let payload = input.bytes(py)?;
            let plan = self.0.plan(payload).map_err(|error| exception(py, &error, None))?;
            total = total.saturating_add(plan.frame_size());
            plans.push((plan, payload));
        }
        let mut writer = BytesWriter::new(py, total)?;
        for (plan, payload) in plans {
            writer.put_with(plan.header_size(), |header| self.0.write_header(plan, header));
            writer.put(payload);
        }
        Ok(writer.finish(py))
    }

    /// Writes the frame of one payload into the caller's buffer.
    ///
    /// Args:
    ///     payload: As for `encode`. It may overlap with `buffer`.
    ///     buffer: A writable contiguous bytes-like object.
    ///     offset: The index in `buffer`, in bytes, of the frame's first byte.
    ///
    /// Returns:
    ///     The bytes written.
    ///
    /// Raises:
    ///     BufferTooSmall: The frame does not fit behind `offset`; `buffer` is untouched.
    ///     FrameTooLarge, InvalidPayload, TypeError: As `encode`; `buffer` is untouched.
    ///     ValueError: `offset` is not an index of `buffer`.
    #[pyo3(
        signature = (
            payload: "str | Buffer",
            buffer: "Buffer",
            offset: "typing.SupportsIndex" = Integer::Small(0),
        ) -> "int",
        text_signature = "($self, payload, buffer, offset=0)"
    )]
    fn encode_into(
        &self,
        payload: Bound<'_, PyAny>,
        buffer: &Bound<'_, PyAny>,
        offset: Integer,
    ) -> PyResult<usize> {
        let py = buffer.py();
        let input = Input::payload(payload, || "payload".to_owned())?;
        let wanted = "a writable bytes-like object";
        let target = contiguous(buffer, "buffer", wanted)?;
        if target.readonly() {
            return Err(wrong_type("buffer", wanted, buffer));
        }
        let size = target.len_bytes();
        let offset = offset.at_most("offset", size, " (the size of buffer)")?;
        let payload = input.bytes(py)?;
        let plan = self.0.plan(payload).map_err(|error| exception(py, &error, None))?;
        let (needed, available) = (plan.frame_size(), size - offset);
        let header_size = plan.header_size();
        let fits = needed <= available
            && write_behind(&target, offset + header_size, payload, header_size, |header| {
                self.0.write_header(plan, header);
            });
        if !fits {
            return Err(exception(py, &Error::BufferTooSmall { needed, available }, None));
        }
        Ok(needed)
    }

    /// Gives the header of a payload alone, for `sock.sendmsg([header, payload])`.
    ///
    /// Raises:
    ///     FrameTooLarge, InvalidPayload, TypeError: As `encode`.
    #[pyo3(signature = (payload: "str | Buffer") -> "bytes")]
    fn header_for<'py>(&self, payload: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let py = payload.py();
        let input = Input::payload(payload, || "payload".to_owned())?;
        let plan = self.0.plan(input.bytes(py)?).map_err(|error| exception(py, &error, None))?;
        let mut writer = BytesWriter::new(py, plan.header_size())?;
        writer.put_with(plan.header_size(), |header| self.0.write_header(plan, header));
        Ok(writer.finish(py))
    }

    /// The header format.
    #[getter]
    fn header(&self) -> PyDecimalHeader {
        let HeaderFormat::Decimal(header) = self.0.header();
        (*header).into()
    }

    /// The largest payload, in the header's unit.
    #[getter]
    fn max_frame_size(&self) -> u64 {
        self.0.max_frame_size()
    }

    fn __repr__(&self) -> String {
        let limit = self.max_frame_size();
        format!("FrameEncoder({}, max_frame_size={limit})", self.header().__repr__())
    }
}
