//! One read, as soon as there is anything.

use rustix::fd::BorrowedFd;

use super::deadline::Deadline;
use super::system::{self, Interest, Space};

use super::wait::{InterruptHandler, IoStop, until_ready};

/// Receives at most as many bytes as `space` has, and waits for the first of them until the deadline.
/// 0 is the end of the stream, or no space.
///
/// What has already arrived is received even where the deadline has passed.
///
/// # Errors
/// [`IoStop`]; nothing has been received then.
pub fn receive<S: Space + ?Sized>(
    socket: BorrowedFd<'_>,
    space: &mut S,
    deadline: Deadline,
    interrupts: &mut impl InterruptHandler,
) -> Result<usize, IoStop> {
    until_ready(socket, Interest::Read, deadline, interrupts, || {
        system::receive(socket, space, deadline == Deadline::Never)
    })
}
