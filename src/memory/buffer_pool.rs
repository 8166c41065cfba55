//! The memory of small reads: checked out for a read, and back once its bytes have been consumed. Whoever waits
//! for nothing holds none.

use std::sync::MutexGuard;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::bytes::{is_sole_reference, new_zeroed};
use crate::lock::Lock;

/// What one read gets. asyncio reads as much at a time for its own streams.
pub(crate) const READ_SIZE: usize = 256 * 1024;

/// Reads under way at once that find their memory here: one per thread that reads.
const POOLED: usize = 4;

static POOL: Lock<Vec<Py<PyBytes>>> = Lock::new(Vec::new());

/// [`READ_SIZE`] bytes that belong to no frame.
pub(crate) fn take(py: Python<'_>) -> PyResult<Py<PyBytes>> {
    let pooled = {
        let mut pool = lock(py);
        // One that a view still shows could be written to under its next user's hands. It stays: in
        // `view = decoder.get_buffer()` the view before is still bound.
        let free = pool.iter().rposition(|memory| is_sole_reference(memory, py));
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
    pooled.map_or_else(|| new_zeroed(py, READ_SIZE), Ok)
}

/// The bytes have been consumed. Memory that was never taken from here is just let go.
pub(crate) fn give_back(py: Python<'_>, memory: Py<PyBytes>) {
    let mut pool = lock(py);
    if pool.len() < POOLED && memory.as_bytes(py).len() == READ_SIZE {
        pool.push(memory);
    }
}

fn lock(py: Python<'_>) -> MutexGuard<'static, Vec<Py<PyBytes>>> {
    POOL.lock(py)
}
