//! Memory that is lent to a transport to receive into.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::aio::shared::Shared;
use super::memory::buffer_pool::{self, READ_SIZE};
use super::memory::exporter::BufferExporter;

/// Memory that is lent to a transport until it has been filled.
pub(super) enum LentBuffer {
    /// [`READ_SIZE`] bytes from the pool that belong to no frame.
    Scratch(Py<PyBytes>),
    /// Bytes that belong to no frame, behind the view that all transports of a thread share.
    Shared(Shared),
    /// `len` bytes of the unfinished frame's memory, from `start` on.
    InPlace { memory: Py<PyBytes>, start: usize, len: usize },
}

impl LentBuffer {
    /// Take memory that belongs to no frame from the pool.
    pub(super) fn scratch(py: Python<'_>) -> PyResult<Self> {
        buffer_pool::take(py).map(Self::Scratch)
    }

    /// Return the memory, the index of its first lent byte, and the number of lent bytes.
    pub(super) fn parts(&self) -> (&Py<PyBytes>, usize, usize) {
        match self {
            Self::Scratch(memory) => (memory, 0, READ_SIZE),
            Self::Shared(shared) => (shared.memory(), 0, shared.size()),
            Self::InPlace { memory, start, len } => (memory, *start, *len),
        }
    }

    /// Return the object that exports the memory to a view.
    pub(super) fn exporter<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, BufferExporter>> {
        if let Self::Shared(shared) = self {
            return Ok(shared.exporter(py));
        }
        let (memory, start, len) = self.parts();
        Bound::new(py, BufferExporter { memory: memory.clone_ref(py), start, len })
    }

    /// Return the first `count` lent bytes.
    pub(super) fn bytes<'a>(&'a self, py: Python<'a>, count: usize) -> &'a [u8] {
        let (memory, start, _) = self.parts();
        &memory.as_bytes(py)[start..start + count]
    }

    /// Return whether the memory is still lent to the holder of this value, and not to another reader.
    pub(super) fn is_current(&self) -> bool {
        match self {
            Self::Shared(shared) => shared.is_current(),
            Self::Scratch(_) | Self::InPlace { .. } => true,
        }
    }

    /// Return the same as [`is_current`](Self::is_current), and lend the memory to nobody else from now on.
    pub(super) fn keep(&self) -> bool {
        match self {
            Self::Shared(shared) => shared.keep(),
            Self::Scratch(_) | Self::InPlace { .. } => true,
        }
    }

    /// Return the memory to the pool after its bytes have been consumed.
    pub(super) fn give_back(self, py: Python<'_>) {
        match self {
            Self::Scratch(memory) => buffer_pool::give_back(py, memory),
            Self::Shared(_) | Self::InPlace { .. } => {}
        }
    }
}
