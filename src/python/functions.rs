//! The functions `encode` and `decode`: a whole message, or a whole capture, at once.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::arguments::{HeaderArgument, Integer};
use super::decoder::PyFrameDecoder;
use super::encoder::PyFrameEncoder;
use super::errors::exception;
use super::payload::Input;

/// Gives the frame of one payload: header + payload. The same as
/// `FrameEncoder(header, max_frame_size=...).encode(payload)`.
///
/// >>> encode("hello")
/// b'5         hello'
#[pyfunction]
#[pyo3(
    signature = (
        payload: "str | Buffer",
        header: "typing.SupportsIndex | DecimalHeader" = HeaderArgument::default(),
        *,
        max_frame_size: "typing.SupportsIndex | None" = None,
    ) -> "bytes",
    text_signature = "(payload, header=10, *, max_frame_size=None)"
)]
pub(super) fn encode(
    payload: Bound<'_, PyAny>,
    header: HeaderArgument,
    max_frame_size: Option<Integer>,
) -> PyResult<Bound<'_, PyBytes>> {
    PyFrameEncoder::new(header, max_frame_size)?.encode(payload)
}

/// Gives the frames of a whole capture.
///
/// Raises:
///     TruncatedFrame: `data` ends inside a frame.
///     InvalidHeader, FrameTooLarge, InvalidPayload: As `FrameDecoder.feed`, wherever in `data`.
///
/// >>> decode(b"5         hello0         ")
/// [b'hello', b'']
#[pyfunction]
#[pyo3(
    signature = (
        data: "Buffer",
        header: "typing.SupportsIndex | DecimalHeader" = HeaderArgument::default(),
        *,
        max_frame_size: "typing.SupportsIndex | None" = None,
        keep_header = false,
    ) -> "list[bytes]",
    text_signature = "(data, header=10, *, max_frame_size=None, keep_header=False)"
)]
pub(super) fn decode<'py>(
    data: &Bound<'py, PyAny>,
    header: HeaderArgument,
    max_frame_size: Option<Integer>,
    keep_header: bool,
) -> PyResult<Bound<'py, PyList>> {
    let py = data.py();
    let decoder = PyFrameDecoder::new(header, max_frame_size, keep_header)?;
    let input = Input::data(data)?;
    let (frames, result) = decoder.feed_bytes(py, input.bytes(py)?);
    result.map_err(|error| exception(py, &error, None))?;
    decoder.feed_eof(py)?;
    PyList::new(py, frames)
}
