//! The decoder's memory in Python: frames are `bytes` objects, and an unfinished frame is a `bytes` object under
//! construction, which an exception may carry.

use std::ops::Range;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView, PySlice, PyTuple};

use super::memory::bytes::copied;
use super::memory::growing::GrowingBytes;
use framing_core::codec::store::{Partial, Room, Store};
use framing_core::codec::{Decoder, Error};

/// A [`Store`] that makes `bytes` objects. It runs no Python code, so it may be used under a lock.
pub(super) struct PyStore<'a, 'py> {
    pub(super) py: Python<'py>,
    /// The object that holds the chunk's bytes, if they never change.
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

/// The parts of a frame: its header, the objects that hold the payload, and its trailer. On a refused stream it also
/// has the bytes that were taken behind them.
pub(super) struct PartialFrame<'py> {
    head: Vec<u8>,
    pieces: Vec<(Bound<'py, PyBytes>, Range<usize>)>,
    trailer: &'static [u8],
    rest: Vec<u8>,
}

impl<'py> PartialFrame<'py> {
    /// Collect the parts that `decoder` has. This runs no Python code, so it may be called under a lock.
    pub(super) fn of(py: Python<'py>, decoder: &Decoder<GrowingBytes>) -> Self {
        let (head, trailer) = (decoder.separate_head(), decoder.separate_trailer());
        let frame = head.len() + decoder.partial().map_or(0, Partial::len) + trailer.len();
        Self {
            head: head.to_vec(),
            pieces: decoder.partial().map(|partial| partial.objects(py)).unwrap_or_default(),
            trailer,
            rest: behind(&decoder.buffered_parts(), frame),
        }
    }

    /// Return the parts as objects for an exception to join.
    ///
    /// They are views and not copies, because the frame may be large and the exception's `partial` is seldom read.
    pub(super) fn parts(self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let mut parts = vec![copied(py, &self.head)?.into_bound(py).into_any()];
        for (object, Range { start, end }) in self.pieces {
            let range = PySlice::new(py, isize::try_from(start)?, isize::try_from(end)?, 1);
            parts.push(PyMemoryView::from(object.as_any())?.get_item(range)?);
        }
        for bytes in [self.trailer, &self.rest] {
            parts.push(copied(py, bytes)?.into_bound(py).into_any());
        }
        PyTuple::new(py, parts)
    }
}

/// Copy the bytes behind the first `skipped` ones.
fn behind(parts: &[&[u8]], mut skipped: usize) -> Vec<u8> {
    let mut rest = Vec::new();
    for part in parts {
        let here = skipped.min(part.len());
        rest.extend_from_slice(&part[here..]);
        skipped -= here;
    }
    rest
}
