//! The class `FramedSocket`, and the functions that do without it.
//!
//! | file | what is decided there |
//! |---|---|
//! | `methods` | what a user sees |
//! | `receive` | when to read, and what ends a call that receives |
//! | `receive_into` | how a frame is received into the caller's memory |
//! | `incoming` | what has been received and not yet returned |
//! | `in_place` | how a large frame is received into its own memory |
//! | `send` | what is sent first, and what is kept when a send stops |
//! | `outgoing` | what has been accepted and not yet sent |
//! | `stateless` | `send_frame` and `recv_frame` |
//! | `turn` | whose turn it is to receive or to send |
//! | `life` | who closes the descriptor, and when |
//! | `transport` | which way bytes take |
//! | `plain` | by system calls |
//! | `foreign`, `modes` | by a socket's own methods, and in which mode that is |
//! | `probe` | which methods a socket has, and of whose making |
//! | `tls` | what is particular about TLS |
//! | `halt` | why a call stops |

mod foreign;
mod halt;
mod in_place;
mod incoming;
mod life;
mod methods;
mod modes;
mod outgoing;
mod plain;
mod probe;
mod receive;
mod receive_into;
mod send;
mod stateless;
mod tls;
mod transport;
mod turn;

use std::sync::MutexGuard;

use pyo3::prelude::*;

use self::incoming::Incoming;
use self::life::Life;
use self::send::Outgoing;
pub(super) use self::stateless::{recv_frame, send_frame};
use self::transport::Transport;
pub(super) use self::turn::_forked;
use self::turn::Turn;
use super::config::Config;
use crate::lock::Lock;
use framing_core::codec::FrameEncoder;

/// Send and receive frames over a connected stream socket, which may be blocking or not.
///
/// Args:
///     sock: A TCP or Unix stream socket, or an object with a socket's methods, such as an `ssl.SSLSocket`: at least
///         `fileno`, `send`, `recv_into` or `recv`, `gettimeout`, `settimeout` and `close`. It belongs to this object
///         until `detach` gives it back.
///     header: The header of received frames: a header object, or an `int` as the width in bytes of a
///         `DecimalHeader`.
///     **options: The other options of `FrameOptions`. Each is also a read-only attribute.
///
/// Raises:
///     TypeError: An argument has the wrong type, or `sock` lacks methods; the message names them. Nothing has been
///         sent.
///     ValueError: `sock` is not a stream socket, or another argument is out of range.
///
/// `timeout` arguments are seconds for the whole call; `None` waits for ever, 0 does not wait, and `"default"` means
/// the socket's own timeout (`settimeout`). A call that runs out of time loses nothing: the next one continues the
/// same frame.
///
/// Threads may share the object, and one may send while another receives. The frames of several senders never mix,
/// and each of several receivers gets whole frames.
///
/// >>> import socket
/// >>> ours, theirs = map(FramedSocket, socket.socketpair())
/// >>> ours.send("hello")
/// >>> theirs.recv()
/// b'hello'
/// >>> ours.close()
/// >>> list(theirs)
/// []
/// >>> theirs.close()
#[pyclass(name = "FramedSocket", module = "framing", frozen, weakref)]
pub(super) struct PyFramedSocket {
    sock: Py<PyAny>,
    transport: Transport,
    encoder: FrameEncoder,
    incoming: Lock<Incoming>,
    outgoing: Lock<Outgoing>,
    receiving: Turn,
    sending: Turn,
    life: Life,
    config: Py<Config>,
}

impl PyFramedSocket {
    /// Over a socket.
    fn over(sock: &Bound<'_, PyAny>, config: Py<Config>) -> PyResult<Self> {
        let chosen = config.get();
        Ok(Self {
            transport: Transport::of_owned(sock)?,
            sock: sock.clone().unbind(),
            encoder: chosen.encoder(),
            incoming: Lock::new(Incoming::new(chosen.decoder())),
            outgoing: Lock::default(),
            receiving: Turn::default(),
            sending: Turn::default(),
            life: Life::default(),
            config,
        })
    }

    /// No Python code runs while this is held, or [`outgoing`](Self::outgoing).
    fn incoming(&self, py: Python<'_>) -> MutexGuard<'_, Incoming> {
        self.incoming.lock(py)
    }

    fn outgoing(&self, py: Python<'_>) -> MutexGuard<'_, Outgoing> {
        self.outgoing.lock(py)
    }
}
