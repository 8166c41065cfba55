//! How to wait: for readiness, until the deadline, through signals.

use std::io;

use rustix::fd::BorrowedFd;

use super::deadline::Deadline;
use super::system::{self, Interest};

/// Why a call did not do all it was for.
#[derive(Debug)]
pub enum IoStop {
    /// It would have had to wait, and was told not to.
    WouldBlock,
    /// The deadline passed.
    TimedOut,
    /// The system refused, or [`InterruptHandler`] ended. A connection's own time-out (`ETIMEDOUT`) is one of
    /// these, and not [`IoStop::TimedOut`].
    Io(io::Error),
}

/// What to do when a signal interrupts a call: where Python runs its handlers.
pub trait InterruptHandler {
    /// A signal has arrived, or may have. Gives an error to end the call, or nothing to carry on with it.
    ///
    /// # Errors
    /// Whatever the call is to end with.
    fn interrupted(&mut self) -> io::Result<()>;
}

/// Carries on, whatever happens.
#[derive(Debug, Clone, Copy, Default)]
pub struct IgnoreInterrupts;

impl InterruptHandler for IgnoreInterrupts {
    fn interrupted(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits until `socket` is ready. With [`Deadline::Now`] it only looks.
///
/// # Errors
/// [`IoStop`].
pub fn wait(
    socket: BorrowedFd<'_>,
    interest: Interest,
    deadline: Deadline,
    interrupts: &mut impl InterruptHandler,
) -> Result<(), IoStop> {
    loop {
        match system::poll(socket, interest, deadline.remaining()) {
            Ok(true) => return Ok(()),
            Ok(false) if deadline == Deadline::Now => return Err(IoStop::WouldBlock),
            // Where the system wakes early, it waits again.
            Ok(false) if deadline.remaining().is_some_and(|left| left.is_zero()) => {
                return Err(IoStop::TimedOut);
            }
            Ok(false) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                interrupts.interrupted().map_err(IoStop::Io)?;
            }
            Err(error) => return Err(IoStop::Io(error)),
        }
    }
}

/// Calls `attempt` until it says something else than "not ready" or "interrupted", and waits in between.
pub(super) fn until_ready<T>(
    socket: BorrowedFd<'_>,
    interest: Interest,
    deadline: Deadline,
    interrupts: &mut impl InterruptHandler,
    mut attempt: impl FnMut() -> io::Result<T>,
) -> Result<T, IoStop> {
    loop {
        match attempt() {
            Ok(done) => return Ok(done),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                interrupts.interrupted().map_err(IoStop::Io)?;
            }
            // The attempt has just looked.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && deadline == Deadline::Now => {
                return Err(IoStop::WouldBlock);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                wait(socket, interest, deadline, interrupts)?;
            }
            Err(error) => return Err(IoStop::Io(error)),
        }
    }
}
