//! How a frame is received into memory of the caller's.

use pyo3::prelude::*;

use super::PyFramedSocket;
use super::halt::Halt;
use super::in_place::LARGE;
use super::life::Call;
use super::plain::Plain;
use super::receive::Failure;
use super::transport::Line;
use crate::errors::OrRaise;
use crate::memory::foreign::WritableBuffer;
use crate::timeout::Timeout;
use framing_core::codec::Error;
use framing_core::codec::store::Partial;

impl PyFramedSocket {
    /// One frame into `target`, if it fits; how many bytes it has.
    pub(super) fn receive_into(
        &self,
        py: Python<'_>,
        target: &mut WritableBuffer<'_>,
        timeout: Timeout,
    ) -> Result<usize, Failure> {
        let available = target.len();
        let call = self.enter(py)?;
        let line = self.transport.open(py, timeout)?;
        let _turn = self.take_receiving(py, &call, &line)?;
        let mut reads = 0;
        loop {
            if reads > 0 {
                py.check_signals()?;
            }
            self.log_skipped(py)?;
            let taken = {
                let mut incoming = self.incoming(py);
                let taken = match incoming.next_size() {
                    Some(needed) if needed > available => {
                        Err(Error::BufferTooSmall { needed, available })
                    }
                    _ => incoming.next(py),
                };
                incoming.shrink(py);
                taken
            };
            if let Some(frame) = taken.or_raise(py)? {
                let bytes = frame.as_bytes(py);
                target.write(0, bytes);
                return Ok(bytes.len());
            }
            self.check_deadline(py, &call, &line, reads)?;
            match &line {
                Line::Plain { plain, .. } if self.incoming(py).lacks(LARGE) => {
                    if let Some(size) = self.receive_rest_into(py, &call, &line, plain, target)? {
                        return Ok(size);
                    }
                }
                _ => self.read(py, &call, &line)?,
            }
            reads += 1;
        }
    }

    /// The rest of a large frame, which fits, straight into its place: the size of the frame.
    fn receive_rest_into(
        &self,
        py: Python<'_>,
        call: &Call<'_, '_>,
        line: &Line<'_, '_>,
        plain: &Plain,
        target: &mut WritableBuffer<'_>,
    ) -> Result<Option<usize>, Failure> {
        let (start, end) = {
            let mut incoming = self.incoming(py);
            let Some((partial, missing)) = incoming.decoder.in_place() else { return Ok(None) };
            let mut at = 0;
            for part in partial.parts() {
                target.write(at, part);
                at += part.len();
            }
            (at, at + missing)
        };
        let mut at = start;
        let stopped = loop {
            let result =
                self.patiently(py, line, |deadline| plain.read(py, target.space(at, end), deadline));
            match result {
                Ok(count @ 1..) if !call.is_closed() => at += count,
                result => break result.map(|count| count > 0),
            }
            if at == end {
                self.incoming(py).completed_elsewhere();
                return Ok(Some(end));
            }
            if let Err(error) = py.check_signals() {
                break Err(error.into());
            }
            if line.deadline().has_passed() {
                break Err(Halt::TimedOut);
            }
        };
        if !call.is_closed() {
            // Back to where it is kept for the next call.
            self.incoming(py).keep(py, &target.copy(start, at));
        }
        self.judge(py, call, stopped).map(|()| None)
    }
}
