//! The callback style: frames are handed to a protocol's methods as they arrive.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use super::outbox::Outbox;
use super::shared::Shared;
use crate::arguments::{Integer, Named, Word, limited};
use crate::errors::{Obstacle, exception, incomplete};
use crate::grant::Grant;
use crate::headers::HeaderArgument;
use crate::intake::Intake;
use crate::memory::bytes::list;
use crate::memory::calls::{call_method, call_method_one};
use crate::memory::window::Window;
use crate::payload::{Fields, Payload};
use crate::policy::{self, PolicyArguments};
use crate::stats::Snapshot;
use crate::timeout::Seconds;
use crate::unfinished::Unfinished;
use framing_core::codec::{Decoder, Error};

/// The receiving half of a protocol.
///
/// What it calls on itself: `frame_received(frame)` for each frame, unless a class of its own has
/// `frames_received(frames)`; `error_received(error)`, once; `_progressed()` after each read, if it is watched.
#[pyclass(name = "_FrameReceiver", module = "framing._framing", subclass, frozen)]
pub(crate) struct FrameReceiver {
    intake: Mutex<Intake>,
    outbox: Mutex<Option<Py<Outbox>>>,
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
            intake: Mutex::new(Intake::new(Decoder::new(header))),
            outbox: Mutex::new(None),
            stopped: AtomicBool::new(false),
            watched: AtomicBool::new(false),
            batched: AtomicBool::new(false),
        }
    }

    /// Says how frames begin. Before the first byte.
    ///
    /// Returns:
    ///     `frame_timeout` in seconds.
    #[pyo3(signature = (
        header,
        *,
        max_frame_size,
        keep_header,
        frame_timeout,
        on_oversize,
        max_skip,
        max_consecutive_empty,
    ))]
    #[expect(clippy::too_many_arguments, reason = "called from two places, by their names")]
    fn _configure(
        &self,
        py: Python<'_>,
        header: HeaderArgument,
        max_frame_size: Option<Named<Integer>>,
        keep_header: Named<bool>,
        frame_timeout: Option<Named<Seconds>>,
        on_oversize: Named<Word>,
        max_skip: Option<Named<Integer>>,
        max_consecutive_empty: Option<Named<Integer>>,
    ) -> PyResult<Option<f64>> {
        let HeaderArgument(header) = header;
        let decoder =
            Decoder::new(header.clone()).with_keep_header(keep_header.get("keep_header", "a bool")?);
        let decoder = limited(decoder, header, max_frame_size, Decoder::with_max_frame_size)?;
        let policy = PolicyArguments { on_oversize, max_skip, max_consecutive_empty };
        let decoder = policy.apply(decoder)?;
        let frame_timeout = frame_timeout.map(|seconds| seconds.limit("frame_timeout")).transpose()?;
        let before = std::mem::replace(&mut *self.lock(py), Intake::new(decoder));
        drop(before);
        self.watched.store(frame_timeout.is_some(), Ordering::Relaxed);
        Ok(frame_timeout.map(|limit| limit.as_secs_f64()))
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
    ) -> PyResult<Bound<'py, Window>> {
        lend(py, || self.lock(py))
    }

    /// Part of `asyncio.BufferedProtocol`: so many bytes have been received.
    fn buffer_updated(slf: &Bound<'_, Self>, nbytes: Named<Integer>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let mut frames = Vec::new();
        let (result, skipped) = {
            let mut intake = this.lock(py);
            let Some((grant, count)) = intake.reclaim(nbytes)? else { return Ok(()) };
            // A refused stream has been reported.
            let over = this.is_stopped() || intake.decoder.error().is_some();
            let result = if over { Ok(()) } else { intake.take(py, &grant, count, &mut frames) };
            let skipped = intake.decoder.take_skipped();
            drop(intake);
            grant.give_back(py);
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
        policy::log(py, &skipped)
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
            Ok(outbox) => visit.call(&*outbox),
            // Whoever holds the lock runs no Python code, and so no collection, meanwhile.
            Err(_) => Ok(()),
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
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, Intake> {
        self.intake.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }

    fn outbox(&self, py: Python<'_>) -> MutexGuard<'_, Option<Py<Outbox>>> {
        self.outbox.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory for the next read: the unfinished frame's where that is large, else what all transports of the thread
/// share.
pub(super) fn lend<'a, 'py, G>(py: Python<'py>, lock: impl Fn() -> G) -> PyResult<Bound<'py, Window>>
where
    G: std::ops::DerefMut<Target = Intake> + 'a,
{
    let lent = lock().lent(py)?.map(|grant| grant.window(py)).transpose()?;
    if let Some(window) = lent {
        return Ok(window);
    }
    let shared = Shared::take(py)?;
    let window = shared.window(py);
    let before = lock().lend(Grant::Shared(shared));
    drop(before);
    Ok(window)
}

/// What the end of the stream amounts to: `None` between two frames, else the error.
pub(super) fn end<'a, 'py, G>(
    py: Python<'py>,
    lock: impl Fn() -> G,
) -> PyResult<Option<Bound<'py, PyAny>>>
where
    G: std::ops::DerefMut<Target = Intake> + 'a,
{
    let (error, unfinished) = {
        let intake = lock();
        let Err(error) = intake.decoder.feed_eof() else { return Ok(None) };
        (error, Unfinished::of(py, &intake.decoder))
    };
    let error = exception(py, &error, Some(unfinished.parts(py)?));
    Ok(Some(error.into_value(py).into_bound(py).into_any()))
}

/// The error for a peer that has not finished a frame in time.
pub(super) fn stalled<'a, 'py, G>(py: Python<'py>, lock: impl Fn() -> G) -> PyResult<Bound<'py, PyAny>>
where
    G: std::ops::DerefMut<Target = Intake> + 'a,
{
    let (progress, unfinished) = {
        let intake = lock();
        (intake.decoder.progress(), Unfinished::of(py, &intake.decoder))
    };
    let error = incomplete(py, Obstacle::Stalled, progress, Some(unfinished.parts(py)?));
    Ok(error.into_value(py).into_bound(py).into_any())
}

/// The stream offset of an unfinished frame.
pub(super) fn unfinished(intake: &Intake) -> Option<u64> {
    let decoder = &intake.decoder;
    (decoder.error().is_none() && !decoder.is_between_frames()).then(|| decoder.offset())
}
