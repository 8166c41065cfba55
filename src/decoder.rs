//! The class `FrameDecoder`.

use std::sync::MutexGuard;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyMemoryView};

use super::arguments::{Integer, Named};
use super::config::{OnOversize, Options, Oversize};
use super::errors::{Fault, exception};
use super::headers::{HeaderArgument, HeaderObject};
use super::lending_decoder::LendingDecoder;
use super::lent_buffer::LentBuffer;
use super::lock::Lock;
use super::memory::bytes::{BytesWriter, list};
use super::memory::exporter::BufferExporter;
use super::memory::foreign::Input;
use super::memory::growing::GrowingBytes;
use super::payload::Data;
use super::skip_log;
use super::stats::Snapshot;
use super::store::PartialFrame;
use super::store::PyStore;
use framing_core::codec::{Decoder, Error, Skips};

/// Turn a byte stream into frames.
///
/// The decoder does no I/O: feed it the bytes you receive. The frames do not depend on how the stream was cut into
/// chunks.
///
/// Args:
///     header: A header object, or an `int` as the width in bytes of a `DecimalHeader`.
///     max_frame_size: The largest payload accepted, in the header's unit. By default
///         1,000,000,000, or the largest the header can express if that is less. The limit is checked on the
///         header. Memory follows the bytes that have arrived, never the length that was announced.
///     keep_header: Return each frame as header + payload, as received, instead of the payload.
///     on_oversize: What to do with a frame over `max_frame_size`. `"error"` refuses the stream. `"skip"` discards
///         the frame as it arrives, counts it in `stats` and logs a warning to the logger `framing` (when many are
///         skipped at once, only for the first ones); the next frame is delivered as if the skipped one had not
///         been there. Discarded bytes appear in no `partial`, and `take_buffered` and `detach` do not return them.
///     max_skip: The longest frame to skip, in the header's unit; a longer one raises `FrameTooLarge`.
///         `None` means no limit.
///     max_consecutive_empty: How many empty frames may follow each other; one more raises `InvalidPayload`.
///         `None` means any number.
///
/// Raises:
///     TypeError: An argument has the wrong type.
///     ValueError: The width is out of range, or the header cannot express the limit.
///
/// Frames before a bad one are delivered first: the call returns them and sets `error`, and the next call
/// raises. From then on every call raises an equal error and takes no bytes, until `reset`.
///
/// Threads may share a decoder; each call is atomic.
///
/// >>> decoder = FrameDecoder()
/// >>> decoder.feed(b"5         hello3         ab")
/// [b'hello']
/// >>> decoder.needed
/// 1
/// >>> decoder.feed(b"c")
/// [b'abc']
#[pyclass(name = "FrameDecoder", module = "framing", frozen, weakref)]
pub(super) struct PyFrameDecoder(Lock<Inner>);

struct Inner {
    lending: LendingDecoder,
    /// Frames that an earlier call could not return. The next call delivers them first.
    undelivered: Vec<Py<PyBytes>>,
}

/// The result of decoding some bytes.
pub(super) struct Outcome {
    pub(super) frames: Vec<Py<PyBytes>>,
    /// The error behind the frames, if there is one.
    pub(super) result: Result<(), Error>,
    skipped: Skips,
}

impl PyFrameDecoder {
    pub(super) fn of(decoder: Decoder<GrowingBytes>) -> Self {
        Self(Lock::new(Inner { lending: LendingDecoder::new(decoder), undelivered: Vec::new() }))
    }

    /// Lock the state. No Python code may run while it is locked, so nothing may allocate an object that the
    /// garbage collector tracks.
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, Inner> {
        self.0.lock(py)
    }

    /// Return the frames as a list, or raise the error if there are none.
    fn deliver<'py>(&self, py: Python<'py>, outcome: Outcome) -> PyResult<Bound<'py, PyList>> {
        let Outcome { frames, result, skipped } = outcome;
        if let Err(error) = skip_log::log(py, &skipped) {
            self.put_back(py, frames);
            return Err(error);
        }
        match result {
            Err(error) if frames.is_empty() => Err(exception(py, &error, None)),
            _ => list(py, frames).map_err(|(error, frames)| {
                self.put_back(py, frames);
                error
            }),
        }
    }

    /// Keep frames for the next call to deliver.
    fn put_back(&self, py: Python<'_>, mut frames: Vec<Py<PyBytes>>) {
        let mut inner = self.lock(py);
        // This is empty unless another thread has put frames back in between.
        frames.append(&mut inner.undelivered);
        inner.undelivered = frames;
    }

    pub(super) fn feed_input<'py>(&self, py: Python<'py>, input: &Input<'py>) -> PyResult<Outcome> {
        let mut inner = self.lock(py);
        Ok(inner.feed(&PyStore { py, owner: input.unchanging() }, input.bytes(py)?))
    }
}

impl Inner {
    fn feed(&mut self, store: &PyStore<'_, '_>, data: &[u8]) -> Outcome {
        let mut frames = std::mem::take(&mut self.undelivered);
        let result = self.lending.decoder.feed_into(store, data, &mut frames);
        self.outcome(frames, result)
    }

    fn take(&mut self, py: Python<'_>, lent: LentBuffer, count: usize) -> Outcome {
        let mut frames = std::mem::take(&mut self.undelivered);
        let result = self.lending.take(py, &lent, count, &mut frames);
        lent.give_back(py);
        self.outcome(frames, result)
    }

    fn nothing_new(&mut self, result: Result<(), Error>) -> Outcome {
        let frames = std::mem::take(&mut self.undelivered);
        self.outcome(frames, result)
    }

    fn outcome(&mut self, frames: Vec<Py<PyBytes>>, result: Result<(), Error>) -> Outcome {
        Outcome { frames, result, skipped: self.lending.decoder.take_skipped() }
    }
}

#[pymethods]
impl PyFrameDecoder {
    #[new]
    #[pyo3(
        signature = (
            header = HeaderArgument::default(),
            *,
            max_frame_size = None,
            keep_header = false.into(),
            on_oversize = OnOversize(Oversize::Error),
            max_skip = None,
            max_consecutive_empty = None,
        ),
        text_signature = "(header=10, *, max_frame_size=None, keep_header=False, on_oversize='error', \
            max_skip=None, max_consecutive_empty=None)"
    )]
    pub(super) fn new(
        header: HeaderArgument,
        max_frame_size: Option<Named<Integer>>,
        keep_header: Named<bool>,
        on_oversize: OnOversize,
        max_skip: Option<Named<Integer>>,
        max_consecutive_empty: Option<Named<Integer>>,
    ) -> PyResult<Self> {
        let options = Options {
            header,
            max_frame_size,
            keep_header: Some(keep_header),
            on_oversize: Some(on_oversize),
            max_skip,
            max_consecutive_empty,
            ..Options::default()
        };
        options.decoder().map(Self::of)
    }

    /// Take received bytes and return the frames they complete, in order.
    ///
    /// Args:
    ///     data: A contiguous bytes-like object. All of it is consumed.
    ///
    /// Raises:
    ///     InvalidHeader: A byte cannot be part of a header. It is raised as soon as that byte arrives.
    ///     FrameTooLarge: A header announces more than `max_frame_size`.
    ///     InvalidPayload: The header counts code points and the payload is not UTF-8, the byte behind a netstring's
    ///         payload is not a comma, or more than `max_consecutive_empty` empty frames followed each other.
    ///     MemoryError: There was no memory for a frame, and the stream is refused as for the other errors. Or there
    ///         was no memory for the list, and the next call returns the frames.
    ///     TypeError: `data` is not bytes-like.
    #[pyo3(signature = (data) -> "list[bytes]")]
    fn feed<'py>(&self, py: Python<'py>, data: Data<'py>) -> PyResult<Bound<'py, PyList>> {
        self.deliver(py, self.feed_input(py, &data.0)?)
    }

    /// Report the end of the stream. The call may be repeated, and more bytes may be fed afterwards.
    ///
    /// Raises:
    ///     TruncatedFrame: The stream ended inside a frame. The decoder keeps the bytes it has.
    ///     InvalidHeader, FrameTooLarge, InvalidPayload: The stream was refused by an earlier call.
    pub(super) fn feed_eof(&self, py: Python<'_>) -> PyResult<()> {
        let (error, unfinished) = {
            let inner = self.lock(py);
            let Err(error) = inner.lending.decoder.feed_eof() else { return Ok(()) };
            (error, PartialFrame::of(py, &inner.lending.decoder))
        };
        let partial = match error {
            Error::TruncatedFrame { .. } => Some(unfinished.parts(py)?),
            _ => None,
        };
        Err(exception(py, &error, partial))
    }

    /// Return memory to receive into: the first half of `asyncio.BufferedProtocol`'s contract.
    ///
    /// The rest of a large frame is received straight into its final memory. You may keep the view; it never shows
    /// a frame that has been delivered. Write to it only before `buffer_updated`: afterwards it may be memory of
    /// the unfinished frame. Its contents before you write are unspecified and may be bytes of earlier reads.
    ///
    /// Args:
    ///     sizehint: The number of bytes wanted, in `BufferedProtocol`'s sense: the view may be
    ///         larger or smaller. It is never empty.
    #[pyo3(
        signature = (sizehint = Integer::Small(-1).into()),
        text_signature = "($self, sizehint=-1)"
    )]
    fn get_buffer<'py>(
        &self,
        py: Python<'py>,
        sizehint: Named<Integer>,
    ) -> PyResult<Bound<'py, PyMemoryView>> {
        sizehint.get("sizehint", "an integer")?;
        let exporter = {
            let mut inner = self.lock(py);
            if let Some(lent) = inner.lending.lent(py)? {
                lent.exporter(py)?
            } else {
                let lent = LentBuffer::scratch(py)?;
                let exporter = lent.exporter(py)?;
                let _none = inner.lending.lend(lent);
                exporter
            }
        };
        BufferExporter::view(&exporter)
    }

    /// Take the bytes that were written to the view from `get_buffer`, and return the frames they complete: the
    /// second half of `asyncio.BufferedProtocol`'s contract.
    ///
    /// Args:
    ///     nbytes: The number of bytes written, counted from the start of the view.
    ///
    /// Raises:
    ///     InvalidHeader, FrameTooLarge, InvalidPayload: As for `feed`.
    ///     ValueError: `nbytes` is negative or exceeds the size of the view; or it is more than 0 and `get_buffer`
    ///         has not been called since the last `buffer_updated`. No bytes are taken.
    #[pyo3(signature = (nbytes) -> "list[bytes]")]
    fn buffer_updated<'py>(
        &self,
        py: Python<'py>,
        nbytes: Named<Integer>,
    ) -> PyResult<Bound<'py, PyList>> {
        let outcome = {
            let mut inner = self.lock(py);
            if let Some(error) = inner.lending.decoder.error() {
                let error = error.clone();
                inner.nothing_new(Err(error))
            } else if let Some((lent, count)) = inner.lending.reclaim(nbytes)? {
                inner.take(py, lent, count)
            } else {
                inner.nothing_new(Ok(()))
            }
        };
        self.deliver(py, outcome)
    }

    /// Return the bytes of the unfinished frame, header included, and forget them.
    ///
    /// On a refused stream this returns everything from the refused frame's first byte on, so that the stream can
    /// change its protocol. Afterwards `offset` is the offset behind those bytes.
    fn take_buffered<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut inner = self.lock(py);
        let parts = inner.lending.decoder.buffered_parts();
        let mut writer = BytesWriter::new(py, parts.iter().map(|part| part.len()).sum())?;
        for part in parts {
            writer.put(part);
        }
        inner.lending.decoder.forget_buffered();
        Ok(writer.finish(py))
    }

    /// Forget the stream. The decoder is as new, and `offset` and `stats` are zero.
    fn reset(&self, py: Python<'_>) {
        let mut inner = self.lock(py);
        inner.lending.reset();
        inner.undelivered = Vec::new();
    }

    /// The number of buffered bytes of the unfinished frame, header included.
    #[getter]
    fn buffered(&self, py: Python<'_>) -> usize {
        self.lock(py).lending.decoder.buffered()
    }

    /// The least number of bytes that can complete the next step: the rest of the header, then the
    /// rest of the payload. Reading exactly that much never reads beyond a frame. It is 0 on a refused
    /// stream.
    #[getter]
    fn needed(&self, py: Python<'_>) -> usize {
        self.lock(py).lending.decoder.needed()
    }

    /// The stream offset, in bytes, of the unfinished frame's first byte.
    #[getter]
    fn offset(&self, py: Python<'_>) -> u64 {
        self.lock(py).lending.decoder.offset()
    }

    /// The error for which the stream was refused, or `None`.
    #[getter]
    fn error(&self, py: Python<'_>) -> Option<Fault> {
        self.lock(py).lending.decoder.error().cloned().map(Fault)
    }

    /// A snapshot of the decoder's counters.
    #[getter]
    fn stats(&self, py: Python<'_>) -> Snapshot {
        Snapshot(self.lock(py).lending.decoder.stats())
    }

    /// The header format.
    #[getter]
    fn header(&self, py: Python<'_>) -> HeaderObject {
        HeaderObject(self.lock(py).lending.decoder.header().clone())
    }

    /// The largest payload accepted, in the header's unit.
    #[getter]
    fn max_frame_size(&self, py: Python<'_>) -> u64 {
        self.lock(py).lending.decoder.max_frame_size()
    }

    /// Whether frames begin with their header.
    #[getter]
    fn keep_header(&self, py: Python<'_>) -> bool {
        self.lock(py).lending.decoder.keep_header()
    }

    /// What happens to a frame over `max_frame_size`: `"error"` or `"skip"`.
    #[getter]
    fn on_oversize(&self, py: Python<'_>) -> OnOversize {
        OnOversize::of(self.lock(py).lending.decoder.policy())
    }

    /// The longest frame that is skipped, in the header's unit; `None` means no limit.
    #[getter]
    fn max_skip(&self, py: Python<'_>) -> Option<u64> {
        self.lock(py).lending.decoder.policy().max_skip()
    }

    /// How many empty frames may follow each other; `None` means any number.
    #[getter]
    fn max_consecutive_empty(&self, py: Python<'_>) -> Option<u64> {
        self.lock(py).lending.decoder.policy().max_consecutive_empty()
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let header = self.header(py).repr();
        let inner = self.lock(py);
        format!(
            "FrameDecoder({header}, max_frame_size={}, keep_header={}) at offset {}, {} bytes buffered",
            inner.lending.decoder.max_frame_size(),
            if inner.lending.decoder.keep_header() { "True" } else { "False" },
            inner.lending.decoder.offset(),
            inner.lending.decoder.buffered(),
        )
    }
}
