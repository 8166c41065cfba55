//! Received chunks that are kept as they are until the frame they belong to can move to its final memory.
//!
//! A large frame may not be given its final size while little of it has arrived. What arrives until then
//! would be copied twice; a `bytes` object never changes, so a reference to it does as well.

use std::ops::Range;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

/// A smaller chunk is cheaper to copy than to keep.
const MIN_CHUNK: usize = 8 * 1024;

/// Pieces of one frame, in order.
#[derive(Default)]
pub(crate) struct ChunkList {
    chunks: Vec<Chunk>,
    /// Bytes of the frame in them.
    len: usize,
    /// Bytes of the objects that are kept for them.
    pinned: usize,
}

/// A part of somebody's `bytes` object.
struct Chunk {
    object: Py<PyBytes>,
    /// The same object, as Rust reads it without asking Python.
    bytes: PyBackedBytes,
    range: Range<usize>,
}

impl ChunkList {
    /// Keeps `owner` for the sake of `bytes`, if they are some of its own, and there is `spare` memory for
    /// all that is kept.
    pub(crate) fn keep(
        &mut self,
        owner: Option<&Bound<'_, PyBytes>>,
        bytes: &[u8],
        spare: usize,
    ) -> bool {
        let Some(owner) = owner.filter(|_| bytes.len() >= MIN_CHUNK) else { return false };
        let whole = owner.as_bytes();
        let Some(start) = bytes.as_ptr().addr().checked_sub(whole.as_ptr().addr()) else {
            return false;
        };
        let range = start..start + bytes.len();
        let own = whole.get(range.clone()).is_some_and(|own| std::ptr::eq(own, bytes));
        if !own || self.pinned + whole.len() > spare {
            return false;
        }
        self.len += bytes.len();
        self.pinned += whole.len();
        let (object, bytes) = (owner.clone().unbind(), owner.clone().into());
        self.chunks.push(Chunk { object, bytes, range });
        true
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.chunks.iter().map(|chunk| &chunk.bytes[chunk.range.clone()])
    }

    /// The objects, and which of their bytes count.
    pub(crate) fn objects<'py>(
        &self,
        py: Python<'py>,
    ) -> impl Iterator<Item = (Bound<'py, PyBytes>, Range<usize>)> {
        self.chunks.iter().map(move |chunk| (chunk.object.bind(py).clone(), chunk.range.clone()))
    }
}
