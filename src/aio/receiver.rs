//! The callback style: frames are handed to a protocol's methods as they arrive.

use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use super::outbox::Outbox;
use super::shared::Shared;
use crate::arguments::{Integer, Named};
use crate::config::Config;
use crate::errors::{Obstacle, exception, incomplete};
use crate::headers::HeaderArgument;
use crate::lending_decoder::LendingDecoder;
use crate::lent_buffer::LentBuffer;
use crate::lock::Lock;
use crate::memory::bytes::list;
use crate::memory::calls::{call_method, call_method_one};
use crate::memory::exporter::BufferExporter;
use crate::payload::{Fields, Payload};
use crate::skip_log;
use crate::stats::Snapshot;
use crate::store::PartialFrame;
use framing_core::codec::{Decoder, Error};

/// The receiving half of a protocol.
///
/// What it calls on itself: `frame_received(frame)` for each frame, unless a class of its own has
/// `frames_received(frames)`; `error_received(error)`, once; `_progressed()` after each read, if it is watched.
#[pyclass(name = "_FrameReceiver", module = "framing._framing", subclass, frozen)]
pub(crate) struct FrameReceiver {
    lending: Lock<LendingDecoder>,
    outbox: Lock<Option<Py<Outbox>>>,
    /// Nothing is delivered any more.
    stopped: AtomicBool,
    /// Whether somebody wants to know of progress.
    watched: AtomicBool,
    /// Whether frames are delivered by the batch.
    batched: AtomicBool,
}

#[pymethods]
impl FrameReceiver {
    /// Takes whatever arguments a class of its own has for itself.
    #[new]
    #[pyo3(signature = (*_arguments: "object", **_named: "object"))]
    fn new(_arguments: &Bound<'_, PyTuple>, _named: Option<&Bound<'_, PyDict>>) -> Self {
        let HeaderArgument(header) = HeaderArgument::default();
        Self {
            lending: Lock::new(LendingDecoder::new(Decoder::new(header))),
            outbox: Lock::new(None),
            stopped: AtomicBool::new(false),
            watched: AtomicBool::new(false),
            batched: AtomicBool::new(false),
        }
    }

    /// Says how frames begin. Before the first byte.
    fn _configure(&self, py: Python<'_>, config: &Bound<'_, Config>) {
        let config = config.get();
        let before = std::mem::replace(&mut *self.lock(py), LendingDecoder::new(config.decoder()));
        drop(before);
        self.watched.store(config.frame_timeout_duration().is_some(), Ordering::Relaxed);
    }

    /// Says where replies go, so that those to one batch go together.
    fn _start(slf: &Bound<'_, Self>, outbox: Py<Outbox>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let name = intern!(py, "frames_received");
        let base = py.get_type::<Self>().getattr(name)?;
        this.batched.store(!slf.get_type().getattr(name)?.is(&base), Ordering::Relaxed);
        let before = this.outbox(py).replace(outbox);
        drop(before);
        Ok(())
    }

    /// Delivers nothing from now on.
    fn _stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Part of `asyncio.BufferedProtocol`: memory for the transport to receive into.
    #[pyo3(signature = (sizehint) -> "Buffer")]
    #[expect(unused_variables, reason = "any size will do")]
    fn get_buffer<'py>(
        &self,
        py: Python<'py>,
        sizehint: &Bound<'_, PyAny>,
    ) -> PyResult<Bound<'py, BufferExporter>> {
        lend(py, || self.lock(py))
    }

    /// Part of `asyncio.BufferedProtocol`: so many bytes have been received.
    fn buffer_updated(slf: &Bound<'_, Self>, nbytes: Named<Integer>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let mut frames = Vec::new();
        let (result, skipped) = {
            let mut lending = this.lock(py);
            let Some((lent, count)) = lending.reclaim(nbytes)? else { return Ok(()) };
            // A refused stream has been reported.
            let over = this.is_stopped() || lending.decoder.error().is_some();
            let result = if over { Ok(()) } else { lending.take(py, &lent, count, &mut frames) };
            let skipped = lending.decoder.take_skipped();
            drop(lending);
            lent.give_back(py);
            (result, skipped)
        };
        if !frames.is_empty() {
            Self::deliver(slf, frames)?;
        }
        if let Err(error) = result {
            let exception = exception(py, &error, None);
            if matches!(error, Error::OutOfMemory { .. }) {
                return Err(exception);
            }
            if !this.is_stopped() {
                call_method(slf.as_any(), "error_received", (exception,))?;
            }
        }
        if this.watched.load(Ordering::Relaxed) {
            call_method(slf.as_any(), "_progressed", ())?;
        }
        skip_log::log(py, &skipped)
    }

    /// Called with the frames that one read has completed, in order. By default it calls `frame_received` with
    /// each; override either.
    ///
    /// Args:
    ///     frames: At least one frame, as `bytes`.
    #[pyo3(signature = (frames: "list[bytes]"))]
    fn frames_received(slf: &Bound<'_, Self>, frames: &Bound<'_, PyList>) -> PyResult<()> {
        let name = intern!(slf.py(), "frame_received");
        for frame in frames.iter() {
            if slf.get().is_stopped() {
                break;
            }
            call_method_one(slf.as_any(), name, &frame)?;
        }
        Ok(())
    }

    /// Sends one frame.
    ///
    /// It is handed to the transport whole, and may be sent together with others that follow at once, at the latest
    /// in the next turn of the event loop. Never waits: `pause_writing` says when the transport has too much.
    ///
    /// Args:
    ///     payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
    ///     fields: The bytes of a `BinaryHeader` that are not its length, in order; zeros if not given.
    ///
    /// Raises:
    ///     FrameTooLarge, InvalidPayload, TypeError, ValueError: As `FrameEncoder.encode`; nothing was sent.
    ///     ConnectionClosed: The connection was closed on this side.
    ///     BrokenPipeError: The connection is gone, or `write_eof` was called.
    #[pyo3(signature = (payload, *, fields = None), text_signature = "($self, payload, *, fields=None)")]
    fn send(slf: &Bound<'_, Self>, payload: Payload<'_>, fields: Option<Fields>) -> PyResult<()> {
        let py = slf.py();
        let outbox = slf.get().outbox(py).as_ref().map(|outbox| outbox.clone_ref(py));
        let taken =
            outbox.map_or(Ok(false), |outbox| Outbox::put_now(outbox.bind(py), payload, fields))?;
        if taken { Ok(()) } else { call_method(slf.as_any(), "_refuse", ()).map(drop) }
    }

    /// What the end of the stream amounts to: `None` between two frames, or where nothing is to be told any more;
    /// else the error.
    fn _end<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.is_stopped() || self.lock(py).decoder.error().is_some() {
            return Ok(None);
        }
        end(py, || self.lock(py))
    }

    /// The error for a peer that has not finished a frame in time.
    fn _stalled<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        stalled(py, || self.lock(py))
    }

    /// The stream offset of an unfinished frame; `None` between two frames, and on a refused stream.
    #[getter]
    fn _unfinished(&self, py: Python<'_>) -> Option<u64> {
        unfinished(&self.lock(py))
    }

    /// Whether received frames begin with their header.
    #[getter]
    fn keep_header(&self, py: Python<'_>) -> bool {
        self.lock(py).decoder.keep_header()
    }

    /// A snapshot of the counters of received frames.
    #[getter]
    fn stats(&self, py: Python<'_>) -> Snapshot {
        Snapshot(self.lock(py).decoder.stats())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.outbox.try_lock() {
            Some(outbox) => visit.call(&*outbox),
            // Whoever holds the lock runs no Python code, and so no collection, meanwhile.
            None => Ok(()),
        }
    }

    fn __clear__(&self, py: Python<'_>) {
        let before = self.outbox(py).take();
        drop(before);
    }
}

impl FrameReceiver {
    fn deliver(slf: &Bound<'_, Self>, mut frames: Vec<Py<PyBytes>>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let outbox = this.outbox(py).as_ref().map(|outbox| outbox.clone_ref(py));
        let Some(outbox) = outbox else {
            let message = "FramedProtocol.connection_made was not called: call super().connection_made(transport)";
            return Err(PyRuntimeError::new_err(message));
        };
        if frames.len() == 1 && !this.batched.load(Ordering::Relaxed) {
            outbox.get().received(false);
            let (name, frame) = (intern!(py, "frame_received"), frames.swap_remove(0));
            if !this.is_stopped() {
                call_method_one(slf.as_any(), name, frame.bind(py))?;
            }
            return Ok(());
        }
        outbox.get().received(true);
        let result = Self::deliver_many(slf, frames);
        outbox.get().set_busy(false);
        result.and(outbox.get().flush(py))
    }

    fn deliver_many(slf: &Bound<'_, Self>, frames: Vec<Py<PyBytes>>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        if this.batched.load(Ordering::Relaxed) {
            let frames = list(py, frames).map_err(|(error, _)| error)?;
            return call_method_one(slf.as_any(), intern!(py, "frames_received"), &frames).map(drop);
        }
        let name = intern!(py, "frame_received");
        for frame in frames {
            if this.is_stopped() {
                break;
            }
            call_method_one(slf.as_any(), name, frame.bind(py))?;
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// No Python code runs while this is held, or [`outbox`](Self::outbox).
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, LendingDecoder> {
        self.lending.lock(py)
    }

    fn outbox(&self, py: Python<'_>) -> MutexGuard<'_, Option<Py<Outbox>>> {
        self.outbox.lock(py)
    }
}

/// Memory for the next read: the unfinished frame's where that is large, else what all transports of the thread
/// share.
pub(super) fn lend<'a, 'py, G>(
    py: Python<'py>,
    lock: impl Fn() -> G,
) -> PyResult<Bound<'py, BufferExporter>>
where
    G: std::ops::DerefMut<Target = LendingDecoder> + 'a,
{
    let lent = lock().lent(py)?.map(|lent| lent.exporter(py)).transpose()?;
    if let Some(exporter) = lent {
        return Ok(exporter);
    }
    let shared = Shared::take(py)?;
    let exporter = shared.exporter(py);
    let before = lock().lend(LentBuffer::Shared(shared));
    drop(before);
    Ok(exporter)
}

/// What the end of the stream amounts to: `None` between two frames, else the error.
pub(super) fn end<'a, 'py, G>(
    py: Python<'py>,
    lock: impl Fn() -> G,
) -> PyResult<Option<Bound<'py, PyAny>>>
where
    G: std::ops::DerefMut<Target = LendingDecoder> + 'a,
{
    let (error, unfinished) = {
        let lending = lock();
        let Err(error) = lending.decoder.feed_eof() else { return Ok(None) };
        (error, PartialFrame::of(py, &lending.decoder))
    };
    let error = exception(py, &error, Some(unfinished.parts(py)?));
    Ok(Some(error.into_value(py).into_bound(py).into_any()))
}

/// The error for a peer that has not finished a frame in time.
pub(super) fn stalled<'a, 'py, G>(py: Python<'py>, lock: impl Fn() -> G) -> PyResult<Bound<'py, PyAny>>
where
    G: std::ops::DerefMut<Target = LendingDecoder> + 'a,
{
    let (progress, unfinished) = {
        let lending = lock();
        (lending.decoder.progress(), PartialFrame::of(py, &lending.decoder))
    };
    let error = incomplete(py, Obstacle::Stalled, progress, Some(unfinished.parts(py)?));
    Ok(error.into_value(py).into_bound(py).into_any())
}

/// The stream offset of an unfinished frame.
pub(super) fn unfinished(lending: &LendingDecoder) -> Option<u64> {
    let decoder = &lending.decoder;
    (decoder.error().is_none() && !decoder.is_between_frames()).then(|| decoder.offset())
}
