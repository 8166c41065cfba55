//! Who is told of skipped frames.

use pyo3::exceptions::{PyException, PyKeyboardInterrupt};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::memory::calls::call;
use framing_core::codec::Skips;

/// Says in the log which frames were skipped. Not under a lock: a log's handlers are anybody's code.
///
/// # Errors
/// What is no `Exception`, and so is meant to end more than a line in a log: an interrupt, or a time that is up. Whoever
/// has frames in hands must not lose them for it.
#[inline]
pub(super) fn log(py: Python<'_>, skipped: &Skips) -> PyResult<()> {
    if skipped.is_empty() { Ok(()) } else { log_some(py, skipped) }
}

/// As [`log`], where there is no way to raise: an interrupt comes again as soon as Python code runs.
#[inline]
pub(super) fn log_quietly(py: Python<'_>, skipped: &Skips) {
    if let Err(error) = log(py, skipped) {
        if let Some(error) = interrupted_later(py, error) {
            error.write_unraisable(py, None);
        }
    }
}

/// Has an interrupt come again; gives back what is none.
pub(super) fn interrupted_later(py: Python<'_>, error: PyErr) -> Option<PyErr> {
    let again = || py.import("_thread")?.call_method0("interrupt_main").map(drop);
    let is_interrupt = error.is_instance_of::<PyKeyboardInterrupt>(py);
    if is_interrupt && again().is_ok() { None } else { Some(error) }
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
