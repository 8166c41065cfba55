//! What is particular about TLS.

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use super::foreign::{Flight, Said, said_or_halt};
use super::halt::Halt;
use super::plain::{Base, SHUT_RD, SHUT_WR};
use crate::net::{Deadline, Interest};

impl Flight<'_, '_> {
    /// As the socket's own `shutdown`; but TLS says "nothing more from me" and can still be read.
    pub(super) fn shutdown(&self, how: i32, deadline: Deadline) -> Result<(), Halt> {
        let py = self.sock.py();
        let tls = self.sock.hasattr("unwrap")? && self.sock.hasattr("pending")?;
        if tls && how != SHUT_RD {
            self.end_encryption(deadline)?;
        }
        if !tls {
            self.sock.call_method1("shutdown", (how,))?;
        } else if how != SHUT_WR {
            Base::get(py)?.class.call_method1(py, "shutdown", (&self.sock, how))?;
        }
        Ok(())
    }

    /// Says that nothing more will be sent.
    fn end_encryption(&self, deadline: Deadline) -> Result<(), Halt> {
        let py = self.sock.py();
        loop {
            let said = {
                let _turn = self.alone()?;
                if self.is_bare() {
                    return Ok(());
                }
                let said = self.sock.call_method0("unwrap").map(|_| ());
                // Where both sides have said so, the socket is a plain one again.
                if said.is_ok() {
                    self.set_mute(true);
                }
                said
            };
            match said_or_halt(py, said, Interest::Write) {
                Ok(Said::Want(Interest::Write)) => self.wait(Interest::Write, false, deadline)?,
                // It has been said. What the peer still sends is for the next read.
                Ok(_) => break,
                Err(Halt::Raised(error)) if says_more_follows(py, &error) => break,
                Err(halt) => return Err(halt),
            }
        }
        self.set_mute(false);
        Ok(())
    }
}

/// Whether a read has met the end that the peer has announced.
pub(super) fn is_end(py: Python<'_>, error: &PyErr) -> bool {
    static END: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    error.is_instance_of::<PyOSError>(py)
        && END.import(py, "_ssl", "SSLZeroReturnError").is_ok_and(|class| error.is_instance(py, class))
}

/// Whether `unwrap` met bytes of the peer's, which are for a read.
fn says_more_follows(py: Python<'_>, error: &PyErr) -> bool {
    let reason = error.value(py).getattr_opt("reason").ok().flatten();
    reason.is_some_and(|reason| reason.eq("APPLICATION_DATA_AFTER_CLOSE_NOTIFY").unwrap_or(false))
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
