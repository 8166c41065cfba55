//! When a connection ends: the last call in flight closes the descriptor, so that its number is never given to
//! another connection under a call.

use std::sync::MutexGuard;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::PyFramedSocket;
use super::turn::forks;
use crate::errors::connection_closed;
use crate::lock::Lock;
use crate::memory::calls::call_method;
use crate::skip_log;

/// Whether a connection is open, and how many calls are inside.
#[derive(Default)]
pub(super) struct Life(Lock<State>);

#[derive(Default)]
struct State {
    phase: Phase,
    calls: usize,
    forks: usize,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// By us.
    Closed,
    /// The socket has been given back.
    Detached,
}

/// A call that may wait, from its beginning to its end.
pub(super) struct Call<'a, 'py> {
    socket: &'a PyFramedSocket,
    py: Python<'py>,
}

impl Call<'_, '_> {
    /// Whether the connection has been closed since the call began.
    pub(super) fn is_closed(&self) -> bool {
        self.socket.life.lock(self.py).phase != Phase::Open
    }
}

impl Drop for Call<'_, '_> {
    fn drop(&mut self) {
        let last = {
            let mut state = self.socket.life.lock(self.py);
            state.calls = state.calls.saturating_sub(1);
            state.phase == Phase::Closed && state.calls == 0
        };
        if last {
            // The call has a result of its own.
            let _ = self.socket.close_socket(self.py);
        }
    }
}

impl PyFramedSocket {
    /// Begins a call.
    pub(super) fn enter<'py>(&self, py: Python<'py>) -> PyResult<Call<'_, 'py>> {
        let mut state = self.life.lock(py);
        match state.phase {
            Phase::Open => state.calls += 1,
            phase => {
                drop(state);
                return Err(ended(py, phase));
            }
        }
        Ok(Call { socket: self, py })
    }

    /// Closes the connection: see the module.
    pub(super) fn end(&self, py: Python<'_>) -> PyResult<()> {
        let calls = {
            let mut state = self.life.lock(py);
            if state.phase != Phase::Open {
                return Ok(());
            }
            state.phase = Phase::Closed;
            state.calls
        };
        let (ahead, skipped) = {
            let mut incoming = self.incoming(py);
            (incoming.forget(py), incoming.decoder.take_skipped())
        };
        drop(ahead);
        drop(std::mem::take(&mut *self.outgoing(py)));
        self.receiving.dismiss(py);
        self.sending.dismiss(py);
        if calls == 0 {
            self.close_socket(py)?;
        } else {
            // Only now, because it ends the connection for a forked child, too.
            self.transport.shut_down(py);
        }
        skip_log::log(py, &skipped)
    }

    fn close_socket(&self, py: Python<'_>) -> PyResult<()> {
        call_method(self.sock.bind(py), "close", PyTuple::empty(py)).map(|_| ())
    }

    /// Parts from the socket, unless somebody uses it, or there is an error in `take`, which takes what is to
    /// be taken from here.
    pub(super) fn part<T>(&self, py: Python<'_>, take: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
        let mut state = self.life.lock(py);
        if state.phase != Phase::Open {
            let phase = state.phase;
            drop(state);
            return Err(ended(py, phase));
        }
        if state.calls > 0 {
            return Err(PyRuntimeError::new_err("another call is using the connection"));
        }
        let taken = take()?;
        state.phase = Phase::Detached;
        Ok(taken)
    }

    /// Whether calls are refused.
    pub(super) fn is_over(&self, py: Python<'_>) -> bool {
        self.life.lock(py).phase != Phase::Open
    }
}

impl Life {
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, State> {
        let mut state = self.0.lock(py);
        if state.forks != forks() {
            // Those calls are the parent's.
            (state.calls, state.forks) = (0, forks());
        }
        state
    }
}

fn ended(py: Python<'_>, phase: Phase) -> PyErr {
    match phase {
        Phase::Detached => PyValueError::new_err("the socket has been detached"),
        Phase::Open | Phase::Closed => connection_closed(py, true),
    }
}
