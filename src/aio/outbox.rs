//! Frames on their way to a transport.
//!
//! A transport sends each write by a system call of its own, which costs many times what a small frame does. So
//! frames that are sent in a burst are put together, and handed over by one write: while a batch of received frames
//! is worked off, and, from the second frame on, within one turn of the event loop. The first frame, or the only
//! one, never waits; no other waits beyond the loop's next turn.

use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;

use super::burst::{Burst, Refused};
use crate::config::Config;
use crate::errors::{OrRaise, exception};
use crate::headers::HeaderObject;
use crate::lock::Lock;
use crate::memory::bytes::copied;
use crate::memory::calls::call_one;
use crate::memory::foreign::Input;
use crate::payload::{Fields, Payload, Payloads, Wire, at};
use framing_core::codec::Error;

/// So many bytes are worth a write.
const ENOUGH: usize = 64 * 1024;

/// A program that computes for longer than this between two frames does not send them in a burst.
const PATIENCE: Duration = Duration::from_micros(500);

/// So many writes may follow each other without the event loop getting a turn. A transport that is broken says so in
/// a turn of the loop, and takes everything until then; and others want their turn, too.
const WRITES_PER_TURN: usize = 16;

/// The sending half of a connection.
#[pyclass(name = "_Outbox", module = "framing._framing", frozen)]
pub(crate) struct Outbox {
    state: Lock<State>,
    /// Whether more frames are expected at once, because more were received.
    busy: AtomicBool,
    /// Whether nothing was written since the last read, or in this turn of the loop.
    fresh: AtomicBool,
    /// The writes since the loop had a turn, as far as is known here.
    writes: AtomicUsize,
}

struct State {
    /// The transport's `write`, while there is a transport.
    write: Option<Py<PyAny>>,
    /// The event loop's `call_soon`.
    call_soon: Option<Py<PyAny>>,
    /// Frames that wait for company.
    burst: Burst,
    /// Whether the loop will hand them over in its next turn.
    scheduled: bool,
    /// Nothing is taken.
    barred: bool,
}

/// What becomes of frames that have been taken.
enum Next {
    /// They wait; the loop has been told.
    Wait,
    /// They wait; the loop is to be told.
    Schedule(Py<PyAny>),
    /// All of it is to be written now.
    Write(Vec<u8>),
}

#[pymethods]
impl Outbox {
    #[new]
    fn new(config: &Bound<'_, Config>) -> Self {
        let state = State {
            write: None,
            call_soon: None,
            burst: Burst::new(config.get().encoder()),
            scheduled: false,
            barred: true,
        };
        Self {
            state: Lock::new(state),
            busy: AtomicBool::new(false),
            fresh: AtomicBool::new(true),
            writes: AtomicUsize::new(0),
        }
    }

    /// Says where frames go: by the `write` of a transport, and by the `call_soon` of its loop.
    fn bind(&self, py: Python<'_>, write: Py<PyAny>, call_soon: Py<PyAny>) {
        let mut state = self.lock(py);
        let before = (state.write.replace(write), state.call_soon.replace(call_soon));
        state.barred = false;
        drop(state);
        drop(before);
    }

    /// Forgets the transport, and what was not handed over.
    fn unbind(&self, py: Python<'_>) {
        let mut state = self.lock(py);
        let before = (state.write.take(), state.call_soon.take(), state.burst.take());
        state.barred = true;
        drop(state);
        drop(before);
    }

    /// Whether nothing is taken.
    #[getter]
    fn barred(&self, py: Python<'_>) -> bool {
        self.lock(py).barred
    }

    #[setter]
    fn set_barred(&self, py: Python<'_>, barred: bool) {
        self.lock(py).barred = barred;
    }

    /// Takes one payload. False: the box is barred or spent, nothing was taken.
    #[pyo3(signature = (payload, fields = None))]
    fn put(slf: &Bound<'_, Self>, payload: Payload<'_>, fields: Option<Fields>) -> PyResult<bool> {
        if slf.get().spent() { Ok(false) } else { Self::put_now(slf, payload, fields) }
    }

    /// Takes one payload. False: the box is barred, nothing was taken.
    #[pyo3(signature = (payload, fields = None))]
    pub(super) fn put_now(
        slf: &Bound<'_, Self>,
        payload: Payload<'_>,
        fields: Option<Fields>,
    ) -> PyResult<bool> {
        let (py, this) = (slf.py(), slf.get());
        let Payload(input) = payload;
        let payload = input.bytes(py)?;
        let mut state = this.ready(py, payload.len())?;
        if state.barred {
            return Ok(false);
        }
        if this.goes_alone(&state, payload.len()) {
            let frame = state.burst.frame(py, payload, fields.as_ref());
            let write = frame.map(|frame| (this.begin_write(py, &state), frame));
            drop(state);
            let (write, frame) = write.or_raise(py)?;
            call_write(py, write, frame.as_any())?;
            return Ok(true);
        }
        let added = state.burst.add(payload, fields.as_ref());
        let next = added.map(|()| this.next(py, &mut state));
        drop(state);
        Self::carry_on(slf, next.or_raise(py)?)?;
        Ok(true)
    }

    /// Takes many payloads, or none.
    #[pyo3(signature = (payloads, fields = None))]
    fn put_many(
        slf: &Bound<'_, Self>,
        payloads: Payloads<'_>,
        fields: Option<Fields>,
    ) -> PyResult<bool> {
        let (py, this) = (slf.py(), slf.get());
        let Payloads(inputs) = payloads;
        let payloads = slices(py, &inputs)?;
        let mut state = this.lock(py);
        if state.barred {
            return Ok(false);
        }
        let before = state.burst.len();
        let added = state.burst.add_all(&payloads, fields.as_ref());
        let next = match added {
            Ok(()) if state.burst.len() == before => Ok(Next::Wait),
            added => added.map(|()| this.next(py, &mut state)),
        };
        drop(state);
        Self::carry_on(slf, next.map_err(|Refused { index, error }| refused(py, index, &error))?)?;
        Ok(true)
    }

    /// Takes bytes that are frames already.
    fn put_encoded(slf: &Bound<'_, Self>, wire: Wire<'_>) -> PyResult<bool> {
        let (py, this) = (slf.py(), slf.get());
        let Wire(input) = wire;
        let bytes = input.bytes(py)?;
        let mut state = this.ready(py, bytes.len())?;
        if state.barred {
            return Ok(false);
        }
        if bytes.is_empty() {
            return Ok(true);
        }
        if this.goes_alone(&state, bytes.len()) {
            let object = match input.unchanging() {
                Some(object) => object.clone(),
                None => copied(py, bytes)?.into_bound(py),
            };
            let write = this.begin_write(py, &state);
            drop(state);
            call_write(py, write, object.as_any())?;
            return Ok(true);
        }
        state.burst.add_encoded(bytes);
        let next = this.next(py, &mut state);
        drop(state);
        Self::carry_on(slf, next)?;
        Ok(true)
    }

    /// Hands over what waits.
    pub(super) fn flush(&self, py: Python<'_>) -> PyResult<()> {
        let mut state = self.lock(py);
        if state.burst.is_empty() {
            return Ok(());
        }
        let waiting = state.burst.take();
        let write = self.begin_write(py, &state);
        drop(state);
        call_write(py, write, copied(py, &waiting)?.bind(py).as_any())
    }

    /// What the loop calls in its next turn.
    fn _turn(&self, py: Python<'_>) -> PyResult<()> {
        self.renew();
        self.lock(py).scheduled = false;
        self.flush(py)?;
        self.fresh.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the loop is to have a turn before more is sent.
    #[getter]
    fn spent(&self) -> bool {
        self.writes.load(Ordering::Relaxed) >= WRITES_PER_TURN
    }

    /// Says that the loop has had a turn.
    fn renew(&self) {
        self.writes.store(0, Ordering::Relaxed);
    }

    /// Bytes that wait for company.
    #[getter]
    fn size(&self, py: Python<'_>) -> usize {
        self.lock(py).burst.len()
    }

    /// The header format.
    #[getter]
    fn header(&self, py: Python<'_>) -> HeaderObject {
        HeaderObject(self.lock(py).burst.encoder().header().clone())
    }

    /// The largest payload sent or accepted, in the header's unit.
    #[getter]
    fn max_frame_size(&self, py: Python<'_>) -> u64 {
        self.lock(py).burst.encoder().max_frame_size()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Whoever holds the lock runs no Python code, and so no collection, meanwhile.
        let Some(state) = self.state.try_lock() else { return Ok(()) };
        visit.call(&state.write)?;
        visit.call(&state.call_soon)
    }

    fn __clear__(&self, py: Python<'_>) {
        self.unbind(py);
    }
}

impl Outbox {
    /// Something was received; `busy` where more frames are expected to be sent before long.
    #[inline]
    pub(super) fn received(&self, busy: bool) {
        self.renew();
        self.fresh.store(true, Ordering::Relaxed);
        self.set_busy(busy);
    }

    /// Whether more frames are expected to be sent before long.
    #[inline]
    pub(super) fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }

    /// Whether the next frame is the first of its turn, and no other is expected.
    fn is_only(&self) -> bool {
        self.fresh.load(Ordering::Relaxed) && !self.busy.load(Ordering::Relaxed)
    }

    /// Whether a frame of `size` bytes is written by itself, without being put together with others.
    fn goes_alone(&self, state: &State, size: usize) -> bool {
        state.burst.is_empty() && (size >= ENOUGH || self.is_only())
    }

    /// What becomes of the frames that wait, now that there is one more.
    fn next(&self, py: Python<'_>, state: &mut State) -> Next {
        let is_late = state.burst.age() > PATIENCE;
        if is_late || state.burst.len() >= ENOUGH || self.is_only() {
            return Next::Write(state.burst.take());
        }
        match &state.call_soon {
            Some(call_soon) if !state.scheduled => {
                state.scheduled = true;
                Next::Schedule(call_soon.clone_ref(py))
            }
            _ => Next::Wait,
        }
    }

    /// The transport's `write`; what comes after this call is no longer the first.
    fn begin_write(&self, py: Python<'_>, state: &State) -> Option<Py<PyAny>> {
        self.fresh.store(false, Ordering::Relaxed);
        self.writes.fetch_add(1, Ordering::Relaxed);
        state.write.as_ref().map(|write| write.clone_ref(py))
    }

    fn carry_on(slf: &Bound<'_, Self>, next: Next) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        match next {
            Next::Wait => Ok(()),
            Next::Schedule(call_soon) => {
                let turn = slf.getattr(intern!(py, "_turn"))?;
                call_one(call_soon.bind(py), &turn).map(drop).inspect_err(|_| {
                    // The next frame tells the loop.
                    this.lock(py).scheduled = false;
                })
            }
            Next::Write(bytes) => {
                let write = this.begin_write(py, &this.lock(py));
                call_write(py, write, copied(py, &bytes)?.bind(py).as_any())
            }
        }
    }

    /// The state, with nothing waiting where `size` bytes are to be written by themselves.
    fn ready(&self, py: Python<'_>, size: usize) -> PyResult<MutexGuard<'_, State>> {
        let state = self.lock(py);
        if size < ENOUGH || state.burst.is_empty() {
            return Ok(state);
        }
        drop(state);
        self.flush(py)?;
        Ok(self.lock(py))
    }

    /// No Python code runs while this is held.
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, State> {
        self.state.lock(py)
    }
}

fn slices<'a>(py: Python<'a>, inputs: &'a [Input<'_>]) -> PyResult<Vec<&'a [u8]>> {
    let judged =
        |(index, input): (usize, &'a Input<'_>)| input.bytes(py).map_err(|error| at(py, index, error));
    inputs.iter().enumerate().map(judged).collect()
}

fn call_write(py: Python<'_>, write: Option<Py<PyAny>>, bytes: &Bound<'_, PyAny>) -> PyResult<()> {
    match write {
        Some(write) => call_one(write.bind(py), bytes).map(drop),
        None => Ok(()),
    }
}

/// The exception for one of many payloads, or for what they have in common.
fn refused(py: Python<'_>, index: Option<usize>, error: &Error) -> PyErr {
    let error = exception(py, error, None);
    match index {
        Some(index) => at(py, index, error),
        None => error,
    }
}
