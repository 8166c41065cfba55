//! What was received and nobody has asked for yet, as it came over the wire.
//!
//! Frames are not decoded before somebody wants them. So what waits costs its own bytes and nothing more, however
//! many frames it is, and a stream that changes protocol gets back what was sent.

use pyo3::prelude::*;

use crate::lent_buffer::LentBuffer;
use crate::memory::buffer_pool::READ_SIZE;

/// So much of a read is worth the memory it was received into; less is copied, and the memory shared again.
const WORTH_KEEPING: usize = READ_SIZE / 4;

/// Memory that is not worth a copy, in bytes; and what part of larger memory may be all that is used of it.
const SMALL: usize = 512;
const SMALL_PART: usize = 16;

/// Bytes in the order in which they came.
#[derive(Default)]
pub(super) struct Backlog {
    memory: Memory,
    /// The index of the first byte that was not taken.
    pub(super) at: usize,
}

#[derive(Default)]
enum Memory {
    #[default]
    None,
    Own(Vec<u8>),
    /// The first so many bytes of what a transport received into.
    Received(LentBuffer, usize),
}

impl Backlog {
    /// All bytes, those that were taken included.
    pub(super) fn bytes<'a>(&'a self, py: Python<'a>) -> &'a [u8] {
        match &self.memory {
            Memory::None => &[],
            Memory::Own(bytes) => bytes,
            Memory::Received(lent, count) => lent.bytes(py, *count),
        }
    }

    /// The bytes that were not taken.
    pub(super) fn rest<'a>(&'a self, py: Python<'a>) -> &'a [u8] {
        &self.bytes(py)[self.at..]
    }

    /// The number of bytes that were not taken.
    pub(super) fn len(&self) -> usize {
        let all = match &self.memory {
            Memory::None => 0,
            Memory::Own(bytes) => bytes.len(),
            Memory::Received(_, count) => *count,
        };
        all - self.at
    }

    /// Adds the first `count` bytes of what was received into `lent`.
    pub(super) fn push(&mut self, py: Python<'_>, lent: LentBuffer, count: usize) {
        if self.len() == 0 && count >= WORTH_KEEPING {
            self.clear(py);
            self.memory = Memory::Received(lent, count);
            return;
        }
        let bytes = lent.bytes(py, count);
        match &mut self.memory {
            Memory::Own(own) => {
                if self.at >= own.len() - self.at {
                    own.drain(..self.at);
                    self.at = 0;
                }
                own.extend_from_slice(bytes);
            }
            Memory::None | Memory::Received(..) => {
                let mut own = Vec::with_capacity(self.len() + count);
                own.extend_from_slice(self.rest(py));
                own.extend_from_slice(bytes);
                self.clear(py);
                self.memory = Memory::Own(own);
            }
        }
        lent.give_back(py);
    }

    /// Lets memory go that is not needed any more: a stream that waits for nothing holds little more than what it has.
    #[inline]
    pub(super) fn trim(&mut self, py: Python<'_>) {
        let len = self.len();
        if len == 0 {
            self.clear(py);
            return;
        }
        let held = match &self.memory {
            Memory::None => 0,
            Memory::Own(bytes) => bytes.capacity(),
            Memory::Received(..) => READ_SIZE,
        };
        if held > SMALL && len < held / SMALL_PART {
            let rest = self.rest(py).to_vec();
            self.clear(py);
            self.memory = Memory::Own(rest);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self, py: Python<'_>) {
        self.at = 0;
        if let Memory::Received(lent, _) = std::mem::take(&mut self.memory) {
            lent.give_back(py);
        }
    }
}
