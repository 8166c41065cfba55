//! The memory that all transports of a thread read into.
//!
//! A transport calls `get_buffer`, reads, and calls `buffer_updated` in one go; so there is one read under way in a
//! thread, and an idle connection needs no memory for it. What a view still shows, or a slice of one that a transport
//! or a traceback has kept, is not lent to another transport.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyBytes;

use super::super::memory::bytes::{is_sole_reference, new_zeroed};
use super::super::memory::window::Window;
use super::super::pool::READ_SIZE;

/// Reads under way at once that find their memory here: one per thread with an event loop.
const SHARED: usize = 4;

static SPARE: Mutex<Vec<Shared>> = Mutex::new(Vec::new());

/// [`READ_SIZE`] bytes that belong to no frame, and what views of them stand on.
pub(in crate::python) struct Shared {
    pub(in crate::python) memory: Py<PyBytes>,
    /// Every view and every slice refers to it.
    window: Py<Window>,
}

impl Shared {
    /// Memory for one read.
    pub(super) fn take(py: Python<'_>) -> PyResult<Self> {
        let spare = {
            let mut spare = lock(py);
            let free = spare.iter().rposition(|shared| is_sole_reference(&shared.window, py));
            free.map(|index| spare.swap_remove(index))
        };
        spare.map_or_else(|| Self::new(py), Ok)
    }

    /// What a view of the memory is to stand on.
    pub(in crate::python) fn window<'py>(&self, py: Python<'py>) -> Bound<'py, Window> {
        self.window.bind(py).clone()
    }

    /// The bytes have been consumed.
    pub(in crate::python) fn give_back(self, py: Python<'_>) {
        let mut spare = lock(py);
        if spare.len() == SHARED {
            // Whoever keeps views for ever must not keep their places as well.
            let pinned = spare.iter().position(|shared| !is_sole_reference(&shared.window, py));
            let dropped = spare.swap_remove(pinned.unwrap_or(0));
            spare.push(self);
            drop(spare);
            drop(dropped);
        } else {
            spare.push(self);
        }
    }

    fn new(py: Python<'_>) -> PyResult<Self> {
        let memory = new_zeroed(py, READ_SIZE)?;
        let window = Window { memory: memory.clone_ref(py), start: 0, len: READ_SIZE };
        Ok(Self { memory, window: Py::new(py, window)? })
    }
}

fn lock(py: Python<'_>) -> MutexGuard<'static, Vec<Shared>> {
    SPARE.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
}
