//! What a task awaits when it receives.
//!
//! It is to asyncio what a future is: an object that a coroutine yields to its task, which then asks to be called back
//! (`add_done_callback`), or gives up (`cancel`). A future of asyncio's own would need a call of the event loop for
//! each frame; here all tasks whose frames came in one turn of the loop are woken by one ([`Wakeups`]), in its next turn,
//! as with futures.

use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use pyo3::exceptions::{PyRuntimeError, PyStopAsyncIteration, PyStopIteration};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::inbox::Taken;
use super::queue::FrameQueue;
use crate::lock::Lock;
use crate::memory::bytes::list;
use crate::memory::calls::{call, call_method, call_method_two, call_one};

/// What is awaited, and how the end of the stream is told.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    Frame,
    /// A frame of an iteration, which a clean end of the stream ends.
    Item,
    /// So many frames at most.
    Frames(usize),
}

/// The arrival of a frame: awaited once, by one task.
#[pyclass(name = "_Arrival", module = "framing._framing", frozen)]
pub(crate) struct Arrival {
    queue: Py<FrameQueue>,
    wanted: Wanted,
    /// A [`Phase`].
    phase: AtomicU8,
    /// Part of asyncio's protocol: set when this object is yielded, and reset by the task that has understood.
    blocking: AtomicBool,
    pending: Lock<Pending>,
}

#[derive(Default)]
struct Pending {
    /// What the task wants to be called, and in which context.
    callback: Option<(Py<PyAny>, Option<Py<PyAny>>)>,
    /// With what it was cancelled.
    message: Option<Py<PyAny>>,
}

#[derive(Clone, Copy, PartialEq)]
#[repr(u8)]
enum Phase {
    New,
    Waiting,
    /// The task has been, or will be, called back.
    Woken,
    /// Likewise, to find that it has been cancelled.
    Cancelled,
    Over,
}

#[pymethods]
impl Arrival {
    fn __await__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    /// Begins to wait, or ends the wait: then the frame is the value of a `StopIteration`.
    fn __next__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let (py, this) = (slf.py(), slf.get());
        let queue = this.queue.bind(py);
        if this.is(Phase::Woken) || this.is(Phase::Cancelled) {
            queue.get().release(py, slf);
        } else if !this.is(Phase::New) {
            return Err(PyRuntimeError::new_err("the arrival of a frame can be awaited once"));
        }
        let taken = FrameQueue::take(queue, this.wanted);
        this.set(Phase::Over);
        match taken? {
            // The value itself, no tuple of arguments: so no exception object need be made.
            Taken::Frame(frame) => Err(PyStopIteration::new_err(frame)),
            Taken::Frames(frames) => {
                let frames = list(py, frames).map_err(|(error, _)| error)?;
                Err(PyStopIteration::new_err(frames.unbind()))
            }
            Taken::End => Err(this.ended(py)),
            Taken::Nothing => {
                this.set(Phase::Waiting);
                this.blocking.store(true, Ordering::Relaxed);
                // What has come meanwhile, by Python code that ran meanwhile, is not to be missed: then the task is
                // called back as soon as it asks to be.
                if queue.get().hold(py, slf) {
                    this.wake_as_arrived();
                }
                Ok(slf.clone())
            }
        }
    }

    /// Part of the coroutine protocol; `None` is all that can be sent.
    fn send<'py>(slf: &Bound<'py, Self>, _value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        Self::__next__(slf)
    }

    /// Ends the wait by an exception; nothing has been taken.
    #[pyo3(signature = (kind, value = None, _traceback = None))]
    fn throw(
        slf: &Bound<'_, Self>,
        kind: &Bound<'_, PyAny>,
        value: Option<&Bound<'_, PyAny>>,
        _traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        Self::close(slf);
        let error = match value {
            Some(value) if value.is_instance_of::<pyo3::exceptions::PyBaseException>() => value.clone(),
            Some(value) => call(kind, (value,))?,
            None if kind.is_instance_of::<pyo3::exceptions::PyBaseException>() => kind.clone(),
            None => call(kind, ())?,
        };
        Err(PyErr::from_value(error))
    }

    /// Ends the wait; nothing has been taken.
    fn close(slf: &Bound<'_, Self>) {
        let (py, this) = (slf.py(), slf.get());
        this.set(Phase::Over);
        let before = std::mem::take(&mut *this.pending(py));
        drop(before);
        this.queue.get().release(py, slf);
    }

    // Part of asyncio's protocol for futures.

    #[getter]
    fn _asyncio_future_blocking(&self) -> bool {
        self.blocking.load(Ordering::Relaxed)
    }

    #[setter(_asyncio_future_blocking)]
    fn set_blocking(&self, blocking: bool) {
        self.blocking.store(blocking, Ordering::Relaxed);
    }

    fn get_loop<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.queue.get().event_loop(py)
    }

    #[pyo3(signature = (callback, *, context = None))]
    fn add_done_callback(
        slf: &Bound<'_, Self>,
        callback: Py<PyAny>,
        context: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let before = this.pending(py).callback.replace((callback, context));
        drop(before);
        if this.is(Phase::Waiting) { Ok(()) } else { this.queue.get().wake_soon(slf) }
    }

    /// Called by the task, which leaves the message to us.
    #[pyo3(signature = (msg = None))]
    fn cancel(slf: &Bound<'_, Self>, msg: Option<Py<PyAny>>) -> PyResult<bool> {
        if !slf.get().wake_as(Phase::Cancelled) {
            return Ok(false);
        }
        let before = std::mem::replace(&mut slf.get().pending(slf.py()).message, msg);
        drop(before);
        slf.get().queue.get().wake_soon(slf)?;
        Ok(true)
    }

    fn done(&self) -> bool {
        !self.is(Phase::Waiting)
    }

    fn cancelled(&self) -> bool {
        self.is(Phase::Cancelled)
    }

    /// Called by the task to find out whether it is to go on.
    fn result(&self, py: Python<'_>) -> PyResult<()> {
        static CANCELLED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        if !self.is(Phase::Cancelled) {
            return Ok(());
        }
        let class = CANCELLED.get_or_try_init(py, || {
            py.import("asyncio")?.getattr("CancelledError").map(Bound::unbind)
        })?;
        let message = self.pending(py).message.as_ref().map(|message| message.clone_ref(py));
        let error = match message {
            Some(message) => call(class.bind(py), (message,))?,
            None => call(class.bind(py), ())?,
        };
        Err(PyErr::from_value(error))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.queue)?;
        // Whoever holds the lock runs no Python code, and so no collection, meanwhile.
        let Some(pending) = self.pending.try_lock() else { return Ok(()) };
        if let Some((callback, context)) = &pending.callback {
            visit.call(callback)?;
            visit.call(context)?;
        }
        visit.call(&pending.message)
    }

    fn __clear__(&self, py: Python<'_>) {
        let before = std::mem::take(&mut *self.pending(py));
        drop(before);
    }
}

impl Arrival {
    pub(super) fn new(queue: Py<FrameQueue>, wanted: Wanted) -> Self {
        Self {
            queue,
            wanted,
            phase: AtomicU8::new(Phase::New as u8),
            blocking: AtomicBool::new(false),
            pending: Lock::default(),
        }
    }

    /// Ends the wait as far as this object goes. False where nobody waits any more.
    pub(super) fn wake_as_arrived(&self) -> bool {
        self.wake_as(Phase::Woken)
    }

    /// Calls the task back.
    pub(super) fn run(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let callback = this.pending(py).callback.take();
        match callback {
            Some((callback, Some(context))) => {
                let (context, callback) = (context.bind(py), callback.bind(py));
                call_method_two(context, intern!(py, "run"), callback, slf.as_any()).map(drop)
            }
            Some((callback, None)) => call_one(callback.bind(py), slf.as_any()).map(drop),
            // The task has yet to understand that it waits, or has been ended.
            None => Ok(()),
        }
    }

    /// Has the task called back in the loop's next turn but one.
    pub(super) fn wake_again(arrival: &Bound<'_, Self>) -> PyResult<()> {
        arrival.get().queue.get().wake_soon(arrival)
    }

    fn wake_as(&self, phase: Phase) -> bool {
        let waits = self.is(Phase::Waiting);
        if waits {
            self.set(phase);
        }
        waits
    }

    fn is(&self, phase: Phase) -> bool {
        self.phase.load(Ordering::Relaxed) == phase as u8
    }

    fn set(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// The end of the stream, as who awaits this wants it told.
    fn ended(&self, py: Python<'_>) -> PyErr {
        let queue = self.queue.bind(py).as_any();
        let iterating = matches!(self.wanted, Wanted::Item);
        match call_method(queue, "_ending", (iterating,)) {
            Ok(none) if none.is_none() => PyStopAsyncIteration::new_err(()),
            Ok(error) => PyErr::from_value(error),
            Err(error) => error,
        }
    }

    /// No Python code runs while this is held.
    fn pending(&self, py: Python<'_>) -> MutexGuard<'_, Pending> {
        self.pending.lock(py)
    }
}
