//! The functions `encode` and `decode`, which take a whole message or a whole capture at once.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::arguments::{Integer, Named};
use super::config::{self, Options};
use super::decoder::{Outcome, PyFrameDecoder};
use super::encoder::encoded;
use super::errors::OrRaise;
use super::headers::HeaderArgument;
use super::memory::bytes::list;
use super::memory::growing::GrowingBytes;
use super::payload::Data;
use super::store::PyStore;
use framing_core::codec::store::Partial;

/// Return the frame of one payload: header + payload.
///
/// Args:
///     payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
///     header, max_frame_size, fields: As for `FrameEncoder`. Use that class for many frames: it is faster.
///
/// Raises:
///     FrameTooLarge, InvalidPayload, TypeError, ValueError: As for `FrameEncoder` and its `encode`.
///
/// >>> encode("hello")
/// b'5         hello'
#[pyfunction]
#[pyo3(
    signature = (
        payload: "str | Buffer",
        header = HeaderArgument::default(),
        *,
        max_frame_size = None,
        fields: "Buffer | None" = None,
    ),
    text_signature = "(payload, header=10, *, max_frame_size=None, fields=None)"
)]
pub(super) fn encode<'py>(
    payload: &Bound<'py, PyAny>,
    header: HeaderArgument,
    max_frame_size: Option<Named<Integer>>,
    fields: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    encoded(&config::encoder(header, max_frame_size)?, payload, fields)
}

/// Return the frames of a whole capture.
///
/// Args:
///     data: The capture, a contiguous bytes-like object.
///     header, max_frame_size, keep_header: As for `FrameDecoder`.
///
/// Raises:
///     TruncatedFrame: `data` ends inside a frame.
///     InvalidHeader, FrameTooLarge, InvalidPayload: As for `FrameDecoder.feed`, anywhere in `data`.
///
/// The attribute `frames` of each of these errors lists the good frames before it.
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
        keep_header = false.into(),
    ) -> "list[bytes]",
    text_signature = "(data, header=10, *, max_frame_size=None, keep_header=False)"
)]
pub(super) fn decode<'py>(
    py: Python<'py>,
    data: Data<'py>,
    header: HeaderArgument,
    max_frame_size: Option<Named<Integer>>,
    keep_header: Named<bool>,
) -> PyResult<Bound<'py, PyList>> {
    let options =
        Options { header, max_frame_size, keep_header: Some(keep_header), ..Options::default() };
    let decoder = PyFrameDecoder::of(options.decoder()?);
    let Outcome { frames, result, .. } = decoder.feed_input(py, &data.0)?;
    let result = result.or_raise(py).and_then(|()| decoder.feed_eof(py));
    let frames = list(py, frames).map_err(|(error, _)| error)?;
    if let Err(error) = result {
        error.value(py).setattr(intern!(py, "frames"), frames)?;
        return Err(error);
    }
    Ok(frames)
}

/// Return the payload's size in bytes, given its header.
///
/// The result is `None` if `head` is not a whole header, if it is refused, or if the header gives only a lower bound.
/// The caller then uses a decoder.
#[pyfunction]
#[pyo3(signature = (head, header, max_frame_size))]
pub(super) fn _payload_size<'py>(
    py: Python<'py>,
    head: &Bound<'py, PyBytes>,
    header: HeaderArgument,
    max_frame_size: Option<Named<Integer>>,
) -> PyResult<Option<usize>> {
    let options = Options { header, max_frame_size, ..Options::default() };
    let mut decoder = options.decoder::<GrowingBytes>()?;
    let store = PyStore { py, owner: None };
    Ok(match decoder.decode(&store, head.as_bytes(), &mut 0) {
        Ok(Some(_empty)) => Some(0),
        Ok(None) => {
            let needed = decoder.needed();
            let behind = decoder.in_place().map(|(partial, missing)| (partial.len(), missing));
            (behind == Some((0, needed))).then_some(needed)
        }
        Err(_) => None,
    })
}
