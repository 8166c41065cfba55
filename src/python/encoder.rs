//! The class `FrameEncoder`.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::arguments::{HeaderArgument, Integer, Named, limited};
use super::errors::exception;
use super::header::PyDecimalHeader;
use super::memory::bytes::BytesWriter;
use super::payload::{Payload, Payloads, Target, at};
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
        let HeaderArgument(header) = header;
        let encoder = FrameEncoder::new(header);
        limited(encoder, header, max_frame_size, FrameEncoder::with_max_frame_size).map(Self)
    }

    /// Gives the frame of one payload: header + payload.
    ///
    /// Raises:
    ///     FrameTooLarge: The payload is over `max_frame_size`.
    ///     InvalidPayload: The header counts code points and the payload is not UTF-8.
    ///     TypeError: The payload is neither a `str` nor bytes-like.
    pub(super) fn encode<'py>(
        &self,
        py: Python<'py>,
        payload: Payload<'py>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let payload = payload.0.bytes(py)?;
        let plan = self.0.plan(payload).map_err(|error| exception(py, &error, None))?;
        let mut writer = BytesWriter::new(py, plan.frame_size())?;
        writer.put_with(plan.header_size(), |header| self.0.write_header(plan, header));
        writer.put(payload);
        Ok(writer.finish(py))
    }

    /// Gives the frames of many payloads, one after the other, in one `bytes`.
    ///
    /// Args:
    ///     payloads: Any iterable of payloads (not a single `str` or bytes-like object). All are
    ///         taken before the first one is encoded, so a generator cannot reuse a buffer.
    ///
    /// Raises:
    ///     FrameTooLarge, InvalidPayload, TypeError: As `encode`; nothing is returned then.
    fn encode_many<'py>(
        &self,
        py: Python<'py>,
        payloads: Payloads<'py>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let Payloads(inputs) = payloads;
        // No Python code runs from here on, so what was measured is what is written.
        let mut plans = Vec::with_capacity(inputs.len());
        let mut total = 0_usize;
        for (index, input) in inputs.iter().enumerate() {
            let payload = input.bytes(py).map_err(|error| at(py, index, error))?;
            let plan =
                self.0.plan(payload).map_err(|error| at(py, index, exception(py, &error, None)))?;
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
        signature = (payload, buffer, offset = Integer::Small(0).into()),
        text_signature = "($self, payload, buffer, offset=0)"
    )]
    fn encode_into(
        &self,
        py: Python<'_>,
        payload: Payload<'_>,
        buffer: Target,
        offset: Named<Integer>,
    ) -> PyResult<usize> {
        let Target(target) = buffer;
        let size = target.len();
        let offset = offset.at_most("offset", size, " (the size of buffer)")?;
        let plan = self.0.plan(payload.0.bytes(py)?).map_err(|error| exception(py, &error, None))?;
        let (needed, available) = (plan.frame_size(), size - offset);
        let header_size = plan.header_size();
        let at = offset + header_size;
        let fill = |header: &mut [u8]| self.0.write_header(plan, header);
        let fits = needed <= available && target.write_behind(py, at, &payload.0, header_size, fill)?;
        if !fits {
            return Err(exception(py, &Error::BufferTooSmall { needed, available }, None));
        }
        Ok(needed)
    }

    /// Gives the header of a payload alone, for `sock.sendmsg([header, payload])`.
    ///
    /// Raises:
    ///     FrameTooLarge, InvalidPayload, TypeError: As `encode`.
    fn header_for<'py>(&self, py: Python<'py>, payload: Payload<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let plan = self.0.plan(payload.0.bytes(py)?).map_err(|error| exception(py, &error, None))?;
        let mut writer = BytesWriter::new(py, plan.header_size())?;
        writer.put_with(plan.header_size(), |header| self.0.write_header(plan, header));
        Ok(writer.finish(py))
    }

    /// The header format.
    #[getter]
    fn header(&self) -> PyDecimalHeader {
        let HeaderFormat::Decimal(header) = self.0.header();
        header.into()
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
