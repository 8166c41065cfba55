//! What has been received and not yet returned: a chunk that frames are taken from one at a time, and behind
//! it, in the decoder, the frame that is unfinished.
//!
//! Frames are not decoded before somebody wants them. So what has not been returned is still there as it came
//! over the wire, and a frame costs nothing but its own memory.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use super::in_place::InPlace;
use super::transport::Line;
use crate::memory::buffer_pool::{self, READ_SIZE};
use crate::memory::bytes::{BytesWriter, copied};
use crate::memory::growing::GrowingBytes;
use crate::store::PyStore;
use framing_core::codec::{Decoder, Error, Format, Stats};

/// What is read at a time behind a large frame, because another one may follow, and what is read of that
/// before its header is known has to be copied.
const PROBE: usize = 16 * 1024;

/// So little of a chunk is kept in memory of its own, and the chunk given back to the pool.
const SMALL_REST: usize = 16 * 1024;

/// See the module.
pub(super) struct Incoming {
    pub(super) decoder: Decoder<GrowingBytes>,
    /// Never empty. Nobody receives into the unfinished frame while it is there.
    chunk: Option<Chunk>,
    /// What a read ahead of need met: it is for the next call that reads.
    pub(super) ahead: Option<Ahead>,
    /// The time that was spent waiting for the frame at this offset.
    waited: (u64, Duration),
    /// The unfinished frame took longer than it may: nothing is read any more.
    pub(super) stalled: bool,
    /// Nobody knows where in the stream the next read would be.
    pub(super) torn: bool,
    /// Whether the last read ended a large frame.
    behind_large: bool,
}

/// The end of a stream, or an error, behind frames that were delivered first.
pub(super) enum Ahead {
    End,
    Raised(PyErr),
}

/// Received bytes: those of `memory` from `at` to `end`.
struct Chunk {
    /// It is written to before and after, but not while it is a chunk.
    memory: PyBackedBytes,
    at: usize,
    end: usize,
}

/// Where the next read goes.
pub(super) enum Destination<'a> {
    /// Into scratch memory, at most so many bytes.
    Chunk(usize),
    /// Into the memory of the unfinished frame.
    InPlace(InPlace<'a>),
}

impl Incoming {
    pub(super) fn new(decoder: Decoder<GrowingBytes>) -> Self {
        Self {
            decoder,
            chunk: None,
            ahead: None,
            waited: (0, Duration::ZERO),
            stalled: false,
            torn: false,
            behind_large: false,
        }
    }

    /// The next frame, if all of it is in the chunk. `None` says nothing.
    #[inline]
    pub(super) fn next_whole(&mut self, py: Python<'_>) -> Option<Py<PyBytes>> {
        let chunk = self.chunk.as_mut()?;
        let bytes = chunk.memory.get(..chunk.end)?;
        let frame = self.decoder.decode_whole(&PyStore { py, owner: None }, bytes, &mut chunk.at)?;
        if chunk.at == chunk.end {
            self.drop_chunk(py);
        }
        Some(frame)
    }

    /// The next frame, if all of it is here.
    pub(super) fn next(&mut self, py: Python<'_>) -> Result<Option<Py<PyBytes>>, Error> {
        let store = PyStore { py, owner: None };
        let Some(chunk) = &mut self.chunk else { return self.next_in_place(&store) };
        let bytes = &chunk.memory[..chunk.end];
        let result = self.decoder.decode(&store, bytes, &mut chunk.at);
        if chunk.at == chunk.end {
            self.drop_chunk(py);
        }
        result
    }

    /// The frames that are here, `limit` at most. Where there are frames before a fault, the next call meets
    /// the fault.
    pub(super) fn next_many(
        &mut self,
        py: Python<'_>,
        limit: usize,
        frames: &mut Vec<Py<PyBytes>>,
    ) -> Result<(), Error> {
        // A refused decoder takes nothing, and the chunk stays.
        let all = limit == usize::MAX && self.decoder.error().is_none();
        if let Some(chunk) = self.chunk.take_if(|_| all) {
            let rest = &chunk.memory[chunk.at..chunk.end];
            let result = self.decoder.feed_into(&PyStore { py, owner: None }, rest, frames);
            chunk.let_go(py);
            if frames.is_empty() {
                return result;
            }
            return Ok(());
        }
        while frames.len() < limit {
            match self.next(py) {
                Ok(Some(frame)) => frames.push(frame),
                Err(error) if frames.is_empty() => return Err(error),
                Ok(None) | Err(_) => break,
            }
        }
        Ok(())
    }

    /// Takes what is skipped before the next frame that is not.
    pub(super) fn discard(&mut self, py: Python<'_>) -> Result<(), Error> {
        let Some(chunk) = &mut self.chunk else { return Ok(()) };
        let store = PyStore { py, owner: None };
        let result = self.decoder.discard(&store, &chunk.memory[..chunk.end], &mut chunk.at);
        if chunk.at == chunk.end {
            self.drop_chunk(py);
        }
        result
    }

    /// Whether [`next`](Self::next) would give a frame or an error.
    pub(super) fn has_next(&self) -> bool {
        self.decoder.has_next(self.rest())
    }

    /// The bytes of the next frame, where they are known.
    pub(super) fn next_size(&self) -> Option<usize> {
        self.decoder.next_size(self.rest())
    }

    /// Where the next read goes.
    pub(super) fn destination<'a>(
        &mut self,
        py: Python<'_>,
        line: &Line<'a, '_>,
    ) -> PyResult<Destination<'a>> {
        if let Some(in_place) = InPlace::begin(py, &mut self.decoder, line)? {
            return Ok(Destination::InPlace(in_place));
        }
        Ok(Destination::Chunk(if self.behind_large { PROBE } else { READ_SIZE }))
    }

    /// Whether the unfinished frame lacks so many bytes, and nothing but them.
    pub(super) fn lacks(&mut self, count: usize) -> bool {
        let no_trailer = self.decoder.header().trailer().is_empty();
        self.chunk.is_none()
            && !self.reads_no_more()
            && no_trailer
            && self.decoder.in_place().is_some_and(|(_, missing)| missing >= count)
    }

    /// The unfinished frame has been received to its end into memory of the caller's.
    pub(super) fn completed_elsewhere(&mut self) {
        self.decoder.completed_elsewhere();
        self.behind_large = true;
    }

    /// Adds bytes of the unfinished frame, not its last ones.
    pub(super) fn keep(&mut self, py: Python<'_>, bytes: &[u8]) {
        // What there is no memory for refuses the stream, and later calls say so.
        let _ = self.decoder.decode(&PyStore { py, owner: None }, bytes, &mut 0);
    }

    /// Takes what was read into scratch memory.
    pub(super) fn received(&mut self, memory: Bound<'_, PyBytes>, count: usize) {
        self.behind_large = false;
        self.chunk = Some(Chunk { memory: memory.into(), at: 0, end: count });
    }

    /// Takes what was read behind what is here. Rarely called, and not for much.
    pub(super) fn received_behind(
        &mut self,
        py: Python<'_>,
        memory: Bound<'_, PyBytes>,
        count: usize,
    ) -> PyResult<()> {
        let rest = self.rest();
        let mut writer = BytesWriter::new(py, rest.len() + count)?;
        writer.put(rest);
        writer.put(&memory.as_bytes()[..count]);
        let end = rest.len() + count;
        self.drop_chunk(py);
        self.chunk = Some(Chunk { memory: writer.finish(py).into(), at: 0, end });
        buffer_pool::give_back(py, memory.unbind());
        Ok(())
    }

    /// Takes what was read into the unfinished frame. It may now be complete.
    pub(super) fn received_in_place(&mut self, in_place: InPlace<'_>, count: usize) {
        self.behind_large = in_place.end(&mut self.decoder, count);
    }

    /// Gives a large chunk back to the pool where little of it is left: a connection that waits for nothing
    /// holds no large memory.
    pub(super) fn shrink(&mut self, py: Python<'_>) {
        let Some(chunk) = &mut self.chunk else { return };
        if chunk.end - chunk.at <= SMALL_REST && chunk.memory.len() == READ_SIZE {
            let rest = &chunk.memory[chunk.at..chunk.end];
            // Without memory for less it stays.
            let Ok(small) = copied(py, rest) else { return };
            let end = rest.len();
            let large =
                std::mem::replace(chunk, Chunk { memory: small.into_bound(py).into(), at: 0, end });
            large.let_go(py);
        }
    }

    /// Everything that was received and not returned, as it came; and forgets it.
    pub(super) fn take_wire<'py>(
        &mut self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyBytes>, Option<Ahead>)> {
        let mut parts = self.decoder.buffered_parts();
        parts.push(self.rest());
        let mut writer = BytesWriter::new(py, parts.iter().map(|part| part.len()).sum())?;
        for part in parts {
            writer.put(part);
        }
        let ahead = self.forget(py);
        Ok((writer.finish(py), ahead))
    }

    /// Drops what was received. The counters stay. What was met ahead is for the caller to drop, where no lock
    /// is held: an exception may be the last to refer to anything.
    #[must_use]
    pub(super) fn forget(&mut self, py: Python<'_>) -> Option<Ahead> {
        self.decoder.forget_buffered();
        self.drop_chunk(py);
        self.ahead.take()
    }

    /// The counters; what waits in the chunk is buffered, too.
    pub(super) fn stats(&self) -> Stats {
        let mut stats = self.decoder.stats();
        stats.buffered += self.rest().len();
        stats
    }

    /// The time that was spent waiting for the unfinished frame, be it skipped or not.
    pub(super) fn waited(&self) -> Duration {
        let (offset, waited) = self.waited;
        if offset == self.decoder.offset() { waited } else { Duration::ZERO }
    }

    pub(super) fn set_waited(&mut self, waited: Duration) {
        self.waited = (self.decoder.offset(), waited);
    }

    /// Whether a read would find that the stream is over.
    pub(super) fn reads_no_more(&self) -> bool {
        self.ahead.is_some() || self.stalled || self.torn || self.decoder.error().is_some()
    }

    fn rest(&self) -> &[u8] {
        match &self.chunk {
            Some(chunk) => &chunk.memory[chunk.at..chunk.end],
            None => &[],
        }
    }

    fn drop_chunk(&mut self, py: Python<'_>) {
        if let Some(chunk) = self.chunk.take() {
            chunk.let_go(py);
        }
    }

    /// The frame that was received into its own memory, if that is complete.
    fn next_in_place(&mut self, store: &PyStore<'_, '_>) -> Result<Option<Py<PyBytes>>, Error> {
        if let Some(error) = self.decoder.error() {
            return Err(error.clone());
        }
        if !matches!(self.decoder.in_place(), Some((_, 0))) {
            return Ok(None);
        }
        self.decoder.decode(store, &[], &mut 0)
    }
}

impl Chunk {
    fn let_go(self, py: Python<'_>) {
        let Ok(memory) = self.memory.into_pyobject(py);
        buffer_pool::give_back(py, memory.unbind());
    }
}
