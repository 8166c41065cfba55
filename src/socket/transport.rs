//! The way bytes take: a descriptor, or a socket's own methods.

use std::io::IoSlice;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::PyFramedSocket;
use super::foreign::{Flight, Foreign};
use super::halt::Halt;
use super::plain::{Plain, require_stream};
use super::probe::require;
use crate::arguments::wrong_type;
use crate::memory::buffer_pool::{self, READ_SIZE};
use crate::memory::system_call::ReadBuffer;
use crate::timeout::Timeout;
use framing_core::net::Deadline;

/// A socket, by the way its bytes take.
pub(super) enum Transport {
    Plain(Plain),
    Foreign(Foreign),
}

/// A call on a transport, from its first byte to its last.
pub(super) enum Line<'a, 'py> {
    Plain { plain: &'a Plain, py: Python<'py>, deadline: Deadline },
    Foreign { flight: Flight<'a, 'py>, deadline: Deadline },
}

/// How far a write got.
#[derive(Default)]
pub(super) struct Wrote {
    pub(super) sent: usize,
    /// The next byte has been tried and must be tried again: TLS has made a record of it.
    pub(super) committed: bool,
    /// Why it stopped, if it did.
    pub(super) halt: Option<Halt>,
}

impl Wrote {
    pub(super) fn nothing(halt: Halt) -> Self {
        Self { halt: Some(halt), ..Self::default() }
    }
}

/// The right to wait with memory to read into. Threads that wait may be many, and the memory is large.
struct Place;

/// As many as the pool has memory for.
const PLACES: usize = 4;

static TAKEN: AtomicUsize = AtomicUsize::new(0);

impl Place {
    fn take() -> Option<Self> {
        // It is dropped, and so given back, where there were too many.
        let place = Self;
        (TAKEN.fetch_add(1, Ordering::Relaxed) < PLACES).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        TAKEN.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Transport {
    /// The way of a socket that its owner closes.
    pub(super) fn of(sock: &Bound<'_, PyAny>) -> PyResult<Self> {
        if sock.cast::<PyFramedSocket>().is_ok() {
            // It has a socket's methods, and they would frame what is framed already.
            return Err(wrong_type("sock", "a socket", "FramedSocket"));
        }
        require_stream(sock)?;
        Ok(match Plain::recognise(sock)? {
            Some(plain) => Self::Plain(plain),
            None => Self::Foreign(Foreign::of(sock)?),
        })
    }

    /// The way of a socket that is closed here when it is time.
    pub(super) fn of_owned(sock: &Bound<'_, PyAny>) -> PyResult<Self> {
        let transport = Self::of(sock)?;
        if let Self::Foreign(_) = transport {
            require(sock, &["close"])?;
        }
        Ok(transport)
    }

    /// Begins a call.
    pub(super) fn open<'a, 'py>(
        &'a self,
        py: Python<'py>,
        timeout: Timeout,
    ) -> PyResult<Line<'a, 'py>> {
        match self {
            Self::Plain(plain) => {
                let timeout = match timeout {
                    Timeout::Given(timeout) => timeout,
                    Timeout::OfSocket => plain.timeout(py)?,
                };
                Ok(Line::Plain { plain, py, deadline: Deadline::after(timeout) })
            }
            Self::Foreign(foreign) => {
                let flight = foreign.enter(py);
                let timeout = match timeout {
                    Timeout::Given(timeout) => timeout,
                    Timeout::OfSocket => flight.timeout()?,
                };
                Ok(Line::Foreign { flight, deadline: Deadline::after(timeout) })
            }
        }
    }

    /// Wakes whoever waits for the connection in another thread.
    pub(super) fn shut_down(&self, py: Python<'_>) {
        match self {
            Self::Plain(plain) => plain.shut_down(py),
            Self::Foreign(foreign) => foreign.shut_down(py),
        }
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let (first, second) = match self {
            Self::Plain(plain) => plain.objects(),
            Self::Foreign(foreign) => foreign.objects(),
        };
        visit.call(first)?;
        visit.call(second)
    }

    /// The timeout that is set on the socket.
    pub(super) fn timeout(&self, py: Python<'_>) -> PyResult<Option<Duration>> {
        match self {
            Self::Plain(plain) => plain.timeout(py),
            Self::Foreign(foreign) => foreign.timeout(py),
        }
    }
}

impl Line<'_, '_> {
    pub(super) fn deadline(&self) -> Deadline {
        match self {
            Self::Plain { deadline, .. } | Self::Foreign { deadline, .. } => *deadline,
        }
    }

    /// Whether a read can be told not to wait.
    pub(super) fn can_look(&self) -> bool {
        match self {
            Self::Plain { .. } => true,
            Self::Foreign { flight, .. } => flight.can_wait(),
        }
    }

    /// Reads at most `limit` bytes, into memory out of the pool or the socket's own: the object, and how many
    /// bytes of it were received. `None` is the end of the stream.
    pub(super) fn read(
        &self,
        limit: usize,
        deadline: Deadline,
    ) -> Result<Option<(Py<PyBytes>, usize)>, Halt> {
        let limit = limit.min(READ_SIZE);
        match self {
            Self::Plain { plain, py, .. } => {
                // Who waits with memory in hands waits by the read itself; the others by a call more.
                let place = if deadline == Deadline::Now { None } else { Place::take() };
                if place.is_none() && deadline != Deadline::Now {
                    loop {
                        plain.wait(*py, deadline)?;
                        match self.read(limit, Deadline::Now) {
                            // Somebody else was faster.
                            Err(Halt::WouldBlock) => {}
                            result => return result,
                        }
                    }
                }
                let mut buffer = ReadBuffer::whole(*py, buffer_pool::take(*py)?)?;
                let result = plain.read(*py, buffer.space(limit), deadline);
                let memory = buffer.into_object();
                if let Ok(count @ 1..) = result {
                    return Ok(Some((memory, count)));
                }
                buffer_pool::give_back(*py, memory);
                result.map(|_| None)
            }
            Self::Foreign { flight, .. } => flight.read(limit, deadline),
        }
    }

    /// Writes until the slices are gone or the deadline is.
    pub(super) fn write(&self, slices: &mut [IoSlice<'_>]) -> Wrote {
        match self {
            Self::Plain { plain, py, deadline } => plain.write(*py, slices, *deadline),
            Self::Foreign { flight, deadline } => flight.write(slices, *deadline),
        }
    }
}
