//! Python memory for the decoder: frames are `bytes`, unfinished ones are `bytes` under construction.

use std::ops::Range;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::memory::{BytesWriter, GrowingBytes};
use crate::codec::{Error, Store};

/// A [`Store`] that makes `bytes` objects. Nothing it does runs Python code, so it works under a lock.
pub(super) struct PyStore<'py>(pub(super) Python<'py>);

impl Store for PyStore<'_> {
    type Chunk = [u8];
    type Frame = Py<PyBytes>;
    type Partial = GrowingBytes;

    #[inline]
    fn cut(&self, chunk: &[u8], range: Range<usize>) -> Result<Py<PyBytes>, Error> {
        let bytes = &chunk[range];
        let mut writer =
            BytesWriter::new(self.0, bytes.len()).map_err(|_| out_of_memory(bytes.len()))?;
        writer.put(bytes);
        Ok(writer.finish(self.0).unbind())
    }

    fn append(&self, partial: &mut GrowingBytes, bytes: &[u8], room: usize) -> Result<(), Error> {
        partial.append(self.0, bytes, room).map_err(|_| out_of_memory(room))
    }

    fn finish(&self, partial: &mut GrowingBytes) -> Result<Py<PyBytes>, Error> {
        let requested = partial.as_ref().len();
        partial.finish(self.0).map(Bound::unbind).map_err(|_| out_of_memory(requested))
    }
}

fn out_of_memory(requested: usize) -> Error {
    Error::OutOfMemory { requested }
}
