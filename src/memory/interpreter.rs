//! The check that only one interpreter of a process uses this module.

use std::sync::atomic::{AtomicI64, Ordering};

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;

/// A number that no interpreter has.
const NONE: i64 = -1;

/// The interpreter that has imported this module.
static OWNER: AtomicI64 = AtomicI64::new(NONE);

/// Claim the module for this interpreter, and refuse a second one.
///
/// The classes and the cached Python objects exist once in a process. With two interpreters, an exception that one
/// raises would not be caught in the other, and all cached objects would dangle after the first one has ended.
///
/// Raises:
///     ImportError: Another interpreter has claimed the module.
#[pyfunction]
pub(crate) fn _claim(py: Python<'_>) -> PyResult<()> {
    // SAFETY: we are attached, so there is a current interpreter.
    let current = unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) };
    if current < 0 {
        return Err(PyErr::fetch(py));
    }
    match OWNER.compare_exchange(NONE, current, Ordering::Relaxed, Ordering::Relaxed) {
        Err(owner) if owner != current => Err(PyImportError::new_err(
            "framing works in one interpreter of a process, and another one has imported it already",
        )),
        _ => Ok(()),
    }
}
