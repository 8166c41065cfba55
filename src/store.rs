//! Python memory for the decoder: frames are `bytes`, unfinished ones are `bytes` under construction.

use std::ops::Range;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::memory::bytes::copied;
use super::memory::growing::GrowingBytes;
use framing_core::codec::Error;
use framing_core::codec::store::{Partial, Room, Store};

/// A [`Store`] that makes `bytes` objects. Nothing it does runs Python code, so it works under a lock.
pub(super) struct PyStore<'a, 'py> {
    pub(super) py: Python<'py>,
    /// The object whose bytes the chunk is, where it is one that never changes.
    pub(super) owner: Option<&'a Bound<'py, PyBytes>>,
}

impl Store for PyStore<'_, '_> {
    type Chunk = [u8];
    type Frame = Py<PyBytes>;
    type Partial = GrowingBytes;

    #[inline]
    fn cut(&self, chunk: &[u8], range: Range<usize>) -> Result<Py<PyBytes>, Error> {
        let bytes = &chunk[range];
        copied(self.py, bytes).map_err(|_| out_of_memory(bytes.len()))
    }

    fn append(&self, partial: &mut GrowingBytes, bytes: &[u8], room: Room) -> Result<(), Error> {
        partial.append(self.py, bytes, self.owner, room).map_err(|_| out_of_memory(room.justified))
    }

    fn finish(&self, partial: &mut GrowingBytes) -> Result<Py<PyBytes>, Error> {
        let requested = partial.len();
        partial.finish(self.py).map(Bound::unbind).map_err(|_| out_of_memory(requested))
    }
}

fn out_of_memory(requested: usize) -> Error {
    Error::OutOfMemory { requested }
}
