//! Who is told of skipped frames.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::memory::calls::call;
use framing_core::codec::Skips;

/// Says in the log which frames were skipped. Not under a lock: a log's handlers are anybody's code.
///
/// # Errors
/// What is no `Exception`, and so is meant to end more than a line in a log: an interrupt, or a time that is up. A caller
/// that has taken frames would lose them for it, so it logs first.
#[inline]
pub(super) fn log(py: Python<'_>, skipped: &Skips) -> PyResult<()> {
    if skipped.is_empty() { Ok(()) } else { log_some(py, skipped) }
}

#[cold]
fn log_some(py: Python<'_>, Skips { first, more }: &Skips) -> PyResult<()> {
    static LOG: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let first: Vec<(u64, u64)> = first.iter().map(|it| (it.length, it.offset)).collect();
    let log = LOG.import(py, "framing._log", "log_skipped");
    match log.and_then(|log| call(log, (first, more))) {
        // What a handler of the log has to complain of is not to cost anybody a frame.
        Err(error) if error.is_instance_of::<PyException>(py) => {
            error.write_unraisable(py, None);
            Ok(())
        }
        result => result.map(drop),
    }
}
