//! What becomes of frames that nobody wants: the arguments that say so, and who is told.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::arguments::{Integer, Named, Word};
use super::errors::config_exception;
use super::memory::growing::GrowingBytes;
use crate::codec::{Decoder, Policy, Skipped};

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
#[inline]
pub(super) fn log(py: Python<'_>, skipped: &[Skipped]) {
    if !skipped.is_empty() {
        log_all(py, skipped);
    }
}

#[cold]
fn log_all(py: Python<'_>, skipped: &[Skipped]) {
    let all = || -> PyResult<()> {
        let warning =
            py.import("logging")?.call_method1("getLogger", ("framing",))?.getattr("warning")?;
        for Skipped { length, offset } in skipped {
            let text = "skipped a frame of length %d at stream offset %d: it is over max_frame_size";
            warning.call1((text, length, offset))?;
        }
        Ok(())
    };
    // What a handler raises is not to cost anybody a frame.
    if let Err(error) = all() {
        error.write_unraisable(py, None);
    }
}

fn number(given: Option<Named<Integer>>, name: &str) -> PyResult<Option<u64>> {
    let Some(given) = given else { return Ok(None) };
    let given = Named::from(given.get(name, "an integer or None")?);
    given.within(name, 0, i64::MAX as u64, "").map(Some)
}
