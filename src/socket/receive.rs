//! How frames are received: from what is here; else by reads, until there is one.

use std::time::Instant;

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::PyFramedSocket;
use super::halt::Halt;
use super::incoming::{Ahead, Destination, Incoming};
use super::life::Call;
use super::transport::Line;
use super::turn::{Held, Refused};
use crate::errors::{Obstacle, OrRaise, connection_closed, exception, incomplete, reentered, torn};
use crate::memory::buffer_pool::READ_SIZE;
use crate::skip_log;
use crate::store::PartialFrame;
use crate::timeout::Timeout;
use framing_core::codec::Error;
use framing_core::net::Deadline;

/// A peer that never stops sending must not keep a call from its end.
const MAX_READS: usize = 256;

/// The same, where the call may not wait and what comes may all be skipped: a few megabytes.
const PROMPT_READS: usize = 16;

/// Why nothing was received.
pub(super) enum Failure {
    /// The peer ended the stream between two frames.
    Ended,
    Raised(PyErr),
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Raised(error)
    }
}

impl Failure {
    pub(super) fn raised(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Ended => connection_closed(py, false),
            Self::Raised(error) => error,
        }
    }
}

impl PyFramedSocket {
    /// One frame.
    pub(super) fn next_frame(&self, py: Python<'_>, timeout: Timeout) -> Result<Py<PyBytes>, Failure> {
        // A frame that is here costs no turn: it is taken in one step.
        if let Some(frame) = self.incoming(py).next_whole(py) {
            return Ok(frame);
        }
        self.receive(py, timeout, |incoming| incoming.next(py))
    }

    /// At least one frame, and at most `limit`.
    pub(super) fn receive_many(
        &self,
        py: Python<'_>,
        limit: usize,
        timeout: Timeout,
    ) -> PyResult<Vec<Py<PyBytes>>> {
        let mut frames = if limit == usize::MAX { self.receive_more(py)? } else { Vec::new() };
        if frames.is_empty() {
            let take = |incoming: &mut Incoming| {
                incoming.next_many(py, limit, &mut frames)?;
                Ok((!frames.is_empty()).then_some(()))
            };
            self.receive(py, timeout, take).map_err(|failure| failure.raised(py))?;
        }
        Ok(frames)
    }

    /// Receives until `take` finds what it wants in what is here.
    fn receive<T>(
        &self,
        py: Python<'_>,
        timeout: Timeout,
        mut take: impl FnMut(&mut Incoming) -> Result<Option<T>, Error>,
    ) -> Result<T, Failure> {
        let call = self.enter(py)?;
        let line = self.transport.open(py, timeout)?;
        let _turn = self.take_receiving(py, &call, &line)?;
        let mut reads = 0;
        loop {
            // A peer that never stops sending would keep us from noticing signals. Before anything is taken, which an
            // exception would lose.
            if reads > 0 {
                py.check_signals()?;
            }
            self.log_skipped(py)?;
            let taken = {
                let mut incoming = self.incoming(py);
                let taken = take(&mut incoming);
                incoming.shrink(py);
                taken
            };
            if let Some(taken) = taken.or_raise(py)? {
                return Ok(taken);
            }
            self.check_deadline(py, &call, &line, reads)?;
            self.read(py, &call, &line)?;
            reads += 1;
        }
    }

    /// Reports the frames that were skipped up to the next one that is not. A handler of the log may be interrupted,
    /// so this comes before a frame is taken: then nothing is lost.
    pub(super) fn log_skipped(&self, py: Python<'_>) -> PyResult<()> {
        if !self.skips() {
            return Ok(());
        }
        let skipped = {
            let mut incoming = self.incoming(py);
            // Whoever takes the next frame meets a refusal again.
            let _ = incoming.discard(py);
            incoming.decoder.take_skipped()
        };
        skip_log::log(py, &skipped)
    }

    /// Ends a call whose deadline has passed: a peer that never stops sending would keep us from noticing it. Only once
    /// everything that was read has been decoded, because the error says what has arrived. A call that may not wait
    /// ends after so many reads: of what is skipped there may be any amount.
    pub(super) fn check_deadline(
        &self,
        py: Python<'_>,
        call: &Call<'_, '_>,
        line: &Line<'_, '_>,
        reads: usize,
    ) -> Result<(), Failure> {
        let halt = match line.deadline() {
            Deadline::Now if reads >= PROMPT_READS && self.skips() => Halt::WouldBlock,
            // The first read looks at what is here, however little time there is.
            deadline if reads > 0 && deadline.has_passed() => Halt::TimedOut,
            _ => return Ok(()),
        };
        Err(self.halted(py, call, halt).into())
    }

    fn skips(&self) -> bool {
        self.config.get().skips()
    }

    pub(super) fn take_receiving<'a, 'py>(
        &'a self,
        py: Python<'py>,
        call: &Call<'_, '_>,
        line: &Line<'_, 'py>,
    ) -> Result<Held<'a, 'py>, Failure> {
        self.receiving.take(py, line.deadline()).map_err(|refused| {
            Failure::Raised(match refused {
                Refused::Reentered => reentered("receives"),
                Refused::Dismissed => connection_closed(py, true),
                Refused::Halted(halt) => self.halted(py, call, halt),
            })
        })
    }

    /// The frames that are here, and those behind them that one further read gives at once. Nothing, where none
    /// is here.
    fn receive_more(&self, py: Python<'_>) -> PyResult<Vec<Py<PyBytes>>> {
        let mut frames = Vec::new();
        if !self.incoming(py).has_next() {
            return Ok(frames);
        }
        self.log_skipped(py)?;
        let call = self.enter(py)?;
        let line = self.transport.open(py, Timeout::Given(None))?;
        // Who is in the middle of a read has the bytes behind these. The turn is held to the end: what is read
        // now comes behind what is here.
        let turn = self.receiving.take(py, Deadline::Now);
        let reads = turn.is_ok() && line.can_look() && !self.incoming(py).reads_no_more();
        let further = if reads { line.read(READ_SIZE, Deadline::Now) } else { Err(Halt::WouldBlock) };
        // Before a frame is taken: an interrupt, which is not to be kept for later, loses none.
        if matches!(further, Err(Halt::Torn(_))) {
            self.incoming(py).torn = true;
        }
        let further = match further {
            Err(Halt::Raised(error) | Halt::Torn(error))
                if !error.is_instance_of::<PyException>(py) =>
            {
                return Err(error);
            }
            further => further,
        };
        if call.is_closed() {
            return Err(connection_closed(py, true));
        }
        let mut incoming = self.incoming(py);
        let mut result = incoming.next_many(py, usize::MAX, &mut frames);
        match further {
            Ok(Some((memory, count))) => {
                incoming.received(memory.into_bound(py), count);
                if result.is_ok() && incoming.decoder.error().is_none() {
                    result = incoming.next_many(py, usize::MAX, &mut frames);
                }
            }
            Ok(None) => incoming.ahead = Some(Ahead::End),
            Err(Halt::Raised(error) | Halt::Torn(error)) => {
                incoming.ahead = Some(Ahead::Raised(error));
            }
            Err(Halt::WouldBlock | Halt::TimedOut) => {}
        }
        drop(incoming);
        drop(turn);
        result.map(|()| frames).or_raise(py)
    }

    /// Takes everything that can be read at once, without returning any of it. Somebody who waits for it in
    /// another thread takes it himself.
    pub(super) fn receive_all(&self, py: Python<'_>) -> PyResult<()> {
        let line = self.transport.open(py, Timeout::Given(None))?;
        let turn = self.receiving.take(py, Deadline::Now);
        for _ in 0..MAX_READS {
            if turn.is_err() || self.incoming(py).reads_no_more() {
                break;
            }
            match line.read(READ_SIZE, Deadline::Now) {
                Ok(Some((memory, count))) => {
                    self.incoming(py).received_behind(py, memory.into_bound(py), count)?;
                }
                Ok(None) => self.incoming(py).ahead = Some(Ahead::End),
                Err(Halt::WouldBlock | Halt::TimedOut) => break,
                Err(Halt::Raised(error)) => self.incoming(py).ahead = Some(Ahead::Raised(error)),
                Err(Halt::Torn(error)) => {
                    self.incoming(py).torn = true;
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// One read, and what comes of it: bytes, or the end of the call.
    pub(super) fn read(
        &self,
        py: Python<'_>,
        call: &Call<'_, '_>,
        line: &Line<'_, '_>,
    ) -> Result<(), Failure> {
        let destination = {
            let mut incoming = self.incoming(py);
            match incoming.ahead.take() {
                Some(Ahead::Raised(error)) => return Err(error.into()),
                Some(Ahead::End) => {
                    drop(incoming);
                    return Err(self.ended(py, call));
                }
                None if incoming.torn => {
                    drop(incoming);
                    return Err(torn(py).into());
                }
                None if incoming.stalled => {
                    drop(incoming);
                    return Err(self.stalled(py).into());
                }
                None => incoming.destination(py, line)?,
            }
        };
        let result = match destination {
            Destination::InPlace(mut in_place) => {
                self.patiently(py, line, |deadline| in_place.read(py, deadline)).map(|count| {
                    self.incoming(py).received_in_place(in_place, count);
                    count > 0
                })
            }
            Destination::Chunk(limit) => {
                self.patiently(py, line, |deadline| line.read(limit, deadline)).map(|received| {
                    let some = received.is_some();
                    if let Some((memory, count)) = received {
                        self.incoming(py).received(memory.into_bound(py), count);
                    }
                    some
                })
            }
        };
        self.judge(py, call, result)
    }

    /// What the result of a read means for the call.
    pub(super) fn judge(
        &self,
        py: Python<'_>,
        call: &Call<'_, '_>,
        result: Result<bool, Halt>,
    ) -> Result<(), Failure> {
        match result {
            _ if call.is_closed() => {
                let ahead = self.incoming(py).forget(py);
                drop(ahead);
                Err(connection_closed(py, true).into())
            }
            Ok(true) => Ok(()),
            Ok(false) => Err(self.ended(py, call)),
            Err(Halt::Torn(error)) => {
                self.incoming(py).torn = true;
                Err(error.into())
            }
            Err(halt) => Err(self.halted(py, call, halt).into()),
        }
    }

    /// Reads with two ends to its patience: the call's own, and that of the frame, of which all waiting counts
    /// that has been done since its first byte.
    pub(super) fn patiently<T>(
        &self,
        py: Python<'_>,
        line: &Line<'_, '_>,
        mut read: impl FnMut(Deadline) -> Result<T, Halt>,
    ) -> Result<T, Halt> {
        let deadline = line.deadline();
        let Some(limit) = self.config.get().frame_timeout_duration() else { return read(deadline) };
        let waited = {
            let incoming = self.incoming(py);
            if incoming.decoder.is_between_frames() {
                drop(incoming);
                return read(deadline);
            }
            incoming.waited()
        };
        // What is here already has not been waited for.
        match read(Deadline::Now) {
            Err(Halt::WouldBlock) if deadline != Deadline::Now => {}
            result => return result,
        }
        let start = Instant::now();
        let result = read(deadline.or_before(Deadline::after(Some(limit.saturating_sub(waited)))));
        let waited = waited + start.elapsed();
        let mut incoming = self.incoming(py);
        incoming.set_waited(waited);
        incoming.stalled |= waited >= limit && matches!(result, Err(Halt::TimedOut | Halt::WouldBlock));
        result
    }

    fn halted(&self, py: Python<'_>, call: &Call<'_, '_>, halt: Halt) -> PyErr {
        if call.is_closed() {
            return connection_closed(py, true);
        }
        let obstacle = match halt {
            Halt::Raised(error) | Halt::Torn(error) => return error,
            Halt::WouldBlock => Obstacle::WouldBlock,
            Halt::TimedOut => Obstacle::TimedOut,
        };
        let (stalled, progress) = {
            let incoming = self.incoming(py);
            (incoming.stalled, incoming.decoder.progress())
        };
        if stalled { self.stalled(py) } else { incomplete(py, obstacle, progress, None) }
    }

    /// The stream has ended.
    fn ended(&self, py: Python<'_>, call: &Call<'_, '_>) -> Failure {
        if call.is_closed() {
            return connection_closed(py, true).into();
        }
        let (result, unfinished) = {
            let incoming = self.incoming(py);
            (incoming.decoder.feed_eof(), PartialFrame::of(py, &incoming.decoder))
        };
        let Err(error) = result else { return Failure::Ended };
        unfinished
            .parts(py)
            .map_or_else(|failure| failure, |parts| exception(py, &error, Some(parts)))
            .into()
    }

    fn stalled(&self, py: Python<'_>) -> PyErr {
        let (progress, unfinished) = {
            let incoming = self.incoming(py);
            (incoming.decoder.progress(), PartialFrame::of(py, &incoming.decoder))
        };
        unfinished.parts(py).map_or_else(
            |failure| failure,
            |parts| incomplete(py, Obstacle::Stalled, progress, Some(parts)),
        )
    }
}
