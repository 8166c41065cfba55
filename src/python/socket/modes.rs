//! The mode of a socket that is used through its own methods: while calls are under way it does not block, and
//! afterwards it is what it was.
//!
//! Calls find each other by the socket, whether they come from one `FramedSocket`, from two, or from functions
//! that know of none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::MutexExt;

use super::foreign::descriptor;
use super::turn::Turn;

/// Sockets with calls under way, by the address of the object.
static IN_USE: Mutex<Vec<(usize, Arc<Shared>)>> = Mutex::new(Vec::new());

/// What the calls on one socket share.
#[derive(Default)]
struct Shared {
    /// The right to be inside the socket's methods.
    turn: Turn,
    state: Mutex<State>,
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
        let mut in_use = lock(py, &IN_USE);
        let known = in_use.iter().find(|(other, _)| *other == address);
        let shared = if let Some((_, shared)) = known {
            Arc::clone(shared)
        } else {
            let shared = Arc::<Shared>::default();
            in_use.push((address, Arc::clone(&shared)));
            shared
        };
        lock(py, &shared.state).calls += 1;
        Self(shared)
    }

    pub(super) fn turn(&self) -> &Turn {
        &self.0.turn
    }

    /// Sees to it that the socket does not block. Who calls this has the turn.
    pub(super) fn prepare(&self, sock: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = sock.py();
        if lock(py, &self.0.state).saved.is_some() || !self.can_wait(sock) {
            return Ok(());
        }
        let timeout = sock.call_method0("gettimeout")?.extract()?;
        sock.call_method1("settimeout", (0.0,))?;
        lock(py, &self.0.state).saved = Some(Saved(timeout));
        Ok(())
    }

    /// The timeout that is set on the socket, as its user sees it. Who calls this has the turn.
    pub(super) fn timeout(&self, sock: &Bound<'_, PyAny>) -> PyResult<Option<Duration>> {
        let saved = lock(sock.py(), &self.0.state).saved;
        let seconds = match saved {
            Some(Saved(seconds)) => seconds,
            None if sock.hasattr("gettimeout")? => sock.call_method0("gettimeout")?.extract()?,
            None => None,
        };
        Ok(seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)))
    }

    /// Sets the timeout, at once or when the calls are over. Who calls this has the turn.
    pub(super) fn set_timeout(
        &self,
        sock: &Bound<'_, PyAny>,
        timeout: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        // The socket's own checks, and its own words.
        sock.call_method1("settimeout", (timeout,))?;
        let prepared = lock(sock.py(), &self.0.state).saved.is_some();
        if prepared {
            let seconds = sock.call_method0("gettimeout")?.extract()?;
            sock.call_method1("settimeout", (0.0,))?;
            lock(sock.py(), &self.0.state).saved = Some(Saved(seconds));
        }
        Ok(())
    }

    /// Whether there is a descriptor to wait for, and the socket can be told not to do so itself.
    #[expect(clippy::unused_self, reason = "asked of a mode")]
    pub(super) fn can_wait(&self, sock: &Bound<'_, PyAny>) -> bool {
        let has = |name: &str| sock.hasattr(name).unwrap_or(false);
        has("gettimeout") && has("settimeout") && descriptor(sock).is_some()
    }

    /// The call is over. Who calls this has the turn.
    pub(super) fn leave(&self, sock: &Bound<'_, PyAny>) {
        let py = sock.py();
        let restored = {
            let mut state = lock(py, &self.0.state);
            state.calls -= 1;
            if state.calls == 0 { state.saved.take() } else { None }
        };
        if let Some(Saved(timeout)) = restored {
            // A socket that has been closed in the meantime has no mode.
            let _ = sock.call_method1("settimeout", (timeout,));
        }
        // Unless a call has begun meanwhile.
        let mut in_use = lock(py, &IN_USE);
        if lock(py, &self.0.state).calls == 0 {
            in_use.retain(|(_, shared)| !Arc::ptr_eq(shared, &self.0));
        }
    }
}

fn lock<'a, T>(py: Python<'_>, mutex: &'a Mutex<T>) -> MutexGuard<'a, T> {
    mutex.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
}
