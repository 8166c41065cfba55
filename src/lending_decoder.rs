//! The decoder, and the memory that is lent out for its next bytes.

use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::arguments::{Integer, Named};
use super::lent_buffer::LentBuffer;
use super::memory::buffer_pool::READ_SIZE;
use super::memory::growing::GrowingBytes;
use super::store::PyStore;
use framing_core::codec::store::{Partial, Room};
use framing_core::codec::{Decoder, Error};

/// The end of a large frame arrives in memory of its own, together with what follows it; so nobody
/// holds a view of a frame's memory when the frame is delivered, and it need not be copied.
const TAIL: usize = 4 * 1024;

/// A decoder that is received into: `asyncio.BufferedProtocol`'s contract, apart from its views.
pub(super) struct LendingDecoder {
    pub(super) decoder: Decoder<GrowingBytes>,
    /// What has been lent out and not yet taken back.
    lent: Option<LentBuffer>,
}

impl LendingDecoder {
    pub(super) fn new(decoder: Decoder<GrowingBytes>) -> Self {
        Self { decoder, lent: None }
    }

    /// Memory for the next read, where that is clear: what was lent before, or the frame's own where a large one is
    /// under way. `None`: any memory that belongs to no frame, by [`lend`](Self::lend).
    pub(super) fn lent(&mut self, py: Python<'_>) -> PyResult<Option<&LentBuffer>> {
        let lent = match &self.lent {
            Some(lent @ (LentBuffer::Scratch(_) | LentBuffer::Shared(_))) => lent.is_current(),
            Some(LentBuffer::InPlace { .. }) | None => false,
        };
        if !lent {
            self.lent = None;
            let behind = self.decoder.kept_behind();
            if let Some((partial, missing)) = self.decoder.in_place() {
                if missing > READ_SIZE {
                    let room = Room::for_read(partial.len(), missing + behind);
                    let (memory, start, len) = partial.lend(py, room)?;
                    let len = len.min(missing - TAIL);
                    self.lent = Some(LentBuffer::InPlace { memory, start, len });
                }
            }
        }
        Ok(self.lent.as_ref())
    }

    /// Lends `lent` for the next read. What was lent before is let go where no lock is held.
    #[must_use]
    pub(super) fn lend(&mut self, lent: LentBuffer) -> Option<LentBuffer> {
        self.lent.replace(lent)
    }

    /// Ends a loan whose first `nbytes` have been written. `None` where there is none.
    pub(super) fn reclaim(&mut self, nbytes: Named<Integer>) -> PyResult<Option<(LentBuffer, usize)>> {
        let len = self.lent.as_ref().map_or(0, |lent| lent.parts().2);
        let note = if len == 0 { " (call get_buffer first)" } else { " (the size of the view)" };
        let count = nbytes.at_most("nbytes", len, note)?;
        let Some(lent) = self.lent.take() else { return Ok(None) };
        if !lent.keep() {
            if count == 0 {
                return Ok(None);
            }
            let message = "the memory from get_buffer was lent again: no view of it was left";
            return Err(PyBufferError::new_err(message));
        }
        Ok(Some((lent, count)))
    }

    /// Takes the first `count` bytes of what was lent, and adds the frames they complete to `frames`.
    pub(super) fn take(
        &mut self,
        py: Python<'_>,
        lent: &LentBuffer,
        count: usize,
        frames: &mut Vec<Py<PyBytes>>,
    ) -> Result<(), Error> {
        if self.take_in_place(lent, count) {
            return Ok(());
        }
        self.decoder.feed_into(&PyStore { py, owner: None }, lent.bytes(py, count), frames)
    }

    /// Takes the bytes where they are the unfinished frame's already.
    ///
    /// Others are in scratch memory; or in that of a frame whose decoder has since been fed or reset by other means:
    /// then it is not the frame's any more, and just as readable.
    pub(super) fn take_in_place(&mut self, lent: &LentBuffer, count: usize) -> bool {
        if let (LentBuffer::InPlace { memory, start, .. }, Some((partial, missing))) =
            (lent, self.decoder.in_place())
        {
            if partial.continues(memory, *start) && count < missing {
                partial.received(count);
                self.decoder.received_in_place(count);
                return true;
            }
        }
        false
    }

    /// Forgets the stream, and what was lent.
    pub(super) fn reset(&mut self) {
        self.decoder.reset();
        self.lent = None;
    }
}
