//! A decoder together with the memory that is lent out for its next bytes.

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

/// The bytes at the end of a large frame that are not received in place.
///
/// They arrive in scratch memory, together with the bytes that follow. So nobody holds a view of the frame's memory
/// when the frame is delivered, and it need not be copied.
const TAIL: usize = 4 * 1024;

/// A decoder that lends memory to receive into. It implements `asyncio.BufferedProtocol`'s contract except its views.
pub(super) struct LendingDecoder {
    pub(super) decoder: Decoder<GrowingBytes>,
    /// The memory that has been lent out and not yet reclaimed.
    lent: Option<LentBuffer>,
}

impl LendingDecoder {
    pub(super) fn new(decoder: Decoder<GrowingBytes>) -> Self {
        Self { decoder, lent: None }
    }

    /// Return the memory for the next read: the memory that is still lent, or a large unfinished frame's own.
    ///
    /// The result is `None` if neither exists. The caller then passes memory that belongs to no frame to
    /// [`lend`](Self::lend).
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

    /// Lend `lent` for the next read, and return the memory that was lent before. The caller drops that where no lock
    /// is held.
    #[must_use]
    pub(super) fn lend(&mut self, lent: LentBuffer) -> Option<LentBuffer> {
        self.lent.replace(lent)
    }

    /// Take back the lent memory, of which the first `nbytes` bytes have been written. Return `None` if no memory is
    /// lent.
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

    /// Decode the first `count` bytes of the lent memory, and add the frames they complete to `frames`.
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

    /// Count the bytes as received if they already are in the unfinished frame's memory, and return whether they are.
    ///
    /// Other bytes are in scratch memory, or in the memory of a frame whose decoder has been fed or reset by other
    /// means since. That memory no longer belongs to the frame, but can be read all the same.
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

    /// Forget the stream and the lent memory.
    pub(super) fn reset(&mut self) {
        self.decoder.reset();
        self.lent = None;
    }
}
