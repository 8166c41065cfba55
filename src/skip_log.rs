//! The log of skipped frames.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::memory::calls::call;
use framing_core::codec::Skips;

/// Log the frames that were skipped. The caller must hold no lock, because a log handler can be any code.
///
/// # Errors
/// An exception that is not an `Exception`, such as `KeyboardInterrupt`: it is meant to end more than the logging. The
/// caller must then keep the frames that it has decoded for the next call.
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
        // An error of a log handler must not cost the caller a frame.
        Err(error) if error.is_instance_of::<PyException>(py) => {
            error.write_unraisable(py, None);
            Ok(())
        }
        result => result.map(drop),
    }
}
