//! The one interpreter of a process that this module belongs to.

use std::sync::atomic::{AtomicI64, Ordering};

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;

/// No interpreter has this number.
const NONE: i64 = -1;

/// The interpreter that has imported this module.
static OWNER: AtomicI64 = AtomicI64::new(NONE);

/// Claim the process for this interpreter; a second one is refused.
///
/// The classes are made once in a process, and so is what is remembered of Python's: exceptions that one interpreter
/// raises would not be those that another one catches, and all would dangle when the first one has ended.
///
/// Raises:
///     ImportError: Another interpreter has claimed it.
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
