//! Large frames are received into their own memory.

use pyo3::prelude::*;

use super::halt::Halt;
use super::plain::Plain;
use super::transport::Line;
use crate::memory::growing::GrowingBytes;
use crate::memory::system_call::ReadBuffer;
use framing_core::codec::Decoder;
use framing_core::codec::store::{Partial, Room};
use framing_core::net::Deadline;

/// A frame that lacks less than this is read with what follows it, and copied.
pub(super) const LARGE: usize = 64 * 1024;

/// Memory of the unfinished frame, and how to fill it.
pub(super) struct InPlace<'a> {
    plain: &'a Plain,
    buffer: ReadBuffer,
    /// What the payload lacks. The memory may be for a trailer as well, which has to be looked at.
    missing: usize,
}

impl<'a> InPlace<'a> {
    /// Memory for what a large frame lacks. `None` where none is under way, or the socket has to be read by
    /// its own methods.
    pub(super) fn begin(
        py: Python<'_>,
        decoder: &mut Decoder<GrowingBytes>,
        line: &Line<'a, '_>,
    ) -> PyResult<Option<Self>> {
        let behind = decoder.kept_behind();
        let (Line::Plain { plain, .. }, Some((partial, missing @ LARGE..))) =
            (line, decoder.in_place())
        else {
            return Ok(None);
        };
        // What the system has is here, too: it counts, and there is to be memory for all of it. No need to ask
        // where there is memory for everything.
        let here =
            if partial.spare() < missing { plain.available(py).clamp(1, missing) } else { missing };
        let buffer = partial.read_buffer(
            py,
            here,
            Room::for_read(partial.len() + here, missing - here + behind),
        )?;
        Ok(Some(Self { plain, buffer, missing }))
    }

    /// One read.
    pub(super) fn read(&mut self, py: Python<'_>, deadline: Deadline) -> Result<usize, Halt> {
        self.plain.read(py, self.buffer.space(self.missing), deadline)
    }

    /// Takes what was read, and says whether that was all the frame lacked: the next `decode`, of no bytes,
    /// completes it.
    pub(super) fn end(self, decoder: &mut Decoder<GrowingBytes>, count: usize) -> bool {
        // The frame's memory is its own again.
        drop(self.buffer.into_object());
        // There is none any more where the connection was closed meanwhile.
        let Some((partial, missing)) = decoder.in_place() else { return false };
        partial.received(count);
        decoder.received_in_place(count);
        count == missing
    }
}
