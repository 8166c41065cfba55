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

    /// A connection whose options have been judged before.
    #[staticmethod]
    fn _configured(sock: &Bound<'_, PyAny>, config: Py<Config>) -> PyResult<Self> {
        Self::over(sock, config)
    }

    /// Sends one frame. Header and payload go out by one call, without being put together.
    ///
    /// Args:
    ///     payload: A `str`, sent as UTF-8, or any contiguous bytes-like object.
    ///     fields: The bytes of a `BinaryHeader` that are not its length, in order; zeros if not given.
    ///     timeout: See the class.
    ///
    /// Raises:
    ///     SendIncomplete: It stopped part-way. The frame is accepted: what is left is kept and goes out
    ///         before anything else, by the next `send` or `flush`. Do not send it again.
    ///     SendTimeout, SendWouldBlock: It could not begin. The payload was not taken.
    ///     FrameTooLarge, InvalidPayload, TypeError, ValueError: As `FrameEncoder.encode`; nothing was sent.
    ///     ConnectionClosed: The connection was closed on this side.
    ///     OSError: The socket's own.
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

    /// Sends many frames, in as few calls to the system as possible.
    ///
    /// Args:
    ///     payloads: Any iterable of payloads. All are taken and judged before the first one is sent.
    ///     fields: As for `send`, the same for every frame.
    ///     timeout: See the class.
    ///
    /// Raises:
    ///     SendIncomplete: It stopped part-way. All the frames are accepted, as with `send`.
    ///     SendTimeout, SendWouldBlock: It could not begin. None of the payloads was taken.
    ///     FrameTooLarge, InvalidPayload, TypeError, ValueError, ConnectionClosed, OSError: As `send`.
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

    /// Sends bytes that are frames already: to forward what came with `keep_header`, or to encode once and
    /// send to many. They are not looked at.
    ///
    /// Args:
    ///     wire: Whole frames, in a contiguous bytes-like object.
    ///     timeout: See the class.
    ///
    /// Raises:
    ///     SendIncomplete, SendTimeout, SendWouldBlock, TypeError, ConnectionClosed, OSError: As `send`.
    #[pyo3(
        signature = (wire, *, timeout = Timeout::OfSocket),
        text_signature = "($self, wire, *, timeout='default')"
    )]
    fn send_encoded(&self, py: Python<'_>, wire: Wire<'_>, timeout: Timeout) -> PyResult<()> {
        self.send_wire(py, &wire.0, timeout)
    }

    /// Sends what earlier calls have left.
    ///
    /// Raises:
    ///     SendIncomplete: Some is still left.
    ///     ConnectionClosed, OSError: As `send`.
    #[pyo3(signature = (*, timeout = Timeout::OfSocket), text_signature = "($self, *, timeout='default')")]
    fn flush(&self, py: Python<'_>, timeout: Timeout) -> PyResult<()> {
        self.flush_rest(py, timeout)
    }

    /// Bytes, as they go over the wire, that have been accepted and not yet sent.
    #[getter]
    fn pending_send(&self, py: Python<'_>) -> usize {
        self.outgoing(py).rest.size()
    }

    /// Receives one frame.
    ///
    /// Args:
    ///     timeout: See the class.
    ///
    /// Raises:
    ///     ConnectionClosed: The stream has ended between two frames; `local` if this side closed it.
    ///     TruncatedFrame: It has ended inside a frame.
    ///     FrameTimeout: The deadline passed. The next call continues the same frame.
    ///     FrameWouldBlock: There is no whole frame, and the call may not wait. Likewise.
    ///     FrameStalled: `frame_timeout` has passed. The connection is dead.
    ///     InvalidHeader, FrameTooLarge, InvalidPayload: As `FrameDecoder.feed`; also every later call.
    ///     OSError: The socket's own.
    #[pyo3(signature = (*, timeout = Timeout::OfSocket), text_signature = "($self, *, timeout='default')")]
    fn recv(&self, py: Python<'_>, timeout: Timeout) -> PyResult<Py<PyBytes>> {
        self.next_frame(py, timeout).map_err(|failure| failure.raised(py))
    }

    /// Receives the frames that are here: waits for one where there is none, then gives all that are
    /// complete after at most one further read. After `select` says readable, `recv_many(timeout=0)`
    /// leaves no frame behind in a buffer. An error behind the frames waits for the next call, and `select`
    /// does not see it: call until `FrameWouldBlock`, or use `wait`, which does.
    ///
    /// Args:
    ///     max_frames: The most to return, at least 1; `None` for all. The others stay for the next call.
    ///     timeout: See the class.
    ///
    /// Raises:
    ///     ConnectionClosed, TruncatedFrame, FrameTimeout, FrameWouldBlock, FrameStalled, InvalidHeader,
    ///     FrameTooLarge, InvalidPayload, OSError: As `recv`, where there is no frame before it.
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

    /// Receives one frame into the caller's buffer.
    ///
    /// Args:
    ///     buffer: A writable contiguous bytes-like object.
    ///     timeout: See the class.
    ///
    /// Returns:
    ///     The bytes of the frame; those behind them in `buffer` are untouched. Where the call ends without a
    ///     frame, what `buffer` has is unspecified.
    ///
    /// Raises:
    ///     BufferTooSmall: The frame does not fit. It stays, for the next call of any kind.
    ///     ConnectionClosed, TruncatedFrame, FrameTimeout, FrameWouldBlock, FrameStalled, InvalidHeader,
    ///     FrameTooLarge, InvalidPayload, OSError: As `recv`.
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

    /// The next frame, until the peer ends the stream between two frames.
    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyBytes>>> {
        match self.next_frame(py, Timeout::OfSocket) {
            Ok(frame) => Ok(Some(frame)),
            Err(Failure::Ended) => Ok(None),
            Err(Failure::Raised(error)) => Err(error),
        }
    }

    /// The socket's descriptor; -1 once this object is closed or detached.
    fn fileno(&self, py: Python<'_>) -> PyResult<i64> {
        if self.is_over(py) {
            return Ok(-1);
        }
        self.sock.bind(py).call_method0("fileno")?.extract()
    }

    /// Sets the socket's timeout.
    ///
    /// Args:
    ///     timeout: Seconds, `None` to wait for ever, 0 not to wait.
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

    /// The socket's timeout in seconds; `None` where it waits for ever.
    fn gettimeout(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        Ok(self.transport.timeout(py)?.map(|timeout| timeout.as_secs_f64()))
    }

    /// `settimeout(None)` if `flag` is true, `settimeout(0)` if it is false.
    #[pyo3(signature = (flag: "bool"))]
    fn setblocking(&self, flag: &Bound<'_, PyAny>) -> PyResult<()> {
        let timeout = if flag.is_truthy()? { None } else { Some(0.0) };
        self.settimeout(&timeout.into_pyobject(flag.py())?)
    }

    /// Ends one direction, or both. The default says "nothing more from me": what earlier sends have left goes
    /// out first, the peer sees the end behind it, and can still be heard. Over TLS only a peer that is silent at
    /// that moment can: Python's `ssl` loses what arrives just then, and this call and later ones say so.
    ///
    /// Args:
    ///     how: `socket.SHUT_WR`, `SHUT_RD` or `SHUT_RDWR`.
    ///
    /// Raises:
    ///     SendIncomplete: With `SHUT_WR`, what earlier sends have left cannot be sent.
    ///     ConnectionClosed: As `send`.
    ///     OSError: The socket's own. Over TLS: the peer was sending, and what it sent is lost.
    #[pyo3(signature = (how = SHUT_WR), text_signature = "($self, how=1)")]
    fn shutdown(&self, py: Python<'_>, how: i32) -> PyResult<()> {
        self.shut(py, how)
    }

    /// Closes the connection, and drops what is buffered. Calls that wait in other threads end with
    /// `ConnectionClosed`, as does every later call.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.end(py)
    }

    /// Gives the socket back, and the bytes that were received and not returned, as they came over the wire.
    ///
    /// Raises:
    ///     RuntimeError: A send is pending, or another call is using the connection.
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

    /// A snapshot of the counters of received frames. `buffered` are all bytes that have been received and not
    /// returned.
    #[getter]
    fn stats(&self, py: Python<'_>) -> Snapshot {
        Snapshot(self.incoming(py).stats())
    }

    /// The socket.
    #[getter]
    fn socket(&self, py: Python<'_>) -> Py<PyAny> {
        self.sock.clone_ref(py)
    }

    /// This side's address, as the socket's `getsockname` says it.
    ///
    /// Raises:
    ///     OSError: The socket is closed.
    #[getter]
    fn local_address(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(self.sock.bind(py).call_method0("getsockname")?.unbind())
    }

    /// The peer's address, as the socket's `getpeername` says it.
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

    /// What becomes of a received frame over `max_frame_size`.
    #[getter]
    fn on_oversize(&self) -> OnOversize {
        self.config.get().on_oversize()
    }

    /// The longest frame that is skipped, in the unit of `header`; `None` for no bound.
    #[getter]
    fn max_skip(&self) -> Option<u64> {
        self.config.get().max_skip()
    }

    /// How many empty frames may follow each other; `None` for any number.
    #[getter]
    fn max_consecutive_empty(&self) -> Option<u64> {
        self.config.get().max_consecutive_empty()
    }

    /// Seconds that the peer may take over one frame; `None` for no limit.
    #[getter]
    fn frame_timeout(&self) -> Option<f64> {
        self.config.get().frame_timeout()
    }

    /// Whether a call that receives would end at once because of what is here.
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
