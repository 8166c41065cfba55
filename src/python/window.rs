//! Memory lent to a transport, and who has how much of it.
//!
//! A window is what a `memoryview` from `get_buffer` stands on: it holds the memory, so a view never
//! dangles, whatever becomes of the decoder. The memory of small reads is checked out of a pool and goes
//! back once its bytes have been consumed; a decoder that waits for nothing holds none.

use std::ffi::c_int;
use std::sync::{Mutex, PoisonError};

use pyo3::ffi::Py_buffer;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBytes, PyMemoryView};

use super::memory;

/// What one read gets. asyncio reads as much at a time for its own streams.
pub(super) const READ_SIZE: usize = 256 * 1024;

/// Reads under way at once that find their memory in the pool: one per thread that drives transports.
const POOLED: usize = 4;

static POOL: Mutex<Vec<Py<PyBytes>>> = Mutex::new(Vec::new());

/// `len` bytes of `memory` from `start` on, lent to whoever fills them.
pub(super) struct Grant {
    pub(super) memory: Py<PyBytes>,
    pub(super) start: usize,
    pub(super) len: usize,
}

impl Grant {
    /// Memory that belongs to no frame.
    pub(super) fn scratch(py: Python<'_>) -> PyResult<Self> {
        let pooled = {
            let mut pool = POOL.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
            // One that a view still shows could be written to under its next user's hands.
            std::iter::from_fn(|| pool.pop()).find(|memory| memory::is_sole_reference(memory, py))
        };
        let memory = pooled.map_or_else(|| memory::new_zeroed(py, READ_SIZE), Ok)?;
        Ok(Self { memory, start: 0, len: READ_SIZE })
    }

    /// Whether the memory came from [`scratch`](Self::scratch).
    pub(super) fn is_scratch(&self) -> bool {
        self.start == 0
    }

    /// A view of the memory, for a transport to write to.
    pub(super) fn view<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMemoryView>> {
        let window = Window { memory: self.memory.clone_ref(py), start: self.start, len: self.len };
        PyMemoryView::from(Bound::new(py, window)?.as_any())
    }

    /// The first `count` of the bytes.
    pub(super) fn bytes<'a>(&'a self, py: Python<'a>, count: usize) -> &'a [u8] {
        &self.memory.as_bytes(py)[self.start..self.start + count]
    }

    /// The bytes have been consumed.
    pub(super) fn give_back(self, py: Python<'_>) {
        if self.is_scratch() {
            let mut pool = POOL.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
            if pool.len() < POOLED {
                pool.push(self.memory);
            }
        }
    }
}

/// The owner of the memory that a view from `get_buffer` shows.
#[pyclass(name = "_Window", module = "framing._framing", frozen)]
struct Window {
    memory: Py<PyBytes>,
    start: usize,
    len: usize,
}

#[pymethods]
impl Window {
    #[expect(unsafe_code, reason = "the slot's signature; what is unsafe about it is in `memory`")]
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
        let Self { memory, start, len } = slf.get();
        // SAFETY: CPython calls this slot with its own `view`.
        unsafe { memory::export(slf.as_any(), memory, (*start, *len), view, flags) }
    }
}
