//! The functions `encode` and `decode`: a whole message, or a whole capture, at once.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::arguments::{HeaderArgument, Integer};
use super::decoder::PyFrameDecoder;
use super::encoder::PyFrameEncoder;
use super::errors::exception;
use super::memory;
use super::payload::{Data, Payload};

/// Gives the frame of one payload: header + payload. The same as
/// `FrameEncoder(header, max_frame_size=...).encode(payload)`.
///
/// >>> encode("hello")
/// b'5         hello'
#[pyfunction]
#[pyo3(
    signature = (
        payload,
        header = HeaderArgument::default(),
        *,
        max_frame_size = None,
    ),
    text_signature = "(payload, header=10, *, max_frame_size=None)"
)]
pub(super) fn encode<'py>(
    py: Python<'py>,
    payload: Payload<'py>,
    header: HeaderArgument,
    max_frame_size: Option<Integer>,
) -> PyResult<Bound<'py, PyBytes>> {
    PyFrameEncoder::new(header, max_frame_size)?.encode(py, payload)
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
        data,
        header = HeaderArgument::default(),
        *,
        max_frame_size = None,
        keep_header = false,
    ) -> "list[bytes]",
    text_signature = "(data, header=10, *, max_frame_size=None, keep_header=False)"
)]
pub(super) fn decode<'py>(
    py: Python<'py>,
    data: Data<'py>,
    header: HeaderArgument,
    max_frame_size: Option<Integer>,
    keep_header: bool,
) -> PyResult<Bound<'py, PyList>> {
    let decoder = PyFrameDecoder::new(header, max_frame_size, keep_header)?;
    let (frames, result) = decoder.feed_input(py, &data.0)?;
    result.map_err(|error| exception(py, &error, None))?;
    decoder.feed_eof(py)?;
    memory::list(py, frames)
}
