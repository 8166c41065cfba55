//! Received chunks that are kept as they are until their frame can move to its final memory.
//!
//! A large frame may not get memory of its final size while little of it has arrived. The bytes that arrive until then
//! would be copied twice. A `bytes` object never changes, so it is enough to keep a reference to it.

use std::ops::Range;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

/// The smallest chunk that is kept, in bytes. A smaller one is cheaper to copy.
const MIN_CHUNK: usize = 8 * 1024;

/// The chunks of one frame, in order.
#[derive(Default)]
pub(crate) struct ChunkList {
    chunks: Vec<Chunk>,
    /// The number of the frame's bytes in the chunks.
    len: usize,
    /// The total size of the objects that are kept for them.
    pinned: usize,
}

/// A range of a caller's `bytes` object.
struct Chunk {
    object: Py<PyBytes>,
    /// The same object in a form that Rust can read without being attached.
    bytes: PyBackedBytes,
    range: Range<usize>,
}

impl ChunkList {
    /// Keep a reference to `owner` if `bytes` is a part of it and the kept objects do not exceed `spare` bytes in
    /// total. Return whether it was kept.
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

    /// Return the objects with the ranges that belong to the frame.
    pub(crate) fn objects<'py>(
        &self,
        py: Python<'py>,
    ) -> impl Iterator<Item = (Bound<'py, PyBytes>, Range<usize>)> {
        self.chunks.iter().map(move |chunk| (chunk.object.bind(py).clone(), chunk.range.clone()))
    }
}
