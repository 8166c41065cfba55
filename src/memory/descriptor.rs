//! Descriptors that belong to Python's socket objects.

use framing_core::net::{BorrowedFd, RawFd};

/// A descriptor as Python gives it, or `None` for that of a closed socket.
///
/// The borrow is for one system call. Whoever closes the descriptor meanwhile behind the socket's back gets
/// what Python's own sockets get in that case: an error, or somebody else's connection.
pub(crate) fn borrowed<'a>(descriptor: i64) -> Option<BorrowedFd<'a>> {
    let raw = RawFd::try_from(descriptor).ok().filter(|_| descriptor >= 0)?;
    // SAFETY: it is not -1, and the socket that owns it is held while the call lasts. A descriptor is a
    // number to the system, which checks it; no memory of ours depends on whose it is.
    Some(unsafe { BorrowedFd::borrow_raw(raw) })
}
