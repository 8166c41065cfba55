//! The decoder, and the memory that is lent out for its next bytes.

use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::arguments::{Integer, Named};
use super::grant::Grant;
use super::memory::growing::GrowingBytes;
use super::pool::READ_SIZE;
use super::store::PyStore;
use framing_core::codec::store::{Partial, Room};
use framing_core::codec::{Decoder, Error};

/// The end of a large frame arrives in memory of its own, together with what follows it; so nobody
/// holds a view of a frame's memory when the frame is delivered, and it need not be copied.
const TAIL: usize = 4 * 1024;

/// A decoder that is received into: `asyncio.BufferedProtocol`'s contract, apart from its views.
pub(super) struct Intake {
    pub(super) decoder: Decoder<GrowingBytes>,
    /// What has been lent out and not yet taken back.
    grant: Option<Grant>,
}

impl Intake {
    pub(super) fn new(decoder: Decoder<GrowingBytes>) -> Self {
        Self { decoder, grant: None }
    }

    /// Memory for the next read, where that is clear: what was lent before, or the frame's own where a large one is
    /// under way. `None`: any memory that belongs to no frame, by [`lend`](Self::lend).
    pub(super) fn lent(&mut self, py: Python<'_>) -> PyResult<Option<&Grant>> {
        let lent = match &self.grant {
            Some(grant @ (Grant::Scratch(_) | Grant::Shared(_))) => grant.is_current(),
            Some(Grant::InPlace { .. }) | None => false,
        };
        if !lent {
            self.grant = None;
            let behind = self.decoder.kept_behind();
            if let Some((partial, missing)) = self.decoder.in_place() {
                if missing > READ_SIZE {
                    let room = Room::for_read(partial.len(), missing + behind);
                    let (memory, start, len) = partial.lend(py, room)?;
                    let len = len.min(missing - TAIL);
                    self.grant = Some(Grant::InPlace { memory, start, len });
                }
            }
        }
        Ok(self.grant.as_ref())
    }

    /// Lends `grant` for the next read. What was lent before is let go where no lock is held.
    #[must_use]
    pub(super) fn lend(&mut self, grant: Grant) -> Option<Grant> {
        self.grant.replace(grant)
    }

    /// Ends a loan whose first `nbytes` have been written. `None` where there is none.
    pub(super) fn reclaim(&mut self, nbytes: Named<Integer>) -> PyResult<Option<(Grant, usize)>> {
        let len = self.grant.as_ref().map_or(0, |grant| grant.parts().2);
        let note = if len == 0 { " (call get_buffer first)" } else { " (the size of the view)" };
        let count = nbytes.at_most("nbytes", len, note)?;
        let Some(grant) = self.grant.take() else { return Ok(None) };
        if !grant.keep() {
            if count == 0 {
                return Ok(None);
            }
            let message = "the memory from get_buffer was lent again: no view of it was left";
            return Err(PyBufferError::new_err(message));
        }
        Ok(Some((grant, count)))
    }

    /// Takes the first `count` bytes of what was lent, and adds the frames they complete to `frames`.
    pub(super) fn take(
        &mut self,
        py: Python<'_>,
        grant: &Grant,
        count: usize,
        frames: &mut Vec<Py<PyBytes>>,
    ) -> Result<(), Error> {
        if self.take_in_place(grant, count) {
            return Ok(());
        }
        self.decoder.feed_into(&PyStore { py, owner: None }, grant.bytes(py, count), frames)
    }

    /// Takes the bytes where they are the unfinished frame's already.
    ///
    /// Others are in scratch memory; or in that of a frame whose decoder has since been fed or reset by other means:
    /// then it is not the frame's any more, and just as readable.
    pub(super) fn take_in_place(&mut self, grant: &Grant, count: usize) -> bool {
        if let (Grant::InPlace { memory, start, .. }, Some((partial, missing))) =
            (grant, self.decoder.in_place())
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
        self.grant = None;
    }
}
