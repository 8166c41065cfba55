//! Gathering writes that carry on after a short one.

use std::io::IoSlice;

use rustix::fd::BorrowedFd;

use super::deadline::Deadline;
use super::system::{self, Interest};

use super::wait::{InterruptHandler, IoStop, until_ready};

/// How far a send got.
#[derive(Debug)]
pub struct Progress {
    /// The bytes that were sent: exactly these, counted from the first one of the first slice.
    pub sent: usize,
    /// Why it stopped before the last one, if it did.
    pub stop: Option<IoStop>,
}

/// Sends all of `slices` in order, without putting them together: header and payload go out by one call.
///
/// The slices are advanced past what was sent; what is left of them is the rest.
pub fn send(
    socket: BorrowedFd<'_>,
    mut slices: &mut [IoSlice<'_>],
    deadline: Deadline,
    interrupts: &mut impl InterruptHandler,
) -> Progress {
    let mut sent = 0;
    loop {
        // Also takes empty slices away, which would make a write of nothing.
        IoSlice::advance_slices(&mut slices, 0);
        if slices.is_empty() {
            return Progress { sent, stop: None };
        }
        let some = &slices[..slices.len().min(system::MAX_SLICES)];
        let written = until_ready(socket, Interest::Write, deadline, interrupts, || {
            system::send(socket, some, deadline == Deadline::Never)
        });
        match written {
            Ok(count) => {
                sent += count;
                let all = some.iter().map(|slice| slice.len()).sum();
                IoSlice::advance_slices(&mut slices, count);
                if count < all {
                    // A signal ends a write early, and nothing else says that there was one.
                    if let Err(error) = interrupts.interrupted() {
                        return Progress { sent, stop: Some(IoStop::Io(error)) };
                    }
                }
            }
            Err(stop) => return Progress { sent, stop: Some(stop) },
        }
    }
}
