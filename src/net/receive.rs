//! One read, as soon as there is anything.

use rustix::fd::BorrowedFd;

use super::deadline::Deadline;
use super::system;
use super::wait::{Interest, Patience, Stop, until_ready};

/// Receives at most as many bytes as `buffer` has, and waits for the first of them until the deadline.
/// 0 is the end of the stream, or an empty buffer.
///
/// What has already arrived is received even where the deadline has passed.
///
/// # Errors
/// [`Stop`]; nothing has been received then.
pub fn receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    deadline: Deadline,
    patience: &mut impl Patience,
) -> Result<usize, Stop> {
    until_ready(socket, Interest::Read, deadline, patience, || {
        system::receive(socket, buffer, deadline == Deadline::Never)
    })
}
