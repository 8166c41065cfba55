//! How frames are sent: first the rest of an earlier one; then header and payload, by one gathering call.

use std::io::IoSlice;

use pyo3::prelude::*;

use super::PyFramedSocket;
use super::halt::Halt;
use super::outgoing::Rest;
use super::plain::SHUT_WR;
use super::transport::{Line, Transport, Wrote};
use super::turn::{Held, Refused};
use crate::encoder::plan_many;
use crate::errors::{OrRaise, broken, connection_closed, reentered, send_incomplete};
use crate::memory::foreign::Input;
use crate::payload::Fields;
use crate::timeout::Timeout;
use framing_core::codec::FrameEncoder;
use framing_core::codec::encoder::{Fields as HeaderFields, Plan};
use framing_core::net::Deadline;

/// Frames of [`send_many`](PyFramedSocket::send_frames) are put together up to this size, which stays in the
/// processor's cache.
const BATCH: usize = 64 * 1024;

/// A payload larger than this is not copied into a batch.
const LARGE: usize = 16 * 1024;

/// Longer headers are rare, and take memory of their own.
const SHORT_HEADER: usize = 64;

impl PyFramedSocket {
    /// Sends one frame.
    pub(super) fn send_frame(
        &self,
        py: Python<'_>,
        payload: &Input<'_>,
        fields: Option<&Fields>,
        timeout: Timeout,
    ) -> PyResult<()> {
        let header = Header::of(py, &self.encoder, payload, fields)?;
        let trailer = self.encoder.trailer();
        self.transmit(py, timeout, |sender| sender.put(header.bytes(), payload, trailer))
    }

    /// Sends bytes that are frames already.
    pub(super) fn send_wire(&self, py: Python<'_>, wire: &Input<'_>, timeout: Timeout) -> PyResult<()> {
        self.transmit(py, timeout, |sender| sender.put(&[], wire, &[]))
    }

    /// Sends many frames; all of them are judged before a byte is sent.
    pub(super) fn send_frames(
        &self,
        py: Python<'_>,
        payloads: &[Input<'_>],
        fields: Option<&Fields>,
        timeout: Timeout,
    ) -> PyResult<()> {
        let fields = judged(py, &self.encoder, fields)?;
        let plans = plan_many(py, &self.encoder, payloads, |plan, _| plan)?;
        self.transmit(py, timeout, |sender| {
            let mut batch = Vec::new();
            for (plan, payload) in plans.iter().zip(payloads) {
                if plan.frame_size() <= LARGE {
                    self.encoder.append(*plan, fields, payload.bytes(py)?, &mut batch);
                    if batch.len() >= BATCH {
                        sender.put_bytes(&batch)?;
                        batch.clear();
                    }
                    continue;
                }
                let start = batch.len();
                batch.resize(start + plan.header_size(), 0);
                self.encoder.write_header(*plan, fields, &mut batch[start..]);
                sender.put(&batch, payload, self.encoder.trailer())?;
                batch.clear();
            }
            sender.put_bytes(&batch)
        })
    }

    /// Sends what an earlier call has left.
    pub(super) fn flush_rest(&self, py: Python<'_>, timeout: Timeout) -> PyResult<()> {
        let call = self.enter(py)?;
        let line = self.transport.open(py, timeout)?;
        let (sent, halt) = match self.take_sending(py, &line) {
            Ok(_turn) => self.send_rest(py, &line)?,
            Err(Refusal::Halted(halt)) => (0, Some(halt)),
            Err(Refusal::Raised(error)) => return Err(error),
        };
        match halt {
            None => Ok(()),
            Some(_) if call.is_closed() => Err(connection_closed(py, true)),
            Some(Halt::Raised(error) | Halt::Torn(error)) => Err(error),
            Some(Halt::WouldBlock | Halt::TimedOut) => Err(send_incomplete(py, sent, None)),
        }
    }

    /// Ends a direction, or both; behind what earlier sends have left, if that is all that ends.
    pub(super) fn shut(&self, py: Python<'_>, how: i32) -> PyResult<()> {
        if how == SHUT_WR {
            self.flush_rest(py, Timeout::OfSocket)?;
        }
        let _call = self.enter(py)?;
        let foreign = match &self.transport {
            Transport::Plain(_) => {
                return self.sock.bind(py).call_method1("shutdown", (how,)).map(|_| ());
            }
            Transport::Foreign(foreign) => foreign,
        };
        if how != SHUT_WR || !foreign.is_tls(py)? {
            return foreign.enter(py).shutdown(how);
        }
        // What has arrived is taken first, because what TLS meets now is lost.
        self.receive_all(py)?;
        let flight = foreign.enter(py);
        let deadline = Deadline::after(flight.timeout()?);
        flight.say_the_end(deadline).map_err(|halt| {
            if matches!(halt, Halt::Torn(_)) {
                self.incoming(py).torn = true;
            }
            halt.plain(py)
        })
    }

    /// Gets the turn, sends the rest of an earlier frame, and then what `put` puts.
    fn transmit(
        &self,
        py: Python<'_>,
        timeout: Timeout,
        put: impl FnOnce(&mut Sender<'_, '_>) -> PyResult<()>,
    ) -> PyResult<()> {
        let call = self.enter(py)?;
        let line = self.transport.open(py, timeout)?;
        let unsent = |halt: Halt| {
            if call.is_closed() { connection_closed(py, true) } else { halt.unsent(py) }
        };
        let _turn = match self.take_sending(py, &line) {
            Ok(turn) => turn,
            Err(Refusal::Halted(halt)) => return Err(unsent(halt)),
            Err(Refusal::Raised(error)) => return Err(error),
        };
        if let (_, Some(halt)) = self.send_rest(py, &line)? {
            return Err(unsent(halt));
        }
        let mut sender = Sender { py, line: &line, sent: 0, stopped: None };
        let result = put(&mut sender);
        let Sender { sent, stopped, .. } = sender;
        let Some(Stopped { rest, halt, taken }) = stopped else { return result };
        if !taken {
            return Err(unsent(halt));
        }
        let kept = result.is_ok() && !matches!(halt, Halt::Torn(_));
        if call.is_closed() {
            return Err(connection_closed(py, true));
        }
        {
            let mut outgoing = self.outgoing(py);
            outgoing.broken = !kept;
            outgoing.rest = rest;
        }
        result?;
        Err(match halt {
            Halt::Raised(error) | Halt::Torn(error) => error,
            Halt::WouldBlock | Halt::TimedOut => send_incomplete(py, sent, None),
        })
    }

    fn take_sending<'a, 'py>(
        &'a self,
        py: Python<'py>,
        line: &Line<'_, 'py>,
    ) -> Result<Held<'a, 'py>, Refusal> {
        self.sending.take(py, line.deadline()).map_err(|refused| match refused {
            Refused::Reentered => Refusal::Raised(reentered("sends")),
            Refused::Dismissed => Refusal::Raised(connection_closed(py, true)),
            Refused::Halted(halt) => Refusal::Halted(halt),
        })
    }

    /// Sends the rest of earlier frames: how much of it, and why not all, if so.
    fn send_rest(&self, py: Python<'_>, line: &Line<'_, '_>) -> PyResult<(usize, Option<Halt>)> {
        let mut rest = {
            let mut outgoing = self.outgoing(py);
            if outgoing.broken {
                drop(outgoing);
                return Err(broken(py));
            }
            if outgoing.rest.size() == 0 {
                return Ok((0, None));
            }
            std::mem::take(&mut outgoing.rest)
        };
        let Wrote { sent, halt, .. } = line.write(&mut rest.slices());
        rest.advance(sent);
        if !self.is_over(py) {
            let mut outgoing = self.outgoing(py);
            outgoing.rest = rest;
            outgoing.broken = matches!(halt, Some(Halt::Torn(_)));
        }
        Ok((sent, halt))
    }
}

enum Refusal {
    Halted(Halt),
    Raised(PyErr),
}

/// What has been accepted and not sent.
#[derive(Default)]
pub(super) struct Outgoing {
    pub(super) rest: Rest,
    /// Nobody knows where in the stream the peer is.
    pub(super) broken: bool,
}

/// Sends until it is stopped, and from then on keeps.
pub(super) struct Sender<'a, 'py> {
    pub(super) py: Python<'py>,
    pub(super) line: &'a Line<'a, 'py>,
    pub(super) sent: usize,
    pub(super) stopped: Option<Stopped>,
}

/// Where a send stopped.
pub(super) struct Stopped {
    pub(super) rest: Rest,
    pub(super) halt: Halt,
    /// Whether something has been sent, or TLS has seen it: then all of it has to follow.
    pub(super) taken: bool,
}

impl Sender<'_, '_> {
    /// Bytes before, a payload, and bytes behind it.
    pub(super) fn put(&mut self, before: &[u8], payload: &Input<'_>, behind: &[u8]) -> PyResult<()> {
        let mut sent = 0;
        if self.stopped.is_none() {
            let mut slices = [IoSlice::new(before), payload.slice()?, IoSlice::new(behind)];
            let count = if behind.is_empty() { 2 } else { 3 };
            let wrote = self.line.write(&mut slices[..count]);
            match self.note(wrote) {
                Some(count) => sent = count,
                None => return Ok(()),
            }
        }
        self.keep(before, payload, behind, sent)
    }

    fn put_bytes(&mut self, bytes: &[u8]) -> PyResult<()> {
        let mut sent = 0;
        if self.stopped.is_none() {
            let wrote = self.line.write(&mut [IoSlice::new(bytes)]);
            match self.note(wrote) {
                Some(count) => sent = count,
                None => return Ok(()),
            }
        }
        match &mut self.stopped {
            Some(stopped) if stopped.taken => stopped.rest.push_copy(self.py, &bytes[sent..]),
            _ => Ok(()),
        }
    }

    /// How much was sent, where that is not everything.
    fn note(&mut self, wrote: Wrote) -> Option<usize> {
        let Wrote { sent, committed, halt } = wrote;
        self.sent += sent;
        let halt = halt?;
        let taken = self.sent > 0 || committed || matches!(halt, Halt::Torn(_));
        self.stopped = Some(Stopped { rest: Rest::default(), halt, taken });
        Some(sent)
    }

    /// Keeps what is behind the first `sent` bytes, if all of it has to follow.
    fn keep(&mut self, before: &[u8], payload: &Input<'_>, behind: &[u8], sent: usize) -> PyResult<()> {
        match &mut self.stopped {
            Some(stopped) if stopped.taken => {
                let size = payload.slice()?.len();
                let in_payload = sent.saturating_sub(before.len());
                let in_behind = in_payload.saturating_sub(size);
                stopped.rest.push_copy(self.py, &before[sent.min(before.len())..])?;
                stopped.rest.push_input(self.py, payload, in_payload.min(size))?;
                stopped.rest.push_copy(self.py, &behind[in_behind.min(behind.len())..])
            }
            _ => Ok(()),
        }
    }
}

/// The header of one frame.
pub(super) enum Header {
    Short([u8; SHORT_HEADER], usize),
    Long(Vec<u8>),
}

impl Header {
    pub(super) fn of(
        py: Python<'_>,
        encoder: &FrameEncoder,
        payload: &Input<'_>,
        fields: Option<&Fields>,
    ) -> PyResult<Self> {
        let fields = judged(py, encoder, fields)?;
        let plan = plan(py, encoder, payload)?;
        let size = plan.header_size();
        Ok(if size <= SHORT_HEADER {
            let mut header = [0; SHORT_HEADER];
            encoder.write_header(plan, fields, &mut header[..size]);
            Self::Short(header, size)
        } else {
            let mut header = vec![0; size];
            encoder.write_header(plan, fields, &mut header);
            Self::Long(header)
        })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(header, size) => &header[..*size],
            Self::Long(header) => header,
        }
    }
}

fn plan(py: Python<'_>, encoder: &FrameEncoder, payload: &Input<'_>) -> PyResult<Plan> {
    encoder.plan(payload.bytes(py)?).or_raise(py)
}

fn judged<'a>(
    py: Python<'_>,
    encoder: &FrameEncoder,
    fields: Option<&'a Fields>,
) -> PyResult<HeaderFields<'a>> {
    Fields::of(fields, encoder).or_raise(py)
}
