//! The stream style: frames wait until somebody asks for one.

use std::sync::MutexGuard;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::arrival::{Arrival, Wanted};
use super::inbox::{Inbox, Taken};
use super::outbox::Outbox;
use super::receiver::{end, lend, stalled, unfinished};
use super::wakeups::Wakeups;
use crate::arguments::{Integer, Named};
use crate::config::Config;
use crate::errors::{OrRaise, concurrent};
use crate::lending_decoder::LendingDecoder;
use crate::lock::Lock;
use crate::memory::bytes::BytesWriter;
use crate::memory::calls::call_method;
use crate::memory::exporter::BufferExporter;
use crate::skip_log;
use crate::stats::Snapshot;

/// The receiving half of a stream.
///
/// What it calls on itself: `_pause()` and `_resume()` when too much waits, and when little does; `_progressed()`
/// after each read, if it is watched.
#[pyclass(name = "_FrameQueue", module = "framing._framing", subclass, frozen)]
pub(crate) struct FrameQueue {
    inbox: Lock<Inbox>,
    outbox: Py<Outbox>,
    event_loop: Py<PyAny>,
    call_soon: Py<PyAny>,
    wakeups: Py<Wakeups>,
    /// Whether somebody wants to know of progress.
    watched: bool,
}

#[pymethods]
impl FrameQueue {
    #[new]
    #[pyo3(signature = (
        outbox,
        event_loop,
        wakeups,
        config,
        *,
        high,
        low,
    ))]
    fn new(
        outbox: Py<Outbox>,
        event_loop: Bound<'_, PyAny>,
        wakeups: Py<Wakeups>,
        config: &Bound<'_, Config>,
        high: usize,
        low: usize,
    ) -> PyResult<Self> {
        let config = config.get();
        let inbox = Inbox::new(config.decoder(), high, low);
        let watched = config.frame_timeout_duration().is_some();
        Ok(Self {
            inbox: Lock::new(inbox),
            outbox,
            call_soon: event_loop.getattr("call_soon")?.unbind(),
            event_loop: event_loop.unbind(),
            wakeups,
            watched,
        })
    }

    /// Where frames are put.
    #[getter]
    fn _outbox(&self, py: Python<'_>) -> Py<Outbox> {
        self.outbox.clone_ref(py)
    }

    /// Part of `asyncio.BufferedProtocol`: memory for the transport to receive into.
    #[pyo3(signature = (sizehint) -> "Buffer")]
    #[expect(unused_variables, reason = "any size will do")]
    fn get_buffer<'py>(
        &self,
        py: Python<'py>,
        sizehint: &Bound<'_, PyAny>,
    ) -> PyResult<Bound<'py, BufferExporter>> {
        lend(py, || DecoderGuard(self.lock(py)))
    }

    /// Part of `asyncio.BufferedProtocol`: so many bytes have been received.
    fn buffer_updated(slf: &Bound<'_, Self>, nbytes: Named<Integer>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let (waiting, pause, busy, skipped) = {
            let mut state = this.lock(py);
            let Some((lent, count)) = state.lending.reclaim(nbytes)? else { return Ok(()) };
            state.received(py, lent, count);
            let skipped = state.lending.decoder.take_skipped();
            (state.wake(py), state.pause(), state.backlog.len() > 0, skipped)
        };
        this.outbox.get().received(busy);
        if let Some(waiting) = waiting {
            this.wake_soon(waiting.bind(py))?;
        }
        if pause {
            call_method(slf.as_any(), "_pause", ())?;
        }
        Self::progressed(slf)?;
        skip_log::log(py, &skipped)
    }

    /// The next frame, or `None` where it has to be awaited.
    fn _next(slf: &Bound<'_, Self>) -> PyResult<Option<Py<PyBytes>>> {
        match Self::take(slf, Wanted::Frame)? {
            Taken::Frame(frame) => Ok(Some(frame)),
            _ => Ok(None),
        }
    }

    /// What awaits the next frame.
    fn _arrival(slf: Bound<'_, Self>) -> Arrival {
        Arrival::new(slf.unbind(), Wanted::Frame)
    }

    /// What awaits the next frames, at least one.
    fn _arrivals(slf: Bound<'_, Self>, max_frames: Option<Named<Integer>>) -> PyResult<Arrival> {
        let limit = max_frames.map_or(Ok(usize::MAX), |limit| limit.count("max_frames"))?;
        Ok(Arrival::new(slf.unbind(), Wanted::Frames(limit)))
    }

    /// Says that no more bytes will come, and wakes who waits for some.
    fn _finish(&self, py: Python<'_>) -> PyResult<()> {
        let reader = {
            let mut state = self.lock(py);
            state.ended = true;
            state.reader.as_ref().map(|reader| reader.clone_ref(py))
        };
        match reader {
            Some(reader) if reader.get().wake_as_arrived() => self.wake_soon(reader.bind(py)),
            _ => Ok(()),
        }
    }

    /// Whether somebody is receiving.
    #[getter]
    fn _is_awaited(&self, py: Python<'_>) -> bool {
        self.lock(py).reader.is_some()
    }

    /// Drops what was received, and takes nothing any more.
    fn _close(&self, py: Python<'_>) -> PyResult<()> {
        let skipped = {
            let mut state = self.lock(py);
            state.closed = true;
            state.lending.decoder.forget_buffered();
            state.backlog.clear(py);
            state.lending.decoder.take_skipped()
        };
        skip_log::log(py, &skipped)
    }

    /// Everything that was received and not returned, as it came. Takes nothing any more.
    fn _take_wire<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut state = self.lock(py);
        let mut parts = state.lending.decoder.buffered_parts();
        parts.push(state.backlog.rest(py));
        let mut writer = BytesWriter::new(py, parts.iter().map(|part| part.len()).sum())?;
        for part in parts {
            writer.put(part);
        }
        state.closed = true;
        state.lending.decoder.forget_buffered();
        state.backlog.clear(py);
        drop(state);
        Ok(writer.finish(py))
    }

    /// What the end of the stream amounts to: `None` between two frames, else the error.
    fn _end<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        end(py, || DecoderGuard(self.lock(py)))
    }

    /// The stream offset of an unfinished frame; `None` between two frames, on a refused stream, and while others
    /// wait before it.
    #[getter]
    fn _unfinished(&self, py: Python<'_>) -> Option<u64> {
        let state = self.lock(py);
        if state.backlog.len() > 0 { None } else { unfinished(&state.lending) }
    }

    /// The error for a peer that has not finished a frame in time.
    fn _stalled<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        stalled(py, || DecoderGuard(self.lock(py)))
    }

    /// A snapshot of the counters; what waits is buffered, too.
    #[getter]
    fn stats(&self, py: Python<'_>) -> Snapshot {
        let state = self.lock(py);
        let mut counters = state.lending.decoder.stats();
        counters.buffered += state.backlog.len();
        Snapshot(counters)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.outbox)?;
        visit.call(&self.event_loop)?;
        visit.call(&self.call_soon)?;
        visit.call(&self.wakeups)?;
        // Whoever holds the lock runs no Python code, and so no collection, meanwhile.
        match self.inbox.try_lock() {
            Some(state) => visit.call(&state.reader),
            None => Ok(()),
        }
    }

    fn __clear__(&self, py: Python<'_>) {
        let before = self.lock(py).reader.take();
        drop(before);
    }
}

impl FrameQueue {
    /// Takes what is here of what is wanted.
    pub(super) fn take(slf: &Bound<'_, Self>, wanted: Wanted) -> PyResult<Taken> {
        let (py, this) = (slf.py(), slf.get());
        let mut state = this.lock(py);
        if state.closed {
            return Ok(Taken::End);
        }
        if state.reader.is_some() {
            drop(state);
            return Err(concurrent(py, "another task is receiving on this stream"));
        }
        let skipped = state.skipped(py);
        if !skipped.is_empty() {
            // A handler of the log may be interrupted: before a frame is taken, nothing is lost.
            drop(state);
            skip_log::log(py, &skipped)?;
            return Self::take(slf, wanted);
        }
        let result = state.take(py, wanted);
        if this.watched {
            state.settle(py);
        }
        state.backlog.trim(py);
        let ended = state.ended;
        let busy = state.backlog.len() > 0;
        let resume = state.resume(matches!(result, Ok(Taken::Nothing)));
        drop(state);
        this.outbox.get().set_busy(busy);
        if resume {
            call_method(slf.as_any(), "_resume", ())?;
        }
        Self::progressed(slf)?;
        match result.or_raise(py)? {
            Taken::Nothing if ended => Ok(Taken::End),
            taken => Ok(taken),
        }
    }

    /// From now on, `arrival` is who waits. True where there is no need to.
    pub(super) fn hold(&self, py: Python<'_>, arrival: &Bound<'_, Arrival>) -> bool {
        let (before, ready) = {
            let mut inbox = self.lock(py);
            (inbox.reader.replace(arrival.clone().unbind()), inbox.has_news(py))
        };
        drop(before);
        ready
    }

    /// `arrival` does not wait any more.
    pub(super) fn release(&self, py: Python<'_>, arrival: &Bound<'_, Arrival>) {
        let before = self.lock(py).reader.take_if(|reader| reader.is(arrival));
        drop(before);
    }

    /// Has the task that awaits `arrival` called back in the loop's next turn.
    pub(super) fn wake_soon(&self, arrival: &Bound<'_, Arrival>) -> PyResult<()> {
        let py = arrival.py();
        Wakeups::push(self.wakeups.bind(py), arrival, self.call_soon.bind(py))
    }

    pub(super) fn event_loop<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.event_loop.bind(py).clone()
    }

    fn progressed(slf: &Bound<'_, Self>) -> PyResult<()> {
        if slf.get().watched {
            call_method(slf.as_any(), "_progressed", ())?;
        }
        Ok(())
    }

    /// No Python code runs while this is held.
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, Inbox> {
        self.inbox.lock(py)
    }
}

/// The lending of an inbox that is locked.
struct DecoderGuard<'a>(MutexGuard<'a, Inbox>);

impl std::ops::Deref for DecoderGuard<'_> {
    type Target = LendingDecoder;

    fn deref(&self) -> &LendingDecoder {
        &self.0.lending
    }
}

impl std::ops::DerefMut for DecoderGuard<'_> {
    fn deref_mut(&mut self) -> &mut LendingDecoder {
        &mut self.0.lending
    }
}
