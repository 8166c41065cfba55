//! The pool of memory for reads.
//!
//! A read takes memory from the pool and gives it back once the bytes have been consumed, so an idle connection
//! holds none.

use std::sync::MutexGuard;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::bytes::{is_sole_reference, new_zeroed};
use crate::lock::Lock;

/// The bytes of memory for one read. asyncio's own streams read as much at a time.
pub(crate) const READ_SIZE: usize = 256 * 1024;

/// The most buffers in the pool: enough for four threads that read at once.
const POOLED: usize = 4;

static POOL: Lock<Vec<Py<PyBytes>>> = Lock::new(Vec::new());

/// Take [`READ_SIZE`] bytes that belong to no frame.
pub(crate) fn take(py: Python<'_>) -> PyResult<Py<PyBytes>> {
    let pooled = {
        let mut pool = lock(py);
        // A buffer with a view could be written to while its next user has it. It stays in the pool, because its
        // view is often about to go: in `view = decoder.get_buffer()` the previous view is still bound.
        let free = pool.iter().rposition(|memory| is_sole_reference(memory, py));
        match free {
            Some(index) => Some(pool.swap_remove(index)),
            None if pool.len() == POOLED => {
                // A program that keeps its views must not also keep all places of the pool.
                pool.clear();
                None
            }
            None => None,
        }
    };
    pooled.map_or_else(|| new_zeroed(py, READ_SIZE), Ok)
}

/// Give back memory whose bytes have been consumed. Memory of another size is dropped.
pub(crate) fn give_back(py: Python<'_>, memory: Py<PyBytes>) {
    let mut pool = lock(py);
    if pool.len() < POOLED && memory.as_bytes(py).len() == READ_SIZE {
        pool.push(memory);
    }
}

fn lock(py: Python<'_>) -> MutexGuard<'static, Vec<Py<PyBytes>>> {
    POOL.lock(py)
}
