//! The tasks that an event loop is to wake in its next turn.

use std::sync::MutexGuard;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;

use super::arrival::Arrival;
use crate::lock::Lock;
use crate::memory::calls::call_one;

/// One for each event loop.
#[pyclass(name = "_Wakeups", module = "framing._framing", frozen, weakref)]
#[derive(Default)]
pub(crate) struct Wakeups(Lock<State>);

#[derive(Default)]
struct State {
    arrivals: Vec<Py<Arrival>>,
    /// Whether the loop has been told.
    scheduled: bool,
}

#[pymethods]
impl Wakeups {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// What the loop calls in its next turn.
    fn _turn(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let mut arrivals = this.take(py).into_iter();
        while let Some(arrival) = arrivals.next() {
            if let Err(error) = Arrival::run(arrival.bind(py)) {
                // A task ends the program. Should that go on, the others are woken as well.
                for left in arrivals {
                    Arrival::wake_again(left.bind(py))?;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Whoever holds the lock runs no Python code, and so no collection, meanwhile.
        let Some(state) = self.0.try_lock() else { return Ok(()) };
        state.arrivals.iter().try_for_each(|arrival| visit.call(arrival))
    }

    fn __clear__(&self, py: Python<'_>) {
        let before = self.take(py);
        drop(before);
    }
}

impl Wakeups {
    /// Wakes the task that awaits `arrival` in the loop's next turn.
    pub(super) fn push(
        slf: &Bound<'_, Self>,
        arrival: &Bound<'_, Arrival>,
        call_soon: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = slf.py();
        let scheduled = {
            let mut state = slf.get().lock(py);
            state.arrivals.push(arrival.clone().unbind());
            state.scheduled
        };
        if !scheduled {
            let turn = slf.getattr(intern!(py, "_turn"))?;
            // Where this fails, a signal handler having raised, the next one tells the loop.
            call_one(call_soon, &turn)?;
            slf.get().lock(py).scheduled = true;
        }
        Ok(())
    }

    fn take(&self, py: Python<'_>) -> Vec<Py<Arrival>> {
        let mut state = self.lock(py);
        state.scheduled = false;
        std::mem::take(&mut state.arrivals)
    }

    /// No Python code runs while this is held.
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, State> {
        self.0.lock(py)
    }
}
