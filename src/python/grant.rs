//! Memory lent to a transport, and who has how much of it.
//!
//! The memory of small reads is checked out of a pool and goes back once its bytes have been consumed; a
//! decoder that waits for nothing holds none.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyBytes;

use super::memory::bytes::{is_sole_reference, new_zeroed};
use super::memory::window::Window;

/// What one read gets. asyncio reads as much at a time for its own streams.
pub(super) const READ_SIZE: usize = 256 * 1024;

/// Reads under way at once that find their memory in the pool: one per thread that drives transports.
const POOLED: usize = 4;

static POOL: Mutex<Vec<Py<PyBytes>>> = Mutex::new(Vec::new());

/// Memory lent to whoever fills it.
pub(super) enum Grant {
    /// [`READ_SIZE`] bytes that belong to no frame, out of the pool.
    Scratch(Py<PyBytes>),
    /// `len` bytes, from `start` on, of the frame that is arriving.
    InPlace { memory: Py<PyBytes>, start: usize, len: usize },
}

impl Grant {
    /// Memory that belongs to no frame.
    pub(super) fn scratch(py: Python<'_>) -> PyResult<Self> {
        let pooled = {
            let mut pool = lock(py);
            // One that a view still shows could be written to under its next user's hands. It stays: in
            // `view = decoder.get_buffer()` the view before is still bound.
            let free = pool.iter().position(|memory| is_sole_reference(memory, py));
            match free {
                Some(index) => Some(pool.swap_remove(index)),
                None if pool.len() == POOLED => {
                    // Whoever keeps views for ever must not keep the pool's places as well.
                    pool.clear();
                    None
                }
                None => None,
            }
        };
        pooled.map_or_else(|| new_zeroed(py, READ_SIZE), Ok).map(Self::Scratch)
    }

    /// The memory, the index of its first byte that is lent, and how many are.
    pub(super) fn parts(&self) -> (&Py<PyBytes>, usize, usize) {
        match self {
            Self::Scratch(memory) => (memory, 0, READ_SIZE),
            Self::InPlace { memory, start, len } => (memory, *start, *len),
        }
    }

    /// What a view of the memory is to stand on.
    pub(super) fn window(&self, py: Python<'_>) -> Window {
        let (memory, start, len) = self.parts();
        Window { memory: memory.clone_ref(py), start, len }
    }

    /// The first `count` of the bytes.
    pub(super) fn bytes<'a>(&'a self, py: Python<'a>, count: usize) -> &'a [u8] {
        let (memory, start, _) = self.parts();
        &memory.as_bytes(py)[start..start + count]
    }

    /// The bytes have been consumed.
    pub(super) fn give_back(self, py: Python<'_>) {
        if let Self::Scratch(memory) = self {
            let mut pool = lock(py);
            if pool.len() < POOLED {
                pool.push(memory);
            }
        }
    }
}

fn lock(py: Python<'_>) -> MutexGuard<'static, Vec<Py<PyBytes>>> {
    POOL.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
}
