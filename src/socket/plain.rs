//! Plain stream sockets: system calls on the descriptor, without the GIL.

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyType};

use super::halt::{Halt, Signals};
use super::transport::Wrote;
use crate::errors::bad_descriptor;
use crate::memory::system_call::borrowed;
use crate::timeout::duration;
use framing_core::net::{self, BorrowedFd, Deadline, Interest, Progress};

/// What is done on the descriptor instead of through these methods. Where one of them is somebody else's, so
/// is the way bytes have to take.
const REPLACED: [&str; 12] = [
    "__getattribute__",
    "fileno",
    "gettimeout",
    "recv",
    "recv_into",
    "recvfrom",
    "recvmsg",
    "recvmsg_into",
    "send",
    "sendall",
    "sendmsg",
    "sendto",
];

/// The arguments of `shutdown`, the same numbers wherever there are sockets.
pub(super) const SHUT_WR: i32 = 1;
pub(super) const SHUT_RDWR: i32 = 2;

/// A socket that has `_socket.socket`'s own methods.
pub(super) struct Plain {
    /// Bound methods, which are cheaper to call than to look up. The descriptor is asked for before every
    /// system call: the socket may have been closed behind our back, and its number given to another.
    fileno: Py<PyAny>,
    gettimeout: Py<PyAny>,
}

impl Plain {
    /// `None` where the socket is not a plain one.
    pub(super) fn recognise(sock: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let py = sock.py();
        let base = Base::get(py)?;
        let kind = sock.get_type();
        if !kind.is_subclass(base.class.bind(py))? {
            return Ok(None);
        }
        // `socket.socket` itself has no dictionary.
        let has_own = kind.getattr(intern!(py, "__dictoffset__"))?.is_truthy()?;
        let own = if has_own { sock.getattr_opt(intern!(py, "__dict__"))? } else { None };
        for (name, method) in &base.methods {
            let name = name.bind(py);
            let overridden = !kind.getattr(name)?.is(method)
                || own.as_ref().map_or(Ok(false), |own| own.contains(name))?;
            if overridden {
                return Ok(None);
            }
        }
        let fileno = sock.getattr(intern!(py, "fileno"))?.unbind();
        let gettimeout = sock.getattr(intern!(py, "gettimeout"))?.unbind();
        Ok(Some(Self { fileno, gettimeout }))
    }

    pub(super) fn timeout(&self, py: Python<'_>) -> PyResult<Option<Duration>> {
        let seconds: Option<f64> = self.gettimeout.call0(py)?.extract(py)?;
        Ok(seconds.map(duration))
    }

    /// One read.
    pub(super) fn read(
        &self,
        py: Python<'_>,
        space: &mut [MaybeUninit<u8>],
        deadline: Deadline,
    ) -> Result<usize, Halt> {
        let socket = self.descriptor(py)?;
        let mut signals = Signals::default();
        let result = py.detach(|| net::receive(socket, space, deadline, &mut signals));
        result.map_err(|stop| signals.halt(py, stop))
    }

    /// Waits for something to read: bytes, the end, or an error.
    pub(super) fn wait(&self, py: Python<'_>, deadline: Deadline) -> Result<(), Halt> {
        let socket = self.descriptor(py)?;
        let mut signals = Signals::default();
        let result = py.detach(|| net::wait(socket, Interest::Read, deadline, &mut signals));
        result.map_err(|stop| signals.halt(py, stop))
    }

    /// Writes until the slices are gone or the deadline is.
    pub(super) fn write(
        &self,
        py: Python<'_>,
        slices: &mut [IoSlice<'_>],
        deadline: Deadline,
    ) -> Wrote {
        let socket = match self.descriptor(py) {
            Ok(socket) => socket,
            Err(error) => return Wrote::nothing(Halt::Raised(error)),
        };
        let mut signals = Signals::default();
        let Progress { sent, stop } = py.detach(|| net::send(socket, slices, deadline, &mut signals));
        Wrote { sent, halt: stop.map(|stop| signals.halt(py, stop)), ..Wrote::default() }
    }

    /// The bytes that can be read at once, as far as the system says.
    pub(super) fn available(&self, py: Python<'_>) -> usize {
        self.borrowed(py).map_or(0, net::available)
    }

    /// Wakes whoever waits in a system call on the descriptor.
    pub(super) fn shut_down(&self, py: Python<'_>) {
        if let Some(socket) = self.borrowed(py) {
            // Nobody waits where it is no longer connected.
            let _ = net::shut_down(socket);
        }
    }

    pub(super) fn objects(&self) -> (&Py<PyAny>, Option<&Py<PyAny>>) {
        (&self.fileno, Some(&self.gettimeout))
    }

    fn descriptor(&self, py: Python<'_>) -> PyResult<BorrowedFd<'static>> {
        self.borrowed(py).ok_or_else(|| bad_descriptor(py))
    }

    /// Runs no Python code, so it may be called under a lock: a plain socket's `fileno` is C's.
    fn borrowed(&self, py: Python<'_>) -> Option<BorrowedFd<'static>> {
        borrowed(self.fileno.call0(py).ok()?.extract(py).ok()?)
    }
}

/// Refuses what is not a stream: a frame need not come out of a datagram socket in one piece, or at all.
pub(super) fn require_stream(sock: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = sock.py();
    let base = Base::get(py)?;
    let kind = if sock.is_instance(base.class.bind(py))? {
        base.kind_of.call1(py, (sock,))?.extract::<i64>(py).ok()
    } else {
        sock.getattr_opt("type")?.and_then(|kind| kind.extract::<i64>().ok())
    };
    match kind {
        Some(kind) if kind != base.stream => {
            let shown = sock.getattr("type")?.repr()?;
            let message =
                format!("sock must be a stream socket (SOCK_STREAM), not one of type {shown}");
            Err(PyValueError::new_err(message))
        }
        _ => Ok(()),
    }
}

/// What there is to know of `_socket`. Its class cannot be changed, so it is asked once.
pub(super) struct Base {
    pub(super) class: Py<PyType>,
    /// The type of a socket as a number, past the property of `socket.socket`, which makes an enum of it.
    kind_of: Py<PyAny>,
    stream: i64,
    methods: Vec<(Py<PyString>, Py<PyAny>)>,
}

impl Base {
    pub(super) fn get(py: Python<'_>) -> PyResult<&'static Self> {
        static BASE: PyOnceLock<Base> = PyOnceLock::new();
        BASE.get_or_try_init(py, || {
            let module = py.import("_socket")?;
            let class = module.getattr("socket")?.cast_into::<PyType>()?;
            let method = |name: &&str| -> PyResult<_> {
                // Windows has not all of them.
                let method = class.getattr_opt(*name)?;
                Ok(method.map(|method| (PyString::intern(py, name).unbind(), method.unbind())))
            };
            Ok(Self {
                kind_of: class.getattr("type")?.getattr("__get__")?.unbind(),
                stream: module.getattr("SOCK_STREAM")?.extract()?,
                methods: REPLACED
                    .iter()
                    .filter_map(|name| method(name).transpose())
                    .collect::<PyResult<_>>()?,
                class: class.unbind(),
            })
        })
    }
}
