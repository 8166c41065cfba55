//! The right to receive, or to send, on a connection: one thread has it at a time.
//!
//! Not a mutex: it is held while a call waits for the peer, and whoever waits for it can be interrupted by
//! a signal, run out of time, or be told that the connection is closed.

use std::collections::VecDeque;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pyo3::prelude::*;

use super::halt::Halt;
use crate::lock::Lock;
use crate::memory::calls::call_method;
use framing_core::net::Deadline;

/// Python's locks take no longer timeout than this at a time, on any platform.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a turn that nobody keeps for long is waited for at a time.
const SOON: Duration = Duration::from_micros(50);

/// How often this process is the child of a fork. Threads of before are not in it.
static FORKS: AtomicUsize = AtomicUsize::new(0);

/// The generation of this process.
pub(super) fn forks() -> usize {
    FORKS.load(Ordering::Relaxed)
}

/// Called in the child of a fork: it has only the thread that forked.
#[pyfunction]
pub(crate) fn _forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// See the module.
#[derive(Default)]
pub(super) struct Turn(Lock<Queue>);

#[derive(Default)]
struct Queue {
    owner: Option<Thread>,
    /// Who waits, in order, each with a lock that is opened when there is news.
    waiting: VecDeque<(Thread, Py<PyAny>)>,
    /// Nobody gets a turn any more.
    dismissed: bool,
    forks: usize,
}

/// Why there was no turn.
pub(super) enum Refused {
    /// This thread has it, or waits for it, further up its stack.
    Reentered,
    /// [`Turn::dismiss`] was called.
    Dismissed,
    Halted(Halt),
}

impl From<PyErr> for Refused {
    fn from(error: PyErr) -> Self {
        Self::Halted(Halt::Raised(error))
    }
}

/// The turn, until it is dropped.
pub(super) struct Held<'a, 'py> {
    turn: &'a Turn,
    py: Python<'py>,
}

impl Drop for Held<'_, '_> {
    fn drop(&mut self) {
        self.turn.pass_on(self.py);
    }
}

impl Turn {
    /// Waits for its turn until the deadline.
    pub(super) fn take<'py>(
        &self,
        py: Python<'py>,
        deadline: Deadline,
    ) -> Result<Held<'_, 'py>, Refused> {
        let held = || Held { turn: self, py };
        if self.lock(py).try_take()? {
            return Ok(held());
        }
        if deadline == Deadline::Now {
            return Err(Refused::Halted(Halt::WouldBlock));
        }
        let bell = py.import("_thread")?.call_method0("allocate_lock")?;
        bell.call_method0("acquire")?;
        {
            let mut queue = self.lock(py);
            if queue.try_take()? {
                return Ok(held());
            }
            queue.waiting.push_back((Thread::current(), bell.clone().unbind()));
        }
        let rang = wait(&bell, deadline);
        let mut queue = self.lock(py);
        if queue.owner == Some(Thread::current()) {
            drop(queue);
            // Where there is an error, it is dropped, and so passed on.
            let held = held();
            return rang.map(|_| held).map_err(Refused::from);
        }
        queue.waiting.retain(|(thread, _)| *thread != Thread::current());
        let dismissed = queue.dismissed;
        drop(queue);
        rang?;
        Err(if dismissed { Refused::Dismissed } else { Refused::Halted(Halt::TimedOut) })
    }

    /// Takes a turn that nobody keeps for long, whatever signals say. `None` where this thread has it.
    pub(super) fn take_soon<'py>(&self, py: Python<'py>) -> Option<Held<'_, 'py>> {
        loop {
            match self.lock(py).try_take() {
                Ok(true) => return Some(Held { turn: self, py }),
                Ok(false) => {}
                Err(_) => return None,
            }
            py.detach(|| std::thread::sleep(SOON));
        }
    }

    /// Refuses whoever waits and whoever comes. Who has the turn keeps it.
    pub(super) fn dismiss(&self, py: Python<'_>) {
        let waiting = {
            let mut queue = self.lock(py);
            queue.dismissed = true;
            std::mem::take(&mut queue.waiting)
        };
        for (_, bell) in waiting {
            ring(py, &bell);
        }
    }

    fn pass_on(&self, py: Python<'_>) {
        let next = {
            let mut queue = self.lock(py);
            let next = queue.waiting.pop_front();
            queue.owner = next.as_ref().map(|(thread, _)| *thread);
            next
        };
        if let Some((_, bell)) = next {
            ring(py, &bell);
        }
    }

    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, Queue> {
        let mut queue = self.0.lock(py);
        if queue.forks != forks() {
            *queue = Queue { dismissed: queue.dismissed, forks: forks(), ..Queue::default() };
        }
        queue
    }
}

impl Queue {
    fn try_take(&mut self) -> Result<bool, Refused> {
        let me = Thread::current();
        if self.owner == Some(me) || self.waiting.iter().any(|(thread, _)| *thread == me) {
            return Err(Refused::Reentered);
        }
        if self.dismissed {
            return Err(Refused::Dismissed);
        }
        let free = self.owner.is_none();
        if free {
            self.owner = Some(me);
        }
        Ok(free)
    }
}

/// Whether the bell rang before the deadline. Python's own locks let signal handlers run.
fn wait(bell: &Bound<'_, PyAny>, deadline: Deadline) -> PyResult<bool> {
    loop {
        let left = deadline.remaining();
        let slice = left.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        if call_method(bell, "acquire", (true, slice.as_secs_f64()))?.is_truthy()? {
            return Ok(true);
        }
        if left.is_some_and(|left| left <= slice) {
            return Ok(false);
        }
    }
}

fn ring(py: Python<'_>, bell: &Py<PyAny>) {
    // It is locked, so it can be opened; and there is nobody to tell if not.
    let _ = bell.bind(py).call_method0("release");
}

/// A thread, for as long as it is inside a call.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Thread(usize);

impl Thread {
    fn current() -> Self {
        // The address of something every thread has its own of: cheaper to ask for than an identifier.
        thread_local!(static MARK: u8 = const { 0 });
        MARK.with(|mark| Self(std::ptr::from_ref(mark).addr()))
    }
}
