//! Why a call on a socket could not go on.

use std::io;

use pyo3::prelude::*;

use crate::errors::{os_error, send_timed_out, send_would_block, timed_out, would_block};
use framing_core::net::{InterruptHandler, IoStop};

/// Why a call stops before it has done what it was for.
pub(super) enum Halt {
    /// It would have had to wait, and may not.
    WouldBlock,
    /// The deadline passed.
    TimedOut,
    /// The system, a signal handler, or the socket's own code raised this. Nothing was done since.
    Raised(PyErr),
    /// The socket's own code raised this where nobody can tell what it had done before: bytes may have been
    /// sent, or taken from the stream.
    Torn(PyErr),
}

impl Halt {
    /// The exception of a call that did nothing.
    pub(super) fn plain(self, py: Python<'_>) -> PyErr {
        match self {
            Self::WouldBlock => would_block(py),
            Self::TimedOut => timed_out(),
            Self::Raised(error) | Self::Torn(error) => error,
        }
    }

    /// The exception of a send of which nothing was taken.
    pub(super) fn unsent(self, py: Python<'_>) -> PyErr {
        match self {
            Self::WouldBlock => send_would_block(py),
            Self::TimedOut => send_timed_out(py),
            Self::Raised(error) | Self::Torn(error) => error,
        }
    }
}

impl From<PyErr> for Halt {
    fn from(error: PyErr) -> Self {
        Self::Raised(error)
    }
}

/// Lets Python's signal handlers run when a signal interrupts a system call, as PEP 475 has it: a handler
/// that returns changes nothing, one that raises ends the call.
#[derive(Default)]
pub(super) struct Signals {
    raised: Option<PyErr>,
}

impl Signals {
    /// What a call stopped for.
    pub(super) fn halt(self, py: Python<'_>, stop: IoStop) -> Halt {
        match (self.raised, stop) {
            (Some(error), _) => Halt::Raised(error),
            (None, IoStop::WouldBlock) => Halt::WouldBlock,
            (None, IoStop::TimedOut) => Halt::TimedOut,
            (None, IoStop::Io(error)) => Halt::Raised(os_error(py, &error)),
        }
    }
}

impl InterruptHandler for Signals {
    fn interrupted(&mut self) -> io::Result<()> {
        Python::attach(|py| {
            py.check_signals().map_err(|error| {
                self.raised = Some(error);
                io::ErrorKind::Interrupted.into()
            })
        })
    }
}
