//! What becomes of frames that nobody wants: the arguments that say so, and who is told.

use pyo3::exceptions::{PyException, PyKeyboardInterrupt, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::arguments::{Integer, Named, Word};
use super::errors::config_exception;
use super::memory::calls::call;
use super::memory::growing::GrowingBytes;
use framing_core::codec::{Decoder, Policy, Skips};

/// `on_oversize=`, `max_skip=` and `max_consecutive_empty=`, as they were given.
pub(super) struct PolicyArguments {
    pub(super) on_oversize: Named<Word>,
    pub(super) max_skip: Option<Named<Integer>>,
    pub(super) max_consecutive_empty: Option<Named<Integer>>,
}

impl PolicyArguments {
    /// The same decoder, with the policy that was asked for. After its limit is set.
    pub(super) fn apply(self, decoder: Decoder<GrowingBytes>) -> PyResult<Decoder<GrowingBytes>> {
        let most = number(self.max_consecutive_empty, "max_consecutive_empty")?;
        let max_skip = number(self.max_skip, "max_skip")?;
        let word = self.on_oversize.get("on_oversize", "a str")?;
        let policy = match word.0.as_str() {
            "error" if max_skip.is_some() => {
                return Err(PyValueError::new_err("max_skip is for on_oversize='skip'"));
            }
            "error" => Policy::default(),
            "skip" => Policy::default().skipping(max_skip),
            _ => return Err(word.refused("on_oversize", "'error' or 'skip'")),
        };
        decoder.with_policy(policy.with_max_consecutive_empty(most)).map_err(config_exception)
    }
}

/// The word for what becomes of frames over the limit.
pub(super) fn on_oversize(policy: Policy) -> &'static str {
    if policy.skips() { "skip" } else { "error" }
}

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

fn number(given: Option<Named<Integer>>, name: &str) -> PyResult<Option<u64>> {
    let Some(given) = given else { return Ok(None) };
    let given = Named::from(given.get(name, "an integer or None")?);
    given.within(name, 0, i64::MAX as u64, "").map(Some)
}
