//! What is particular about TLS.

use std::sync::atomic::Ordering;

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyTuple, PyType};

use super::foreign::Flight;
use super::halt::Halt;
use crate::memory::calls::call_method;
use framing_core::net::{Deadline, Interest};

impl Flight<'_, '_> {
    /// Says in TLS that nothing more will be sent.
    ///
    /// Python has only `unwrap` for it, which says so and then reads. Whatever of the peer's it meets then is
    /// lost, and so is everything behind it: [`Halt::Torn`].
    pub(super) fn say_the_end(&self, deadline: Deadline) -> Result<(), Halt> {
        let py = self.sock.py();
        loop {
            let turn = self.alone(deadline)?;
            if self.foreign.mute.load(Ordering::Relaxed) {
                return Ok(());
            }
            let Err(error) = call_method(&self.sock, "unwrap", PyTuple::empty(py)) else {
                // The peer has said so, too, and the socket is a plain one from now on.
                self.foreign.bare.store(true, Ordering::Relaxed);
                break;
            };
            if more_follows(py, &error) {
                self.foreign.mute.store(true, Ordering::Relaxed);
                return Err(Halt::Torn(error));
            }
            match self.wanted(error, Interest::Write)? {
                (Interest::Write, _) => {
                    drop(turn);
                    self.wait_for(Interest::Write, Interest::Write, deadline)?;
                }
                // It has been said, and the peer has not answered yet.
                (Interest::Read, _) => break,
            }
        }
        self.foreign.mute.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// Whether `unwrap` has met bytes of the peer's.
fn more_follows(py: Python<'_>, error: &PyErr) -> bool {
    let reason = error.value(py).getattr_opt("reason").ok().flatten();
    reason.is_some_and(|reason| reason.eq("APPLICATION_DATA_AFTER_CLOSE_NOTIFY").unwrap_or(false))
}

/// Whether a read has met the end that the peer has announced.
pub(super) fn is_end(py: Python<'_>, error: &PyErr) -> bool {
    static END: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    error.is_instance_of::<PyOSError>(py)
        && END.import(py, "_ssl", "SSLZeroReturnError").is_ok_and(|class| error.is_instance(py, class))
}

/// What TLS waits for, if that is what the error says.
pub(super) fn wants(py: Python<'_>, error: &PyErr) -> Option<Interest> {
    static READ: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static WRITE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    if !error.is_instance_of::<PyOSError>(py) {
        return None;
    }
    // Where there is no such module, there is no such error.
    let is =
        |class: PyResult<&Bound<'_, PyType>>| class.is_ok_and(|class| error.is_instance(py, class));
    if is(READ.import(py, "_ssl", "SSLWantReadError")) {
        return Some(Interest::Read);
    }
    is(WRITE.import(py, "_ssl", "SSLWantWriteError")).then_some(Interest::Write)
}
