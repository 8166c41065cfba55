//! `async for` over a stream.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::arrival::{Arrival, Wanted};
use super::queue::FrameQueue;

/// What `FramedStream` is iterated by.
#[pyclass(name = "_FrameIteration", module = "framing._framing", subclass, frozen)]
pub(crate) struct FrameIteration {
    queue: Py<FrameQueue>,
}

#[pymethods]
impl FrameIteration {
    #[new]
    fn new(queue: Py<FrameQueue>) -> Self {
        Self { queue }
    }

    fn __aiter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    /// The next frame, until the peer ends the stream between two frames.
    fn __anext__(&self, py: Python<'_>) -> PyResult<Item> {
        Ok(Item(Py::new(py, Arrival::new(self.queue.clone_ref(py), Wanted::Item))?))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.queue)
    }
}

/// One step of an iteration. It is not the [`Arrival`] itself, which asyncio would take for a future wherever a program
/// hands it over (`wait_for`, `gather`).
#[pyclass(name = "_Item", module = "framing._framing", frozen)]
pub(crate) struct Item(Py<Arrival>);

#[pymethods]
impl Item {
    /// The same each time: `anext(stream, default)` asks for it at every step.
    fn __await__(&self, py: Python<'_>) -> Py<Arrival> {
        self.0.clone_ref(py)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.0)
    }
}
