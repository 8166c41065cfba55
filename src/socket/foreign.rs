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

use super::halt::Halt;
use super::modes::Modes;
use super::plain::{Base, SHUT_RDWR};
use super::probe::{can_wait, descriptor, is_own, require};
use super::tls::{is_end, wants};
use super::transport::Wrote;
use super::turn::{Held, Refused};
use crate::errors::{broken_pipe, reentered};
use crate::memory::buffer_pool;
use crate::memory::bytes::{copied, is_sole_reference};
use crate::memory::calls::{call, call_method};
use crate::memory::exporter::BufferExporter;
use crate::memory::system_call::borrowed;
use crate::payload::Data;
use framing_core::net::{self, Deadline, Interest};

/// The most that is handed to a socket's own `send` at a time: what one TLS record holds (RFC 8446, section
/// 5.1). Larger pieces would be copied again and again while there is no room.
const WRITE_SIZE: usize = 16 * 1024;

/// How long a read waits for room to write, or a write for something to read, until it asks again: another
/// thread's call may have been given what it waits for.
const CROSSED: Duration = Duration::from_millis(20);

/// A socket with methods of its own.
pub(super) struct Foreign {
    sock: Py<PyAny>,
    /// Read by `recv_into`, or by `recv`, which gives an object.
    recv_into: bool,
    /// Written to by `send`, or by `sendall`, which takes everything.
    send: bool,
    /// The peer has been told in TLS that nothing more comes.
    pub(super) mute: AtomicBool,
    /// It has said so as well, and the socket would now give bytes as they are.
    pub(super) bare: AtomicBool,
}

/// A call on such a socket.
pub(super) struct Flight<'a, 'py> {
    pub(super) foreign: &'a Foreign,
    pub(super) sock: Bound<'py, PyAny>,
    pub(super) modes: Modes,
}

impl Foreign {
    pub(super) fn of(sock: &Bound<'_, PyAny>) -> PyResult<Self> {
        require(sock, &["fileno", "send", "recv_into or recv", "gettimeout", "settimeout"])?;
        let recv_into = is_own(sock, "recv_into", "recv")?.unwrap_or_default();
        let send = is_own(sock, "send", "sendall")?.unwrap_or_default();
        let sock = sock.clone().unbind();
        Ok(Self { sock, recv_into, send, mute: AtomicBool::default(), bare: AtomicBool::default() })
    }

    /// Whether this is an `ssl.SSLSocket`, or one of its kind.
    pub(super) fn is_tls(&self, py: Python<'_>) -> PyResult<bool> {
        let sock = self.sock.bind(py);
        Ok(sock.hasattr("unwrap")? && sock.is_instance(Base::get(py)?.class.bind(py))?)
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
        let _turn = flight.turn(Deadline::Never).map_err(|halt| halt.plain(py))?;
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
        let py = self.sock.py();
        let _turn = self.turn(Deadline::Never).map_err(|halt| halt.plain(py))?;
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
                let _turn = self.alone(deadline)?;
                if self.foreign.bare.load(Ordering::Relaxed) {
                    return Ok(None);
                }
                if self.foreign.recv_into { self.recv_into(limit) } else { self.recv(limit) }
            };
            let error = match said {
                Err(error) if is_end(py, &error) => return Ok(None),
                Err(error) => error,
                Ok(received) => return Ok(received),
            };
            self.wait_for(self.wanted(error, Interest::Read)?.0, Interest::Read, deadline)?;
        }
    }

    fn recv_into(&self, limit: usize) -> PyResult<Option<(Py<PyBytes>, usize)>> {
        let py = self.sock.py();
        let memory = buffer_pool::take(py)?;
        let exporter = BufferExporter { memory: memory.clone_ref(py), start: 0, len: limit };
        let view = BufferExporter::view(&Bound::new(py, exporter)?)?;
        let result = call_method(&self.sock, "recv_into", (&view,));
        // Or the memory would be taken for somebody else's as long as the view is there.
        let released = view.call_method0("release");
        let count = match result.and_then(|count| count.extract::<usize>()) {
            Ok(count @ 1..) if count <= limit => {
                if is_sole_reference(&memory, py) {
                    return Ok(Some((memory, count)));
                }
                // Whoever kept a view of it may go on writing.
                return Ok(Some((copied(py, &memory.as_bytes(py)[..count])?, count)));
            }
            Ok(0) => Ok(None),
            Ok(count) => {
                let message = format!("recv_into returned {count} for a buffer of {limit} bytes");
                Err(PyValueError::new_err(message))
            }
            Err(error) => Err(error),
        };
        if released.is_ok() {
            buffer_pool::give_back(py, memory);
        }
        count
    }

    fn recv(&self, limit: usize) -> PyResult<Option<(Py<PyBytes>, usize)>> {
        let py = self.sock.py();
        let Data(received) = call_method(&self.sock, "recv", (limit,))?.extract()?;
        let bytes = match received.unchanging() {
            Some(bytes) => bytes.clone().unbind(),
            // Somebody's `bytearray` may change.
            None => copied(py, received.bytes(py)?)?,
        };
        let count = bytes.as_bytes(py).len();
        if count > limit {
            let message = format!("recv returned {count} bytes for at most {limit}");
            return Err(PyValueError::new_err(message));
        }
        Ok((count > 0).then_some((bytes, count)))
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
        loop {
            let said = {
                let _turn = self.alone(deadline)?;
                self.send(piece)
            };
            let interest = match said {
                // No room, in the words of some.
                Ok(0) => Interest::Write,
                Ok(count) => return Ok(count),
                Err(error) => {
                    let (interest, tls) = self.wanted(error, Interest::Write)?;
                    wrote.committed |= tls;
                    interest
                }
            };
            self.wait_for(interest, Interest::Write, deadline)?;
        }
    }

    fn send(&self, piece: &Bound<'py, PyBytes>) -> PyResult<usize> {
        let len = piece.as_bytes().len();
        if self.foreign.mute.load(Ordering::Relaxed) {
            return Err(broken_pipe(self.sock.py()));
        }
        if !self.foreign.send {
            call_method(&self.sock, "sendall", (piece,))?;
            return Ok(len);
        }
        let count: usize = call_method(&self.sock, "send", (piece,))?.extract()?;
        if count > len {
            let message = format!("send returned {count} for {len} bytes");
            return Err(PyValueError::new_err(message));
        }
        Ok(count)
    }

    /// As the socket's own `shutdown`. An `ssl.SSLSocket`'s would leave it without encryption, so what is
    /// below TLS is ended past it.
    pub(super) fn shutdown(&self, how: i32) -> PyResult<()> {
        let py = self.sock.py();
        if self.foreign.is_tls(py)? {
            let base = Base::get(py)?.class.bind(py);
            return call_method(base, "shutdown", (&self.sock, how)).map(|_| ());
        }
        call_method(&self.sock, "shutdown", (how,)).map(|_| ())
    }

    /// Whether all waiting can be done outside of the socket's methods. Not where it is written to by
    /// `sendall`, which does not say how far it got when it may not wait.
    pub(super) fn can_wait(&self) -> bool {
        self.foreign.send && can_wait(&self.sock)
    }

    /// What an error of one of the socket's methods asks to wait for, and whether it is TLS that asks. Other
    /// errors end the call.
    pub(super) fn wanted(&self, error: PyErr, own: Interest) -> Result<(Interest, bool), Halt> {
        let py = self.sock.py();
        if let Some(interest) = wants(py, &error) {
            return Ok((interest, true));
        }
        if error.is_instance_of::<PyBlockingIOError>(py)
            || error.is_instance_of::<PyInterruptedError>(py)
        {
            return Ok((own, false));
        }
        // Errors of sockets have a number. Anything else a signal handler may have raised, in the midst of it.
        let number = error.value(py).getattr_opt("errno").ok().flatten();
        let own_error = error.is_instance_of::<PyOSError>(py) && number.is_some_and(|it| !it.is_none());
        if own_error {
            return Err(Halt::Raised(error));
        }
        if error.is_instance_of::<PyTimeoutError>(py) && !self.can_wait() {
            return Err(Halt::TimedOut);
        }
        Err(Halt::Torn(error))
    }

    /// Waits for `interest` in a call whose own is `own`.
    pub(super) fn wait_for(
        &self,
        interest: Interest,
        own: Interest,
        deadline: Deadline,
    ) -> Result<(), Halt> {
        let left = deadline.remaining();
        if deadline == Deadline::Now || !self.can_wait() {
            return Err(Halt::WouldBlock);
        }
        if left.is_some_and(|left| left.is_zero()) {
            return Err(Halt::TimedOut);
        }
        let slice =
            if interest == own { left } else { Some(left.map_or(CROSSED, |left| left.min(CROSSED))) };
        let arguments =
            (&self.sock, interest == Interest::Write, slice.map(|slice| slice.as_secs_f64()));
        call(ready(self.sock.py())?, arguments)?;
        Ok(())
    }

    /// The turn, and a socket that does not block; nothing for one that does its own waiting, in which one
    /// call must not wait for another.
    pub(super) fn alone(&self, deadline: Deadline) -> Result<Option<Held<'_, 'py>>, Halt> {
        if !self.can_wait() {
            return Ok(None);
        }
        // Nobody has it for long, so even who may not wait gets it.
        let patience = match deadline {
            Deadline::Now => Deadline::after(Some(CROSSED)),
            deadline => deadline,
        };
        let turn = self.turn(patience).map_err(|halt| match halt {
            Halt::TimedOut if deadline == Deadline::Now => Halt::WouldBlock,
            halt => halt,
        })?;
        self.modes.prepare(&self.sock)?;
        Ok(Some(turn))
    }

    fn turn(&self, deadline: Deadline) -> Result<Held<'_, 'py>, Halt> {
        self.modes.turn().take(self.sock.py(), deadline).map_err(|refused| match refused {
            Refused::Halted(halt) => halt,
            Refused::Reentered | Refused::Dismissed => {
                Halt::Raised(reentered("uses the socket's own methods"))
            }
        })
    }
}

impl Drop for Flight<'_, '_> {
    fn drop(&mut self) {
        self.modes.leave(&self.sock);
    }
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
        if bytes.len() == WRITE_SIZE {
            break;
        }
    }
    Ok(copied(py, &bytes)?.into_bound(py))
}
