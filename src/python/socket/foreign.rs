//! Everything that is like a socket and is no plain one (TLS, wrapped sockets, fakes): through its own methods,
//! so that what they do to the bytes is never bypassed.
//!
//! An object of OpenSSL's must not be read and written at once. So while a call is under way the socket does not
//! block, only one thread at a time is inside its methods, and all waiting is done outside of them.

use std::io::IoSlice;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyo3::exceptions::{
    PyBlockingIOError, PyInterruptedError, PyOSError, PyTimeoutError, PyValueError,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;
use rustix::io::Errno;

use super::super::arguments::{kind, wrong_type};
use super::super::errors::{os_error, reentered};
use super::super::memory::bytes::copied;
use super::super::memory::descriptor::borrowed;
use super::super::memory::window::Window;
use super::super::pool;
use super::halt::Halt;
use super::modes::Modes;
use super::plain::SHUT_RDWR;
use super::tls::{is_end, wants};
use super::transport::Wrote;
use super::turn::{Held, Refused};
use crate::net::{self, Deadline, Interest};

/// The most that is handed to a socket's own `send` at a time: what one TLS record holds (RFC 8446, section
/// 5.1). Larger pieces would be copied again and again while there is no room.
const WRITE_SIZE: usize = 16 * 1024;

/// How long a read waits for room to write, or a write for something to read, until it asks again: another
/// thread's call may have been given what it waits for.
const CROSSED: Duration = Duration::from_millis(20);

/// A socket with methods of its own.
pub(super) struct Foreign {
    sock: Py<PyAny>,
    /// `recv_into`, where there is one; else `recv` gives an object.
    recv_into: bool,
    /// `send`, where there is one; else `sendall` takes everything.
    send: bool,
    /// The peer has been told that nothing more comes.
    mute: AtomicBool,
    /// Encryption has come to its end, and the socket would now give bytes as they are.
    bare: AtomicBool,
}

/// A call on such a socket.
pub(super) struct Flight<'a, 'py> {
    foreign: &'a Foreign,
    pub(super) sock: Bound<'py, PyAny>,
    pub(super) modes: Modes,
}

/// What one of the socket's methods said.
pub(super) enum Said<T> {
    Done(T),
    /// Call again when the socket is ready for this.
    Want(Interest),
}

impl Foreign {
    pub(super) fn of(sock: &Bound<'_, PyAny>) -> PyResult<Self> {
        let recv_into = sock.hasattr("recv_into")?;
        let send = sock.hasattr("send")?;
        if !(recv_into || sock.hasattr("recv")?) || !(send || sock.hasattr("sendall")?) {
            return Err(wrong_type("sock", "a socket, or have its methods", &kind(sock)));
        }
        let sock = sock.clone().unbind();
        Ok(Self { sock, recv_into, send, mute: AtomicBool::default(), bare: AtomicBool::default() })
    }

    pub(super) fn enter<'a, 'py>(&'a self, py: Python<'py>) -> Flight<'a, 'py> {
        let sock = self.sock.bind(py).clone();
        Flight { foreign: self, modes: Modes::enter(&sock), sock }
    }

    pub(super) fn timeout(&self, py: Python<'_>) -> PyResult<Option<Duration>> {
        self.enter(py).timeout()
    }

    pub(super) fn set_timeout(&self, py: Python<'_>, timeout: &Bound<'_, PyAny>) -> PyResult<()> {
        let flight = self.enter(py);
        let _turn = flight.turn()?;
        flight.modes.set_timeout(&flight.sock, timeout)
    }

    pub(super) fn objects(&self) -> (&Py<PyAny>, Option<&Py<PyAny>>) {
        (&self.sock, None)
    }

    /// Wakes whoever waits for the descriptor. Not by the socket's own `shutdown`, after which an
    /// `ssl.SSLSocket` reads what is encrypted as if it were not.
    pub(super) fn shut_down(&self, py: Python<'_>) {
        if let Some(socket) = descriptor(self.sock.bind(py)).and_then(borrowed) {
            let _ = net::shut_down(socket);
        } else {
            let _ = self.sock.bind(py).call_method1("shutdown", (SHUT_RDWR,));
        }
    }

    /// Whether the socket has bytes that it has already taken from the system.
    pub(super) fn has_pending(&self, py: Python<'_>) -> PyResult<bool> {
        let sock = self.sock.bind(py);
        if !sock.hasattr("pending")? {
            return Ok(false);
        }
        let flight = self.enter(py);
        // Who is inside now will see for itself.
        let Ok(_turn) = flight.modes.turn().take(py, Deadline::Now) else { return Ok(false) };
        Ok(sock.call_method0("pending")?.extract::<i64>().is_ok_and(|count| count > 0))
    }
}

impl<'py> Flight<'_, 'py> {
    /// The timeout that is set on the socket.
    pub(super) fn timeout(&self) -> PyResult<Option<Duration>> {
        let _turn = self.turn()?;
        self.modes.timeout(&self.sock)
    }

    /// As [`Line::read`](super::transport::Line::read).
    pub(super) fn read(
        &self,
        limit: usize,
        deadline: Deadline,
    ) -> Result<Option<(Py<PyBytes>, usize)>, Halt> {
        let py = self.sock.py();
        loop {
            let said = {
                let _turn = self.alone()?;
                if self.is_bare() {
                    Ok(None)
                } else if self.foreign.recv_into {
                    self.recv_into(limit)
                } else {
                    self.recv(limit)
                }
            };
            if said.as_ref().is_err_and(|error| is_end(py, error)) {
                return Ok(None);
            }
            match said_or_halt(py, said, Interest::Read)? {
                Said::Done(result) => return Ok(result),
                Said::Want(interest) => self.wait(interest, interest != Interest::Read, deadline)?,
            }
        }
    }

    fn recv_into(&self, limit: usize) -> PyResult<Option<(Py<PyBytes>, usize)>> {
        let py = self.sock.py();
        let memory = pool::take(py)?;
        let view = Window { memory: memory.clone_ref(py), start: 0, len: limit }.view(py)?;
        let result = self.sock.call_method1("recv_into", (&view,));
        // Or the memory would be taken for somebody else's as long as the view is there.
        let released = view.call_method0("release");
        let count = match result.and_then(|count| count.extract::<usize>()) {
            Ok(count @ 1..) if count <= limit => return Ok(Some((memory, count))),
            Ok(0) => Ok(None),
            Ok(count) => {
                let message = format!("recv_into returned {count} for a buffer of {limit} bytes");
                Err(PyValueError::new_err(message))
            }
            Err(error) => Err(error),
        };
        if released.is_ok() {
            pool::give_back(py, memory);
        }
        count
    }

    fn recv(&self, limit: usize) -> PyResult<Option<(Py<PyBytes>, usize)>> {
        let received = self.sock.call_method1("recv", (limit,))?;
        let Ok(bytes) = received.cast_exact::<PyBytes>() else {
            // Somebody's `bytearray` may change.
            let copy = copied(self.sock.py(), received.extract()?)?;
            let count = copy.as_bytes(self.sock.py()).len();
            return Ok((count > 0).then_some((copy, count)));
        };
        let count = bytes.as_bytes().len();
        Ok((count > 0).then(|| (bytes.clone().unbind(), count)))
    }

    /// As [`Line::write`](super::transport::Line::write).
    pub(super) fn write(&self, mut slices: &mut [IoSlice<'_>], deadline: Deadline) -> Wrote {
        let py = self.sock.py();
        let mut wrote = Wrote::default();
        loop {
            IoSlice::advance_slices(&mut slices, 0);
            if slices.is_empty() {
                return wrote;
            }
            let piece = match first_bytes(py, slices) {
                Ok(piece) => piece,
                Err(error) => return Wrote { halt: Some(error.into()), ..wrote },
            };
            match self.write_piece(&piece, deadline, &mut wrote) {
                Ok(count) => {
                    (wrote.sent, wrote.committed) = (wrote.sent + count, false);
                    IoSlice::advance_slices(&mut slices, count);
                }
                Err(halt) => return Wrote { halt: Some(halt), ..wrote },
            }
        }
    }

    fn write_piece(
        &self,
        piece: &Bound<'py, PyBytes>,
        deadline: Deadline,
        wrote: &mut Wrote,
    ) -> Result<usize, Halt> {
        let py = self.sock.py();
        loop {
            let said = {
                let _turn = self.alone()?;
                self.send(piece)
            };
            let tls = said.as_ref().is_err_and(|error| wants(py, error).is_some());
            let strange = said.as_ref().is_err_and(|error| !error.is_instance_of::<PyOSError>(py));
            wrote.committed |= tls;
            wrote.unknown |= strange;
            match said_or_halt(py, said, Interest::Write)? {
                Said::Done(count) => return Ok(count),
                Said::Want(interest) => self.wait(interest, interest != Interest::Write, deadline)?,
            }
        }
    }

    fn send(&self, piece: &Bound<'py, PyBytes>) -> PyResult<usize> {
        let len = piece.as_bytes().len();
        if self.foreign.mute.load(Ordering::Relaxed) {
            return Err(os_error(self.sock.py(), &Errno::PIPE.into()));
        }
        if !self.foreign.send {
            self.sock.call_method1("sendall", (piece,))?;
            return Ok(len);
        }
        let count: usize = self.sock.call_method1("send", (piece,))?.extract()?;
        if count > len {
            let message = format!("send returned {count} for {len} bytes");
            return Err(PyValueError::new_err(message));
        }
        Ok(count)
    }

    pub(super) fn is_bare(&self) -> bool {
        self.foreign.bare.load(Ordering::Relaxed)
    }

    /// `bare`: the peer has said so as well.
    pub(super) fn set_mute(&self, bare: bool) {
        self.foreign.mute.store(true, Ordering::Relaxed);
        self.foreign.bare.fetch_or(bare, Ordering::Relaxed);
    }

    /// `crossed`: for the other direction than the call's own.
    pub(super) fn wait(
        &self,
        interest: Interest,
        crossed: bool,
        deadline: Deadline,
    ) -> Result<(), Halt> {
        let left = deadline.remaining();
        if deadline == Deadline::Now || !can_wait(&self.sock) {
            return Err(Halt::WouldBlock);
        }
        let slice = if crossed { Some(left.map_or(CROSSED, |left| left.min(CROSSED))) } else { left };
        let arguments =
            (&self.sock, interest == Interest::Write, slice.map(|slice| slice.as_secs_f64()));
        let ready = ready(self.sock.py())?.call1(arguments)?.is_truthy()?;
        if !ready && deadline.remaining().is_some_and(|left| left.is_zero()) {
            return Err(Halt::TimedOut);
        }
        Ok(())
    }

    /// The turn, and a socket that does not block; nothing for one that does its own waiting, in which one
    /// call must not wait for another.
    pub(super) fn alone(&self) -> PyResult<Option<Held<'_, 'py>>> {
        if !can_wait(&self.sock) {
            return Ok(None);
        }
        let turn = self.turn()?;
        self.modes.prepare(&self.sock)?;
        Ok(Some(turn))
    }

    fn turn(&self) -> PyResult<Held<'_, 'py>> {
        let py = self.sock.py();
        self.modes.turn().take(py, Deadline::Never).map_err(|refused| match refused {
            Refused::Halted(halt) => halt.plain(py),
            Refused::Reentered | Refused::Dismissed => reentered("uses the socket's own methods"),
        })
    }
}

impl Drop for Flight<'_, '_> {
    fn drop(&mut self) {
        let turn = self.turn();
        self.modes.leave(&self.sock);
        drop(turn);
    }
}

/// Whether there is a descriptor to wait for, and the socket can be told not to do so itself.
pub(super) fn can_wait(sock: &Bound<'_, PyAny>) -> bool {
    let has = |name: &str| sock.hasattr(name).unwrap_or(false);
    has("gettimeout") && has("settimeout") && descriptor(sock).is_some()
}

/// The socket's descriptor, if it has one.
fn descriptor(sock: &Bound<'_, PyAny>) -> Option<i64> {
    sock.call_method0("fileno").ok()?.extract().ok().filter(|number| *number >= 0)
}

/// What a method raised, where that only says that it would have to wait.
pub(super) fn said_or_halt<T>(
    py: Python<'_>,
    said: PyResult<T>,
    own: Interest,
) -> Result<Said<T>, Halt> {
    let error = match said {
        Ok(value) => return Ok(Said::Done(value)),
        Err(error) => error,
    };
    if let Some(interest) = wants(py, &error) {
        return Ok(Said::Want(interest));
    }
    if error.is_instance_of::<PyBlockingIOError>(py) || error.is_instance_of::<PyInterruptedError>(py) {
        return Ok(Said::Want(own));
    }
    // Of a socket that does its own waiting.
    let timed_out = error.get_type(py).is(py.get_type::<PyTimeoutError>());
    Err(if timed_out { Halt::TimedOut } else { Halt::Raised(error) })
}

/// `framing._ready.ready`.
fn ready(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static READY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    READY.import(py, "framing._ready", "ready")
}

/// The next bytes to be written, in an object of their own.
fn first_bytes<'py>(py: Python<'py>, slices: &[IoSlice<'_>]) -> PyResult<Bound<'py, PyBytes>> {
    let mut bytes = Vec::with_capacity(WRITE_SIZE);
    for slice in slices {
        let count = slice.len().min(WRITE_SIZE - bytes.len());
        bytes.extend_from_slice(&slice[..count]);
    }
    Ok(copied(py, &bytes)?.into_bound(py))
}
