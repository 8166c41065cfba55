//! The mode of a socket that is used through its own methods: while calls are under way it does not block, and
//! afterwards it is what it was.
//!
//! Calls find each other by the socket, whether they come from one `FramedSocket`, from two, or from functions
//! that know of none.

use std::sync::Arc;
use std::time::Duration;

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::probe::can_wait;
use super::turn::{Turn, forks};
use crate::lock::Lock;
use crate::memory::calls::call_method;
use crate::timeout::duration;

/// Sockets with calls under way.
static IN_USE: Lock<Vec<InUse>> = Lock::new(Vec::new());

struct InUse {
    /// The address of the object, which lives as long as the call.
    address: usize,
    /// The process in which the calls are under way: not in its children.
    forks: usize,
    shared: Arc<Shared>,
}

/// What the calls on one socket share.
#[derive(Default)]
struct Shared {
    /// The right to be inside the socket's methods.
    turn: Turn,
    state: Lock<State>,
}

#[derive(Default)]
struct State {
    calls: usize,
    /// What to set when the last call is over; `None` before the first has begun, or where the socket cannot
    /// be told not to block.
    saved: Option<Saved>,
}

/// A timeout as Python has it.
#[derive(Clone, Copy)]
struct Saved(Option<f64>);

/// One call's share.
pub(super) struct Modes(Arc<Shared>);

impl Modes {
    pub(super) fn enter(sock: &Bound<'_, PyAny>) -> Self {
        let (py, address) = (sock.py(), sock.as_ptr().addr());
        let mut in_use = IN_USE.lock(py);
        let known = in_use.iter().position(|entry| entry.address == address);
        let shared = match known.map(|index| in_use.swap_remove(index)) {
            Some(entry) if entry.forks == forks() => entry.shared,
            // The parent's calls are not under way here, but the socket is in the mode they need.
            Some(entry) => {
                let saved = entry.shared.state.lock(py).saved;
                let state = Lock::new(State { saved, ..State::default() });
                Arc::new(Shared { state, ..Shared::default() })
            }
            None => Arc::default(),
        };
        in_use.push(InUse { address, forks: forks(), shared: Arc::clone(&shared) });
        shared.state.lock(py).calls += 1;
        Self(shared)
    }

    pub(super) fn turn(&self) -> &Turn {
        &self.0.turn
    }

    /// Sees to it that the socket, which can be told so, does not block. Who calls this has the turn.
    pub(super) fn prepare(&self, sock: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = sock.py();
        if self.0.state.lock(py).saved.is_some() {
            return Ok(());
        }
        let timeout = call_method(sock, "gettimeout", PyTuple::empty(py))?.extract()?;
        // Before it is tried, because it may be done and raise all the same.
        self.0.state.lock(py).saved = Some(Saved(timeout));
        call_method(sock, "settimeout", (0.0,))?;
        Ok(())
    }

    /// The timeout that is set on the socket, as its user sees it. Who calls this has the turn.
    pub(super) fn timeout(&self, sock: &Bound<'_, PyAny>) -> PyResult<Option<Duration>> {
        let saved = self.0.state.lock(sock.py()).saved;
        let seconds = match saved {
            Some(Saved(seconds)) => seconds,
            None if can_wait(sock) => sock.call_method0("gettimeout")?.extract()?,
            None => None,
        };
        Ok(seconds.map(duration))
    }

    /// Sets the timeout, at once or when the calls are over. Who calls this has the turn.
    pub(super) fn set_timeout(
        &self,
        sock: &Bound<'_, PyAny>,
        timeout: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        // The socket's own checks, and its own words.
        sock.call_method1("settimeout", (timeout,))?;
        let prepared = self.0.state.lock(sock.py()).saved.is_some();
        if prepared {
            let seconds = sock.call_method0("gettimeout")?.extract()?;
            sock.call_method1("settimeout", (0.0,))?;
            self.0.state.lock(sock.py()).saved = Some(Saved(seconds));
        }
        Ok(())
    }

    /// The call is over.
    pub(super) fn leave(&self, sock: &Bound<'_, PyAny>) {
        let py = sock.py();
        let calls = || self.0.state.lock(py).calls;
        self.0.state.lock(py).calls -= 1;
        if calls() > 0 {
            return;
        }
        // Nobody is inside, unless a call has begun meanwhile, which then finds the mode it needs.
        let _turn = self.turn().take_soon(py);
        if calls() > 0 {
            return;
        }
        let saved = self.0.state.lock(py).saved.take();
        if let Some(Saved(timeout)) = saved {
            // A signal handler may raise in the midst of it, and there is no caller to tell; so once more then.
            // A socket that has been closed in the meantime has no mode.
            for _ in 0..2 {
                match call_method(sock, "settimeout", (timeout,)) {
                    Err(error) if !error.is_instance_of::<PyOSError>(py) => {
                        error.write_unraisable(py, Some(sock));
                    }
                    _ => break,
                }
            }
        }
        let mut in_use = IN_USE.lock(py);
        if calls() == 0 {
            in_use.retain(|entry| !Arc::ptr_eq(&entry.shared, &self.0));
        }
    }
}
