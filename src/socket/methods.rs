//! The methods of `FramedSocket`, as Python sees them.

use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use super::PyFramedSocket;
use super::plain::SHUT_WR;
use super::receive::Failure;
use super::transport::Transport;
use crate::arguments::{Integer, Named};
use crate::config::{Config, OnOversize, Options};
use crate::headers::{HeaderArgument, HeaderObject};
use crate::memory::bytes::list;
use crate::payload::{Fields, Payload, Payloads, Target, Wire};
use crate::stats::Snapshot;
use crate::timeout::Timeout;

#[pymethods]
impl PyFramedSocket {
    #[new]
    #[pyo3(
        signature = (sock, header = HeaderArgument::default(), **options: "Unpack[OptionsBesideHeader]"),
        text_signature = "(sock, header=10, **options)"
    )]
    fn new(
        sock: &Bound<'_, PyAny>,
        header: HeaderArgument,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let config = Options::of_connection(header, options)?.config()?;
        Self::over(sock, Py::new(sock.py(), config)?)
    }

    /// Make a connection from options that have been checked before.
    #[staticmethod]
    fn _configured(sock: &Bound<'_, PyAny>, config: Py<Config>) -> PyResult<Self> {
        Self::over(sock, config)
    }

    /// Send one frame. One system call sends header and payload, and they are not copied together first.
    ///
    /// Args:
    ///     payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
    ///     fields: The bytes of a `BinaryHeader` or a `DecimalHeader` that are not its length, in order. By default
    ///         they are those of `send_header`.
    ///     timeout: See the class.
    ///
    /// Raises:
    ///     SendIncomplete: The send stopped part-way. The frame is accepted: the rest is kept, and the next `send` or
    ///         `flush` sends it before anything else. Do not send the frame again.
    ///     SendTimeout, SendWouldBlock: The send could not begin. The payload was not taken.
    ///     FrameTooLarge, InvalidPayload, TypeError, ValueError: As for `FrameEncoder.encode`. Nothing was sent.
    ///     ConnectionClosed: The connection was closed on this side.
    ///     OSError: The socket raised it.
    #[pyo3(
        signature = (payload, *, fields = None, timeout = Timeout::OfSocket),
        text_signature = "($self, payload, *, fields=None, timeout='default')"
    )]
    fn send(
        &self,
        py: Python<'_>,
        payload: Payload<'_>,
        fields: Option<Fields>,
        timeout: Timeout,
    ) -> PyResult<()> {
        self.send_frame(py, &payload.0, fields.as_ref(), timeout)
    }

    /// Send many frames in as few system calls as possible.
    ///
    /// Args:
    ///     payloads: Any iterable of payloads. All are collected and checked before the first one is sent.
    ///     fields: As for `send`. They are the same for every frame.
    ///     timeout: See the class.
    ///
    /// Raises:
    ///     SendIncomplete: The send stopped part-way. All frames are accepted, as with `send`.
    ///     SendTimeout, SendWouldBlock: The send could not begin. No payload was taken.
    ///     FrameTooLarge, InvalidPayload, TypeError, ValueError, ConnectionClosed, OSError: As for `send`.
    #[pyo3(
        signature = (payloads, *, fields = None, timeout = Timeout::OfSocket),
        text_signature = "($self, payloads, *, fields=None, timeout='default')"
    )]
    fn send_many(
        &self,
        py: Python<'_>,
        payloads: Payloads<'_>,
        fields: Option<Fields>,
        timeout: Timeout,
    ) -> PyResult<()> {
        self.send_frames(py, &payloads.0, fields.as_ref(), timeout)
    }

    /// Send bytes that already are frames, without checking them.
    ///
    /// Use this to forward frames that were received with `keep_header`, or to encode a frame once and send it to
    /// many peers.
    ///
    /// Args:
    ///     wire: Whole frames, in a contiguous bytes-like object.
    ///     timeout: See the class.
    ///
    /// Raises:
    ///     SendIncomplete, SendTimeout, SendWouldBlock, TypeError, ConnectionClosed, OSError: As for `send`.
    #[pyo3(
        signature = (wire, *, timeout = Timeout::OfSocket),
        text_signature = "($self, wire, *, timeout='default')"
    )]
    fn send_encoded(&self, py: Python<'_>, wire: Wire<'_>, timeout: Timeout) -> PyResult<()> {
        self.send_wire(py, &wire.0, timeout)
    }

    /// Send the bytes that earlier sends could not finish.
    ///
    /// Args:
    ///     timeout: See the class.
    ///
    /// Raises:
    ///     SendIncomplete: Some bytes are still unsent.
    ///     ConnectionClosed, OSError: As for `send`.
    #[pyo3(signature = (*, timeout = Timeout::OfSocket), text_signature = "($self, *, timeout='default')")]
    fn flush(&self, py: Python<'_>, timeout: Timeout) -> PyResult<()> {
        self.flush_rest(py, timeout)
    }

    /// The number of wire bytes that have been accepted and not yet sent.
    #[getter]
    fn pending_send(&self, py: Python<'_>) -> usize {
        self.outgoing(py).rest.size()
    }

    /// Receive one frame and return it.
    ///
    /// Args:
    ///     timeout: See the class.
    ///
    /// Raises:
    ///     ConnectionClosed: The stream ended between two frames; `local` is true if this side closed it.
    ///     TruncatedFrame: The stream ended inside a frame.
    ///     FrameTimeout: The deadline passed. The next call continues the same frame.
    ///     FrameWouldBlock: No whole frame has arrived and the call may not wait. The next call continues the same
    ///         frame.
    ///     FrameStalled: The peer took longer than `frame_timeout` over one frame. The connection is dead.
    ///     InvalidHeader, FrameTooLarge, InvalidPayload: As for `FrameDecoder.feed`. Every later call raises it, too.
    ///     OSError: The socket raised it.
    #[pyo3(signature = (*, timeout = Timeout::OfSocket), text_signature = "($self, *, timeout='default')")]
    fn recv(&self, py: Python<'_>, timeout: Timeout) -> PyResult<Py<PyBytes>> {
        self.next_frame(py, timeout).map_err(|failure| failure.raised(py))
    }

    /// Receive all frames that have arrived and return them as a list; wait for one if there is none.
    ///
    /// The list has every frame that is complete after at most one further read. After `select` reports the socket
    /// readable, `recv_many(timeout=0)` leaves no complete frame in a buffer. An error behind the frames is raised by
    /// the next call, and `select` does not report it: call until `FrameWouldBlock`, or use `framing.wait`, which
    /// does.
    ///
    /// Args:
    ///     max_frames: The largest number of frames to return, at least 1; `None` returns all. The others stay for the
    ///         next call.
    ///     timeout: See the class.
    ///
    /// Raises:
    ///     ConnectionClosed, TruncatedFrame, FrameTimeout, FrameWouldBlock, FrameStalled, InvalidHeader,
    ///     FrameTooLarge, InvalidPayload, OSError: As for `recv`, if no frame precedes the error.
    #[pyo3(
        signature = (max_frames = None, *, timeout = Timeout::OfSocket) -> "list[bytes]",
        text_signature = "($self, max_frames=None, *, timeout='default')"
    )]
    fn recv_many<'py>(
        &self,
        py: Python<'py>,
        max_frames: Option<Named<Integer>>,
        timeout: Timeout,
    ) -> PyResult<Bound<'py, PyList>> {
        let limit = max_frames.map_or(Ok(usize::MAX), |limit| limit.count("max_frames"))?;
        let frames = self.receive_many(py, limit, timeout)?;
        list(py, frames).map_err(|(error, _)| error)
    }

    /// Receive one frame into the caller's buffer.
    ///
    /// Args:
    ///     buffer: A writable contiguous bytes-like object.
    ///     timeout: See the class.
    ///
    /// Returns:
    ///     The size of the frame in bytes. The bytes behind the frame in `buffer` are unchanged. If the call raises,
    ///     the contents of `buffer` are unspecified.
    ///
    /// Raises:
    ///     BufferTooSmall: The frame does not fit. The next call of any kind receives it.
    ///     ConnectionClosed, TruncatedFrame, FrameTimeout, FrameWouldBlock, FrameStalled, InvalidHeader,
    ///     FrameTooLarge, InvalidPayload, OSError: As for `recv`.
    #[pyo3(
        signature = (buffer, *, timeout = Timeout::OfSocket),
        text_signature = "($self, buffer, *, timeout='default')"
    )]
    fn recv_into(&self, py: Python<'_>, buffer: Target<'_>, timeout: Timeout) -> PyResult<usize> {
        let Target(mut target) = buffer;
        self.receive_into(py, &mut target, timeout).map_err(|failure| failure.raised(py))
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    /// Return the next frame. Iteration stops when the peer ends the stream between two frames.
    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyBytes>>> {
        match self.next_frame(py, Timeout::OfSocket) {
            Ok(frame) => Ok(Some(frame)),
            Err(Failure::Ended) => Ok(None),
            Err(Failure::Raised(error)) => Err(error),
        }
    }

    /// Return the socket's descriptor, or -1 once this object is closed or detached.
    fn fileno(&self, py: Python<'_>) -> PyResult<i64> {
        if self.is_over(py) {
            return Ok(-1);
        }
        self.sock.bind(py).call_method0("fileno")?.extract()
    }

    /// Set the socket's timeout.
    ///
    /// Args:
    ///     timeout: Seconds, `None` to wait for ever, or 0 not to wait.
    #[pyo3(signature = (timeout: "float | None"))]
    fn settimeout(&self, timeout: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = timeout.py();
        let _call = self.enter(py)?;
        match &self.transport {
            Transport::Plain(_) => {
                self.sock.bind(py).call_method1("settimeout", (timeout,)).map(|_| ())
            }
            Transport::Foreign(foreign) => foreign.set_timeout(py, timeout),
        }
    }

    /// Return the socket's timeout in seconds, or `None` if it waits for ever.
    fn gettimeout(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        Ok(self.transport.timeout(py)?.map(|timeout| timeout.as_secs_f64()))
    }

    /// Call `settimeout(None)` if `flag` is true, and `settimeout(0)` if it is false.
    #[pyo3(signature = (flag: "bool"))]
    fn setblocking(&self, flag: &Bound<'_, PyAny>) -> PyResult<()> {
        let timeout = if flag.is_truthy()? { None } else { Some(0.0) };
        self.settimeout(&timeout.into_pyobject(flag.py())?)
    }

    /// End one direction of the connection, or both.
    ///
    /// By default this ends sending. The bytes that earlier sends left go out first, the peer sees the end of the
    /// stream behind them, and this side can still receive. Over TLS it can only if the peer is not sending at that
    /// moment: Python's `ssl` loses what arrives during the call, and then this call and later ones raise `OSError`.
    ///
    /// Args:
    ///     how: `socket.SHUT_WR`, `SHUT_RD` or `SHUT_RDWR`.
    ///
    /// Raises:
    ///     SendIncomplete: With `SHUT_WR`, the bytes that earlier sends left could not be sent.
    ///     ConnectionClosed: As for `send`.
    ///     OSError: The socket raised it. Or, over TLS, the peer was sending, and what it sent is lost.
    #[pyo3(signature = (how = SHUT_WR), text_signature = "($self, how=1)")]
    fn shutdown(&self, py: Python<'_>, how: i32) -> PyResult<()> {
        self.shut(py, how)
    }

    /// Close the connection and drop what is buffered.
    ///
    /// Calls that wait in other threads raise `ConnectionClosed`, as does every later call.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.end(py)
    }

    /// Stop using the socket and give it back.
    ///
    /// Returns:
    ///     The socket, and the bytes that were received and not returned, as they came over the wire.
    ///
    /// Raises:
    ///     RuntimeError: A send is unfinished, or another call is using the connection.
    ///     ConnectionClosed: The connection has been closed.
    #[pyo3(signature = () -> "tuple[Any, bytes]")]
    fn detach<'py>(&self, py: Python<'py>) -> PyResult<(Py<PyAny>, Bound<'py, PyBytes>)> {
        let (wire, ahead) = self.part(py, || {
            let (pending, broken) = {
                let outgoing = self.outgoing(py);
                (outgoing.rest.size(), outgoing.broken)
            };
            if pending > 0 && !broken {
                let message = format!("{pending} bytes of a frame are still to be sent: flush first");
                return Err(PyRuntimeError::new_err(message));
            }
            self.incoming(py).take_wire(py)
        })?;
        drop(ahead);
        Ok((self.sock.clone_ref(py), wire))
    }

    /// A snapshot of the counters of received frames. `buffered` counts all bytes that have been received and not
    /// returned.
    #[getter]
    fn stats(&self, py: Python<'_>) -> Snapshot {
        Snapshot(self.incoming(py).stats())
    }

    /// The underlying socket.
    #[getter]
    fn socket(&self, py: Python<'_>) -> Py<PyAny> {
        self.sock.clone_ref(py)
    }

    /// This side's address, as the socket's `getsockname` returns it.
    ///
    /// Raises:
    ///     OSError: The socket is closed.
    #[getter]
    fn local_address(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(self.sock.bind(py).call_method0("getsockname")?.unbind())
    }

    /// The peer's address, as the socket's `getpeername` returns it.
    ///
    /// Raises:
    ///     OSError: The socket is closed, or the connection is gone.
    #[getter]
    fn remote_address(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(self.sock.bind(py).call_method0("getpeername")?.unbind())
    }

    /// Whether this object has been closed or detached.
    #[getter]
    fn closed(&self, py: Python<'_>) -> bool {
        self.is_over(py)
    }

    /// The header of received frames.
    #[getter]
    fn header(&self) -> HeaderObject {
        self.config.get().header()
    }

    /// The header of sent frames.
    #[getter]
    fn send_header(&self) -> HeaderObject {
        self.config.get().send_header()
    }

    /// The largest payload sent or accepted, in the unit of `header`.
    #[getter]
    fn max_frame_size(&self) -> u64 {
        self.config.get().max_frame_size()
    }

    /// Whether received frames begin with their header.
    #[getter]
    fn keep_header(&self) -> bool {
        self.config.get().keep_header()
    }

    /// What happens to a received frame over `max_frame_size`: `"error"` or `"skip"`.
    #[getter]
    fn on_oversize(&self) -> OnOversize {
        self.config.get().on_oversize()
    }

    /// The longest frame that is skipped, in the unit of `header`; `None` means no limit.
    #[getter]
    fn max_skip(&self) -> Option<u64> {
        self.config.get().max_skip()
    }

    /// How many empty frames may follow each other; `None` means any number.
    #[getter]
    fn max_consecutive_empty(&self) -> Option<u64> {
        self.config.get().max_consecutive_empty()
    }

    /// The seconds that the peer may take to send one frame; `None` means no limit.
    #[getter]
    fn frame_timeout(&self) -> Option<f64> {
        self.config.get().frame_timeout()
    }

    /// Return whether a receiving call would end at once because of what is buffered.
    fn _pending(&self, py: Python<'_>) -> PyResult<bool> {
        let here = {
            let incoming = self.incoming(py);
            incoming.reads_no_more() || incoming.has_next()
        };
        if here || self.is_over(py) {
            return Ok(true);
        }
        match &self.transport {
            Transport::Plain(_) => Ok(false),
            Transport::Foreign(foreign) => foreign.has_pending(py),
        }
    }

    fn __enter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception: "object"))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.end(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let state = if self.is_over(py) { " (closed)" } else { "" };
        Ok(format!("<FramedSocket{state} over {}>", self.sock.bind(py).repr()?))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.sock)?;
        self.transport.traverse(&visit)
    }
}
