//! How to wait: for readiness, until the deadline, through signals.

use std::io;

use rustix::fd::BorrowedFd;

use super::deadline::Deadline;
use super::system;

/// Why a call did not do all it was for.
#[derive(Debug)]
pub enum Stop {
    /// It would have had to wait, and was told not to.
    WouldBlock,
    /// The deadline passed.
    TimedOut,
    /// The system refused, or [`Patience`] ended. A connection's own time-out (`ETIMEDOUT`) is one of
    /// these, and not [`Stop::TimedOut`].
    Io(io::Error),
}

/// What a descriptor is to be ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// A read: there are bytes, the end, or an error.
    Read,
    /// A write: there is room, or an error.
    Write,
}

/// What to do when a signal interrupts a call: where Python runs its handlers.
pub trait Patience {
    /// A signal has arrived, or may have. Gives an error to end the call, or nothing to carry on with it.
    ///
    /// # Errors
    /// Whatever the call is to end with.
    fn interrupted(&mut self) -> io::Result<()>;
}

/// Carries on, whatever happens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Persist;

impl Patience for Persist {
    fn interrupted(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits until `socket` is ready. With [`Deadline::Now`] it only looks.
///
/// # Errors
/// [`Stop`].
pub fn wait(
    socket: BorrowedFd<'_>,
    interest: Interest,
    deadline: Deadline,
    patience: &mut impl Patience,
) -> Result<(), Stop> {
    loop {
        match system::poll(socket, interest, deadline.remaining()) {
            Ok(true) => return Ok(()),
            Ok(false) if deadline == Deadline::Now => return Err(Stop::WouldBlock),
            // Where the system wakes early, it waits again.
            Ok(false) if deadline.remaining().is_some_and(|left| left.is_zero()) => {
                return Err(Stop::TimedOut);
            }
            Ok(false) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                patience.interrupted().map_err(Stop::Io)?;
            }
            Err(error) => return Err(Stop::Io(error)),
        }
    }
}

/// Calls `attempt` until it says something else than "not ready" or "interrupted", and waits in between.
pub(super) fn until_ready<T>(
    socket: BorrowedFd<'_>,
    interest: Interest,
    deadline: Deadline,
    patience: &mut impl Patience,
    mut attempt: impl FnMut() -> io::Result<T>,
) -> Result<T, Stop> {
    loop {
        match attempt() {
            Ok(done) => return Ok(done),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                patience.interrupted().map_err(Stop::Io)?;
            }
            // The attempt has just looked.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && deadline == Deadline::Now => {
                return Err(Stop::WouldBlock);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                wait(socket, interest, deadline, patience)?;
            }
            Err(error) => return Err(Stop::Io(error)),
        }
    }
}
