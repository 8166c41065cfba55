//! The system calls, and what differs between platforms. Nothing in here waits on its own account: a
//! call that may wait is told so.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll as poll_fds};
use rustix::fd::BorrowedFd;
use rustix::net::{RecvFlags, SendFlags, Shutdown};

/// The most slices that one call takes: `IOV_MAX` on Linux, macOS and the BSDs.
pub(super) const MAX_SLICES: usize = 1024;

/// What a descriptor is to be ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// A read: there are bytes, the end, or an error.
    Read,
    /// A write: there is room, or an error.
    Write,
}

/// Whether `socket` became ready within `timeout`; `None` waits for ever. Errors and hang-ups count as
/// ready: the read or write to follow reports them.
pub(super) fn poll(
    socket: BorrowedFd<'_>,
    interest: Interest,
    timeout: Option<Duration>,
) -> io::Result<bool> {
    let flags = match interest {
        Interest::Read => PollFlags::IN,
        Interest::Write => PollFlags::OUT,
    };
    // What is too long for the system is long enough for it to wake and be asked again.
    let timeout = timeout.map(|left| {
        Timespec::try_from(left).unwrap_or(Timespec { tv_sec: i64::from(i32::MAX), tv_nsec: 0 })
    });
    let mut fds = [PollFd::from_borrowed_fd(socket, flags)];
    let ready = poll_fds(&mut fds, timeout.as_ref())?;
    if fds[0].revents().contains(PollFlags::NVAL) {
        return Err(rustix::io::Errno::BADF.into());
    }
    Ok(ready > 0)
}

/// Memory that is received into.
pub trait Space {
    /// One `recv` into it.
    #[doc(hidden)]
    fn fill(&mut self, socket: BorrowedFd<'_>, flags: RecvFlags) -> io::Result<usize>;
}

impl Space for [u8] {
    fn fill(&mut self, socket: BorrowedFd<'_>, flags: RecvFlags) -> io::Result<usize> {
        Ok(rustix::net::recv(socket, self, flags)?.1)
    }
}

/// So many bytes from the first one on are initialised afterwards as were received.
impl Space for [MaybeUninit<u8>] {
    fn fill(&mut self, socket: BorrowedFd<'_>, flags: RecvFlags) -> io::Result<usize> {
        Ok(rustix::net::recv(socket, self, flags)?.1)
    }
}

/// Receives what is there. Where `patient`, a blocking descriptor may wait for it.
pub(super) fn receive<S: Space + ?Sized>(
    socket: BorrowedFd<'_>,
    space: &mut S,
    patient: bool,
) -> io::Result<usize> {
    let flags = if patient { RecvFlags::empty() } else { dont_wait::RECEIVE };
    if !patient && !dont_wait::AVAILABLE && !poll(socket, Interest::Read, Some(Duration::ZERO))? {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    space.fill(socket, flags)
}

/// The bytes that have arrived and can be received at once; 0 also where the system does not say.
#[must_use]
pub fn available(socket: BorrowedFd<'_>) -> usize {
    rustix::io::ioctl_fionread(socket).map_or(0, |count| usize::try_from(count).unwrap_or(usize::MAX))
}

/// Ends both directions of a connection, for everybody who has a copy of the descriptor; whoever waits for
/// it wakes.
///
/// # Errors
/// The system's own, where it is no longer connected.
pub fn shut_down(socket: BorrowedFd<'_>) -> io::Result<()> {
    Ok(rustix::net::shutdown(socket, Shutdown::Both)?)
}

/// Sends some of the slices by one call, and never raises SIGPIPE. Where `patient`, a blocking descriptor
/// may wait until there is room.
pub(super) fn send(socket: BorrowedFd<'_>, slices: &[IoSlice<'_>], patient: bool) -> io::Result<usize> {
    let flags = if patient { SendFlags::empty() } else { dont_wait::SEND };
    if !patient && !dont_wait::AVAILABLE && !poll(socket, Interest::Write, Some(Duration::ZERO))? {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    gather(socket, slices, flags | NO_SIGNAL)
}

#[cfg(not(windows))]
fn gather(socket: BorrowedFd<'_>, slices: &[IoSlice<'_>], flags: SendFlags) -> io::Result<usize> {
    let mut ancillary = rustix::net::SendAncillaryBuffer::default();
    Ok(rustix::net::sendmsg(socket, slices, &mut ancillary, flags)?)
}

/// Windows gathers by a call of its own, which rustix does not have: one slice at a time.
#[cfg(windows)]
fn gather(socket: BorrowedFd<'_>, slices: &[IoSlice<'_>], flags: SendFlags) -> io::Result<usize> {
    match slices.first() {
        Some(slice) => Ok(rustix::net::send(socket, slice, flags)?),
        None => Ok(0),
    }
}

/// Apple's sockets have an option instead (`SO_NOSIGPIPE`), and Windows has no such signal. Python, the
/// Rust runtime, and whoever else asks for errors instead of signals ignore it anyway.
#[cfg(not(any(windows, target_vendor = "apple")))]
const NO_SIGNAL: SendFlags = SendFlags::NOSIGNAL;
#[cfg(any(windows, target_vendor = "apple"))]
const NO_SIGNAL: SendFlags = SendFlags::empty();

/// Not to wait, for the length of one call: the descriptor's own mode is not ours to change.
#[cfg(not(windows))]
mod dont_wait {
    use rustix::net::{RecvFlags, SendFlags};

    pub(super) const AVAILABLE: bool = true;
    pub(super) const RECEIVE: RecvFlags = RecvFlags::DONTWAIT;
    pub(super) const SEND: SendFlags = SendFlags::DONTWAIT;
}

/// Windows knows only the descriptor's mode, so readiness is asked for before each call.
#[cfg(windows)]
mod dont_wait {
    use rustix::net::{RecvFlags, SendFlags};

    pub(super) const AVAILABLE: bool = false;
    pub(super) const RECEIVE: RecvFlags = RecvFlags::empty();
    pub(super) const SEND: SendFlags = SendFlags::empty();
}
