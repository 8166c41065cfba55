//! Memory lent to a transport, and who has how much of it.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::aio::shared::Shared;
use super::memory::buffer_pool::{self, READ_SIZE};
use super::memory::exporter::BufferExporter;

/// Memory lent to whoever fills it.
pub(super) enum LentBuffer {
    /// [`READ_SIZE`] bytes that belong to no frame, out of the pool.
    Scratch(Py<PyBytes>),
    /// Bytes that belong to no frame, with the view that all transports of a thread are shown.
    Shared(Shared),
    /// `len` bytes, from `start` on, of the frame that is arriving.
    InPlace { memory: Py<PyBytes>, start: usize, len: usize },
}

impl LentBuffer {
    /// Memory that belongs to no frame.
    pub(super) fn scratch(py: Python<'_>) -> PyResult<Self> {
        buffer_pool::take(py).map(Self::Scratch)
    }

    /// The memory, the index of its first byte that is lent, and how many are.
    pub(super) fn parts(&self) -> (&Py<PyBytes>, usize, usize) {
        match self {
            Self::Scratch(memory) => (memory, 0, READ_SIZE),
            Self::Shared(shared) => (shared.memory(), 0, shared.size()),
            Self::InPlace { memory, start, len } => (memory, *start, *len),
        }
    }

    /// What a view of the memory is to stand on.
    pub(super) fn exporter<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, BufferExporter>> {
        if let Self::Shared(shared) = self {
            return Ok(shared.exporter(py));
        }
        let (memory, start, len) = self.parts();
        Bound::new(py, BufferExporter { memory: memory.clone_ref(py), start, len })
    }

    /// The first `count` of the bytes.
    pub(super) fn bytes<'a>(&'a self, py: Python<'a>, count: usize) -> &'a [u8] {
        let (memory, start, _) = self.parts();
        &memory.as_bytes(py)[start..start + count]
    }

    /// Whether the memory is still lent to whoever has this. Else it is another reader's.
    pub(super) fn is_current(&self) -> bool {
        match self {
            Self::Shared(shared) => shared.is_current(),
            Self::Scratch(_) | Self::InPlace { .. } => true,
        }
    }

    /// The same, and it is lent to nobody else from now on.
    pub(super) fn keep(&self) -> bool {
        match self {
            Self::Shared(shared) => shared.keep(),
            Self::Scratch(_) | Self::InPlace { .. } => true,
        }
    }

    /// The bytes have been consumed.
    pub(super) fn give_back(self, py: Python<'_>) {
        match self {
            Self::Scratch(memory) => buffer_pool::give_back(py, memory),
            Self::Shared(_) | Self::InPlace { .. } => {}
        }
    }
}
